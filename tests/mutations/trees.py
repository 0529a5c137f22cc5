"""Copies of the source tree in which a file is changed, built and tested. Used by `run` and `at-random` beside it."""
import os
import pathlib
import queue
import re
import shutil
import signal
import subprocess
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
COPIED = ("Makefile", "README", "LICENSE", "proto", "broker", "client", "man", "policy", "tests")
SECONDS = 300  # for one test, or one build

# A broken broker lets the harness wait, so it must not wait for as long as on a busy machine.
ENVIRONMENT = {**{name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"},
               "TB_NO_DEPS": "1", "TB_PATIENCE": os.environ.get("TB_PATIENCE", "20")}


class Broken(Exception):
    """A change that cannot be tried: it does not fit the file, or does not compile."""


class Test:
    """A test by its name: test_name, fuzz_name (over its corpus), 101-identity, 1-layers; sanitized:... in that build."""

    def __init__(self, name):
        self.name = name
        self.sanitized, _, name = name.rpartition(":")
        if self.sanitized not in ("", "sanitized"):
            raise Broken(f"{self.name}: only sanitized: may stand before a test's name")
        self.build = "build-sanitize" if self.sanitized else "build"
        self.path, self.targets = self._find(name)

    def _find(self, name):
        if (TOP / f"tests/unit/{name}.c").exists():
            return (f"{self.build}/tests/unit/{name}",) * 2
        if (TOP / f"tests/fuzz/{name}.c").exists():
            return (f"{self.build}/tests/fuzz/{name}",) * 2
        for folder in ("system", "build"):
            if (TOP / f"tests/{folder}/{name}").exists():
                return f"tests/{folder}/{name}", "system-programs"
        raise Broken(f"there is no test {name}")


class Outcome:
    """What a test said: noticed (it failed), skipped, and the first line that tells why."""

    def __init__(self, noticed, skipped=False, why=""):
        self.noticed = noticed
        self.skipped = skipped
        self.why = why


def run_bounded(command, directory, environment, stop):
    """Runs a command in a session of its own; ends it when stop(line) is true or the time is over.

    Returns its exit code, or None if it was ended, and its lines.
    """
    process = subprocess.Popen(command, cwd=directory, env=environment, text=True, errors="replace", stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    timer = threading.Timer(SECONDS, lambda: kill_group(process.pid))
    timer.start()
    lines = []
    ended = False
    for line in process.stdout:
        lines.append(line.rstrip())
        if not ended and stop(line):
            ended = True
            kill_group(process.pid)
    code = process.wait()
    ended = ended or not timer.is_alive()
    timer.cancel()
    return None if ended else code, lines


def kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Tree:
    """One copy of the tree, with the objects that are built already, in which one change at a time is tried."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        for name in (*COPIED, "build", "build-sanitize"):
            if (TOP / name).exists():
                subprocess.run(["cp", "-a", "--", TOP / name, self.directory], check=True)

    def change(self, path, text):
        """Writes the file, always with a time at which make sees a change."""
        (self.directory / path).write_text(text)

    def restore(self, path):
        self.change(path, (TOP / path).read_text())

    def make(self, test):
        """Builds what the test needs."""
        sanitize = ["SANITIZE=1"] if test.sanitized else []
        code, lines = run_bounded(["make", "--no-print-directory", *sanitize, f"BUILD={test.build}", test.targets],
                                  self.directory, ENVIRONMENT, lambda line: False)
        if code != 0:
            errors = [line for line in lines if "error" in line or "***" in line] or lines
            raise Broken(f"it does not build: {errors[0] if errors else code}")

    def run(self, test):
        self.make(test)
        code, lines = run_bounded([f"./{test.path}"], self.directory, {**ENVIRONMENT, "TB_BUILD": test.build},
                                  lambda line: line.startswith("not ok"))
        failures = [line for line in lines if line.startswith("not ok")]
        if code is None and not failures:
            return Outcome(True, why=f"{test.name} did not end in {SECONDS} s")
        if code != 0 or failures:
            return Outcome(True, why=f"{test.name}: {failures[0] if failures else f'ended with {code}'}")
        return Outcome(False, skipped=any(re.match(r"1\.\.0\b", line) for line in lines))


class Trees:
    """So many copies at once, and what is done in them."""

    def __init__(self, count):
        self.directory = TOP / "build-mutations"
        shutil.rmtree(self.directory, ignore_errors=True)
        self.trees = [Tree(self.directory / f"tree-{number}") for number in range(count)]

    def each(self, jobs, work):
        """work(tree, job) for each job, in any order; its results in the order of the jobs."""
        waiting = queue.SimpleQueue()
        results = [None] * len(jobs)
        for number, job in enumerate(jobs):
            waiting.put((number, job))

        def serve(tree):
            while True:
                try:
                    number, job = waiting.get_nowait()
                except queue.Empty:
                    return
                results[number] = work(tree, job)

        threads = [threading.Thread(target=serve, args=(tree,), daemon=True) for tree in self.trees]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def without_change(self, names):
        """Runs each test once in an unchanged tree: {name: Outcome}. Only one that passes can notice anything."""
        def run(tree, test):
            try:
                return tree.run(test)
            except Broken as error:
                return Outcome(True, why=str(error))

        tests = [Test(name) for name in sorted(set(names))]
        return {test.name: outcome for test, outcome in zip(tests, self.each(tests, run))}

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)


class Clock:
    """Seconds since it was made, as text."""

    def __init__(self):
        self.start = time.monotonic()

    def __str__(self):
        return f"{time.monotonic() - self.start:.1f} s"
