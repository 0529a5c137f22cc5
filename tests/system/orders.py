"""The monitor alone: the test is its clerk and its authority, by stand-ins that pass their fds on."""
import contextlib
import fcntl
import os
import pathlib
import pwd
import socket
import struct
import subprocess

from harness import (BUILD, ENVIRONMENT, PATIENCE, SOCKET, connect_as, devices, equal, make_shield, matches, note, shell, taps,
                     wait_until)
import wire

CONTROL = "/run/clerk-control"
REQ_ORDER, ANS_MADE, VOID, REQ_STORE, ANS_STORE, REQ_DROP, ANS_DROP, READY = 46, 47, 48, 50, 51, 52, 53, 58
REQ_DELETE, ANS_DELETED, PUT_BACK, REPAIR, TB_YES, COUNT = 54, 55, 56, 60, 44, 70
PEER_GONE, NO_YES, NOT_OWN_NETNS = 1, 2, 3
ACTION_OPEN = 1

Question = wire.Message("Question", wire.REQ_ASK, "16sQIIIIIIIIII32s16s16s16s88s",
                        "ticket start_time uid pid action owner kind mode flags mtu queues lifetime network name bridge "
                        "parent external_id")
QUESTION_SIZE = Question.layout.size
Yes = wire.Message("Yes", TB_YES, f"{QUESTION_SIZE}s", "question")
Order = wire.Message("Order", REQ_ORDER, f"{QUESTION_SIZE}sII", "question gid guest")
Made = wire.Message("Made", ANS_MADE, "IiIIIIIIIIiIQ16s6s2s16s", "status error stage check ifindex tap master mtu stored "
                    "lower nsid there since name mac reserved_mac lease")
Void = wire.Message("Void", VOID, "16s", "ticket")
Voided = wire.Message("Voided", VOID + 1, "16s", "ticket")
Store = wire.Message("Store", REQ_STORE, "16s", "lease")
Stored = wire.Message("Stored", ANS_STORE, "16siI", "lease error reserved")
Ready = wire.Message("Ready", READY, "II", "leases reserved")
Delete = wire.Message("Delete", REQ_DELETE, "16sII", "lease ifindex place")
HERE, AWAY, IN_SHIELD = 0, 1, 2
Deleted = wire.Message("Deleted", ANS_DELETED, "16sIi", "lease ifindex error")
Repair = wire.Message("Repair", REPAIR, "16sII6s2s", "lease ifindex tap mac reserved")
Count = wire.Message("Count", COUNT, "16sIIII", "lease place to_holder sequence reserved")
Entry = wire.Message("Entry", PUT_BACK, "IHHI6s6s", "port state vlan flags mac reserved")

SCRIPT = f"""#!/usr/bin/python3 -BI
import array, os, socket
control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
control.connect({CONTROL!r})
fds = sorted(int(fd) for fd in os.listdir("/proc/self/fd") if 3 <= int(fd) != control.fileno())
fds = [fd for fd in fds if os.path.exists("/proc/self/fd/%d" % fd)]
text = " ".join([os.path.basename(__file__), os.environ.get("TB_STORED", "-"), os.environ.get("TB_AWAY", "-")])
control.sendmsg([text.encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])
os.closerange(3, control.fileno())
os.closerange(control.fileno() + 1, 256)
control.recv(1)
"""


class Directory:
    """An open directory."""

    def __init__(self):
        self.fd = os.open("/", os.O_RDONLY)

    def fileno(self):
        return self.fd


