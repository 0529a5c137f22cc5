"""The broker under test, and clients that speak to it byte by byte."""
import contextlib
import itertools
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import time

import harness
import idle
import rest
import wire

SOCKET = "/run/tapbroker/socket"
SHIELD = "/run/tapbroker/shield"
CHILDREN = ("tapbroker-clerk", "tapbroker-authority", "tapbroker-opener")
PROGRAMS = ("tapbrokerd", *CHILDREN)
SHIELD_OPENER = "tapbroker-opener --shield"

# Seconds after which the broker closes a connection that has said nothing.
SILENCE = 2

_numbers = itertools.count()


def make_shield():
    """Makes the namespace in which taps on bridges stand, if it is not there, and nothing else that networks have of their
    own."""
    if not os.path.exists(SHIELD):
        subprocess.run([harness.BUILD + "/tapbroker-setup", "--config-dir=/nowhere", "--vendor-dir=/nowhere", "start"],
                       env=harness.ENVIRONMENT, stderr=subprocess.DEVNULL, check=True)


def program_of(pid):
    """Which of the broker's programs, real or false, the process runs; None if it runs something else."""
    try:
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return None
    name = next((name for name in map(os.path.basename, words) if name in PROGRAMS), None)
    return SHIELD_OPENER if name == "tapbroker-opener" and "--shield" in words else name


class Broker:
    """tapbrokerd, started with these networks (name: the lines of its [Network] section) and options.

    fakes replaces children: {"tapbroker-authority": "authority(default=wire.NO)"} is a call of fakes.py.
    As a context manager it is stopped at the end, and must then end properly; unless the test has killed it, or said
    with may_end that it may have ended by itself because a child of it went wrong.
    """

    latest = None  # whose log is told after a failure also when it has been stopped by then

    def __init__(self, networks, *options, fakes=None, start=True, may_end=False):
        self.directory = pathlib.Path(harness.ROOT, f"broker-{next(_numbers)}")
        self.networks = self.directory / "etc/networks.d"
        self.networks.mkdir(parents=True)
        (self.directory / "vendor").mkdir()
        for name, lines in networks.items():
            self.write_network(name, lines)
        self.command = [harness.BUILD + "/tapbrokerd", f"--config-dir={self.directory}/etc",
                        f"--vendor-dir={self.directory}/vendor", f"--libexec-dir={self._libexec(fakes or {})}",
                        f"--socket={SOCKET}", *options]
        self.log_path = self.directory / "log"
        self.log_path.touch()
        self.process = None
        self.sets_up = True  # make_shield() before each start
        self.may_end = may_end
        Broker.latest = self
        self.files_at_start = {}
        harness.on_failure(self._last_words)
        harness.on_end(self.demand_rest)
        if start:
            self.start()

    def write_network(self, name, lines):
        text = "[Network]\n" + "\n".join(line.strip() for line in lines.replace(";", "\n").splitlines()) + "\n"
        (self.networks / f"{name}.conf").write_text(text)

    def _libexec(self, fakes):
        """A directory with the three children, some of them false."""
        directory = self.directory / "libexec"
        directory.mkdir()
        for name in CHILDREN:
            path = directory / name
            if name in fakes:
                path.write_text(f"#!/usr/bin/python3 -BI\nimport sys\nsys.path.insert(0, {harness.TESTS!r})\n"
                                f"import fakes, wire\nfakes.{fakes[name]}\n")
                path.chmod(0o755)
            else:
                path.symlink_to(f"{harness.BUILD}/{name}")
        return directory

    def start(self):
        """Starts it and waits until it says that it is ready."""
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify_path = str(self.directory / f"notify-{next(_numbers)}")
        notify.bind(notify_path)
        self.process = self.run(env={**harness.ENVIRONMENT, "NOTIFY_SOCKET": notify_path})
        deadline = time.monotonic() + harness.PATIENCE
        # Before it is ready it has what it wants to be kept.
        while not select.select([notify], [], [], 0.05)[0] or b"READY=1" not in notify.recv(4096):
            assert self.process.poll() is None, f"tapbrokerd ended with {self.process.returncode}:\n{self.log()}"
            assert time.monotonic() < deadline, f"tapbrokerd does not get ready:\n{self.log()}"
        notify.close()
        if not self.may_end:
            self.files_at_start = rest.after_start(self)
        return self

    def run(self, *options, **popen):
        """Starts it without waiting for anything."""
        if self.sets_up:
            make_shield()
        with open(self.log_path, "ab") as log:
            popen = {"env": harness.ENVIRONMENT, "cwd": "/", "stdin": subprocess.DEVNULL, "stdout": log, "stderr": log,
                     **popen}
            return subprocess.Popen([*self.command, *options], **popen)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.demand_rest()
        finally:
            clean = self.stop()
        if kind is None and not self.may_end:
            assert clean == 0, f"tapbrokerd ended with {clean}:\n{self.log()}"
        if kind is None:
            for complaint in ("AddressSanitizer", "LeakSanitizer", "runtime error:"):
                assert complaint not in self.log(), self.log()

    def demand_rest(self):
        """Fails if it runs, undamaged, but does not come to rest."""
        if self.process is not None and self.process.poll() is None and not self.may_end:
            rest.demand(self, SOCKET)

    def stop(self):
        """SIGTERM. Returns the exit code, negative for a signal."""
        if self.process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(harness.PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"SIGTERM did not end tapbrokerd:\n{self.log()}") from None
        self.process = None
        self._without_children()
        return code

    # What it consists of.

    @property
    def pid(self):
        return self.process.pid

    def pids(self):
        """{"tapbrokerd": pid, "tapbroker-clerk": pid, ...}, whatever runs now."""
        def children():
            return {program_of(pid) or f"unknown-{pid}": pid for pid in harness.children(self.pid)}

        # A child is the monitor's image until its exec.
        harness.wait_until(lambda: "tapbrokerd" not in children(), about="the children's own programs")
        return {"tapbrokerd": self.pid, **children()}

    def kill(self, name, number=signal.SIGKILL):
        """Sends a signal to one process of the set."""
        self.may_end = True
        os.kill(self.pids()[name], number)

    def ended(self):
        """Waits for the end of the whole set; returns the exit code."""
        self.may_end = True
        code = self.process.wait(harness.PATIENCE)
        self._without_children()
        return code

    @staticmethod
    def _without_children():
        """Waits for the end of children whose broker has ended: they are the first process's by then."""
        harness.wait_until(lambda: not any(map(program_of, harness.children(1))), about="the end of the children")

    def restart(self):
        """What a supervisor does: waits for the end of the set, then starts it again."""
        self.ended()
        self.start()

    # What it says.

    def log(self):
        return self.log_path.read_text(errors="backslashreplace")

    def decisions(self, **wanted):
        """The decision lines with these fields, each as a dict."""
        lines = (dict(re.findall(r"(\w+)=(\S*)", line)) for line in self.log().splitlines() if "verdict=" in line)
        return [line for line in lines if all(line.get(key) == str(value) for key, value in wanted.items())]

    def decision(self, **wanted):
        """The first of them; waits for it, since a line is written after its answer was sent."""
        return harness.wait_until(lambda: self.decisions(**wanted), about=f"the decision {wanted}")[0]

    def wait_for_log(self, pattern):
        return harness.wait_until(lambda: re.search(pattern, self.log()), about=f"{pattern!r} in the log")

    def _last_words(self):
        lines = self.log().splitlines()[-30:]
        if self.process is not None and self.process.poll() is not None:
            lines.append(f"and has ended with {self.process.returncode}")
        return "\n".join([f"{self.directory.name} said:", *lines]) if self.process or self is Broker.latest else ""


