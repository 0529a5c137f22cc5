"""Attacks, and what must be true beside each: an innocent user is served as without it, nobody is refused for it, every
process of the broker lives, and afterwards they all sleep.
"""
import contextlib
import mmap
import os
import pathlib
import signal
import struct
import subprocess
import threading
import time

import harness
import wire
from broker import connect_as

# Milliseconds of median within which a user is not worse off, whatever the median was without the attack: a few milliseconds
# double as soon as attackers take their part of two processors. A queue of 4096 before the user took 61 to 130 here, one
# of 64 took 10 to 21.
NOT_WORSE = 40

# Seconds after which an innocent user's request counts as never answered.
LOST = harness.PATIENCE


def median(values):
    return sorted(values)[len(values) // 2]


# ---- an innocent user ----

def on_a_busy_machine(milliseconds):
    """A time that is long enough on an idle machine; longer where others keep the processors busy, or begin to: the load is
    an average of a minute."""
    load, _, _, running, _ = pathlib.Path("/proc/loadavg").read_text().split()
    return milliseconds * max(1, float(load) / os.cpu_count(), int(running.split("/")[0]) / os.cpu_count())


def open_once(user, network, lost=LOST, **wish):
    """One tap_open() and its end. Returns the status (None: no answer) and the milliseconds until the answer."""
    started = time.monotonic()
    try:
        with connect_as(user) as sock:
            sock.settimeout(lost)
            sock.send(wire.request(network, **wish))
            data, fds = wire.receive(sock)
    except (ConnectionError, TimeoutError):
        data, fds = b"", []
    milliseconds = (time.monotonic() - started) * 1000
    for fd in fds:
        os.close(fd)
    return (wire.Answer.unpack(data).status if data else None), milliseconds


def opens(user, network, seconds, **wish):
    """The milliseconds of each of the user's opens in that time. Each must be granted."""
    times = []
    until = time.monotonic() + seconds
    while time.monotonic() < until or len(times) < 5:
        status, milliseconds = open_once(user, network, **wish)
        harness.equal(status, wire.OK, f"the status of {user}'s open {len(times) + 1}, after {milliseconds:.0f} ms")
        times.append(milliseconds)
        time.sleep(0.02)
    return times


# ---- the attackers ----

class Attack:
    """So many processes of that user's which call step() again and again while the block lasts.

    step() may fail with OSError: attackers do not mind.
    """

    def __init__(self, user, step, processes=4):
        self.user, self.step, self.processes = user, step, processes
        self.counters = mmap.mmap(-1, 8 * processes)
        self.pids = []

    def _run(self, number):
        signal.alarm(0)
        harness.become(self.user)
        rounds = 0
        while True:
            with contextlib.suppress(OSError):
                self.step()
            rounds += 1
            struct.pack_into("Q", self.counters, 8 * number, rounds)

    def __enter__(self):
        for number in range(self.processes):
            pid = os.fork()
            if pid == 0:
                try:
                    self._run(number)
                finally:
                    os._exit(1)
            self.pids.append(pid)
        harness.wait_until(lambda: self.rounds > 2 * self.processes, about="the first rounds of the attack")
        return self

    def __exit__(self, *_):
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self.pids = []

    @property
    def rounds(self):
        """How often step() has been called, by all of them together."""
        return sum(struct.unpack_from("Q", self.counters, 8 * number)[0] for number in range(self.processes))


# ---- the broker beside it ----

def asleep(broker):
    """Every process of the broker uses no processor time, two samples long. It may first end what is under way."""
    deadline = time.monotonic() + harness.PATIENCE
    while True:
        busy = {}
        before = {name: harness.cpu_seconds(pid) for name, pid in broker.pids().items()}
        for _ in range(2):
            time.sleep(0.4)
            after = {name: harness.cpu_seconds(pid) for name, pid in broker.pids().items()}
            busy.update({name: round(after[name] - before.get(name, 0), 2) for name in after
                         if after[name] - before.get(name, 0) > 0.025})
            before = after
        if not busy:
            return
        assert time.monotonic() < deadline, f"seconds of processor time that an idle broker used within 0.4 s: {busy}"


def open_files(broker):
    """How many each process has open; but not the authority, whose libraries keep what they once needed."""
    return {name: len(os.listdir(f"/proc/{pid}/fd")) for name, pid in broker.pids().items()
            if name != "tapbroker-authority"}


def no_more_files(broker, before):
    """True if no process has more files open than open_files() said before."""
    return all(count <= before.get(name, 0) for name, count in open_files(broker).items())


@contextlib.contextmanager
def lives(broker):
    """The processes at the end of the block are those of its beginning, and then they sleep."""
    before = broker.pids()
    yield
    harness.equal(broker.process.poll(), None, "the broker has ended with")
    harness.equal(broker.pids(), before, "the processes of the broker")
    asleep(broker)


def _beside_once(broker, attack, user, network, seconds, worse):
    """Measures the innocent user's opens without the attack, then beside it. Returns what is wrong, or None."""
    without = opens(user, network, seconds)
    with attack:
        before = getattr(attack, "rounds", 0)
        during = opens(user, network, seconds)
        rounds = getattr(attack, "rounds", 1) - before
    harness.note(f"{user}: median {median(without):.1f} ms without, {median(during):.1f} ms beside it "
                 f"(max {max(during):.0f}); rounds of the attack: {rounds}")
    assert rounds > 0, "the attack did not take place"
    limit = max(worse * median(without), on_a_busy_machine(NOT_WORSE))
    return None if median(during) <= limit else f"a median of {median(during):.1f} ms, more than {limit:.1f}"


def beside(broker, attack, user="bob", network="lan", seconds=2.5, worse=2, tries=3):
    """The innocent user's opens take no longer beside the attack than they may. Other work on the machine comes and goes
    between the two measurements: only the attack makes each try fail."""
    with lives(broker):
        for _ in range(tries):
            wrong = _beside_once(broker, attack, user, network, seconds, worse)
            if not wrong:
                return
            asleep(broker)
        raise AssertionError(wrong)


# ---- the rest ----

class SupervisorReads:
    """Takes what the broker tells its supervisor, all the time, as systemd does; until the block ends."""

    def __init__(self, broker):
        self.broker, self.stopped = broker, False
        self.thread = threading.Thread(target=self._read)

    def _read(self):
        while not self.stopped:
            self.broker.hears()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped = True
        self.thread.join()


class InTheBackground:
    """Calls function() again and again in a thread until the block ends; gathers what it returns.

    function() must not change this process's ids, and is another user for the moments in which the test is: a
    PermissionError counts as nothing found. Any other error is raised at the end of the block.
    """

    def __init__(self, function):
        self.function, self.found, self.error, self.stopped = function, [], None, False
        self.thread = threading.Thread(target=self._loop)

    def _loop(self):
        while not self.stopped and not self.error:
            try:
                self.found.append(self.function())
            except PermissionError:
                pass
            except Exception as error:
                self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped = True
        self.thread.join()
        if self.error:
            raise self.error


def own_namespaces_or_skip(user="alice"):
    """Skips the test where users cannot make namespaces."""
    done = harness.as_user(user, "unshare", "-Urn", "true", check=False)
    if done.returncode != 0:
        harness.skip("users cannot make user namespaces here")


def stop_within(broker, seconds):
    """SIGTERM; the main process must end properly in that time. Returns the seconds it took; then all may be killed."""
    started = time.monotonic()
    broker.process.send_signal(signal.SIGTERM)
    try:
        code = broker.process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise AssertionError(f"SIGTERM did not end the broker within {seconds} s") from None
    harness.equal(code, 0, "the exit code after SIGTERM")
    return time.monotonic() - started
