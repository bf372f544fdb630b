"""The exercise finds what it is for, on a small API that has it, and nothing on one that has not."""

import http.server
import json
import pathlib
import tempfile
import threading
import unittest

from exercise import exercise

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "A small API", "version": "1"},
    "paths": {
        "/runs/{run}": {
            "get": {
                "parameters": [{"name": "run", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}],
                "responses": {
                    "200": {
                        "description": "The run.",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["run"],
                                    "properties": {"run": {"type": "integer"}},
                                    "additionalProperties": False,
                                }
                            }
                        },
                    },
                    "400": {"description": "No number of a run."},
                },
            }
        }
    },
}


def server(fault: str | None):
    """A handler of the small API, with a fault or without."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, status: int, body: bytes = b"", kind: str | None = None):
            self.send_response(status)
            if kind:
                self.send_header("content-type", kind)
            if status == 405:
                self.send_header("allow", "GET")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if self.command != "HEAD" else b"")

        def do_GET(self):
            name = self.path.removeprefix("/runs/").partition("?")[0]
            if not (name.isascii() and name.isdigit()) or int(name) < 1:
                return self.answer(500 if fault == "fails" else 400)
            if fault == "undocumented" and int(name) % 2 == 0:
                return self.answer(418)
            said = {"run": name if fault == "body" else int(name)}
            self.answer(200, json.dumps(said).encode(), "application/json")

        def refuse(self):
            length = int(self.headers.get("content-length") or 0)
            self.rfile.read(length)
            self.answer(405)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = do_TRACE = do_QUERY = refuse

        def log_message(self, *_):
            pass

    return http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)


class Exercise(unittest.TestCase):
    def of(self, fault: str | None) -> tuple[bool, str]:
        api = server(fault)
        self.addCleanup(api.server_close)
        self.addCleanup(api.shutdown)
        threading.Thread(target=api.serve_forever, daemon=True).start()
        with tempfile.TemporaryDirectory() as folder:
            document = pathlib.Path(folder) / "openapi.json"
            document.write_text(json.dumps(DOCUMENT))
            return exercise(document, f"http://127.0.0.1:{api.server_port}", seconds=4)

    def test_nothing_is_found_where_nothing_is_wrong(self):
        is_well, said = self.of(None)
        self.assertTrue(is_well, said)

    def test_what_is_wrong_is_found(self):
        kinds = [("fails", "Server error"), ("undocumented", "Undocumented status code"), ("body", "Response violates schema")]
        for fault, found in kinds:
            with self.subTest(fault):
                is_well, said = self.of(fault)
                self.assertFalse(is_well, said)
                self.assertIn(found, said)


if __name__ == "__main__":
    unittest.main()
