"""What every system test is written with. `from harness import *` first of all runs the test inside the sandbox.

A test is a function with @test before it; its name is what it proves. The file ends with run().
"""
import contextlib
import ctypes
import itertools
import json
import os
import pathlib
import pwd
import random
import re
import select
import signal
import socket  # this one and struct are for the tests, which take everything from here
import struct
import subprocess
import sys
import time
import traceback

ROOT = "/run/tapbroker-tests"
BUILD = ROOT + "/build"
TESTS = ROOT + "/tests"
RULES = ROOT + "/rules"
SANDBOX = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sandbox")

# Seconds in which what must happen has happened, however busy the machine: another test may hold the kernel's lock on all
# links for seconds, and polkitd 122 sometimes misses a wake-up of its own, and then answers after 15. Less is for those
# who try a broken broker on purpose.
PATIENCE = int(os.environ.get("TB_PATIENCE", "90"))
LOOKS = PATIENCE * 50 // 4

if not os.path.isdir(ROOT):
    os.execv(SANDBOX, [SANDBOX, os.path.abspath(sys.argv[0]), *sys.argv[1:]])

# ---- the Test Anything Protocol ----

_tests = []
_on_failure = []
_on_end = []


class Skip(Exception):
    """Raised by a test that cannot run here."""


class TooSlow(Exception):
    """Raised inside a test that does not end."""


def test(function):
    """Registers a test; they run in the order in which they stand."""
    _tests.append(function)
    return function


def skip(reason):
    raise Skip(reason)


def skip_all(reason):
    """Ends the file: nothing in it can run here."""
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def note(text, file=sys.stdout):
    """Prints something for whoever reads the output."""
    print("".join(f"# {line}\n" for line in str(text).splitlines()), end="", file=file, flush=True)


def note_error(error):
    """What went wrong and where, without the lines of this file. On stderr, which prove shows."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    note("".join(traceback.format_list(frames) + traceback.format_exception_only(error)), sys.stderr)


def on_failure(function):
    """function() returns text that is printed after a test has failed."""
    _on_failure.append(function)


def on_end(function):
    """function() is called after the last test; what it raises fails the file."""
    _on_end.append(function)


def _alarm(*_):
    raise TooSlow("the test did not end in time")


def _run_one(function, seconds):
    signal.signal(signal.SIGALRM, _alarm)
    signal.alarm(seconds)
    try:
        function()
    finally:
        signal.alarm(0)


def run(seconds=10 * PATIENCE):
    """Runs the file's tests, each for so many seconds at most, and ends the process."""
    print(f"1..{len(_tests)}", flush=True)
    failed = 0
    for number, function in enumerate(_tests, 1):
        title = f"{number} - {function.__name__.replace('_', ' ')}"
        try:
            _run_one(function, seconds)
        except Skip as reason:
            print(f"ok {title} # SKIP {reason}", flush=True)
        except Exception as error:
            failed += 1
            print(f"not ok {title}", flush=True)
            note_error(error)
            for source in _on_failure:
                note(source(), sys.stderr)
        else:
            print(f"ok {title}", flush=True)
    for function in _on_end:
        try:
            _run_one(function, seconds)
        except Exception as error:
            failed += 1
            note_error(error)
    sys.exit(failed > 0)


def equal(found, expected, about=""):
    assert found == expected, f"{about}: found {found!r}, expected {expected!r}"


def matches(pattern, text):
    assert re.search(pattern, text), f"{pattern!r} is not in:\n{text}"


def wait_until(condition, about="the condition"):
    """Waits until condition() is true and returns what it returned.

    It looks so many times at most, which on an idle machine is a quarter of PATIENCE: what takes long there is not what was
    meant. On a busy machine each look takes longer, as all else does.
    """
    deadline = time.monotonic() + PATIENCE
    looks = 0
    while True:
        value = condition()
        if value:
            return value
        looks += 1
        assert looks < LOOKS, f"looked {looks} times in vain for {about}"
        assert time.monotonic() < deadline, f"waited {PATIENCE} s in vain for {about}"
        time.sleep(0.02)


# ---- users and programs ----

ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": "/", "LD_LIBRARY_PATH": BUILD,
               **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}}


# With AddressSanitizer everything takes several times as long.
SANITIZED = "libasan" in subprocess.run(["ldd", BUILD + "/tapctl"], capture_output=True, text=True, check=False).stdout

