#!/usr/bin/env python3
"""How fast the dashboard answers while a run is under way, and how much its viewers slow the run.

    python3 benches/dashboard/run.py TALLY --page / --page /reports/weekly --dashboard '[dashboard]\\nlisten = "127.0.0.1:{port}"'

Starts both simulated servers, runs the weekly example, makes its state large (see fill.py), starts the daemon, and has viewers look
at the pages over connections that they keep, each a page, then a pause. Prints the time by page, and that of full runs with and
without viewers. Only the standard library is needed; with `wrk` installed it also says how many pages a second there are at most.
"""

import argparse
import datetime
import http.client
import json
import os
import pathlib
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from fill import fill

# Longer than a run on a small machine takes.
PATIENCE = 600
ENVIRONMENT = {**os.environ, "TALLY_LANGUAGE": "en", "NO_COLOR": "1"}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("tally", type=pathlib.Path, help="the program, a release build")
    arguments.add_argument("--page", action="append", required=True, help="a path; may be said several times")
    arguments.add_argument("--dashboard", default="", help="added to the configuration; {port} is a free one, \\n a new line")
    arguments.add_argument("--url", help="look at this address instead of starting a daemon")
    arguments.add_argument("--viewers", type=int, default=50)
    arguments.add_argument("--pause", type=float, default=1.0, help="seconds between two pages of a viewer")
    arguments.add_argument("--runs", type=int, default=5, help="full runs with viewers, and as many without")
    arguments.add_argument("--cases", type=int, default=20_000, help="cases of the outbreak: a run should take seconds")
    arguments.add_argument("--n-runs", type=int, default=1_000, help="runs in the state")
    arguments.add_argument("--n-values", type=int, default=1_000_000, help="values in the ledger")
    asked = arguments.parse_args()
    asked.tally = asked.tally.resolve()
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as folder:
        return measure(asked, pathlib.Path(folder))


def measure(asked, folder: pathlib.Path) -> int:
    servers = started([asked.tally, "demo", "--keep", folder, "--cases", asked.cases, "--output", "json"])
    daemon = None
    try:
        whole_json(servers.stdout)
        now = datetime.datetime.now(datetime.timezone.utc)
        print("state:", fill(folder / ".tally" / "state.sqlite", asked.n_runs, asked.n_values, now), flush=True)
        url = asked.url
        if not url:
            port = free_port()
            configuration = folder / "tally.toml"
            text = configuration.read_text().replace("[[report]]\n", '[[report]]\nschedule = "0 0 1 1 *"\n', 1)
            configuration.write_text(text + "\n" + asked.dashboard.replace("\\n", "\n").format(port=port) + "\n")
            daemon = started([asked.tally, "serve", "--config", configuration], said=subprocess.DEVNULL)
            url = f"http://127.0.0.1:{port}"
            answers(url, asked.page[0], daemon)
        # The first run after the copies finds the state as it is; it is not measured.
        full_run(asked, folder)
        alone = [full_run(asked, folder) for _ in range(asked.runs)]
        idle = Viewers(asked, url)
        time.sleep(10)
        idle.report("nothing under way")
        beside = Viewers(asked, url)
        watched = [full_run(asked, folder) for _ in range(asked.runs)]
        failed = beside.report("a run under way")
        slower = statistics.median(watched) / statistics.median(alone) - 1
        print(f"full run: {seconds(alone)} alone, {seconds(watched)} with {asked.viewers} viewers: {slower:+.1%}")
        flat_out(asked, url)
        return 1 if failed else 0
    finally:
        for process in filter(None, [daemon, servers]):
            process.terminate()
            process.wait(60)


