"""What the tests of this folder have in common: the program, ports, and both simulated servers with an outbreak."""

import contextlib
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import threading

# Longer than anything here takes, on a busy machine.
PATIENCE = 180.0

ROOT = pathlib.Path(__file__).resolve().parents[4]


def program() -> str:
    """The program; the gate's step sets it."""
    found = os.environ.get("TALLY_BIN")
    if not found:
        raise RuntimeError("TALLY_BIN is not set: run `cargo xtask ci --only python`, or name the program")
    return found


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def tally(folder: pathlib.Path, *args: str, said: str = "") -> subprocess.CompletedProcess:
    """Runs the program to its end; `said` is what it hears on stdin."""
    environment = {**os.environ, "TALLY_LANGUAGE": "en", "NO_COLOR": "1"}
    command = [program(), *args]
    return subprocess.run(
        command, cwd=folder, env=environment, input=said, capture_output=True, text=True, timeout=PATIENCE
    )


@contextlib.contextmanager
def started(args: list[str], pattern: str, cwd: pathlib.Path | None = None):
    """A program that runs until the block ends. The block begins when a line of its output matches; it gets the match."""
    environment = {**os.environ, "TALLY_LANGUAGE": "en", "NO_COLOR": "1"}
    process = subprocess.Popen(
        args, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    watch = threading.Timer(PATIENCE, process.kill)
    watch.start()
    said: list[str] = []
    found = None
    try:
        for line in process.stdout:
            said.append(line)
            found = re.search(pattern, line)
            if found:
                break
        watch.cancel()
        if not found:
            raise RuntimeError(f"{' '.join(args)} did not say `{pattern}`:\n{''.join(said)}")
        # A pipe that nobody reads stops who writes to it.
        drain = threading.Thread(target=lambda: said.extend(process.stdout), daemon=True)
        drain.start()
        yield found
    finally:
        watch.cancel()
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def outbreak(cases: int = 200):
    """Both simulated servers, and a folder with a configuration whose report ran twice."""
    with tempfile.TemporaryDirectory(prefix="tally-python-") as name:
        folder = pathlib.Path(name)
        args = [program(), "demo", "--keep", name, "--cases", str(cases)]
        with started(args, r"tally show 1 --all"):
            yield folder


@contextlib.contextmanager
def daemon(folder: pathlib.Path, dashboard: str):
    """The daemon on the configuration of an `outbreak`, with `dashboard` added to it. Nothing is due before New Year."""
    path = folder / "tally.toml"
    text = path.read_text()
    if "\nschedule = " not in text:
        text = text.replace("[[report]]\n", '[[report]]\nschedule = "0 0 1 1 *"\n', 1)
    path.write_text(text + dashboard)
    with started([program(), "serve", "--config", str(path)], r"event=idle"):
        yield
