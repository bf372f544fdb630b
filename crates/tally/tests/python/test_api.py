"""The API as its description has it: held against the rules of OpenAPI, and exercised by schemathesis on a running daemon."""

import contextlib
import copy
import json
import pathlib
import sqlite3
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from openapi_spec_validator import OpenAPIV31SpecValidator

import stage
from exercise import exercise

# The time for all operations together.
SECONDS = 75

DASHBOARD = """
[dashboard]
listen = "127.0.0.1:{port}"
"""

# A period that is well formed and not of the report's type is refused (422), a plan waits for nobody any more (422), a job was
# asked for before (409), enough wait (429), and what is known is not sent again (304).
CONFIGURATION = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "304", "401", "403", "404", "409", "422", "429"]
"""


def described() -> dict:
    """The description in the repository."""
    return json.loads((stage.ROOT / "schema" / "openapi.json").read_text())


class Client:
    """Asks a daemon, with a token."""

    def __init__(self, url: str, token: str):
        self.url, self.token = url, token

    def ask(self, path: str, body=None, **query) -> tuple[int, dict]:
        address = f"{self.url}/api/v1{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        request = urllib.request.Request(address, headers={"authorization": f"Bearer {self.token}"})
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("content-type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=stage.PATIENCE) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def get(self, path: str, **query) -> dict:
        status, answer = self.ask(path, **query)
        if status != 200:
            raise AssertionError(f"{path}: {status} {answer}")
        return answer

    def done(self, job: dict) -> dict:
        """Asks for a job and waits for its end."""
        status, asked = self.ask("/jobs", job)
        if status != 201:
            raise AssertionError(f"{job}: {status} {asked}")
        deadline = time.monotonic() + stage.PATIENCE
        while time.monotonic() < deadline:
            facts = self.get(f"/jobs/{asked['job']}")
            if facts["ended_at"]:
                return facts
            time.sleep(0.2)
        raise AssertionError(f"{job} has no end")


@contextlib.contextmanager
def served():
    """A daemon with two runs, a plan that waits and a problem; and a client of each kind by its scopes."""
    with stage.outbreak() as folder:
        scopes = ["read", "read,run", "read,run,decide", "read,settings", "read,run,decide,settings", "metrics"]
        tokens = {}
        for number, scope in enumerate(scopes):
            ended = stage.tally(folder, "--output", "json", "token", "add", f"t{number}", "--scope", scope)
            tokens[scope] = json.loads(ended.stdout)["token"]
        # As soon as there is a user, nobody is let in for being on this machine.
        ended = stage.tally(folder, "user", "add", "ana", "--role", "viewer", said="a long password of ana\n")
        if ended.returncode != 0:
            raise AssertionError(ended.stderr)
        port = stage.free_port()
        with stage.daemon(folder, DASHBOARD.format(port=port)):
            clients = {scope: Client(f"http://127.0.0.1:{port}", token) for scope, token in tokens.items()}
            all_scopes = clients["read,run,decide,settings"]
            report = all_scopes.get("/reports")["items"][0]["report"]
            planned = all_scopes.done({"job": "plan", "report": report})
            if planned["state"] != "done":
                raise AssertionError(planned)
            with sqlite3.connect(folder / ".tally" / "state.sqlite") as state:
                state.execute(
                    "INSERT INTO alert (report, event, cause, began_at, told_at, n_seen)"
                    " VALUES (?, 'held', 'held', '2026-01-05T00:00:00Z', NULL, 1)",
                    [report],
                )
            yield clients


def made_real(document: dict, client: Client) -> dict:
    """The description with examples that name what is there."""
    report = client.get("/reports")["items"][0]["report"]
    completeness = client.get(f"/reports/{report}/completeness", limit=500)
    fields = (
        (unit["org_unit"], period)
        for unit in completeness["items"]
        for period, field in zip(completeness["periods"], unit["fields"])
        if field["n_computed"]
    )
    # Of what follows from other numbers there are no records.
    value = next(
        value
        for org_unit, period in fields
        for value in client.get(f"/reports/{report}/values", org_unit=org_unit, period=period)["items"]
        if value["indicator"] == "confirmed_cases" and value["computed"] != "0"
    )
    real = {
        "report": report,
        "run": client.get("/runs")["items"][0]["run"],
        "plan": client.get("/plans")["items"][0]["plan"],
        "job": client.get("/jobs")["items"][0]["job"],
        **{name: value[name] for name in ("org_unit", "period", "data_element")},
        **{name: value[name] for name in ("category_option_combo", "attribute_option_combo")},
    }
    document = copy.deepcopy(document)
    for path in document["paths"].values():
        for operation in path.values():
            # Everybody needs a token here.
            operation["security"] = [needed for needed in operation["security"] if needed]
            for parameter in operation["parameters"]:
                if parameter["name"] in real:
                    parameter["example"] = real[parameter["name"]]
            bodies = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for example in bodies.get("examples", {}).values():
                example["value"].update({name: real[name] for name in example["value"] if name in ("report", "plan")})
                for name in {"from", "to"} & set(example["value"]):
                    example["value"][name] = real["period"]
    return document


class Description(unittest.TestCase):
    def test_it_is_one_of_openapi_31(self):
        problems = [problem.message for problem in OpenAPIV31SpecValidator(described()).iter_errors()]
        self.assertEqual(problems, [])

    def test_one_that_is_none_is_found(self):
        document = described()
        del document["info"]["title"]
        self.assertNotEqual(list(OpenAPIV31SpecValidator(document).iter_errors()), [])


class Api(unittest.TestCase):
    def test_it_is_as_it_is_described(self):
        with served() as clients, tempfile.TemporaryDirectory(prefix="tally-api-") as name:
            client = clients["read,run,decide,settings"]
            self.every_answer_is_there(client)
            self.scopes_are_kept(clients)
            folder = pathlib.Path(name)
            (folder / "openapi.json").write_text(json.dumps(made_real(described(), client)))
            (folder / "schemathesis.toml").write_text(CONFIGURATION)
            is_well, said = exercise(
                folder / "openapi.json",
                client.url,
                {"Authorization": f"Bearer {client.token}"},
                seconds=SECONDS,
                settings=folder / "schemathesis.toml",
            )
            self.assertTrue(is_well, said)
            self.assertEqual(client.get("/live")["standing"], "working", "the daemon goes on")

    def every_answer_is_there(self, client: Client):
        """Each operation that reads answers 200 to its example: what follows looks at more than refusals."""
        document = made_real(described(), client)
        for path, operations in document["paths"].items():
            if "get" not in operations:
                continue
            operation = operations["get"]
            query = {}
            for parameter in operation["parameters"]:
                if parameter["in"] == "path":
                    path = path.replace(f"{{{parameter['name']}}}", urllib.parse.quote(str(parameter["example"]), safe=""))
                elif parameter["in"] == "query" and parameter["required"]:
                    query[parameter["name"]] = parameter["example"]
            with self.subTest(operation["operationId"]):
                status, answer = client.ask(path.removeprefix("/api/v1"), **query)
                self.assertEqual(status, 200, answer)

    def scopes_are_kept(self, clients: dict[str, Client]):
        """A token is good for what its scopes say, and for nothing else."""
        kinds = [
            ("/runs", None, "read"),
            ("/settings", None, "read,settings"),
            ("/audit", None, "read,settings"),
            ("/jobs", {"job": "run", "report": "no such report"}, "run"),
            ("/jobs", {"job": "discard", "plan": 999_999}, "decide"),
            ("/problems/acknowledge", {"report": "no such report", "event": "x", "cause": "x"}, "decide"),
        ]
        for scopes, client in clients.items():
            for path, body, needed in kinds:
                with self.subTest(scopes=scopes, path=path):
                    status, answer = client.ask(path, body)
                    is_let_in = set(needed.split(",")) <= set(scopes.split(","))
                    self.assertEqual(status != 403, is_let_in, answer)
        for token in ["tally_wrong", ""]:
            status, answer = Client(clients["read"].url, token).ask("/runs")
            self.assertEqual((status, answer["title"]), (401, "Unauthorized"))


if __name__ == "__main__":
    unittest.main()
