"""What every test of a machine is written with. `from machine import *` first of all boots one and runs the test in it.

It brings everything of tests/system/harness.py and leases.py with it; but the broker here is the installed one, which
systemd starts, and polkit's rules are files in /etc.
"""
import os
import sys

ROOT = "/run/tapbroker-tests"
BOOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "boot")

if not os.path.isdir(ROOT):
    os.execv(BOOT, [BOOT, os.path.abspath(sys.argv[0]), *sys.argv[1:]])

sys.path.insert(0, ROOT + "/tests")

from harness import *  # noqa: E402,F401,F403
from leases import *  # noqa: E402,F401,F403
import harness  # noqa: E402

NETWORKS = pathlib.Path("/etc/tapbroker/networks.d")
POLKIT_RULES = pathlib.Path("/etc/polkit-1/rules.d")
LIBEXEC = pathlib.Path("/usr/libexec/tapbroker")
SERVICE, SOCKET_UNIT = "tapbroker.service", "tapbroker.socket"


# ---- systemd ----

def systemctl(*words, code=0):
    """Runs it as root; it must end with that status. Returns what it printed, on both outputs."""
    done = subprocess.run(["systemctl", *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    equal(done.returncode, code, f"systemctl {' '.join(words)}: {done.stdout}\n{journal()[-3000:]}")
    return done.stdout


def unit(name, field):
    """One property of a unit."""
    return shell(f"systemctl show --value -p {field} {name}").strip()


def state(name):
    return unit(name, "ActiveState")


def journal(*words):
    """The messages of the service, the oldest first; words are options of journalctl."""
    subprocess.run(["journalctl", "--sync"], check=False)
    return shell(" ".join(["journalctl", "--quiet", "--output=cat", f"--unit={SERVICE}", *words]))


def journal_cursor():
    """Where the journal ends now, as an option of journalctl for what comes later."""
    shell("journalctl --sync")
    text = shell("journalctl --quiet -n 0 --show-cursor")
    return "'--after-cursor=" + text.partition("cursor: ")[2].strip() + "'"


# What failed says more with the journal beside it.
harness._on_failure.clear()
on_failure(lambda: shell("journalctl --quiet --output=short-monotonic -u 'tapbroker*' -u 'polkit*' -n 40 --no-pager"))


def reboot():
    """Stops the machine in good order; it boots again, and runs the test's file from its beginning."""
    pathlib.Path("/reboots").touch()
    own = pathlib.Path("/run/systemd/system/test.service.d/reboots.conf")
    own.parent.mkdir()
    own.write_text("[Unit]\nSuccessAction=none\nFailureAction=none\n")
    systemctl("daemon-reload")
    systemctl("reboot")
    time.sleep(3600)


# ---- the installed broker ----

def install():
    """What README says after `make install`."""
    shell("systemd-sysusers && systemd-tmpfiles --create")
    shell("systemctl daemon-reload && systemctl enable --quiet --now tapbroker.socket")


def write_network(name, lines):
    """A network file; lines are those of its [Network] section, with ";" between them."""
    text = "[Network]\n" + "\n".join(line.strip() for line in lines.split(";")) + "\n"
    (NETWORKS / f"{name}.conf").write_text(text)


def write_rule(body):
    """The only rule: body sees action and subject. polkitd is started anew: it sometimes misses that a file has changed."""
    (POLKIT_RULES / "50-test.rules").write_text(
        "polkit.addRule(function(action, subject) {\n"
        'if (action.id.indexOf("org.tapbroker.") != 0) return polkit.Result.NOT_HANDLED;\n' + body + "\n});\n")
    systemctl("restart", "polkit.service")


def write_options(text):
    """Options of tapbrokerd for the service, as `systemctl edit` adds them; none: takes them away."""
    path = pathlib.Path("/etc/systemd/system/tapbroker.service.d/options.conf")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"[Service]\nEnvironment=TAPBROKERD_OPTIONS={text}\n")
    systemctl("daemon-reload")


def with_macvtaps():
    """The service sees the host's /dev, in which the device nodes of macvtaps appear."""
    path = pathlib.Path("/etc/systemd/system/tapbroker.service.d/dev.conf")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"[Service]\nBindPaths={ROOT}/dev:/dev\n")
    systemctl("daemon-reload")


def main_pid():
    return int(unit(SERVICE, "MainPID"))


def processes():
    """{"tapbrokerd": pid, ...}: what runs of the broker now."""
    pid = main_pid()
    # A child is the monitor's image until its exec.
    wait_until(lambda: "tapbrokerd" not in map(program_of, children(pid)), about="the children's own programs")
    return {"tapbrokerd": pid, **{program: child for child in children(pid) if (program := program_of(child))}}


def program_of(pid):
    with contextlib.suppress(OSError):
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    return None


def serves(user="root"):
    """True if the broker answers a list."""
    try:
        return leases(user) is not None
    except (OSError, AssertionError, harness.wire.struct.error):
        return False
