"""Guests on devices that the broker has handed out: a namespace whose eth0 is what a guest would see of the device."""
import ctypes
import itertools
import json
import os
import pathlib
import subprocess

from harness import BUILD, ENVIRONMENT, equal, link, shell, start_as, wait_until
from routed import inside

PIDFD_GETFD = 438  # the same on every machine

_numbers = itertools.count(1)

# In the guest's namespace: eth0 with the MAC that the guest is told, or a tun without one, and copies frames between it and
# the device.
RELAY = """import errno, fcntl, os, select, struct, subprocess, sys
device, name, mac = int(sys.argv[1]), sys.argv[2], sys.argv[3]
guest = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(guest, 0x400454ca, struct.pack("16sH22x", b"eth0", 0x1002 if mac else 0x1001))
subprocess.run(["ip", "link", "set", "eth0", *(["address", mac] if mac else []), "up"], check=True)
print("ready", flush=True)
while True:
    for fd in select.select([device, guest], [], [])[0]:
        frame = os.read(fd, 65536)
        try:
            os.write(guest if fd == device else device, frame)
        except OSError as error:
            if error.errno != errno.EIO:  # the other one is down
                raise
"""


class Leased:
    """A guest of that user's with a device of that network. told is what `tapctl get --json` says of it."""

    def __init__(self, user, network, *options, mac=None):
        self.namespace = f"leased{next(_numbers)}"
        shell(f"ip netns add {self.namespace}; ip -n {self.namespace} link set lo up")
        self.holder = start_as(user, BUILD + "/tapctl", "get", "--json", *options, network)
        self.relay = None
        line = self.holder.stdout.readline()
        assert line, self.holder.communicate()[1]
        self.told = json.loads(line)
        self.name = self.told["name"]
        self.mac = mac or (self.told["mac"] if self.told["kind"] == "tap" else "")
        self._begin_relay()

    def _begin_relay(self):
        # It is root's: it goes into the namespace. The lease and its holder are the user's.
        command = ["ip", "netns", "exec", self.namespace, "sh", "-c",
                   f"exec python3 -c \"$0\" 3 {self.name} '{self.mac}' 3<&0", RELAY]
        fd = self._device()
        self.relay = subprocess.Popen(command, env=ENVIRONMENT, stdin=fd, stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL, text=True)
        fd.close()
        equal(self.relay.stdout.readline(), "ready\n")

    def _device(self):
        """A copy of the holder's fd of the device."""
        held = next(path for path in pathlib.Path(f"/proc/{self.holder.pid}/fd").iterdir()
                    if os.readlink(path) == "/dev/net/tun")
        pidfd = os.pidfd_open(self.holder.pid)
        fd = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, pidfd, int(held.name), 0)
        os.close(pidfd)
        assert fd >= 0, os.strerror(ctypes.get_errno())
        return os.fdopen(fd, "rb", buffering=0)

    @property
    def address(self):
        return self.told["address"].split("/")[0]

    @property
    def address6(self):
        return self.told["address6"].split("/")[0]

    def configure(self, *addresses):
        """Gives the guest these addresses, or those that it was told, and default routes."""
        for address in addresses or (self.told["address"], self.told["address6"]):
            if address:
                shell(f"ip -n {self.namespace} addr replace {address} dev eth0 {'nodad' if ':' in address else ''}")
        for gateway in (self.told["gateway"], self.told["gateway6"]):
            if gateway:
                shell(f"ip -n {self.namespace} route replace default via {gateway} dev eth0 onlink")

    def pings(self, address, source=None):
        """True if the address answers one of a few."""
        return inside(self.namespace, "ping", "-n", "-c", "1", "-i", "0.5", "-w", "2", *(["-I", source] if source else []),
                      address).returncode == 0

    def end(self):
        for process in (self.relay, self.holder):
            if process is not None:
                process.kill()
                process.communicate()
        shell(f"ip netns del {self.namespace}")
        wait_until(lambda: link(self.name) is None, about="the end of the device")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
