"""Two hosts of a tinc net: one behind the cable, run by root, and one that a user runs here."""
import shutil

import harness
from programs import THERE, carries, folder, program, reaches, write

TINCD = program("tincd", "tinc")
_UP = """#!/bin/sh
ip link set {device} up mtu 1400
ip addr add 10.8.0.{n}/24 dev {device}
ip -6 addr add fd00:8::{n}/64 dev {device} nodad
"""
_ROUTES = "ip route add 10.9.0.0/16 dev {device}\nip -6 route add fd00:9::/48 dev {device}\n"
_SUBNETS = {"here": "Subnet=10.8.0.2/32\nSubnet=fd00:8::2/128\n",
            "there": f"Subnet=10.8.0.1/32\nSubnet=10.9.0.0/16\nSubnet=fd00:8::1/128\nSubnet=fd00:9::/48\nAddress={THERE} 6555\n"}


class Nets:
    """Both configurations. device is what the user's tinc-up calls the device."""

    def __init__(self, peer, user, device="$INTERFACE"):
        self.peer, self.user = peer, user
        peer.run("ip addr add 10.9.0.1/32 dev lo && ip -6 addr add fd00:9::1/128 dev lo nodad")
        self.folders = {name: folder(owner, f"tinc-{name}") for name, owner in (("there", "root"), ("here", user))}
        self._host("there", 1, "Interface=far0\nDeviceType=tun\nPort=6555\n", "$INTERFACE", "")
        self._host("here", 2, "Interface=vpn0\nConnectTo=there\nPort=6556\n", device, _ROUTES)
        harness.shell(f"chown -R {user}: {self.folders['here']}")
        for name, other in (("here", "there"), ("there", "here")):
            shutil.copy(self.folders[name] / "hosts" / name, self.folders[other] / "hosts" / name)

    def _host(self, name, number, lines, device, routes):
        directory = self.folders[name]
        (directory / "hosts").mkdir()
        write(directory / "tinc.conf", f"Name={name}\nAddressFamily=ipv4\n{lines}")
        up = (_UP + routes).replace("{n}", str(number)).replace("{device}", device)
        write(directory / "tinc-up", up, mode=0o755)
        write(directory / "hosts" / name, _SUBNETS[name])
        harness.shell(f"{TINCD} -c {directory} -K2048 </dev/null")

    def options(self, name):
        directory = self.folders[name]
        return ["-c", directory, "-D", "-d2", f"--pidfile={directory}/pid"]

    def there(self):
        """The host behind the cable, for as long as the block lasts."""
        return self.peer.daemon(TINCD, *self.options("there"))

    def are_joined(self):
        for address in ("10.8.0.1", "fd00:8::1", "10.9.0.1", "fd00:9::1"):
            reaches(self.user, address)
        carries(self.peer, self.user, "10.9.0.1")
        carries(self.peer, self.user, "fd00:9::1")
