"""User and network namespaces of a user's own, as a rootless container has them."""
import ctypes
import json
import os
import subprocess

import harness
from broker import Client

_libc = ctypes.CDLL(None, use_errno=True)


def _enter(path):
    fd = os.open(path, os.O_RDONLY)
    if _libc.setns(fd, 0) != 0:
        raise OSError(ctypes.get_errno(), path)
    os.close(fd)


class Netns:
    """A network namespace, kept by a process in it; a user's own with a user namespace around it, but root's without.

    Ends with the block.
    """

    def __init__(self, user):
        self.user = user
        options = "-n" if user == "root" else "-Urn"
        self.process = harness.start_as(user, "unshare", options, "sh", "-c",
                                        "ip link set lo up; echo ready; exec sleep 600")
        line = self.process.stdout.readline()
        assert line == "ready\n", f"no namespace for {user}: {line!r} {self.process.stderr.read()}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """The process ends, and the namespaces with it unless somebody else is in there."""
        self.process.kill()
        self.process.communicate()

    def enter(self):
        """Brings this process, which is the user's, into the namespaces."""
        if self.user != "root":
            _enter(f"/proc/{self.process.pid}/ns/user")
        _enter(f"/proc/{self.process.pid}/ns/net")

    def client(self):
        """A client of the broker's in there."""
        return Client(self.user, enter=self.enter)

    def start(self, *command, **options):
        """Starts a command in there as the user, who is root there."""
        words = ["nsenter", "-t", self.process.pid, "-n", *([] if self.user == "root" else ["-U", "--preserve-credentials"])]
        return harness.start_as(self.user, *words, *command, **options)

    def run(self, command, check=True):
        """Runs a command line in there as the user; it must succeed. Returns its output."""
        process = self.start("sh", "-c", command)
        out, err = process.communicate(timeout=harness.PATIENCE)
        assert process.returncode == 0 or not check, f"{command}: {err}"
        return out

    def links(self):
        """The links in there but lo, as harness.links()."""
        found = subprocess.run(["nsenter", "-t", str(self.process.pid), "-n", "ip", "-d", "-j", "link", "show"],
                               capture_output=True, check=True).stdout
        return [entry for entry in json.loads(found) if entry["ifname"] != "lo"]

    def devices(self):
        """The names of the devices in there."""
        return {entry["ifname"] for entry in self.links()}

    def link(self, name):
        return next((entry for entry in self.links() if entry["ifname"] == name), None)
