"""A broker that has nothing to do: what every test of it demands before it is stopped.

Its processes sleep, they have no more files open than at the start, but for what connections and devices that are still
there explain, and there is no device of ours that no lease stands for.
"""
import contextlib
import pathlib
import time

import harness
from idle import QUIET, awake

# Seconds in which a broker that has just started comes to rest; a test that makes it busy at once does not let it.
START = 2

# What a live connection, or a live device, explains at most: the connection itself, its process, its namespace, the
# device, its lifeline in the supervisor's store.
FDS_EACH = 3


def _fds(pid):
    links = []
    with contextlib.suppress(OSError):
        for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                links.append(str(fd.readlink()))
    return sorted(links)


def _open_files(broker):
    """{process: what it has open}"""
    return {name: _fds(pid) for name, pid in broker.pids().items()}


def after_start(broker):
    """What the processes have open when each of them has begun to wait; to be compared with at the end."""
    deadline = time.monotonic() + START
    pids = broker.pids()
    while awake(pids, QUIET / 4) and time.monotonic() < deadline:
        pass
    return _open_files(broker)


def _connections(path):
    """How many connections to that socket there are: its end of each has the path too, and is not listening."""
    lines = pathlib.Path("/proc/net/unix").read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    return sum(len(words) == 8 and words[7] == path and int(words[3], 16) & 0x10000 == 0 for words in fields)


def _devices():
    """The devices that carry the mark of a broker."""
    return {entry["ifname"] for entry in harness.links() if entry.get("ifalias", "").startswith("tapbroker:")}


def _leaked_files(broker, socket, devices):
    """{process: what it has open beyond what it had at the start}, where live things do not explain it.

    The authority connects to the bus after the start, and comes and goes with it, so it has a connection in hand.
    """
    live = FDS_EACH * (_connections(socket) + len(devices))
    leaked = {}
    for name, now in _open_files(broker).items():
        start = broker.files_at_start.get(name, now)
        allowed = live + 4 * (name == "tapbroker-authority")
        if len(now) > len(start) + allowed:
            more = list(now)
            for link in start:
                if link in more:
                    more.remove(link)
            leaked[name] = more
    return leaked


def _leases():
    """The names of the devices that leases stand for, as root is told; None: nobody could say."""
    from leases import leases  # it needs this module's users
    try:
        found = leases("root", flags=harness.wire.ALL)
    except (AssertionError, OSError, ValueError):
        return None
    return None if found is None else {harness.wire.text(lease.name) for lease in found}


def _without_a_lease():
    """The names of devices of ours that no lease stands for. One may be just being deleted."""
    known = _leases() if _devices() else None
    return set() if known is None else _devices() - known


def demand(broker, socket):
    """Fails if the broker does not come to rest."""
    if harness.alive(harness.polkitd.pid):
        deadline = time.monotonic() + harness.PATIENCE
        while without := _without_a_lease():
            assert time.monotonic() < deadline, f"devices without a lease: {sorted(without)}"
            time.sleep(0.1)
    pids = broker.pids()
    deadline = time.monotonic() + harness.PATIENCE
    while True:
        still = awake(pids)
        leaked = {} if still else _leaked_files(broker, socket, _devices())
        if not still and not leaked:
            return
        assert time.monotonic() < deadline, f"not at rest: awake {still}, open besides what was at the start {leaked}"
