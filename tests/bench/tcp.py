"""TCP through each kind of network: a program plays a virtual machine, whose guest is a namespace, and a server is at
the other end of the way."""
import contextlib
import os
import shutil
import statistics
import subprocess

from harness import BUILD, shell, wait_until

PORT = 5201

# What the guest sends, the server counts; what it sends, the guest counts. The first byte says which.
SERVER = """import socket, sys, threading, time
data = bytearray(1 << 20)
def serve(connection):
    try:
        if connection.recv(1) == b"d":
            while True:
                connection.sendall(data)
        count, start = 0, time.monotonic()
        while got := connection.recv_into(data):
            count += got
        connection.sendall(f"{count / (time.monotonic() - start)}\\n".encode())
    except OSError:
        pass
    connection.close()
listening = socket.create_server(("::", int(sys.argv[1])), family=socket.AF_INET6, dualstack_ipv6=True)
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=listening.accept()[:1], daemon=True).start()
"""
CLIENT = """import socket, sys, time
data = bytearray(1 << 20)
address, port, direction, seconds = sys.argv[1:]
with socket.create_connection((address, int(port)), timeout=20) as connection:
    connection.sendall(direction.encode())
    count, start, end = 0, time.monotonic(), time.monotonic() + float(seconds)
    while time.monotonic() < end:
        if direction == "d":
            count += connection.recv_into(data)
        else:
            connection.sendall(data)
    if direction == "d":
        print(count / (time.monotonic() - start))
    else:
        connection.shutdown(socket.SHUT_WR)
        # An old pasta says some bytes twice.
        print(connection.recv(100).decode().split()[0])
"""


