"""A host with an uplink to an internet and to a LAN, and guests on a network with a bridge of its own: all of it in
namespaces, each guest's a port of the bridge."""
import contextlib
import itertools
import pathlib
import signal
import subprocess

from harness import BUILD, PATIENCE, ROOT, equal, shell, wait_until

DIRECTORY = pathlib.Path(ROOT, "setup")
NETWORKS = DIRECTORY / "networks.d"
COMMAND = [BUILD + "/tapbroker-setup", f"--config-dir={DIRECTORY}", "--vendor-dir=/nowhere"]

# The host's own addresses, and those of its neighbours on both links.
HOST = {"uplink": "192.0.2.2", "uplink6": "2001:db8:1::2", "lan": "192.168.55.1"}
NEIGHBOURS = {"uplink": "192.0.2.9", "uplink6": "2001:db8:1::9", "lan": "192.168.55.9"}

# Everything else is in the internet's namespace, whatever its address says.
INTERNET = ("203.0.113.7", "2001:db8:ffff::7")
PRIVATE = ("10.99.0.9", "172.16.9.9", "192.168.77.9", "100.64.9.9", "169.254.169.254", "168.63.129.16", "198.18.9.9",
           "5f00::9", "fd00:ec2::254", "fc00:9::9",
           "64:ff9b::a63:9", "2002:a63:9::9")

_numbers = itertools.count(1)


def write_networks(**files):
    NETWORKS.mkdir(parents=True, exist_ok=True)
    for path in NETWORKS.iterdir():
        path.unlink()
    for name, lines in files.items():
        (NETWORKS / f"{name}.conf").write_text("[Network]\n" + lines.replace("; ", "\n") + "\n")


def setup(*arguments, status=0):
    """Runs tapbroker-setup and returns what it says."""
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False)
    equal(done.returncode, status, done.stderr)
    return done.stderr


@contextlib.contextmanager
def watch():
    """`tapbroker-setup watch`. The value is a function that returns what it has said; it ends as one that systemd stops."""
    said = pathlib.Path("/run/watch.log")
    with open(said, "w") as log, subprocess.Popen([COMMAND[0], "watch"], stderr=log) as process:
        try:
            yield said.read_text
            equal(process.poll(), None, said.read_text())
        finally:
            process.terminate()
            equal(process.wait(), -signal.SIGTERM)


def make_world():
    """The uplink up0 with default routes, the LAN on lan0, and the namespaces behind them."""
    shell("ip netns add internet; ip netns add lan; "
          "ip link add up0 type veth peer name eth0 netns internet; ip link add lan0 type veth peer name eth0 netns lan; "
          "sysctl -qw net.ipv6.conf.up0.accept_dad=0; ip netns exec internet sysctl -qw net.ipv6.conf.eth0.accept_dad=0")
    shell("ip addr add 192.0.2.2/24 dev up0; ip addr add 2001:db8:1::2/64 dev up0 nodad; ip link set up0 up; "
          "ip addr add 192.168.55.1/24 dev lan0; ip link set lan0 up; "
          "ip -n lan addr add 192.168.55.9/24 dev eth0; ip -n lan link set eth0 up; "
          "ip -n internet link set lo up; ip -n internet link set eth0 up")
    for address in ("192.0.2.1/24", "192.0.2.9/24", "2001:db8:1::1/64", "2001:db8:1::9/64"):
        shell(f"ip -n internet addr add {address} dev eth0 {'nodad' if ':' in address else ''}")
    for address in (*INTERNET, *PRIVATE):
        shell(f"ip -n internet addr add {address} dev lo {'nodad' if ':' in address else ''}")
    shell("ip route add default via 192.0.2.1; ip -6 route add default via 2001:db8:1::1")


@contextlib.contextmanager
def guest(bridge, *addresses, isolated=True, mac=None):
    """A namespace that is a port of the bridge with these addresses and that MAC, and whose default routes lead to the
    networks' first addresses. The value is its name."""
    number = next(_numbers)
    name = f"guest{number}"
    shell(f"ip netns add {name}; ip link add port{number} type veth peer name eth0 netns {name} "
          f"{'address ' + mac if mac else ''}; "
          f"ip link set port{number} master {bridge} up; ip -n {name} link set eth0 up; ip -n {name} link set lo up; "
          f"bridge link set dev port{number} isolated {'on' if isolated else 'off'}")
    for address in addresses:
        gateway = address.split("/")[0].rpartition(":" if ":" in address else ".")[0] + (":1" if ":" in address else ".1")
        shell(f"ip -n {name} addr add {address} dev eth0 {'nodad' if ':' in address else ''}; "
              f"ip -n {name} route add default via {gateway}")
    wait_until(lambda: "state forwarding" in shell(f"ip -d link show dev port{number}"), about="the guest's port")
    # Another guest may have had the address a moment ago, with another MAC: as if this one had announced itself.
    shell(f"ip neigh flush dev {bridge}")
    try:
        yield name
    finally:
        shell(f"ip netns del {name}")
        wait_until(lambda: f"port{number}:" not in shell("ip link"), about="the end of the guest's port")


def inside(namespace, *command, **options):
    return subprocess.run(["ip", "netns", "exec", namespace, *command], capture_output=True, text=True, check=False,
                          **{"timeout": 30, **options})


def finds(expected, look, *arguments, about=""):
    """What look(*arguments) finds. An answer that is expected is waited for: on a busy machine not each comes in the time
    that it has. That there is none is looked at once."""
    about = f"{about} {look.__name__}{arguments}"
    equal(wait_until(lambda: look(*arguments), about=about) if expected else look(*arguments), expected, about)


def pings(namespace, address):
    """True if the address answers one of a few."""
    return inside(namespace, "ping", "-n", "-c", "1", "-i", "0.5", "-w", "2", address).returncode == 0


CONNECT = """import socket, sys
try:
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2) as connection:
        print(connection.recv(100).decode(), end="")
except OSError as error:
    sys.exit(str(error))
"""
SERVE = """import socket, sys
listening = socket.create_server(("::", int(sys.argv[1])), family=socket.AF_INET6, dualstack_ipv6=True)
print("ready", flush=True)
while True:
    connection, peer = listening.accept()
    connection.sendall(peer[0].removeprefix("::ffff:").encode())
    connection.close()
"""


def fetches(namespace, address, port=8080):
    """What a server there says, which is by whom it was called; None if there is no connection."""
    done = inside(namespace, "python3", "-c", CONNECT, address, str(port))
    return done.stdout if done.returncode == 0 else None


@contextlib.contextmanager
def server(namespace=None, port=8080):
    """A server on all addresses of a namespace, or of the host."""
    prefix = ["ip", "netns", "exec", namespace] if namespace else []
    with subprocess.Popen([*prefix, "python3", "-c", SERVE, str(port)], stdout=subprocess.PIPE, text=True) as process:
        equal(process.stdout.readline(), "ready\n")
        try:
            yield
        finally:
            process.kill()


@contextlib.contextmanager
def world_names():
    """The internet has a name server, whom the host asks: www.example is a server there."""
    resolv = pathlib.Path("/etc/resolv.conf")
    resolv.unlink(missing_ok=True)
    resolv.write_text("nameserver 203.0.113.7\n")
    command = ["ip", "netns", "exec", "internet", "/usr/sbin/dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
               "--no-resolv", "--no-hosts", "--log-facility=-", "--listen-address=203.0.113.7", "--bind-interfaces",
               "--pid-file", "--user=root"]
    command += [f"--host-record=www.example,{','.join(INTERNET)}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        process.stderr.readline()
        try:
            yield
        finally:
            process.kill()
