"""Alerts by e-mail, as a real mail server takes them: aiosmtpd, with a password and without."""

import email
import email.policy
import pathlib
import tempfile
import unittest
import warnings

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

import stage

SENDER = "tally@example.org"
RECIPIENTS = ["surveillance@example.org", "officer@example.org"]
PASSWORD = "CANARY-mail-password"

CONFIGURATION = """
[alerts.email]
host = "127.0.0.1"
port = {port}
security = "none"
from = "Tally <tally@example.org>"
to = ["surveillance@example.org", "officer@example.org"]
{more}
"""


class Letterbox:
    """Keeps what arrives; refuses who is not to get anything."""

    def __init__(self, refused: tuple[str, ...] = ()):
        self.letters = []
        self.refused = refused

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address in self.refused:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.strict)
        self.letters.append((envelope.mail_from, list(envelope.rcpt_tos), message))
        return "250 queued"


def authenticator(server, session, envelope, mechanism, auth_data):
    """Knows one account."""
    known = isinstance(auth_data, LoginPassword) and auth_data.password.decode() == PASSWORD
    return AuthResult(success=known and auth_data.login == b"tally", handled=False)


class Mail(unittest.TestCase):
    def setUp(self):
        # The server warns of a password without TLS, which is what is tested, on this machine.
        warnings.simplefilter("ignore", UserWarning)
        folder = tempfile.TemporaryDirectory(prefix="tally-mail-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        example = stage.ROOT / "examples" / "covid19-weekly"
        for name in ["tally.toml", "places.csv"]:
            (self.folder / name).write_bytes((example / name).read_bytes())

    def server(self, box: Letterbox, **options) -> int:
        """Starts a mail server; returns its port."""
        controller = Controller(box, hostname="127.0.0.1", port=stage.free_port(), **options)
        controller.start()
        self.addCleanup(controller.stop)
        return controller.port

    def configure(self, port: int, more: str = ""):
        with (self.folder / "tally.toml").open("a") as configuration:
            configuration.write(CONFIGURATION.format(port=port, more=more))

    def test_a_letter_is_one_that_mail_programs_understand(self):
        box = Letterbox()
        self.configure(self.server(box))
        ended = stage.tally(self.folder, "alert", "test")
        self.assertEqual((ended.returncode, ended.stdout), (0, "e-mail 127.0.0.1: arrived\n"), ended.stderr)
        [(sender, recipients, letter)] = box.letters
        self.assertEqual((sender, recipients), (SENDER, RECIPIENTS))
        # With the strict policy a header that is not as RFC 5322 has it is an error when it is read.
        self.assertEqual(letter["Subject"], "Tally: a test message")
        self.assertEqual([address.addr_spec for address in letter["From"].addresses], [SENDER])
        self.assertEqual([address.addr_spec for address in letter["To"].addresses], RECIPIENTS)
        self.assertIsNotNone(letter["Date"].datetime)
        self.assertRegex(letter["Message-ID"], r"^<[^<>\s]+@[^<>\s]+>$")
        self.assertEqual((letter.get_content_type(), letter.defects), ("text/plain", []))
        self.assertIn("test", letter.get_content())

    def test_a_recipient_that_is_refused_is_said(self):
        box = Letterbox(refused=("officer@example.org",))
        self.configure(self.server(box))
        ended = stage.tally(self.folder, "alert", "test")
        self.assertEqual(ended.returncode, 40, ended.stderr)
        self.assertIn("e-mail 127.0.0.1: did not arrive", ended.stdout)
        self.assertNotIn("no such person", ended.stdout + ended.stderr, "what a server says is not repeated")

    def test_a_password_is_given_to_who_asks_and_a_wrong_one_is_said(self):
        (self.folder / "mail-password").write_text(PASSWORD)
        (self.folder / "mail-password").chmod(0o600)
        box = Letterbox()
        port = self.server(box, authenticator=authenticator, auth_required=True, auth_require_tls=False)
        self.configure(port, 'username = "tally"\npassword_file = "mail-password"')
        ended = stage.tally(self.folder, "alert", "test")
        self.assertEqual((ended.returncode, len(box.letters)), (0, 1), ended.stdout + ended.stderr)
        (self.folder / "mail-password").write_text("another")
        ended = stage.tally(self.folder, "alert", "test")
        self.assertEqual((ended.returncode, len(box.letters)), (40, 1), ended.stdout + ended.stderr)
        self.assertNotIn("another", ended.stdout + ended.stderr)


if __name__ == "__main__":
    unittest.main()
