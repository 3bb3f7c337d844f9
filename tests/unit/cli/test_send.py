"""`mailroom send` says which file became which mail, what was refused and why; large mail is uploaded."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from infra.cli.mailfiles import Found, mails
from infra.cli.send import PUSHED, send_files
from infra.local.stack import Info
from tests.unit.cli.test_mailfiles import MAIL, PASSWD, write

STATUSES = {"personal": "accepted", "nobody": "unknown_account", "held": "accepted_held"}
CREDENTIALS = {"gmail_tokens": ["a-token-of-this-test"], "gmail_keys": ["a-key-of-this-test"]}


class Endpoint:
    """Plays the Gmail endpoint: the account decides about the answer, the id counts the mails."""

    def __init__(self) -> None:
        self.uploaded: dict[str, bytes] = {}
        self.pushed: list[dict[str, Any]] = []
        self.url = ""

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if path.endswith("/uploads"):
            return 200, {"status": "upload_offered", "upload": {"id": "u1", "url": f"{self.url}/put/u1", "headers": {}}}
        return 200, {"status": "batch", "verdicts": [self._verdict(push) for push in body["messages"]]}

    def _verdict(self, push: dict[str, Any]) -> dict[str, Any]:
        self.pushed.append(push)
        return {"status": STATUSES[push["account"]], "mail_id": f"mail-{len(self.pushed)}"}


@contextmanager
def serving(endpoint: Endpoint) -> Iterator[Info]:
    class Handler(BaseHTTPRequestHandler):
        """Hands requests to the endpoint."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            code, answer = endpoint.post(self.path, body)
            self._answer(code, json.dumps(answer).encode())

        def do_PUT(self) -> None:
            endpoint.uploaded[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(200, b"")

        def _answer(self, code: int, content: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        endpoint.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield Info(endpoint.url, {}, "", "", "", "", CREDENTIALS)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


def sent(endpoint: Endpoint, found: list[Found], account: str = "personal") -> int:
    with serving(endpoint) as info:
        return send_files(info, found, account, wait=0)


def test_each_file_is_shown_with_its_answer_and_its_mail_id(
    endpoint: Endpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [write(tmp_path / name) for name in ("a.eml", "[red]b[/].eml")]
    assert sent(endpoint, list(mails(files))) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:2]] == [
        ["accepted", f"mail-{number}", str(file)] for number, file in enumerate(files, 1)
    ]


def test_what_is_no_mail_is_not_sent_and_makes_the_exit_code(
    endpoint: Endpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sent(endpoint, list(mails([write(tmp_path / "passwd", PASSWD), write(tmp_path / "a.eml")]))) == 1
    assert (len(endpoint.pushed), "not sent" in capsys.readouterr().out) == (1, True)


def test_with_nothing_but_problems_nothing_is_sent(endpoint: Endpoint, tmp_path: Path) -> None:
    assert sent(endpoint, list(mails([tmp_path / "none"]))) == 1
    assert endpoint.pushed == []


def test_an_unknown_account_is_answered_with_the_accounts(
    endpoint: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sent(endpoint, [Found("a.eml", MAIL)], "nobody") == 1
    out = capsys.readouterr().out
    assert ("[unknown_account]" in out, "accounts of this stack: practice, faculty" in out) == (True, True)


def test_a_mail_that_a_rule_holds_is_no_failure(endpoint: Endpoint) -> None:
    assert sent(endpoint, [Found("a.eml", MAIL)], "held") == 0


def test_a_mail_too_large_for_a_push_is_uploaded(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    raw = MAIL + b"x" * PUSHED
    assert sent(endpoint, [Found("large.eml", raw), Found("a.eml", MAIL)]) == 0
    assert endpoint.uploaded == {"/put/u1": raw}
    assert [sorted(push) for push in endpoint.pushed] == [["account", "upload"], ["account", "raw"]]
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()[:2]] == ["large.eml", "a.eml"]
