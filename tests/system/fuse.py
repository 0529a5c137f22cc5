"""A file that hangs the broker if it closes it: one file of a FUSE file system whose server does not answer a FLUSH of
a process of the broker's."""
import contextlib
import ctypes
import os
import struct

import harness

MOUNT = harness.ROOT + "/fuse"
ENOSYS = 38
LOOKUP, GETATTR, OPEN, FLUSH, INIT = 1, 3, 14, 25, 26
ROOT_NODE, FILE_NODE = 1, 2


def _attributes(node):
    mode = 0o040755 if node == ROOT_NODE else 0o100666
    return struct.pack("QQQQQQIIIIIIIIII", node, 0, 0, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def _is_brokers(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/comm", encoding="ascii") as comm:
        return comm.read().startswith("tapbroker")
    return False


def _serve(device):
    """Answers what open() and close() need, and nothing else."""
    while True:
        request = os.read(device, 1 << 17)
        _, opcode, unique, node, _, _, pid = struct.unpack_from("IIQQIII", request)
        error, body = 0, b""
        if opcode == INIT:
            body = struct.pack("IIIIHHIIHHI", 7, 31, 65536, 0, 12, 10, 65536, 1, 0, 0, 0) + bytes(28)
        elif opcode == LOOKUP:
            body = struct.pack("QQQQII", FILE_NODE, 0, 1000, 1000, 0, 0) + _attributes(FILE_NODE)
        elif opcode == GETATTR:
            body = struct.pack("QII", 1000, 0, 0) + _attributes(node)
        elif opcode == OPEN:
            body = struct.pack("QII", 1, 0, 0)
        elif opcode == FLUSH:
            if _is_brokers(pid):
                os.write(2, b"fuse: the broker closes the file, and will hang\n")
                continue
        else:
            error = -ENOSYS
        os.write(device, struct.pack("IiQ", 16 + len(body), error, unique) + body)


@contextlib.contextmanager
def hanging_file():
    """An open fd of that file. Afterwards the server is killed, which ends everybody's hanging."""
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError:
        harness.skip("there is no /dev/fuse")
    os.makedirs(MOUNT, exist_ok=True)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
    if ctypes.CDLL(None).mount(b"hang", MOUNT.encode(), b"fuse", 6, options) != 0:
        os.close(device)
        harness.skip("no FUSE here")
    server = os.fork()
    if server == 0:
        with contextlib.suppress(BaseException):
            _serve(device)
        os._exit(0)
    os.close(device)
    fd = os.open(MOUNT + "/file", os.O_RDONLY)
    try:
        yield fd
    finally:
        os.kill(server, 9)
        os.waitpid(server, 0)
        with contextlib.suppress(OSError):
            os.close(fd)
        ctypes.CDLL(None).umount2(MOUNT.encode(), 2)
