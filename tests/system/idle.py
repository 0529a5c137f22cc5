"""When does a process have nothing to do? What a test of "nothing came of it" has to know, however busy the machine is:
a process that was not let run yet has not done it yet."""
import contextlib
import pathlib
import time

QUIET = 0.1  # seconds in which nothing may happen

# Who brings about what tests look for, as the kernel cuts their names.
OURS = {"tapbrokerd", "tapbroker-clerk", "tapbroker-autho", "tapbroker-opene", "tapctl", "polkitd", "dbus-daemon"}


def _switches(pid):
    """How often the threads of a process have gone to sleep, or were made to wait."""
    count = 0
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        with contextlib.suppress(OSError):
            count += sum(int(line.split()[1]) for line in status.read_text().splitlines() if "ctxt_switches" in line)
    return count


def _busy(pid):
    """True if one of its threads runs, waits for a processor, or for the kernel."""
    states = set()
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(OSError):
            states.add(path.read_text().rpartition(")")[2].split()[0])
    return bool(states & {"R", "D"})


def awake(pids, seconds=QUIET):
    """The names of the processes, {name: pid}, that did something while we looked, or would if they could."""
    before = {name: _switches(pid) for name, pid in pids.items()}
    time.sleep(seconds)
    return [name for name, pid in pids.items() if _switches(pid) != before[name] or _busy(pid)]


def _ours():
    found = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            if path.read_text().rstrip("\n") in OURS:
                found[path.parent.name] = int(path.parent.name)
    return found


def settle(seconds=0.0):
    """Sleeps so long, and then until nobody has anything to do any more: what was to come has come. Where somebody
    keeps them busy all the time, it looks a hundred times."""
    time.sleep(seconds)
    for _ in range(100):
        if not awake(_ours(), QUIET / 2):
            return
