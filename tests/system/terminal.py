"""A command at a terminal, and the fingers of the user before it."""
import contextlib
import os
import pty
import re
import select
import signal
import termios
import time

import harness

LFLAG = 3  # of what termios.tcgetattr() returns


class Terminal:
    """A command of alice's at a terminal of its own; session: in one of which systemd-logind knows. It runs once polkit can
    know, too."""

    def __init__(self, *command, session=False):
        self.output = ""
        self._seen = 0
        waiting, go = os.pipe()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            harness.become("alice")
            os.read(waiting, 1)
            os.execve(command[0], list(command), harness.ENVIRONMENT)
        if session:
            harness.fake_session(self.pid, "alice", session=f"c{self.pid}")
        os.write(go, b"x")
        os.close(waiting)
        os.close(go)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def expect(self, pattern):
        """Reads until the pattern has been shown, behind what was expected before. Returns all from there to its end."""
        deadline = time.monotonic() + harness.PATIENCE
        while not (found := re.compile(pattern).search(self.output, self._seen)):
            left = max(deadline - time.monotonic(), 0)
            assert select.select([self.fd], [], [], left)[0], f"no {pattern!r} in:\n{self.output}"
            assert self._read(), f"it ended, and {pattern!r} is not in:\n{self.output}"
        text = self.output[self._seen:found.end()]
        self._seen = found.end()
        return text

    def _read(self):
        """False at the end of the command."""
        try:
            data = os.read(self.fd, 4096)
        except OSError:
            return False
        self.output += data.decode(errors="replace")
        return bool(data)

    def type(self, text):
        os.write(self.fd, text.encode())

    def type_password(self, password):
        """At the agent's prompt. The agent turns the echo off after it, and throws away what was typed before."""
        harness.wait_until(lambda: not termios.tcgetattr(self.fd)[LFLAG] & termios.ECHO, about="the end of the echo")
        self.type(password + "\n")

    def exit_code(self):
        """Waits for the end of the command, and reads all that it shows."""
        while self._read():
            pass
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.pid = None
        return code