class Monitor:
    """tapbrokerd with stand-ins for the clerk and the authority, which this test then is."""

    def __init__(self, networks, *options, passed=None):
        self.directory = pathlib.Path("/run", f"monitor-{os.urandom(4).hex()}")
        (self.directory / "etc/networks.d").mkdir(parents=True)
        (self.directory / "vendor").mkdir()
        libexec = self.directory / "libexec"
        libexec.mkdir()
        for name, lines in networks.items():
            (self.directory / f"etc/networks.d/{name}.conf").write_text("[Network]\n" + lines.replace("; ", "\n") + "\n")
        for name in ("tapbroker-clerk", "tapbroker-authority"):
            (libexec / name).write_text(SCRIPT)
            (libexec / name).chmod(0o755)
        (libexec / "tapbroker-opener").symlink_to(f"{BUILD}/tapbroker-opener")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(CONTROL)
        control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        control.bind(CONTROL)
        os.chmod(CONTROL, 0o666)
        control.listen()
        notify_path = str(self.directory / "notify")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(notify_path)
        self.log_path = self.directory / "log"
        environment = {**ENVIRONMENT, "NOTIFY_SOCKET": notify_path}
        starter = []
        if passed:
            # What a supervisor does: the listening socket first, and then what it has stored.
            listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(SOCKET)
            listening.bind(SOCKET)
            os.chmod(SOCKET, 0o666)
            listening.listen()
            fds = [listening.fileno(), *passed.values()]
            high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 40) for fd in fds]
            environment |= {"LISTEN_FDS": str(len(fds)), "LISTEN_FDNAMES": ":".join(["tapbroker.socket", *passed])}
            moves = " ".join(f"{3 + i}<&{fd}" for i, fd in enumerate(high))
            starter = ["bash", "-c", f'exec {moves}; LISTEN_PID=$$ exec "$@"', "bash"]
        make_shield()
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [*starter, BUILD + "/tapbrokerd", f"--config-dir={self.directory}/etc", f"--vendor-dir={self.directory}/vendor",
                 f"--libexec-dir={libexec}", f"--socket={SOCKET}", *options],
                env=environment, cwd="/", stdout=log, stderr=log, stdin=subprocess.DEVNULL, close_fds=not passed)
        if passed:
            listening.close()
            for fd in high:
                os.close(fd)
        self.standins = []
        fds = {}
        for _ in range(2):
            control.settimeout(PATIENCE)
            standin, _ = control.accept()
            text, passed, _, _ = socket.recv_fds(standin, 4096, 64)
            self.standins.append(standin)
            fds[text.decode().split()[0]] = passed
            if text.startswith(b"tapbroker-clerk"):
                self.told = text.decode().split(" ")[1:]
        clerk, authority = fds["tapbroker-clerk"], fds["tapbroker-authority"]
        self.orders, self.listening, self.questions, self.reaper = (socket.socket(fileno=fd) for fd in clerk[:4])
        # The networks, the kernel's news of links and neighbours; of links in the shield, with a socket for questions; the
        # tunnels that there are. And the two on which the kernel tells what locks have counted, here and in the shield.
        self.books, self.counts, self.lifelines = clerk[4:10], clerk[10:12], clerk[12:]
        self.asked, self.yeses = (socket.socket(fileno=fd) for fd in authority)
        # What locks devices is kept, too, before anybody orders one.
        self.notify.settimeout(PATIENCE)
        rules, (fd,) = wire.receive(self.notify)
        matches(r"FDSTORE=1\nFDPOLL=0\nFDNAME=rules-tapbroker-[0-9a-f]{8}$", rules.decode())
        os.close(fd)
        self.orders.settimeout(PATIENCE)
        self.reaper.settimeout(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for standin in self.standins:
            standin.close()
        for sock in (self.orders, self.questions, self.reaper, self.asked, self.yeses, self.listening, self.notify):
            sock.close()
        for fd in (*self.books, *self.counts, *self.lifelines):
            os.close(fd)
        self.process.kill()
        self.process.wait()
        if kind is not None:
            note(self.log())
        for name in devices():
            shell(f"ip link del {name}")
        wait_until(lambda: not taps(), about="the end of taps in the shield")

    def log(self):
        return self.log_path.read_text()

    def client(self, user="root"):
        """A client's two ends: its own, and the accepted one."""
        ours = connect_as(user)
        theirs, _ = self.listening.accept()
        theirs.shutdown(socket.SHUT_RD)
        return ours, theirs

    def question(self, theirs, ticket=bytes(16), **changed):
        pid, uid, gid = struct.unpack("iII", theirs.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        fields = {"ticket": ticket, "start_time": 77, "uid": uid, "pid": pid, "action": ACTION_OPEN, "owner": 0,
                  "kind": wire.KIND_TAP, "mode": 0, "flags": 0, "mtu": 1500, "queues": 1, "lifetime": wire.SESSION,
                  "network": b"lan", "name": b"", "bridge": b"br0", "parent": b"", "external_id": b"", **changed}
        return Question.pack(*fields.values())

    def order(self, theirs, question, gid=None, guest=0):
        """Gives one order; returns what became of it."""
        self.send_order(theirs, question, gid, guest)
        return Made.unpack(self.orders.recv(4096))

    def send_order(self, theirs, question, gid=None, guest=0):
        if gid is None:
            gid = struct.unpack("iII", theirs.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[2]
        wire.send(self.orders, Order.pack(question, gid, guest), [theirs.fileno()])

    def yes(self, question):
        self.yeses.send(Yes.pack(question))

    def void(self, ticket):
        """Takes a yes back; the monitor says when it has."""
        self.orders.send(Void.pack(ticket))
        equal(Voided.unpack(self.orders.recv(4096)).ticket, ticket)

    def delete(self, lease, ifindex, place=None):
        self.reaper.send(Delete.pack(lease, ifindex, place if place is not None else HERE if ifindex else AWAY))
        return Deleted.unpack(self.reaper.recv(4096)).error

    def delete_half_made(self, made):
        """What is there of a device that nobody got is told; a tap may have gone with its fds already."""
        equal(made.there, 1, "what is there")
        assert self.delete(made.lease, made.ifindex) in (0, 19)
        wait_until(lambda: not devices(), about="the end of the device")

    def ends(self, pattern):
        code = self.process.wait(10)
        equal(code, 1, "exit code")
        matches(pattern, self.log())


def with_clerk_user():
    try:
        pwd.getpwnam("tapbroker-clerk")
    except KeyError:
        for path, line in (("/etc/passwd", "tapbroker-clerk:x:2014:2014::/:/bin/sh"), ("/etc/group", "tapbroker-clerk:x:2014:")):
            with open(path, "a") as file:
                file.write(line + "\n")


with_clerk_user()
