"""The other end of a tunnel: a network namespace with a server in it, and a world behind that."""
import fcntl
import os
import select
import socket
import struct

import harness
from namespaces import Netns

# The host is 192.0.2.1 and fd00:1::1 there; its default routes lead to the server.
SERVER, SERVER6 = "192.0.2.2", "fd00:1::2"
PORT = 5000
# The server's ends in the tunnel, and addresses that are there with a tunnel and without one.
INNER, INNER6 = "10.8.0.1", "fd00:8::1"
WORLD, WORLD6 = "198.51.100.1", "2001:db8::1"


class Peer(Netns):
    """The server. What comes by its UDP port goes into its own tun, and back; `seen` says which way the world was
    reached."""

    def __init__(self):
        super().__init__("root")
        harness.shell(f"ip link add up0 type veth peer name up0 netns {self.process.pid}; ip link set up0 up;"
                      "ip addr add 192.0.2.1/24 dev up0; ip -6 addr add fd00:1::1/64 dev up0 nodad")
        self.run("ip link set up0 up; ip addr add 192.0.2.2/24 dev up0; ip -6 addr add fd00:1::2/64 dev up0 nodad;"
                 "ip tuntap add t0 mode tun; ip link set t0 up mtu 1400;"
                 "ip addr add 10.8.0.1/16 dev t0; ip -6 addr add fd00:8::1/64 dev t0 nodad;"
                 f"ip addr add {WORLD}/32 dev lo; ip -6 addr add {WORLD6}/128 dev lo nodad;"
                 "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.up0.rp_filter=0 net.ipv4.conf.t0.rp_filter=0")
        harness.shell(f"ip route add default via {SERVER}; ip -6 route add default via {SERVER6}")
        self.relay = os.fork()
        if self.relay == 0:
            self._serve()

    def _serve(self):
        try:
            self.enter()
            tun = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH22x", b"t0", 0x1001))
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind((SERVER, PORT))
            client = None
            while True:
                for fd in select.select([tun, sock], [], [])[0]:
                    if fd is sock:
                        packet, client = sock.recvfrom(65536)
                        os.write(tun, packet)
                    elif client is not None:
                        packet = os.read(tun, 65536)
                        sock.sendto(packet, client)
                    else:
                        os.read(tun, 65536)
        finally:
            os._exit(1)

    def end(self):
        os.kill(self.relay, 9)
        os.waitpid(self.relay, 0)
        super().end()

    def received(self, interface):
        """How many packets the server has received there."""
        return harness.json.loads(self.run(f"ip -j -s link show {interface}"))[0]["stats64"]["rx"]["packets"]

    def leaks(self, user, *addresses):
        """True if anything leaves the host past a tunnel when the user sends to these addresses, which answer nobody."""
        harness.shell("nft -f - <<END\ntable inet leaks { chain out { type filter hook postrouting priority 0;"
                      + "".join(f" oifname up0 {'ip6' if ':' in address else 'ip'} daddr {address} counter;"
                                for address in addresses) + " }; }\nEND")
        for address in addresses:
            harness.as_user(user, "ping", "-n", "-c", "1", "-W", "2", address)
        counted = harness.shell("nft list table inet leaks; nft delete table inet leaks")
        return any(packets != "0" for packets in harness.re.findall(r"packets (\d+)", counted))


def reached(user, address):
    """True if one of the user's pings is answered: one a second, and on a busy machine not each in time."""
    return harness.as_user(user, "ping", "-n", "-c", "1", "-w", "20", address).returncode == 0


def ours():
    """Our rules and routes, as text."""
    rules = harness.shell("ip rule show; ip -6 rule show").splitlines()
    routes = harness.shell("ip route show table all proto 97; ip -6 route show table all proto 97").splitlines()
    return [line for line in rules if "proto 97" in line] + routes


def routed(user, address):
    """Where the kernel would send what the user sends there: a device; None: nowhere."""
    got = harness.as_user("root", "ip", "-j", "route", "get", address, "uid", str(harness.identity(user)[0]))
    return harness.json.loads(got.stdout)[0].get("dev") if got.returncode == 0 else None
