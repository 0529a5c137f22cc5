"""For the tests of tunnel programs: another host behind a cable, and what goes through a tunnel to it."""
import contextlib
import ipaddress
import os
import pathlib
import shutil
import subprocess
import time

import harness
from namespaces import Netns

# Both ends of the cable.
HERE, THERE = "192.168.77.2", "192.168.77.1"
HERE6, THERE6 = "fd77::2", "fd77::1"

SOURCE = pathlib.Path(__file__).resolve().parents[2]
STAND_INS = "/usr/local/libexec/tapbroker/stand-ins"
SBIN = "/usr/sbin:/usr/bin:/sbin:/bin"


def program(name, package=None):
    """The path of a program; without it, the file is skipped."""
    path = shutil.which(name, path=SBIN)
    if path is None:
        harness.skip_all(f"{package or name} is not installed")
    return path


def newer(name):
    """The path of a program that tests/newer/build has fetched, with its own libraries; without it, the file is skipped."""
    tree = SOURCE / "build/newer" / name
    if not tree.is_dir():
        note = SOURCE / f"build/newer/{name}.unavailable"
        harness.skip_all(note.read_text().strip() if note.exists() else f"no newer {name}: tests/newer/build has not run")
    here = pathlib.Path(harness.ROOT, f"newer-{name}")
    here.mkdir()
    harness.shell(f"mount --bind {tree} {here}")
    libraries = next(here.glob("usr/lib/*/libc.so.6")).parent
    loader = next(libraries.glob("ld-linux*"))
    found = next(path for path in here.glob("usr/sbin/*") if path.name.startswith(name))
    return write(pathlib.Path(harness.ROOT, f"{name}-newer"), f'#!/bin/sh\nexec {loader} --library-path {libraries} {found} "$@"\n',
                 mode=0o755)


def install():
    """What tapctl looks for where it is installed, over the sandbox's own /usr/local: the stand-ins and the scripts."""
    upper, work = harness.ROOT + "/local", harness.ROOT + "/local-work"
    for path in (upper, work):
        os.mkdir(path)
    harness.shell(f"mount -t overlay -o lowerdir=/usr/local,upperdir={upper},workdir={work} overlay /usr/local")
    there = pathlib.Path(STAND_INS)
    there.mkdir(parents=True)
    for name in ("ip", "ifconfig"):
        shutil.copy(harness.BUILD + "/tapbroker-stand-in", there / name)
    text = pathlib.Path(SOURCE, "client/openvpn/openvpn-up").read_text().replace("/usr/bin/tapctl", harness.BUILD + "/tapctl")
    write(there.parent / "openvpn-up", text, mode=0o755)


class Peer(Netns):
    """A host of root's, with a cable to this one. Its programs run as root: they are the tunnel's other end."""

    def __init__(self):
        super().__init__("root")
        self.number = 0
        harness.shell(f"ip link add cable0 type veth peer name cable1 && ip link set cable1 netns {self.process.pid}")
        harness.shell(f"ip addr add {HERE}/24 dev cable0 && ip -6 addr add {HERE6}/64 dev cable0 nodad && ip link set cable0 up")
        self.run(f"ip addr add {THERE}/24 dev cable1 && ip -6 addr add {THERE6}/64 dev cable1 nodad && ip link set cable1 up")

    @contextlib.contextmanager
    def daemon(self, *command, **options):
        """A program in there, for as long as the block lasts. Yields its process, whose log is process.log()."""
        self.number += 1
        path = pathlib.Path(harness.ROOT, f"peer-{self.number}.log")
        with open(path, "wb") as log:
            process = self.start(*command, stdout=log, stderr=log, start_new_session=True, **options)
        process.log = lambda: path.read_text(errors="replace")
        harness.on_failure(lambda: f"{command[0]} of the other end said:\n{process.log()[-3000:]}")
        try:
            yield process
        finally:
            stop(process)

    def hears(self, port, protocol="udp"):
        """Waits until a program in there listens at that port."""
        option = "-lnu" if protocol == "udp" else "-lnt"
        harness.wait_until(lambda: f":{port} " in self.run(f"ss {option}"), about=f"a program at port {port}")