@contextlib.contextmanager
def running(*command, **options):
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextlib.contextmanager
def server(*prefix):
    with running(*prefix, "python3", "-c", SERVER, str(PORT), stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        yield


@contextlib.contextmanager
def guest(namespace, *command):
    """A virtual machine of the device that the command opens; its guest is the namespace. The value is what the command
    says first."""
    shell(f"ip netns add {namespace}; ip netns exec {namespace} sysctl -qw net.ipv6.conf.default.accept_dad=0")
    with running(*command, stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.readline().split()
        wait_until(lambda: "eth0" in shell(f"ip -n {namespace} -br link"), about="the guest's card")
        shell(f"ip -n {namespace} link set eth0 up")
        yield said
    shell(f"ip netns del {namespace}")


def play(device, namespace, *rest):
    """Shell words that say what a guest must know, and play its machine."""
    return ["sh", "-c", 'echo "$1 $2"; shift 2; exec "$@"', "sh", *rest, f"{BUILD}/bench/vm", device, namespace, "eth0"]


def brokered(network, namespace):
    """A machine with the address that its device's locks let through, and the guest's address and gateway, if any."""
    return [BUILD + "/tapctl", "get", network, "--vnet-hdr", "--",
            *play("{fd}", namespace, "{address}", "{gateway}"), "{mac}"]


def plain(namespace, link, bridge):
    """A tap that root has made, without a lock."""
    shell(f"ip tuntap add {link} mode tap vnet_hdr; ip link set {link} master {bridge} up")
    return play(link, namespace, "", "")


def rate(prefix, address, direction, seconds):
    """Mbit/s."""
    done = subprocess.run([*prefix, "python3", "-c", CLIENT, address, str(PORT), direction, str(seconds)],
                          capture_output=True, text=True, check=False, timeout=120)
    return float(done.stdout or 0) * 8 / 1e6


def inside(namespace):
    return ["ip", "netns", "exec", namespace]


def compare(say, ways, courses, rounds, seconds, aims):
    """Each way on each course once a round. ways: {name: (prefix, {address family: address})}; courses: (family, "u" or
    "d"); aims: (name, beside which, at least; None: no aim)."""
    got = {(name, course): [] for name in ways for course in courses}
    for _ in range(rounds):
        for course in courses:
            for name, (prefix, addresses) in ways.items():
                if course[0] in addresses:
                    got[name, course].append(rate(prefix, addresses[course[0]], course[1], seconds))
    middle = {key: statistics.median(values) if values else 0 for key, values in got.items()}
    say(f"  {'Mbit/s, median':26}" + "".join(f"{name:>18}" for name in ways))
    for course in courses:
        title = f"{course[0]}, {'from' if course[1] == 'u' else 'to'} the guest"
        cells = [f"{middle[name, course]:18.0f}" if got[name, course] else f"{'-':>18}" for name in ways]
        say(f"  {title:26}" + "".join(cells))
    for name, other, least in aims:
        for course in courses:
            if middle[name, course] and middle[other, course]:
                title = f"{name} beside {other}, {course[0]}, {'from' if course[1] == 'u' else 'to'} the guest"
                aim = f" (aim: at least {least:.2f})" if least else ""
                say(f"  {title:60} = {middle[name, course] / middle[other, course]:.2f}{aim}")


FAMILIES = ("IPv4", "IPv6")
BOTH_WAYS = [(family, direction) for family in FAMILIES for direction in "ud"]


def on_a_bridge(say, rounds, seconds):
    """The networks shielded, direct and card of the bench, and a plain tap; the server is the host."""
    shell("ip addr add 10.9.0.1/24 dev br2; ip addr add fd00:9::1/64 dev br2 nodad; "
          "ip addr add 10.9.1.1/24 dev cable1; ip addr add fd00:9:1::1/64 dev cable1 nodad")
    machines = {"plain": plain("plain", "plain0", "br2"), "direct": brokered("direct", "direct"),
                "shielded": brokered("shielded", "shielded"), "macvtap": brokered("card", "macvtap")}
    ways = {}
    with contextlib.ExitStack() as stack:
        stack.enter_context(server())
        for number, (name, command) in enumerate(machines.items(), 10):
            stack.enter_context(guest(name, *command))
            net = ("10.9.1", "fd00:9:1:") if name == "macvtap" else ("10.9.0", "fd00:9:")
            shell(f"ip -n {name} addr add {net[0]}.{number}/24 dev eth0; "
                  f"ip -n {name} addr add {net[1]}:{number}/64 dev eth0 nodad")
            ways[name] = (inside(name), {"IPv4": f"{net[0]}.1", "IPv6": f"{net[1]}:1"})
        compare(say, ways, BOTH_WAYS, rounds, seconds, [("shielded", "direct", 0.97), ("direct", "plain", 0.95)])
    shell("ip link del plain0")


def masquerade_by_hand():
    """What the first guide that one finds says."""
    shell("ip link add hand0 type bridge; ip addr add 10.8.8.1/24 dev hand0; ip link set hand0 up; "
          "sysctl -qw net.ipv4.ip_forward=1; "
          "nft 'table ip hand { chain post { type nat hook postrouting priority srcnat; "
          "ip saddr 10.8.8.0/24 oifname != hand0 masquerade; }; }'")


def address_guest(namespace, address, gateway, length):
    shell(f"ip -n {namespace} addr add {address}/{length} dev eth0; ip -n {namespace} route add default via {gateway}")


@contextlib.contextmanager
def slirp4netns():
    """A namespace that slirp4netns connects; what enters it."""
    with running("unshare", "--net", "sleep", "infinity") as process:
        there = f"/proc/{process.pid}/ns/net"
        wait_until(lambda: os.readlink(there) != os.readlink("/proc/self/ns/net"), about="a namespace")
        with running("slirp4netns", "--configure", "--mtu=65520", str(process.pid), "tap0", stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL):
            prefix = ["nsenter", "--target", str(process.pid), "--net"]
            wait_until(lambda: "tap0" in shell(" ".join([*prefix, "ip", "route"])), about="slirp4netns")
            yield prefix


def behind_nat(say, rounds, seconds, address):
    """The network nat, a masquerade by hand, and what needs no privilege; the server is in the internet."""
    masquerade_by_hand()
    with contextlib.ExitStack() as stack:
        stack.enter_context(server(*inside("internet")))
        stack.enter_context(guest("hand", *plain("hand", "hand1", "hand0")))
        address_guest("hand", "10.8.8.2", "10.8.8.1", 24)
        said = stack.enter_context(guest("nat", *brokered("nat", "nat")))
        address_guest("nat", *said, 20)
        ways = {"by hand": inside("hand"), "NAT network": inside("nat")}
        if shutil.which("pasta"):
            ways["pasta"] = ["setpriv", "--reuid=3001", "--regid=3001", "--clear-groups", "pasta", "--config-net", "--"]
        if shutil.which("slirp4netns"):
            ways["slirp4netns"] = stack.enter_context(slirp4netns())
        ways = {name: (prefix, {"IPv4": address}) for name, prefix in ways.items()}
        compare(say, ways, BOTH_WAYS[:2], rounds, seconds,
                [("NAT network", other, None) for other in ways if other != "NAT network"])
    shell("ip link del hand1; ip link del hand0; nft delete table ip hand")
