"""The exercise of an API by schemathesis: every operation of its OpenAPI document, with good, odd and wrong arguments.

Found are answers of 5xx, answers that the document does not have (status, type, headers, body), wrong input that is taken, methods
that are not refused, and doors that let in without a token.
"""

import pathlib
import subprocess
import sys

# The time for all operations together. The gate has an hour for everything.
SECONDS = 240
# The same requests every time: what is found can be found again.
SEED = 2026


def exercise(
    document: pathlib.Path,
    url: str,
    headers: dict[str, str] | None = None,
    seconds: int = SECONDS,
    workers: int = 1,
    settings: pathlib.Path | None = None,
) -> tuple[bool, str]:
    """Whether nothing was found, and what schemathesis has to say. `settings` is a file of schemathesis."""
    command = [
        *[sys.executable, "-m", "schemathesis.cli"],
        *(["--config-file", str(settings)] if settings else []),
        *["run", str(document), "--url", url],
        *["--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--continue-on-failure"],
        *["--max-time", str(seconds), "--seed", str(SEED), "--workers", str(workers)],
        *["--request-timeout", "10", "--generation-database", "none", "--no-color"],
    ]
    for name, value in (headers or {}).items():
        command += ["--header", f"{name}: {value}"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 300)
    return ended.returncode == 0, ended.stdout + ended.stderr
