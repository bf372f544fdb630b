#!/usr/bin/env python3
"""How long a run takes on the state of the one before: when nothing changed, and when one record in a thousand did.

    again.py TALLY [streaming|keeping ...] [--runs N] [--url http://127.0.0.1:18080]

Prints a line for each run, in milliseconds with the peak memory, and verifies nothing: verify.py of the kit does. The kit's
server has to run; one unmeasured run goes before.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tally")
    parser.add_argument("modes", nargs="*", default=["streaming", "keeping"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--url", default="http://127.0.0.1:18080")
    given = parser.parse_args()
    for mode in given.modes:
        with tempfile.TemporaryDirectory() as folder:
            post(given, "reset?data=1")
            run(given, folder, mode, "fresh")
            for turn in range(given.runs):
                post(given, "reset?data=1")
                measure(given, folder, mode, "fresh", "from nothing")
                measure(given, folder, mode, "again", "unchanged")
                post(given, f"mutate?fraction=0.001&seed={7 + turn}")
                post(given, "reset?keep=values")
                measure(given, folder, mode, "again", "0.1 % changed")
    post(given, "reset?data=1")


def post(given, path):
    request = urllib.request.Request(f"{given.url}/__bench/{path}", data=b"", method="POST")
    urllib.request.urlopen(request).read()


def measure(given, folder, mode, state, what):
    began = time.monotonic()
    usage = run(given, folder, mode, state)
    wall = time.monotonic() - began
    cpu = usage.ru_utime + usage.ru_stime
    print(f"{mode}, {what}: {wall * 1000:.0f} ms, CPU {cpu * 1000:.0f} ms, {usage.ru_maxrss / 1024:.0f} MB", flush=True)


def run(given, folder, mode, state):
    """One run; the address of the server is put into a copy of the kit's configuration."""
    if state == "fresh":
        subprocess.run(["rm", "-rf", os.path.join(folder, mode)], check=True)
    os.makedirs(os.path.join(folder, mode), exist_ok=True)
    with open(os.path.join(HERE, "tally.toml"), encoding="utf-8") as file:
        text = file.read().replace("http://127.0.0.1:18080", given.url)
    if mode == "keeping":
        text = text.replace('keep = "nothing"', 'keep = "records"')
    for name, content in (("tally.toml", text), ("places.csv", open(os.path.join(HERE, "places.csv"), encoding="utf-8").read())):
        with open(os.path.join(folder, mode, name), "w", encoding="utf-8") as file:
            file.write(content)
    command = [given.tally, "--quiet", "run", "--from", "2019W52", "--to", "2022W5", "--output", "json"]
    environment = {**os.environ, "BENCH_PASSWORD": "bench"}
    where = os.path.join(folder, mode)
    process = subprocess.Popen(command, cwd=where, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{mode}, {state}: {said.decode()}")
    return usage


main()
