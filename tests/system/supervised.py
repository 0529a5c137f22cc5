"""The broker under a supervisor that keeps file descriptors for it, as systemd does."""
import os
import pathlib
import select
import socket
import subprocess

import harness
import rest
import wire
from broker import SOCKET, Broker, make_shield


class SupervisedBroker(Broker):
    """Started as systemd does it: with the listening socket, and with what an earlier one has stored."""

    # Moves its arguments, fds, to 3 and up, and becomes tapbrokerd.
    EXEC = ("import fcntl, os, sys\nfds = [int(word) for word in sys.argv[1].split(',')]\n"
            "high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 200) for fd in fds]\n"
            "for number, fd in enumerate(high): os.dup2(fd, 3 + number)\n"
            "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)))\n"
            "os.execv(sys.argv[2], sys.argv[2:])\n")

    def __init__(self, networks):
        super().__init__(networks, start=False)
        pathlib.Path(SOCKET).unlink(missing_ok=True)
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listening.bind(SOCKET)
        os.chmod(SOCKET, 0o666)
        self.listening.listen(128)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(f"{self.directory}/notify")
        self.stored = {}
        self.rules = {}  # the sockets that own the rules
        self.not_polled = set()
        self.start()

    def forget_who_hung_up(self):
        """systemd drops a stored fd whose other end is closed, unless it was asked not to look (FDPOLL=0)."""
        for name, fd in list(self.stored.items()):
            poll = select.poll()
            poll.register(fd, 0)
            if poll.poll(0) and name not in self.not_polled:
                os.close(self.stored.pop(name))

    def start(self):
        make_shield()
        self.forget_who_hung_up()
        names = ":".join(["tapbroker.socket", *self.stored, *self.rules])
        fds = [self.listening.fileno(), *self.stored.values(), *self.rules.values()]
        env = {**harness.ENVIRONMENT, "NOTIFY_SOCKET": f"{self.directory}/notify", "LISTEN_FDNAMES": names}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                ["/usr/bin/python3", "-c", self.EXEC, ",".join(map(str, fds)), *self.command], pass_fds=fds, env=env,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")
        harness.wait_until(self.hears_ready, about="READY=1")
        if not self.may_end:
            self.files_at_start = rest.after_start(self)
        return self

    def hears(self):
        """Takes one message to the supervisor. Returns its text; None: there is none."""
        self.notify.settimeout(0.1)
        try:
            data, fds = wire.receive(self.notify)
        except TimeoutError:
            return None
        lines = dict(line.split("=", 1) for line in data.decode().splitlines())
        kept = self.rules if lines.get("FDNAME", "").startswith("rules-") else self.stored
        if lines.get("FDSTORE") == "1":
            kept[lines["FDNAME"]], = fds
            if lines.get("FDPOLL") == "0":
                self.not_polled.add(lines["FDNAME"])
        elif lines.get("FDSTOREREMOVE") == "1":
            # systemd says nothing about a name that it does not keep.
            if lines["FDNAME"] in kept:
                os.close(kept.pop(lines["FDNAME"]))
        else:
            harness.equal(fds, [], f"fds with {data}")
        return data.decode()

    def hears_ready(self):
        return "READY=1" in (self.hears() or "")

    def hears_all(self):
        while self.hears():
            pass

    def stop(self):
        ended = super().stop()
        self.listening.close()
        self.notify.close()
        for fd in [*self.stored.values(), *self.rules.values()]:
            os.close(fd)
        self.stored, self.rules = {}, {}
        return ended