# For a program that loads our library but was not built with its sanitizer, which then cannot come first.
LOADS_OURS = {**ENVIRONMENT, "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}


def identity(user):
    """uid, gid and groups of a user: a name, or a number that needs no entry in passwd."""
    if isinstance(user, int):
        return user, user, [user]
    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid, os.getgrouplist(user, entry.pw_gid)


# What tapctl says after two seconds to a person who waits.
WAITING = "tapctl: waiting for the broker, which asks polkit ...\n"


def as_user(user, *command, **options):
    """Runs a command as that user until it ends. The result has returncode, stdout, and stderr without WAITING: on a busy
    machine everybody waits."""
    uid, gid, groups = identity(user)
    options = {"env": ENVIRONMENT, "timeout": PATIENCE, "text": True, "capture_output": True, "cwd": "/",
               "stdin": subprocess.DEVNULL, **options}
    done = subprocess.run([str(word) for word in command], user=uid, group=gid, extra_groups=groups, **options)
    if isinstance(done.stderr, str):
        done.stderr = done.stderr.replace(WAITING, "")
    return done


def start_as(user, *command, **options):
    """Starts a command as that user; killed when the test ends, if it still runs then."""
    uid, gid, groups = identity(user)
    options = {"env": ENVIRONMENT, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": "/",
               "stdin": subprocess.DEVNULL, **options}
    return subprocess.Popen([str(word) for word in command], user=uid, group=gid, extra_groups=groups, **options)


@contextlib.contextmanager
def running(user, *command, **options):
    """The command runs as that user during the block; it and what it started are killed at its end."""
    process = start_as(user, *command, start_new_session=True, **options)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def become(user):
    """Turns this process into that user's, for good."""
    uid, gid, groups = identity(user)
    os.setgroups(groups)
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def tapctl(user, *arguments, **options):
    return as_user(user, BUILD + "/tapctl", *arguments, **options)


def shell(command):
    """Runs a command line as root; it must succeed. Returns its output."""
    done = subprocess.run(command, shell=True, text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def helper(name):
    """The path of a program in tests/system/helpers: a script there, or a built one."""
    for path in (f"{TESTS}/helpers/{name}", f"{BUILD}/tests/{name}"):
        if os.access(path, os.X_OK):
            return path
    raise AssertionError(f"the helper {name} is not built: make tests")


def setuid_copy(path):
    """A setuid-root copy of a program, in the sandbox only."""
    copy = f"{ROOT}/setuid-{os.path.basename(path)}"
    pathlib.Path(copy).write_bytes(pathlib.Path(path).read_bytes())
    os.chmod(copy, 0o4755)
    return copy


# ---- processes, by number only ----

def alive(pid):
    """True if the process exists and is not a zombie."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def children(pid):
    """The process ids of the children of a process."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(path.parent.name))
    return found


def cpu_seconds(pid):
    """What the process has used so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def set_no_new_privs():
    ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)


# ---- links ----

def links():
    """Every link of this network namespace, as `ip -details -json link` tells."""
    return json.loads(shell("ip -d -j link show") or "[]")


def link(name):
    """One link, or None."""
    return next((entry for entry in links() if entry["ifname"] == name), None)


def in_shield(command):
    """Runs a command line as root in the network namespace in which taps on bridges stand; it must succeed."""
    return shell(f"nsenter --net={SHIELD} {command}")


def shield_links():
    return json.loads(in_shield("ip -d -j link show") or "[]")


def tap(name):
    """The link of a tap itself, in the shield or here, or None."""
    return next((entry for entry in [*shield_links(), *links()] if entry["ifname"] == name and kind(entry) == "tun"), None)


def kind(entry):
    return entry.get("linkinfo", {}).get("info_kind")


def is_port(entry):
    """True if the link is the port of a tap in the shield."""
    return kind(entry) == "veth" and entry.get("ifalias", "").startswith("tapbroker:2:")


def devices():
    """The names of all tap, tun and macvtap links, and of ports of taps in the shield."""
    return {entry["ifname"] for entry in links() if kind(entry) in ("tun", "macvtap") or is_port(entry)}


def taps():
    """The names of all tap and tun links, here and in the shield: of those that somebody can have an fd of."""
    return {entry["ifname"] for entry in [*links(), *shield_links()] if kind(entry) == "tun"}


def remove_links():
    """Removes whatever an earlier test made."""
    for entry in links():
        if entry["ifname"] != "lo":
            subprocess.run(["ip", "link", "del", entry["ifname"]], capture_output=True, check=False)


def bridge(name="br0", address=None):
    shell(f"ip link add {name} type bridge && ip link set {name} up")
    if address:
        shell(f"ip addr add {address} dev {name}")


def veth(name, peer, address=None, master=None):
    """A pair of links, both up. The address is the peer's; master is the bridge that name joins."""
    shell(f"ip link add {name} type veth peer name {peer} && ip link set {name} up && ip link set {peer} up")
    if address:
        shell(f"ip addr add {address} dev {peer}")
    if master:
        shell(f"ip link set {name} master {master}")


def sysctl(name):
    return pathlib.Path("/proc/sys", name).read_text().strip()


def tun_node_mode(mode):
    """0o666: the monitor opens the node itself; 0o600: it needs the opener."""
    os.chmod("/dev/net/tun", mode)


def macvtap_or_skip():
    """Skips the test where a macvtap's device node does not appear, as in most containers."""
    shell("ip link add probe0 type veth peer name probe1")
    number = random.randrange(1 << 24, 1 << 25)  # device nodes are shared by all sandboxes
    made = subprocess.run(f"ip link add link probe0 name probe2 index {number} type macvtap", shell=True,
                          capture_output=True, check=False)
    node = os.path.exists(f"/dev/tap{number}")
    shell("ip link del probe0")
    if made.returncode != 0 or not node:
        skip("no macvtap, or no devtmpfs on /dev")


def count_fds(pid, start):
    """How many fds of a process are of files whose names begin so."""
    count = 0
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # it was closed meanwhile
            count += os.readlink(fd).startswith(start)
    return count


def ping(address, count=2):
    return subprocess.run(["ping", "-n", "-c", str(count), "-i", "0.2", "-W", "2", address], text=True,
                          capture_output=True, check=False)


# ---- polkit ----

_markers = itertools.count(1)


def rules(*texts):
    """The rules from now on; waits until polkitd has read them. No text: nothing but the actions' defaults."""
    marker = f"rules {next(_markers)} are loaded"
    for path in pathlib.Path(RULES).glob("*.rules"):
        path.unlink()
    for number, text in enumerate([*texts, f'polkit.log("{marker}");\n']):
        temporary = pathlib.Path(RULES, "new")
        temporary.write_text(text)
        temporary.rename(pathlib.Path(RULES, f"{number + 10}-test.rules"))
    if "--no-debug" in os.environ.get("TB_POLKITD_OPTIONS", ""):
        time.sleep(1)  # it does not say when it has read them
    elif alive(polkitd.pid):
        wait_until(lambda: marker in polkitd.log(), about="polkitd to read its rules")


def rule(body):
    """One rule; body sees action, subject and, for brevity, ask(detail)."""
    rules("polkit.addRule(function(action, subject) { var ask = function(key) { return action.lookup(key); };\n"
          'if (action.id.indexOf("org.tapbroker.") != 0) return polkit.Result.NOT_HANDLED;\n' + body + "\n});\n")


def allow(*users):
    """A rule that says yes to these users and no to all others; nobody may know everything about networks."""
    names = json.dumps(users)
    rule('if (action.id == "org.tapbroker.explain") return polkit.Result.NO;\n'
         f"return {names}.indexOf(subject.user) >= 0 ? polkit.Result.YES : polkit.Result.NO;")


class Daemon:
    """The sandbox's bus or its polkitd."""

    def __init__(self, name):
        self.name = name
        self.log_path = pathlib.Path(ROOT, name + ".log")

    @property
    def pid(self):
        return int(pathlib.Path(ROOT, self.name + ".pid").read_text())

    def stop(self):
        """Makes it hang."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.pid, signal.SIGCONT)

    def kill(self):
        pid = self.pid
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not alive(pid), about=f"the end of {self.name}")

    def start(self):
        subprocess.run([SANDBOX, "start-" + self.name], check=True)

    def log(self):
        return self.log_path.read_text(errors="replace")


bus = Daemon("bus")
polkitd = Daemon("polkitd")
on_failure(lambda: "polkitd:\n" + polkitd.log()[-2000:])


def fake_session(pid, user, seat="seat0", active=True, session="c1"):
    """Makes libsystemd, and so polkitd, believe that the process belongs to a session of systemd-logind."""
    uid = identity(user)[0]
    state = "active" if active else "online"
    directory = pathlib.Path("/run/systemd")
    lines = [f"UID={uid}", f"USER={user}", f"ACTIVE={int(active)}", "IS_DISPLAY=1", f"STATE={state}", "REMOTE=0",
             "TYPE=tty", "CLASS=user", f"SCOPE=session-{session}.scope", f"LEADER={pid}"]
    if seat:
        lines += [f"SEAT={seat}", "VTNR=1"]
        holder = [f"ACTIVE={session}", f"ACTIVE_UID={uid}"] if active else []
        (directory / "seats" / seat).write_text("\n".join(
            ["IS_SEAT0=1", "CAN_MULTI_SESSION=1", *holder, f"SESSIONS={session}", f"UIDS={uid}", ""]))
    (directory / "sessions" / session).write_text("\n".join(lines) + "\n")
    (directory / "users" / str(uid)).write_text("\n".join(
        [f"NAME={user}", f"STATE={state}", f"SESSIONS={session}", f"ACTIVE_SESSIONS={session}",
         f"ONLINE_SESSIONS={session}", f"DISPLAY={session}", ""]))
    scope = f"/user.slice/user-{uid}.slice/session-{session}.scope"
    groups = pathlib.Path(f"/proc/{pid}/cgroup").read_text()
    groups = re.sub(r"(?m)^(\d+:name=systemd:|0::).*$", lambda found: found[1] + scope, groups)
    copy = pathlib.Path(ROOT, f"cgroup-{pid}")
    copy.write_text(groups)
    shell(f"mount --bind {copy} /proc/{pid}/cgroup")


# ---- the broker ----

import wire  # noqa: E402
from broker import SHIELD, SHIELD_OPENER, SOCKET, Broker, make_shield, Client, connect_as, status_of  # noqa: E402
from idle import settle  # noqa: E402
from packets import FrameSocket, arp_request, udp_frame, udp_packet  # noqa: E402
