"""Frames of each kind that tapbroker-network(5) has in its table of locks, as the holder of a device may write them."""
import socket
import struct

from packets import mac_bytes

ALL_NODES = "33:33:00:00:00:01"
BROADCAST = "ff:ff:ff:ff:ff:ff"

EACH_HOP, TUNNEL6, ROUTING, FRAGMENT, ESP, AH, ICMPV6, OPTIONS = 0, 41, 43, 44, 50, 51, 58, 60


def address4(text):
    return socket.inet_aton(text)


def address6(text):
    return socket.inet_pton(socket.AF_INET6, text)


def link_local(mac):
    """The address that a host makes of its MAC."""
    octets = bytearray(mac_bytes(mac))
    octets[0] ^= 2
    return "fe80::" + socket.inet_ntop(socket.AF_INET6, bytes(8) + octets[:3] + b"\xff\xfe" + octets[3:])[2:]


def ethernet(destination, source, type_, payload):
    return mac_bytes(destination) + mac_bytes(source) + struct.pack("!H", type_) + payload


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ipv4(source, destination, protocol, payload, fragment=0, options=b""):
    size = 20 + len(options)
    header = struct.pack("!BBHHHBBH4s4s", 0x40 | size // 4, 0, size + len(payload), 7, fragment, 64, protocol, 0,
                         address4(source), address4(destination)) + options
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ipv6(source, destination, next_header, payload):
    return struct.pack("!IHBB16s16s", 6 << 28, len(payload), next_header, 255, address6(source),
                       address6(destination)) + payload


def udp(from_port, to_port, payload):
    return struct.pack("!HHHH", from_port, to_port, 8 + len(payload), 0) + payload


def icmpv6(source, destination, type_, body):
    message = struct.pack("!BBH", type_, 0, 0) + body
    pseudo = address6(source) + address6(destination) + struct.pack("!II", len(message), ICMPV6)
    return message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:]


def arp(destination, source, hardware, sender, target, operation=1, type_=0x0806, target_hardware="00:00:00:00:00:00"):
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + mac_bytes(hardware) + address4(sender)
    return ethernet(destination, source, type_, body + mac_bytes(target_hardware) + address4(target))


def option(kind, mac):
    """An option of neighbour discovery that holds a MAC, or a nonce."""
    return bytes([kind, 1]) + mac_bytes(mac)


def hidden(payload, next_header=ICMPV6):
    """Behind a header of destination options, or of options for each hop."""
    return bytes([next_header, 0, 1, 4, 0, 0, 0, 0]) + payload


def routed(payload):
    """Behind a routing header."""
    return bytes([ICMPV6, 2, 0, 0]) + bytes(20) + payload


def snap(type_, payload):
    """As a frame of IEEE 802.3 carries it: behind its length, an LLC and a SNAP header."""
    return struct.pack("!H", 8 + len(payload)) + b"\xaa\xaa\3\0\0\0" + struct.pack("!H", type_) + payload


def fragment(next_header, offset, more, payload):
    return struct.pack("!BBHI", next_header, 0, offset << 3 | more, 0x1234) + payload


