"""Raw frames on a link of the sandbox."""
import socket
import struct
import time

import harness

ETH_P_ALL = 3


def mac_bytes(mac):
    return bytes.fromhex(mac.replace(":", ""))


def _checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def udp_packet(source, destination, payload, port=4000):
    """An IPv4 packet with one UDP datagram; the UDP checksum is left out, as it may be."""
    udp = struct.pack("!HHHH", port, port, 8 + len(payload), 0) + payload
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, socket.IPPROTO_UDP, 0,
                         socket.inet_aton(source), socket.inet_aton(destination))
    return header[:10] + struct.pack("!H", _checksum(header)) + header[12:] + udp


def udp_frame(to_mac, from_mac, source, destination, payload):
    return mac_bytes(to_mac) + mac_bytes(from_mac) + b"\x08\0" + udp_packet(source, destination, payload)


def arp_request(from_mac, source, destination):
    mac = mac_bytes(from_mac)
    return (b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) + mac + socket.inet_aton(source) +
            bytes(6) + socket.inet_aton(destination))


class FrameSocket:
    """Sends and receives whole frames on a link, as root."""

    def __init__(self, link):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.sock.bind((link, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, frame):
        self.sock.send(frame)

    def ask(self, frame, payload, source):
        """Sends a frame until one comes back, as wait_for() says: a device that was just made may not carry anything yet."""
        deadline = time.monotonic() + harness.PATIENCE
        reply = None
        while reply is None and time.monotonic() < deadline:
            self.send(frame)
            reply = self.wait_for(payload, source, patience=1)
        return reply

    def wait_for(self, payload, source=None, patience=harness.PATIENCE):
        """The first received frame with these bytes in it, from this MAC; None if there is none in that time."""
        deadline = time.monotonic() + patience
        while True:
            self.sock.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                frame, address = self.sock.recvfrom(65536)
            except TimeoutError:
                return None
            if address[2] != socket.PACKET_OUTGOING and payload in frame and source in (None, frame[6:12].hex(":")):
                return frame
