"""The real authority, alone: the test plays the clerk at its fd 3 and the monitor at its fd 4."""
import itertools
import os
import pathlib
import select
import socket
import struct
import subprocess

import harness
import wire

ACTION_OPEN, ACTION_LIST_ALL = 1, 2

_tickets = itertools.count(1)


def _start_time(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


class Authority:
    """Runs during the block, as tapbrokerd starts it, and must then end quietly; unless the test has waited for its end."""

    def __enter__(self):
        self.clerk, clerk = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.monitor, monitor = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        uid = harness.identity("tapbroker-authority")[0]
        high = [os.dup2(sock.fileno(), number) for sock, number in ((clerk, 103), (monitor, 104))]

        def arrange():
            for number, fd in enumerate(high, 3):
                os.dup2(fd, number)

        self.process = subprocess.Popen(
            ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
             "--no-new-privs", harness.BUILD + "/tapbroker-authority"],
            preexec_fn=arrange, close_fds=False, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env=harness.ENVIRONMENT)
        for fd in high:
            os.close(fd)
        clerk.close()
        monitor.close()
        self.clerk.settimeout(harness.PATIENCE)
        self.monitor.settimeout(harness.PATIENCE)
        return self

    def __exit__(self, kind, *_):
        if self.process.returncode is None:
            self.clerk.close()
            code, said = self.ended()
            harness.note(said)
            if kind is None:
                harness.equal(code, 0, "the authority's exit code")
        self.clerk.close()
        self.monitor.close()

    def ended(self):
        """Waits for its end. Returns the exit code, and its last words."""
        said = self.process.communicate(timeout=harness.PATIENCE)[1]
        return self.process.returncode, said

    def ask(self, user, pid, flags=0, action=ACTION_OPEN):
        """Asks about that user's process. Returns the ticket and the bytes of the question."""
        ticket = struct.pack("=QQ", next(_tickets), 0)
        question = wire.Question.pack(ticket, _start_time(pid), harness.identity(user)[0], pid, action, 0, wire.KIND_TAP,
                                      0, flags, 1500, 1, 0, b"lan", b"", b"br0", b"", b"")
        self.clerk.send(question)
        return ticket, question

    def cancel(self, ticket):
        self.clerk.send(wire.Cancel.pack(ticket))

    def verdict(self):
        """The next one: its ticket and its word."""
        verdict = wire.Verdict.unpack(self.clerk.recv(4096))
        return verdict.ticket, verdict.verdict

    def verdict_about(self, *question, **more):
        """Asks, and returns the word."""
        ticket, _ = self.ask(*question, **more)
        found, word = self.verdict()
        harness.equal(found, ticket, "the ticket")
        return word

    def yes(self):
        """The question of the yes that the monitor has got, or None: there is none."""
        if not select.select([self.monitor], [], [], 0)[0]:
            return None
        return wire.Yes.unpack(self.monitor.recv(4096)).question
