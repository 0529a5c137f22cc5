"""Other firewalls of the host, as their packages set them up."""
import contextlib
import pathlib
import re
import subprocess

from harness import shell, wait_until


def typed(said):
    """What an administrator is told to type."""
    return re.findall(r"; do: (.*)", said)


def make_docker():
    """The chains of a dockerd without containers, as the iptables of its package makes them."""
    for command in ("iptables", "ip6tables"):
        shell(f"{command} -P FORWARD DROP; {command} -N DOCKER-USER; {command} -A DOCKER-USER -j RETURN; "
              f"{command} -I FORWARD -j DOCKER-USER")


def _register_actions():
    """The sandbox's polkitd knows no actions but ours; firewalld asks about root by these."""
    words = ("all", "config", "config.info", "direct", "direct.info", "info", "policies", "policies.info")
    actions = "".join(f'<action id="org.fedoraproject.FirewallD1.{word}"><description>{word}</description>'
                      "<message>firewalld</message><defaults><allow_any>no</allow_any></defaults></action>" for word in words)
    pathlib.Path("/usr/share/polkit-1/actions/firewalld.policy").write_text(f"<policyconfig>{actions}</policyconfig>")


@contextlib.contextmanager
def firewalld():
    """The daemon, which has loaded its rules; the uplink is in its zone public."""
    _register_actions()
    with subprocess.Popen(["firewalld", "--nofork", "--nopid"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as daemon:
        try:
            wait_until(lambda: subprocess.run(["firewall-cmd", "--state"], capture_output=True, check=False).returncode == 0,
                       about="firewalld")
            shell("firewall-cmd --zone=public --add-interface=up0")
            yield
        finally:
            daemon.terminate()
    shell("nft flush ruleset")


def trusted():
    """The interfaces in firewalld's zone trusted."""
    return sorted(shell("firewall-cmd --zone=trusted --list-interfaces").split())