def connect_as(user, path=SOCKET):
    """A socket that was connected by this process under that user's effective ids. It is attributed to that user."""
    uid, gid, groups = harness.identity(user)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    before = os.getgroups()
    os.setgroups(groups)
    os.setegid(gid)
    os.seteuid(uid)
    try:
        sock.connect(path)
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(before)
    return sock


class Client:
    """A process of that user that has connected and waits; and a copy of its socket, for us to play the client with.

    enter() is called in the process before it makes the socket: to go into a namespace.
    """

    def __init__(self, user, path=SOCKET, enter=lambda: None):
        self.whose = (user, path, enter)
        self.said = False
        self.devices = []
        self._connect(user, path, enter)

    def _connect(self, user, path, enter):
        self.connected = time.monotonic()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.fork()
        if self.pid == 0:
            self._child(user, path, theirs, enter)
        theirs.close()
        word, fds = wire.receive(ours)
        ours.close()
        if not fds:
            os.waitpid(self.pid, 0)
            self.pid = None
            raise OSError(int(word), os.strerror(int(word)))
        self.sock = socket.socket(fileno=fds[0])
        self.sock.settimeout(harness.PATIENCE)

    @staticmethod
    def _child(user, path, theirs, enter):
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            # A copy of another client's socket here would keep that connection open.
            os.closerange(3, theirs.fileno())
            os.closerange(theirs.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
            harness.become(user)
            enter()
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            sock.connect(path)
            wire.send(theirs, b"ok", [sock.fileno()])
            theirs.close()
            while True:
                signal.pause()
        except OSError as error:
            theirs.send(str(error.errno).encode())
        finally:
            os._exit(0)

    def _is_closed(self):
        try:
            return select.select([self.sock], [], [], 0)[0] and self.sock.recv(1, socket.MSG_PEEK) == b""
        except ConnectionResetError:
            return True

    def _first_word(self):
        """On a busy machine it may come so late that the broker has closed the connection, as that of one who says nothing.
        Then it connects once more."""
        self.said = True
        if time.monotonic() - self.connected > SILENCE and self._is_closed():
            self.die()
            self.sock.close()
            self._connect(*self.whose)

    def send(self, data, fds=()):
        if not self.said:
            self._first_word()
        return wire.send(self.sock, data, fds)

    def ask(self, network, **request):
        with contextlib.suppress(BrokenPipeError):  # the broker has closed already; receive() will tell
            self.send(wire.request(network, **request))

    def receive(self):
        """One message and its fds; no bytes: the broker has closed."""
        try:
            data, fds = wire.receive(self.sock)
        except (ConnectionResetError, BrokenPipeError):
            return b"", []
        self.devices += fds
        return data, fds

    def answer(self):
        """The answer to a request, or None if the broker closed without one."""
        data, _ = self.receive()
        return wire.Answer.unpack(data) if data else None

    def get(self, network, **request):
        """Asks, and returns the answer."""
        self.ask(network, **request)
        return self.answer()

    def silent(self, seconds=0.3):
        """True if nothing comes in that time, nor of what is on its way then, and the connection stands."""
        if seconds:
            idle.settle(seconds)
        return not select.select([self.sock], [], [], 0)[0]

    def die(self):
        """The process ends; our copy of the socket keeps the connection."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = None

    def close(self):
        """The process ends, and with it the connection and the device's fds."""
        self.die()
        for fd in self.devices:
            os.close(fd)
        self.devices = []
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def status_of(user, network, **request):
    """The status that this user gets for this request; None: no answer."""
    with Client(user) as client:
        answer = client.get(network, **request)
        return answer and answer.status
