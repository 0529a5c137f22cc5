"""A namespace that plays a guest: each of its network cards is a tap of its own, and what the kernel sends there comes out
of a device that a client holds, as a machine monitor does it."""
import contextlib
import os
import select
import signal

from harness import shell, wait_until
from leases import attach
from namespaces import _enter

IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
FRAME = 65536


def _copy(pairs):
    """Frames from each device to its card and back, until a device is gone."""
    other = {}
    poll = select.poll()
    for one, two in pairs:
        other.update({one: two, two: one})
    for fd in other:
        os.set_blocking(fd, False)
        poll.register(fd, select.POLLIN)
    while True:
        for fd, _ in poll.poll():
            frame = os.read(fd, FRAME)
            # A card that is down yet, or whose queue is full, takes none.
            with contextlib.suppress(OSError):
                os.write(other[fd], frame)


def _play(name, cards):
    _enter(f"/run/netns/{name}")
    pairs = [(fd, attach(card, IFF_TAP | IFF_NO_PI)) for card, (fd, _) in cards.items()]
    _copy(pairs)


@contextlib.contextmanager
def played(name, cards, *commands):
    """A namespace of that name with these cards: {"eth0": (fd, mac)}; the commands are run in it, then it is there. The
    fds stay the caller's."""
    shell(f"ip netns add {name}; ip -n {name} link set lo up; ip netns exec {name} sysctl -qw "
          "net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0")
    pid = os.fork()
    if pid == 0:
        try:
            signal.alarm(0)
            _play(name, cards)
        except OSError:  # a device is gone
            pass
        finally:
            os._exit(0)
    try:
        for card, (_, mac) in cards.items():
            wait_until(lambda card=card: card in shell(f"ip -n {name} -br link"), about=f"the card {card} of {name}")
            shell(f"ip -n {name} link set {card} address {mac} up")
        for command in commands:
            shell(f"ip netns exec {name} {command}")
        yield name
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        shell(f"ip netns del {name}")
