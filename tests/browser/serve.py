"""Serves the whole app over twins full of invented mail, behind a stage prefix as the gateway has it.

`python -m tests.browser.serve` prints the address and runs until its standard input ends.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from chalice.config import Config
from chalice.local import LocalGateway, LocalGatewayException

from app import app
from chalicelib.adapters.breaker import key
from chalicelib.core.messages import Classification, Content, Envelope, Exclusion, Quarantine, Receipt, encode
from chalicelib.intake.arrival import REASONS
from chalicelib.ports import Original
from chalicelib.resilience.circuit import OPEN, State
from tests.app.world import World, installed
from tests.contract.mails import mail_id

PREFIX = "/api"
RULES = Path(__file__).parents[2] / "docs" / "rules.example.json"
ORIGINAL = Original("x@example.org", "x", "x", b"x")
MAILS = (
    ("practice", "fr", "patient", "high", "URGENT : douleur à la poitrine depuis ce matin", "<PERSON_1> <EMAIL_1>"),
    ("practice", "fr", "results", "normal", "Résultats d’analyses de Mme <PERSON_2>", "Laboratoire <ORGANIZATION_1>"),
    ("faculty", "en", "student", "normal", "Extension for my essay", "<PERSON_3> <EMAIL_3>"),
    ("personal", "en", "invoice", "low", "Invoice <REFERENCE_1> is due", "<ORGANIZATION_2> <EMAIL_4>"),
    ("personal", "it", "invoice", "normal", "Fattura n. <REFERENCE_2>", "<ORGANIZATION_3> <EMAIL_5>"),
    ("research", "en", "research", "normal", "Second review of the manuscript", "<PERSON_4> <EMAIL_6>"),
    ("practice", "fr", "appointment", "normal", "Rendez-vous du <DATE_1>", "<PERSON_5> <EMAIL_7>"),
    ("faculty", "fr", "student", "normal", "Question sur le cours de jeudi", "<PERSON_6> <EMAIL_8>"),
    ("personal", "en", "newsletter", "low", "This week in gardening", "<ORGANIZATION_4> <EMAIL_9>"),
    (
        "research",
        "en",
        "personal",
        "normal",
        '<img src=x onerror="alert(1)"> & </td><script>alert(2)</script>',
        "<b>x</b>",
    ),
)
OUT = (
    ("sender_not_allowed", ""),
    ("stopped_by_routing_rule", "no bulk mail"),
    ("outside_time_window", "urgent DESABO"),
)
DEAD = (("anonymize", "personal_data_left", ""), ("anonymize", "message_gone", ""), ("classify", "worker_died", ""))


def at(now: datetime, hours: float) -> str:
    """So many hours ago."""
    return (now - timedelta(hours=hours)).isoformat(timespec="milliseconds")


def receipts(received: str) -> tuple[Receipt, ...]:
    """What the stages write on the way."""
    first = datetime.fromisoformat(received)
    steps = (
        ("ingress", "email.receive", 0.04, "accepted", None),
        ("anonymize", "email.anonymize", 0.61, "ok", 0.97),
        ("classify", "email.classify", 0.02, "ok", 0.88),
        ("store", "email.store", 0.05, "stored", None),
        ("notify", "email.notify", 0.31, "sent", None),
    )
    return tuple(
        Receipt(module, action, (first + timedelta(seconds=index * 0.4)).isoformat(), seconds, outcome, sure)
        for index, (module, action, seconds, outcome, sure) in enumerate(steps)
    )


def fill(world: World, now: datetime) -> None:
    """A day's mail in every state, failed messages, flags that were changed, three versions of the rules."""
    for number in range(66):
        account, language, category, urgency, subject, sender = MAILS[number % len(MAILS)]
        received = at(now, 0.05 + (number * number % 97) / 97 * 23)
        content = Content(subject, sender, ("<EMAIL_0>",), language, identities=(f"identity-{number}",))
        verdict = Classification(category, urgency, language, 0.88, "words", "rules")
        name = f"mail-{number}"
        envelope = Envelope(mail_id(name), account, "gmail" if number % 3 else "emailengine", name, received, "trace-1")
        done = receipts(received)
        full = Envelope(
            *(
                getattr(envelope, one)
                for one in ("mail_id", "account", "source", "spool_key", "received_at", "trace_id")
            ),
            done,
            content,
            verdict,
        )
        world.store.store(full, "text", ORIGINAL, done)
    for number in range(9):
        reason, rule = OUT[number % len(OUT)]
        received = at(now, number * 2.3)
        received_by = (Receipt("ingress", "email.receive", received, 0.02, str(REASONS[reason])),)
        world.store.exclude(
            Exclusion(
                *(mail_id(f"out-{number}"), "personal", "gmail", "k", received, "trace-1"),
                *(reason, rule, 2, "s" * 32, "d" * 32, received_by),
            )
        )
    for number, (stage, reason, error) in enumerate(DEAD):
        identifier, received = mail_id(f"dead-{number}"), at(now, 1.5 + number)
        note = Quarantine(
            *(identifier, "practice", "emailengine", "k", received, "trace-1"),
            *(stage, reason, error, 5, received, at(now, 1 + number)),
        )
        world.store.quarantine(note)
        attributes = {
            "reason": reason,
            "error": error,
            "attempts": "5",
            "first_at": received,
            "last_at": at(now, 1 + number),
        }
        dead = Envelope(identifier, "practice", "emailengine", "k", received, "trace-1")
        world.queues.send_dead(stage, encode(dead), attributes)
    for stage, waiting in (("anonymize", 7), ("classify", 2), ("notify", 1)):
        body = encode(Envelope(mail_id(f"{stage} waits"), "practice", "gmail", "k", at(now, 0), "trace-1"))
        world.queues.send(stage, [body] * waiting, "practice")
    for name, value, author in (
        ("notifications_enabled", False, "grace"),
        ("notifications_enabled", True, "ada"),
        ("emailengine_ingress_enabled", False, "ada"),
    ):
        world.container.flags.switch(name, value, author)
    document = json.loads(RULES.read_text())
    world.rules.save({"rules": document["rules"][:1]}, "ada", "a first rule", 0)
    world.rules.save(document, "grace", "time windows for DESABO", 1)
    world.rules.save(document | {"rules": document["rules"][1:]}, "ada", "bulk mail is welcome", 2)
    world.cache.set(key("telegram"), State(OPEN, until=time.time() + 25, since=time.time(), failures=5).encode(), 60)


class Handler(BaseHTTPRequestHandler):
    """Asks the app as the gateway would; anything outside the prefix is not there."""

    gateway: LocalGateway
    lock = threading.Lock()

    def answer(self) -> None:
        """One request."""
        if not self.path.startswith(PREFIX + "/"):
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            with self.lock:  # the twins are no servers
                response: dict[str, Any] = self.gateway.handle_request(
                    method=self.command, path=self.path.removeprefix(PREFIX), headers=headers, body=body
                )
        except LocalGatewayException as error:
            response = {"statusCode": error.CODE, "headers": dict(error.headers), "body": error.body or ""}
        text = response["body"].encode() if isinstance(response["body"], str) else response["body"]
        self.send_response(response["statusCode"])
        for name, value in response["headers"].items():
            self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def main() -> None:
    """Serve until the one who started this goes."""
    world = World()
    Handler.gateway = LocalGateway(app, Config(chalice_stage="mail", config_from_disk={"stages": {"mail": {}}}))
    with installed(world), ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        fill(world, datetime.now(UTC))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdout.write(f"http://127.0.0.1:{server.server_address[1]}{PREFIX}\n")
        sys.stdout.flush()
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main()