class Kinds:
    """One guest's frames; own, victim: MACs."""

    def __init__(self, own, victim):
        self.own, self.victim = own, victim
        self.own6, self.all6 = link_local(own), "ff02::1"

    def _ip4(self, protocol, payload, source="192.0.2.10", destination="255.255.255.255", **fields):
        return ethernet(BROADCAST, self.own, 0x0800, ipv4(source, destination, protocol, payload, **fields))

    def _ip6(self, next_header, payload, source=None, destination="ff02::1"):
        return ethernet(ALL_NODES, self.own, 0x86dd, ipv6(source or self.own6, destination, next_header, payload))

    def _nd(self, type_, body, source=None):
        return self._ip6(ICMPV6, icmpv6(source or self.own6, self.all6, type_, body), source)

    def _arp(self, hardware, sender, **fields):
        return arp(BROADCAST, self.own, hardware, sender, "192.0.2.30", **fields)

    def _target(self, address):
        return bytes(4) + address6(address)

    def frames(self):
        """{row of the table: the frames that are sent for it}"""
        own, victim, mark = self.own, self.victim, b"mark"
        advertisement = struct.pack("!BBHII", 64, 0, 1800, 0, 0) + option(1, own) + mark
        redirect = bytes(4) + address6("2001:db8::1") + address6("2001:db8::2") + mark
        raw_advertisement = icmpv6(self.own6, self.all6, 134, advertisement)
        echo = icmpv6(self.own6, self.all6, 128, struct.pack("!HH", 1, 1) + mark.ljust(32))
        offer = bytes([2, 1, 6, 0]) + mark.ljust(236)
        offered = udp(67, 68, offer)
        packet = ipv4("192.0.2.10", "255.255.255.255", 17, udp(4000, 4000, mark))
        own_arp, lied_arp = (self._arp(mac, "192.0.2.10")[14:] for mac in (own, victim))
        too_long = ipv6(self.own6, self.all6, ICMPV6, icmpv6(self.own6, self.all6, 135, self._target("fe80::99") +
                                                             option(1, victim)))
        tunnelled = ipv6(self.own6, self.all6, ICMPV6, raw_advertisement)
        routers = b"\x09\0\0\0\1\2\0\x1e" + address4("192.0.2.66") + bytes(4)
        short = [self._ip4(1, routers, options=bytes([1] * size)) for size in (0, 4, 8)]
        nop = b"\1\1\1\0"
        return {
            "own source address": [self._ip4(17, udp(4000, 4000, b"own"))],
            "another's source address": [ethernet(BROADCAST, victim, 0x0800, packet)],
            "no source address, or one of a group": [ethernet(BROADCAST, mac, 0x0800, packet) for mac in (
                "00:00:00:00:00:00", BROADCAST, "33:33:00:00:00:01", f"{int(own[:2], 16) | 1:02x}{own[2:]}")],
            "10,000 source addresses": [ethernet(BROADCAST, f"06:00:00:00:{number >> 8:02x}:{number & 255:02x}", 0x0800, packet)
                                        for number in range(10000)],
            "storm": [self._ip4(17, udp(4000, 4000, mark.ljust(1400))) for _ in range(400)],
            "larger than the MTU": [self._ip4(17, udp(4000, 4000, mark.ljust(3000)))],
            "shorter than ARP": [ethernet(BROADCAST, own, 0x0806, bytes.fromhex("0001080006040001") + mark)],
            "EtherType 0x88b5": [ethernet(BROADCAST, own, 0x88b5, mark.ljust(46))],
            "tagged": [ethernet(BROADCAST, own, 0x8100, struct.pack("!HH", 5, 0x0800) + packet)],
            "tagged twice": [ethernet(BROADCAST, own, 0x88a8, struct.pack("!HHHH", 5, 0x8100, 6, 0x0800) + packet)],
            "tagged for its priority": [ethernet(BROADCAST, own, 0x8100, struct.pack("!HH", 7 << 13, 0x0800) + packet)],
            "tagged ARP with another's address": [ethernet(BROADCAST, own, 0x8100, struct.pack("!HH", 5, 0x0806) + lied_arp)],
            "IEEE 802.3": [mac_bytes(BROADCAST) + mac_bytes(own) + rest for rest in (
                snap(0x0806, lied_arp), snap(0x0800, packet), snap(0x86dd, tunnelled), b"\0\x2a\xff\xff" + mark.ljust(40))],
            "PPPoE": [ethernet(BROADCAST, own, type_, body + mark.ljust(40)) for type_, body in (
                (0x8863, b"\x11\x07\0\0\0\4\1\1\0\0"), (0x8864, b"\x11\0\0\1\0\4\0\x21"))],
            "BPDU": [ethernet("01:80:c2:00:00:00", own, 0x0027, b"\x42\x42\x03" + mark.ljust(36))],
            "pause": [ethernet("01:80:c2:00:00:01", victim, 0x8808, mark.ljust(46))],
            "802.1X": [ethernet("01:80:c2:00:00:03", victim, 0x888e, mark.ljust(46))],
            "LLDP with another's source": [ethernet("01:80:c2:00:00:0e", victim, 0x88cc, mark.ljust(46))],
            "ARP, own": [self._arp(own, "192.0.2.10")],
            "ARP, gratuitous": [arp(BROADCAST, own, own, "192.0.2.10", "192.0.2.10")],
            "ARP with another's address": [self._arp(victim, "192.0.2.10")],
            "ARP of another kind": [ethernet(BROADCAST, own, 0x0806, b"\0\6" + self._arp(own, "192.0.2.10")[16:])],
            "ARP with other lengths": [ethernet(BROADCAST, own, 0x0806, body) for body in (
                own_arp[:4] + b"\x08\4" + own_arp[6:] + bytes(8), own_arp[:4] + b"\6\x10" + own_arp[6:] + bytes(24),
                b"\x81\0\0\5" + own_arp)],
            "ARP for another's IP address": [self._arp(own, "198.51.100.7")],
            "RARP, own": [self._arp(own, "0.0.0.0", operation=3, type_=0x8035, target_hardware=own)],
            "RARP of another": [self._arp(victim, "0.0.0.0", operation=3, type_=0x8035, target_hardware=own)],
            "RARP of another kind": [ethernet(BROADCAST, own, 0x8035, b"\0\6" + self._arp(
                own, "0.0.0.0", operation=3, target_hardware=own)[16:])],
            "RARP for another": [self._arp(own, "0.0.0.0", operation=3, type_=0x8035, target_hardware=victim)],
            "router advertisement": [self._nd(134, advertisement)],
            "the same behind options": [self._ip6(OPTIONS, hidden(raw_advertisement))],
            "the same behind several headers": [
                self._ip6(EACH_HOP, hidden(raw_advertisement)), self._ip6(ROUTING, routed(raw_advertisement)),
                self._ip6(OPTIONS, hidden(b"", OPTIONS) * 20 + hidden(raw_advertisement))],
            "the same behind a fragment header": [
                self._ip6(FRAGMENT, fragment(ICMPV6, 0, 0, raw_advertisement)),
                self._ip6(FRAGMENT, fragment(FRAGMENT, 0, 0, fragment(ICMPV6, 0, 0, raw_advertisement))),
                self._ip6(FRAGMENT, fragment(OPTIONS, 0, 0, hidden(raw_advertisement))),
                self._ip6(OPTIONS, hidden(fragment(ICMPV6, 0, 0, raw_advertisement), FRAGMENT))],
            "the same in a tunnel": [self._ip4(TUNNEL6, tunnelled), self._ip6(TUNNEL6, tunnelled),
                                     self._ip4(47, b"\0\0\x86\xdd" + tunnelled)],
            "the same behind AH or ESP": [self._ip6(AH, bytes([ICMPV6, 4]) + bytes(22) + raw_advertisement),
                                          self._ip6(ESP, bytes(8) + raw_advertisement)],
            "the same in fragments": [self._ip6(FRAGMENT, fragment(ICMPV6, 0, 1, raw_advertisement[:24])),
                                      self._ip6(FRAGMENT, fragment(ICMPV6, 3, 0, raw_advertisement[24:]))],
            "options in a fragment": [self._ip6(FRAGMENT, fragment(OPTIONS, 0, 1, hidden(raw_advertisement)[:24]))],
            "redirect": [self._nd(137, redirect)],
            "redirect behind options": [self._ip6(OPTIONS, hidden(icmpv6(self.own6, self.all6, 137, redirect)))],
            "redirect, IPv4": [self._ip4(1, b"\x05\x01\0\0" + address4("192.0.2.66") + mark.ljust(28))],
            "router advertisement, IPv4": [self._ip4(1, b"\x09\0\0\0" + b"\1\2\0\x1e" + mark.ljust(28))],
            "the same in a frame that is too short": [frame[:-1] for frame in short],
            "solicitation, own": [self._nd(135, self._target("fe80::99") + option(1, own))],
            "solicitation with another's address": [self._nd(135, self._target("fe80::99") + option(1, victim))],
            "solicitation with a second option": [self._nd(135, self._target("fe80::99") + option(14, own) +
                                                           option(1, victim))],
            "solicitation with an unknown option": [self._nd(135, self._target("fe80::99") + option(5, own))],
            "solicitation with an option behind its end": [ethernet(ALL_NODES, own, 0x86dd, too_long[:4] + b"\0\x18" +
                                                                    too_long[6:])],
            "router solicitation, own": [self._nd(133, bytes(4) + option(1, own))],
            "router solicitation with a second option": [self._nd(133, bytes(4) + option(14, own) + option(1, victim))],
            "router solicitation with an unknown option": [self._nd(133, bytes(4) + option(5, own))],
            "router solicitation with another's address": [self._nd(133, bytes(4) + option(1, victim))],
            "advertisement, own": [self._nd(136, self._target(self.own6) + option(2, own))],
            "advertisement, own, with flags": [self._nd(136, bytes([flags, 0, 0, 0]) + address6(self.own6) + option(2, own))
                                               for flags in (0x20, 0x80, 0xe0)],
            "advertisement with another's address": [self._nd(136, self._target(self.own6) + option(2, victim))],
            "advertisement with an unknown option": [self._nd(136, self._target(self.own6) + option(5, own))],
            "advertisement of another's IP address": [self._nd(136, self._target("2001:db8::7") + option(2, own))],
            "solicitation behind options": [self._ip6(OPTIONS, hidden(icmpv6(
                self.own6, self.all6, 135, self._target("fe80::99"))))],
            "echo request in fragments": [self._ip6(FRAGMENT, fragment(ICMPV6, 0, 1, echo[:24])),
                                          self._ip6(FRAGMENT, fragment(ICMPV6, 3, 0, echo[24:]))],
            "DAD": [self._nd(135, self._target(self.own6) + option(14, own), source="::")],
            "DAD for another's IP address": [self._nd(135, self._target("2001:db8::7"), source="::")],
            "MLD report": [self._ip6(0, bytes.fromhex("3a00050200000100") + icmpv6(
                "::", "ff02::16", 143, struct.pack("!HH", 0, 1) + b"\4\0\0\0" + address6("ff02::fb")), "::", "ff02::16")],
            "question of a multicast router": [
                self._ip4(2, b"\x11\x64\0\0\0\0\0\0" + mark, destination="224.0.0.1"),
                self._ip6(EACH_HOP, hidden(icmpv6(self.own6, self.all6, 130, bytes(20) + mark)))],
            "IGMP report": [self._ip4(2, b"\x16\0\0\0\xe0\0\0\xfb" + mark, destination="224.0.0.251")],
            "DHCP discover": [self._ip4(17, udp(68, 67, bytes([1, 1, 6, 0]) + mark.ljust(236)), "0.0.0.0")],
            "DHCP discover to one host": [self._ip4(17, udp(68, 67, bytes([1, 1, 6, 0]) + mark.ljust(236)), "0.0.0.0",
                                                   "192.0.2.1")],
            "DHCP offer": [self._ip4(17, offered)],
            "DHCP offer with options of IPv4": [self._ip4(17, offered, options=nop)],
            "DHCP offer in fragments": [self._ip4(17, offered[:8], fragment=0x2000), self._ip4(17, offered[8:], fragment=1)],
            "DHCP offer from another port": [self._ip4(17, udp(1067, 68, offer))],
            "DHCP answer to a relay": [self._ip4(17, udp(67, 67, offer))],
            "DHCPv6 reply": [self._ip6(17, udp(547, 546, mark.ljust(40)))],
            "DHCPv6 reply behind options": [self._ip6(OPTIONS, hidden(udp(547, 546, mark.ljust(40)), 17))],
            "DHCPv6 reply in fragments": [self._ip6(FRAGMENT, fragment(17, 0, 1, udp(547, 546, mark.ljust(40)))),
                                          self._ip6(FRAGMENT, fragment(17, 6, 0, mark))],
            "DHCPv6 reply from another port": [self._ip6(17, udp(1547, 546, mark.ljust(40)))],
            "DHCPv6 answer to a relay": [self._ip6(17, udp(547, 547, mark.ljust(40)))],
            "another's IPv4 address": [self._ip4(17, udp(4000, 4000, mark), "198.51.100.7")],
            "another's IPv6 address": [self._ip6(17, udp(4000, 4000, mark), "2001:db8::7")],
            "IPv4 from nowhere": [self._ip4(17, udp(4000, 4000, mark), "0.0.0.0")],
            "IPv4 from nowhere, too short": [self._ip4(17, udp(4000, 4000, mark), "0.0.0.0")[:-1]],
            "IPv4 from nowhere, with options": [self._ip4(17, udp(4000, 4000, mark), "0.0.0.0", options=b"\0\x44\0\x43")],
            "TCP from nowhere": [self._ip4(6, struct.pack("!HH", 68, 67) + bytes(16) + mark, "0.0.0.0")],
            "DAD to one host": [self._ip6(ICMPV6, icmpv6("::", "fe80::99", 135, self._target(self.own6)), "::", "fe80::99")],
            "echo request from nowhere": [self._nd(128, b"\0\1\0\1" + mark, source="::")],
            "IPv6 from nowhere": [self._ip6(17, udp(4000, 4000, mark), "::")],
        }
