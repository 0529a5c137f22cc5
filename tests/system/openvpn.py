"""A real OpenVPN server behind the cable, with TLS, that pushes addresses and routes of both families; and a client's options."""
import harness
from programs import THERE, certificate, folder, program

OPENVPN = program("openvpn")
PORT = "11940"


def _fingerprint(path):
    return harness.shell(f"openssl x509 -in {path} -noout -fingerprint -sha256").split("=")[1].strip()


class Server:
    """Its keys, and those of a client's who is that user."""

    def __init__(self, peer, user):
        self.peer = peer
        peer.run("ip addr add 10.9.0.1/32 dev lo && ip -6 addr add fd00:9::1/128 dev lo nodad")
        key, cert = certificate(folder("root", "server"), "server")
        client_key, client_cert = certificate(folder(user, "client"), "client", user)
        self.command = [OPENVPN, "--dev", "far0", "--dev-type", "tun", "--topology", "subnet", "--server", "10.8.0.0",
                        "255.255.255.0", "--server-ipv6", "fd00:8::/64", "--proto", "udp", "--port", PORT, "--local", THERE,
                        "--cert", cert, "--key", key, "--dh", "none", "--peer-fingerprint", _fingerprint(client_cert),
                        "--verb", "1", "--ping", "5", "--push", "route 10.9.0.0 255.255.0.0",
                        "--push", "route-ipv6 fd00:9::/48"]
        self.client = ["--client", "--dev-type", "tun", "--proto", "udp", "--remote", THERE, PORT, "--nobind",
                       "--cert", client_cert, "--key", client_key, "--peer-fingerprint", _fingerprint(cert), "--verb", "1",
                       "--script-security", "2"]

    def running(self, *more):
        """The server with more options, for as long as the block lasts."""
        return self.peer.daemon(*self.command, *more)