def stop(process):
    """Ends a process and all of its session, by their number."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 15)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait()


@contextlib.contextmanager
def client(user, *command, name="client", **options):
    """The command of this test, as that user, without a privilege. Yields its process; process.log() is what it says."""
    path = pathlib.Path(harness.ROOT, f"{name}-{time.monotonic_ns()}.log")
    with open(path, "wb") as log:
        process = harness.start_as(user, *command, stdout=log, stderr=log, start_new_session=True, **options)
    process.log = lambda: path.read_text(errors="replace")
    harness.on_failure(lambda: f"{name} said:\n{process.log()[-3000:]}")
    try:
        yield process
    finally:
        stop(process)


def folder(user, name):
    """A directory of that user's."""
    path = pathlib.Path(harness.ROOT, name)
    path.mkdir()
    uid, gid, _ = harness.identity(user)
    os.chown(path, uid, gid)
    return path


def write(path, text, user=None, mode=0o644):
    """A file of that user's, or root's."""
    path.write_text(text)
    path.chmod(mode)
    if user is not None:
        uid, gid, _ = harness.identity(user)
        os.chown(path, uid, gid)
    return path


def certificate(directory, name, user=None):
    """A key and its own certificate, for NAME. Returns both paths."""
    key, cert = directory / f"{name}.key", directory / f"{name}.crt"
    harness.shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
                  f"-keyout {key} -out {cert} -subj /CN={name} -addext subjectAltName=IP:{THERE}")
    if user is not None:
        uid, gid, _ = harness.identity(user)
        os.chown(key, uid, gid)
        os.chown(cert, uid, gid)
    return key, cert


def reaches(user, address):
    """Waits until that user's ping gets its answer from an address behind the tunnel, both small and large."""
    option = "-6" if ipaddress.ip_address(address).version == 6 else "-4"

    def pings(size):
        return harness.as_user(user, "ping", option, "-n", "-c", "1", "-W", "2", "-s", size, address).returncode == 0

    harness.wait_until(lambda: pings(56), about=f"an answer of {address}")
    harness.wait_until(lambda: pings(1100), about=f"an answer of {address} to a large packet")


def carries(peer, user, address, size=1 << 20):
    """A TCP connection of that user's to an address behind the tunnel brings so many bytes, unharmed."""
    server = ("import hashlib, os, socket, sys\n"
              "s = socket.create_server((sys.argv[1], 0), family=socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET)\n"
              "print(s.getsockname()[1], flush=True)\n"
              f"data = os.urandom({size})\n"
              "c = s.accept()[0]; c.sendall(data); c.close()\n"
              "print(hashlib.sha256(data).hexdigest(), flush=True)\n")
    reader = ("import hashlib, socket, sys\n"
              "c = socket.create_connection((sys.argv[1], int(sys.argv[2])), 60)\n"
              "h = hashlib.sha256()\n"
              "while True:\n"
              "    d = c.recv(65536)\n"
              "    if not d: break\n"
              "    h.update(d)\n"
              "print(h.hexdigest())\n")
    process = peer.start("python3", "-c", server, address, start_new_session=True)
    try:
        port = process.stdout.readline().strip()
        got = harness.as_user(user, "python3", "-c", reader, address, port, timeout=harness.PATIENCE)
        harness.equal(got.returncode, 0, got.stderr)
        harness.equal(got.stdout.strip(), process.stdout.readline().strip(), f"what came from {address}")
    finally:
        stop(process)


def all_gone(name):
    """Waits until the device is gone, and with it its addresses and routes, in whatever table."""
    harness.wait_until(lambda: harness.link(name) is None, about=f"the end of {name}")
    for family in ("-4", "-6"):
        for what in (f"ip {family} route show table all", f"ip {family} rule show"):
            found = harness.shell(what)
            assert name not in found, found