class Viewers:
    """People who look at one page after the other until `report`."""

    def __init__(self, asked, url: str):
        self.pages, self.pause, self.host = asked.page, asked.pause, url.removeprefix("http://").rstrip("/")
        self.times = {page: [] for page in asked.page}
        self.failed = []
        self.done = threading.Event()
        self.threads = [threading.Thread(target=self.look, args=(number,)) for number in range(asked.viewers)]
        for thread in self.threads:
            thread.start()

    def look(self, number: int) -> None:
        # The same people every time, and not all at once.
        chance = random.Random(number)
        connection = http.client.HTTPConnection(self.host, timeout=60)
        self.done.wait(chance.uniform(0, self.pause))
        while not self.done.is_set():
            page = chance.choice(self.pages)
            began = time.perf_counter()
            try:
                connection.request("GET", page, headers={"accept": "text/html", "accept-encoding": "gzip"})
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    self.failed.append(f"{page}: {answer.status}")
            except OSError as error:
                self.failed.append(f"{page}: {error}")
                connection.close()
            else:
                self.times[page].append(time.perf_counter() - began)
            self.done.wait(chance.uniform(0.5, 1.5) * self.pause)

    def report(self, when: str) -> bool:
        """Sends everybody home, and says how long the pages took. Whether any failed."""
        self.done.set()
        for thread in self.threads:
            thread.join()
        print(f"\n{when}\n{'page':40} {'n':>7} {'p50':>9} {'p99':>9} {'worst':>9}   in ms")
        everything = [secs for times in self.times.values() for secs in times]
        for page, times in [*self.times.items(), ("all", everything)]:
            if times:
                p50, p99, worst = (percentile(times, share) * 1_000 for share in [0.5, 0.99, 1.0])
                print(f"{page:40} {len(times):7} {p50:9.1f} {p99:9.1f} {worst:9.1f}")
        if self.failed:
            print(f"{len(self.failed)} failed: {sorted(set(self.failed))[:5]}")
        print(flush=True)
        return bool(self.failed)


def percentile(times: list[float], share: float) -> float:
    """The smallest time that so large a share of all does not exceed."""
    ordered = sorted(times)
    return ordered[max(0, -(-int(len(ordered) * share * 1_000) // 1_000) - 1)]


def full_run(asked, folder: pathlib.Path) -> float:
    """Seconds of a run that reads and compares everything."""
    began = time.perf_counter()
    args = [asked.tally, "run", "--full", "--quiet", "--config", folder / "tally.toml"]
    ended = subprocess.run(args, env=ENVIRONMENT, capture_output=True, text=True, timeout=PATIENCE)
    if ended.returncode != 0:
        raise SystemExit(f"the run ended with {ended.returncode}:\n{ended.stdout}\n{ended.stderr}")
    return time.perf_counter() - began


def flat_out(asked, url: str) -> None:
    """Pages a second without pauses, if wrk is there."""
    wrk = shutil.which("wrk")
    if not wrk:
        print("wrk is not installed (apt-get install wrk): how many pages a second there are at most is not measured")
        return
    for page in asked.page:
        args = [wrk, "--threads", "1", "--connections", str(asked.viewers), "--duration", "5s", "--latency", url + page]
        said = subprocess.run(args, capture_output=True, text=True, check=True).stdout
        figures = [line.strip() for line in said.splitlines() if any(w in line for w in ["50%", "99%", "Requests/sec", "Non-2xx"])]
        print(f"flat out, {asked.viewers} connections: {page}: {', '.join(' '.join(f.split()) for f in figures)}")


def started(args, said=subprocess.PIPE) -> subprocess.Popen:
    return subprocess.Popen([str(arg) for arg in args], env=ENVIRONMENT, stdout=said, stderr=subprocess.DEVNULL, text=True)


def whole_json(stream) -> None:
    """Reads until what came is whole; the servers stay."""
    text = ""
    for line in stream:
        text += line
        # A document of many lines ends with one of its own.
        if line.startswith("}"):
            json.loads(text)
            return
    raise SystemExit(f"the simulated servers ended: {text}")


def answers(url: str, page: str, daemon: subprocess.Popen) -> None:
    """Waits until the daemon answers."""
    until = time.monotonic() + 60
    while time.monotonic() < until and daemon.poll() is None:
        try:
            connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
            connection.request("GET", page)
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing answers at {url}{page}")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def seconds(times: list[float]) -> str:
    return f"{statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f})"


if __name__ == "__main__":
    sys.exit(main())
