"""The pipeline's twins in one place, and an anonymizer that is quick and plain."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chalicelib.core.messages import Classification, Content, Envelope, decode
from chalicelib.intake.intake import Arrival, Intake
from chalicelib.mail.model import Mail
from chalicelib.mail.sealed import EMAILENGINE, FIELDS, RAW
from chalicelib.pipeline.anonymize import AnonymizeWorker
from chalicelib.policy.ruleset import RuleSet, load
from chalicelib.privacy.model import Anonymized
from chalicelib.privacy.tokens import Number
from tests.twins.cache import MemoryCache
from tests.twins.queues import MemoryQueues
from tests.twins.source import MemorySource
from tests.twins.spool import MemorySpool
from tests.twins.telemetry import Telemetry

NOW = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)
MAPPING_KEY, PSEUDONYM_KEY = b"m" * 32, b"p" * 32
RAW_MAIL = (
    b"From: Ada Example <ada@example.com>\r\nTo: bob@example.org\r\nSubject: Results\r\n"
    b"Date: Mon, 3 Mar 2025 10:00:00 +0100\r\nMessage-ID: <1@example.com>\r\n\r\nDear Bob\r\n"
)
PUSH: dict[str, Any] = {"sender": "Ada Example <ada@example.com>", "subject": "Results", "body": "Dear Bob"}
VERDICT = Classification("patient", "normal", "en", 0.8, "words", "rules")


class PlainAnonymizer:
    """Hides the sender and keeps the rest."""

    def __init__(self) -> None:
        self.text: str | None = None
        self.calls = 0

    def anonymize(self, mail: Mail, number: Number | None = None) -> Anonymized:
        """One token, which is the sender's."""
        self.calls += 1
        sender = mail.sender.address if mail.sender else ""
        token = f"<PERSON_{number(sender) if number else 1}>"
        text = mail.text if self.text is None else self.text
        return Anonymized(mail.subject, token, ("<EMAIL_1>",), text, (), "en", {token: sender} if sender else {})


@dataclass
class World:
    """Doors, spool and source as twins; `worker` is the anonymize stage over them."""

    spool: MemorySpool = field(default_factory=MemorySpool)
    source: MemorySource = field(default_factory=MemorySource)
    cache: MemoryCache = field(default_factory=MemoryCache)
    queues: MemoryQueues = field(default_factory=MemoryQueues)
    anonymizer: PlainAnonymizer = field(default_factory=PlainAnonymizer)
    telemetry: Telemetry = field(default_factory=Telemetry)
    rules: RuleSet = field(default_factory=lambda: load({}))

    @property
    def worker(self) -> AnonymizeWorker:
        """A new one: nothing is kept between two calls but what the twins hold."""
        parts = self.spool, self.source, self.anonymizer, self.cache, self.telemetry
        return AnonymizeWorker(*parts, MAPPING_KEY, PSEUDONYM_KEY, 1800, lambda: self.rules, lambda: NOW)

    def take(self, arrival: Arrival) -> Envelope:
        """Through the intake, as a door does; the pointer from the queue."""
        Intake(self.spool, self.queues, self.cache, Telemetry(), lambda: NOW).take([arrival], "trace-1")
        message = decode(self.queues.queues["anonymize"][-1].body)
        assert isinstance(message, Envelope)
        return message

    def raw(self, data: bytes = RAW_MAIL, name: str = "1") -> Envelope:
        """A raw mail at the anonymize stage."""
        return self.take(Arrival("praxis", "gmail", RAW, data, f"provider:{name}", name))

    def fields(self, **changes: Any) -> Envelope:
        """A field push at the anonymize stage."""
        payload = json.dumps(PUSH | changes).encode()
        return self.take(Arrival("praxis", "gmail", FIELDS, payload, f"fields:{payload!r}"))

    def reference(self, data: bytes = RAW_MAIL, source: bool = True) -> Envelope:
        """A reference at the anonymize stage, whose mail EmailEngine holds."""
        held = self.source.add("praxis", data, source=source)
        reference = {"id": held.id, "emailId": held.email_id, "messageId": held.message_id, "path": held.path}
        payload = json.dumps(reference).encode()
        return self.take(Arrival("praxis", "emailengine", EMAILENGINE, payload, f"emailengine:{held.id}"))

    def anonymized(self, envelope: Envelope) -> tuple[Envelope, Content]:
        """Through the stage."""
        done = self.worker.process(envelope)
        assert isinstance(done, Envelope)
        assert done.content is not None
        return done, done.content

    def classified(self, envelope: Envelope | None = None) -> Envelope:
        """A mail at the store stage."""
        done, _ = self.anonymized(envelope or self.raw())
        return done.changed(classification=VERDICT)
