"""A real guest: what tests/guest/build made, booted in QEMU with a device that an ordinary user got."""
import os
import pathlib

import harness

GUEST = harness.ROOT + "/guest"
HOST = "192.0.2.1"
ADDRESS = "192.0.2.2/24"


def prepare():
    """Brings the guest to where every user can read it; without one the whole file is skipped."""
    top = pathlib.Path(__file__).resolve().parents[2]
    source = pathlib.Path(os.environ.get("TB_GUEST", top / "build/guest"))
    if (source / "unavailable").exists():
        harness.skip_all((source / "unavailable").read_text().strip())
    if not (source / "ping.cpio").exists():
        harness.skip_all(f"no guest: run tests/guest/build {source}")
    pathlib.Path(GUEST).mkdir()
    harness.shell(f"mount --bind {source} {GUEST}")
    if accelerator() == "kvm":
        # As on an ordinary system, where the user is in the group kvm.
        node = os.stat("/dev/kvm")
        os.mknod(harness.ROOT + "/kvm", 0o20666, node.st_rdev)
        os.chmod(harness.ROOT + "/kvm", 0o666)
        harness.shell(f"mount --bind {harness.ROOT}/kvm /dev/kvm")


def accelerator():
    """kvm where it really runs a guest (tests/guest/build tried), else tcg. TB_KVM=1 and TB_KVM=0 decide otherwise."""
    known = {"1": "kvm", "0": "tcg"}
    return known.get(os.environ.get("TB_KVM")) or pathlib.Path(GUEST, "accel").read_text().strip()


def told(**more):
    """What tests/guest/ping-init finds on the kernel's command line; its head names what else it can be told."""
    words = {"address": ADDRESS, "peer": HOST, **more}
    return " ".join(f"guest_{name}={value}" for name, value in words.items())


def qemu(*network, **more):
    """The words of a QEMU command whose guest pings HOST over that network card, says so, and powers off."""
    machine = ["-accel", "kvm", "-cpu", "host"] if accelerator() == "kvm" else ["-accel", "tcg", "-cpu", "max"]
    return ["qemu-system-x86_64", *machine, "-machine", "pc", "-m", "128", "-display", "none", "-nodefaults",
            "-no-reboot", "-serial", "stdio", "-monitor", "none", *network,
            "-kernel", GUEST + "/vmlinuz", "-initrd", GUEST + "/ping.cpio",
            "-append", f"console=ttyS0 quiet panic=-1 tsc=reliable no_timer_check {told(**more)}"]


def status(pid):
    """/proc/PID/status as a dict."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def is_qemu(pid):
    """True once the process has become QEMU."""
    return os.path.basename(os.readlink(f"/proc/{pid}/exe")).startswith("qemu-system-")


def check_rights(pid, user):
    """The process runs under that user's ids alone and holds no capability."""
    uid, gid, _ = harness.identity(user)
    found = status(pid)
    harness.equal(found["Uid"].split(), [str(uid)] * 4, "the ids of QEMU")
    harness.equal(found["Gid"].split(), [str(gid)] * 4, "the groups of QEMU")
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        harness.equal(int(found[name], 16), 0, f"{name} of QEMU")
