#!/usr/bin/python3 -B
"""client.py [--socket=PATH] NETWORK [PACKET]: a client that was written from tapbroker-protocol(7) alone.

It gets a device of the network and prints its name, MAC and MTU. With PACKET, in hexadecimal, it sends that and prints
what it receives next; without, it holds the device until its standard input ends.
"""
import os
import select
import socket
import struct
import sys

HEADER = "=IHHII"
REQUEST, REQUEST_SIZE = 2, 144
ANSWER, ANSWER_SIZE = 3, 160


def main(path, network, packet=None):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.connect(path)
    _, uid, _ = struct.unpack("=iII", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    if uid != 0:
        sys.exit(f"what answers at {path} is not the broker")
    sock.send(struct.pack(HEADER + "32s16s5I60s", 0x42504154, 1, REQUEST, REQUEST_SIZE, 0,
                          network.encode(), b"", 0, 0, 0, 1, 0, b""))
    data, fds, _, _ = socket.recv_fds(sock, 256, 16)
    if len(data) != ANSWER_SIZE or data[:16] != struct.pack(HEADER, 0x42504154, 1, ANSWER, ANSWER_SIZE, 0):
        sys.exit("no answer" if not data else "not an answer of this version")
    (status, check, error, stage, held, limit, kind, _, ifindex, mtu, queues, name, mac, _, lease, _, _) = struct.unpack(
        "=IIi8I16s6s2s16sI56s", data[16:])
    if status != 0 or len(fds) != queues:
        sys.exit(f"refused: status {status}, check {check}, error {error} at stage {stage}, {held} of {limit} held")
    print(f"name={name.rstrip(bytes(1)).decode()} mac={mac.hex(':')} mtu={mtu} kind={kind} ifindex={ifindex} "
          f"lease={lease.hex()}", flush=True)
    if packet is None:
        select.select([sys.stdin, sock], [], [])
    else:
        os.write(fds[0], bytes.fromhex(packet))
        print(f"received={os.read(fds[0], 65536).hex()}", flush=True)


if sys.argv[1].startswith("--socket="):
    main(sys.argv[1].partition("=")[2], *sys.argv[2:])
else:
    main("/run/tapbroker/socket", *sys.argv[1:])
