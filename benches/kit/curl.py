#!/usr/bin/env python3
"""How fast the push of a run is beside curl: the bodies that Tally posted to the kit's server, posted again by curl to the
emptied server over one connection.

    curl.py TALLY [--runs N] [--url http://127.0.0.1:18080]

Prints a line for each run and the best of both; exit status 1 if the best push posts values at less than 90 % of the rate
of the best curl. One unmeasured run goes before.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

TARGET = 0.9


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tally")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--url", default="http://127.0.0.1:18080")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(given, folder)
        pairs = [(run(given, folder), post_again(given, folder)) for _ in range(given.runs)]
    for (push_secs, n_values), (curl_secs, n_bodies) in pairs:
        print(f"push {push_secs:.3f} s, curl {curl_secs:.3f} s ({n_values} values, {n_bodies} bodies)")
    n_values = pairs[0][0][1]
    push, curl = min(pair[0][0] for pair in pairs), min(pair[1][0] for pair in pairs)
    print(f"best: push {n_values / push:,.0f} values/s, curl {n_values / curl:,.0f} values/s: {curl / push:.0%}")
    return 0 if curl / push >= TARGET else 1


def ask(url, path, method="GET"):
    with urllib.request.urlopen(urllib.request.Request(url + path, method=method)) as answer:
        return answer.read()


def run(given, folder):
    """A run from nothing; the seconds of its push and the number of values."""
    here = os.path.dirname(os.path.abspath(__file__))
    work = tempfile.mkdtemp(dir=folder)
    with open(os.path.join(here, "tally.toml")) as file:
        config = file.read().replace("http://127.0.0.1:18080", given.url)
    with open(os.path.join(work, "tally.toml"), "w") as file:
        file.write(config)
    with open(os.path.join(here, "places.csv"), "rb") as file, open(os.path.join(work, "places.csv"), "wb") as copy:
        copy.write(file.read())
    ask(given.url, "/__bench/reset", "POST")
    command = [given.tally, "--quiet", "run", "--config", os.path.join(work, "tally.toml")]
    command += ["--from", "2019W52", "--to", "2022W5", "--output", "json"]
    done = subprocess.run(command, env={**os.environ, "BENCH_PASSWORD": "bench"}, stdout=subprocess.PIPE, check=True)
    report = json.loads(done.stdout)
    secs = next(timing["secs"] for timing in report["timings"] if timing["step"] == "push")
    return secs, report["push"]["written"]


def post_again(given, folder):
    """curl's seconds for the bodies of the run before, and their number."""
    bodies = [line for line in ask(given.url, "/__bench/payloads").splitlines() if line]
    ask(given.url, "/__bench/reset", "POST")
    values = given.url + "/api/dataValueSets?importStrategy=CREATE_AND_UPDATE"
    parts = []
    for number, body in enumerate(bodies):
        path = os.path.join(folder, f"body-{number}.json")
        with open(path, "wb") as file:
            file.write(body)
        parts.append(
            f'url = "{values}"\nuser = "bench:bench"\nheader = "Content-Type: application/json"\nheader = "Expect:"\n'
            f'data-binary = "@{path}"\noutput = "/dev/null"\nsilent\n'
        )
    config = os.path.join(folder, "curl.config")
    with open(config, "w") as file:
        file.write("next\n".join(parts))
    begun = time.monotonic()
    subprocess.run(["curl", "--fail-early", "--config", config], check=True)
    return time.monotonic() - begun, len(bodies)


if __name__ == "__main__":
    sys.exit(main())
