"""The whole app over twins, through Chalice's own client."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from chalice.test import Client, HTTPResponse

from app import app
from chalicelib.adapters.aws.secrets import Secrets
from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container, use
from chalicelib.core.errors import Retryable
from chalicelib.core.messages import Exclusion, decode
from chalicelib.intake.intake import Intake
from chalicelib.policy.book import RuleBook
from chalicelib.policy.flags import Flags
from chalicelib.web import auth
from tests.app.conformance import complaints
from tests.twins.cache import MemoryCache
from tests.twins.dead_letters import MemoryDeadLetterQueues
from tests.twins.exclusions import MemoryExclusions
from tests.twins.flags import MemoryFlagStore
from tests.twins.ledger import MemoryLedger
from tests.twins.looks import MemoryLooks
from tests.twins.messenger import MemoryMessenger
from tests.twins.outbox import MemoryOutbox
from tests.twins.overdue import MemoryOpenDeliveries
from tests.twins.queues import MemoryQueues, Queued
from tests.twins.reports import MemoryReports
from tests.twins.rules import MemoryRuleStore
from tests.twins.source import MemorySource
from tests.twins.spool import MemorySpool
from tests.twins.store import MemoryMailStore
from tests.twins.uploads import MemoryUploads
from tests.unit.bootstrap.environment import ENVIRONMENT

GMAIL, HOOK = "/api/ingress/gmail", "/api/v1/webhooks/emailengine"
DOOR = {
    "gmail_tokens": ["gmail-token-1", "gmail-token-2"],
    "gmail_keys": ["gmail-key-1", "gmail-key-2"],
    "emailengine_secrets": ["ee-secret-1", "ee-secret-2"],
    "emailengine_tokens": [],
    "admin_tokens": ["admin-token"],
}
ADMIN = {"Authorization": "Bearer admin-token"}
BACKEND = {"pseudonym_key": "70" * 32, "mapping_key": "6d" * 32}
MAPPING_KEY = bytes.fromhex(BACKEND["mapping_key"])
JSON = {"Content-Type": "application/json"}


class SecretsManager:
    """The one call that `Secrets` makes."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields
        self.down = False

    def get_secret_value(self, SecretId: str) -> dict[str, str]:
        """The fields as Secrets Manager gives them."""
        if self.down:
            raise OSError
        return {"ARN": SecretId, "SecretString": json.dumps(self.fields)}


class Store(MemoryMailStore):
    """The twin, unavailable while `down`."""

    down = False

    def ping(self) -> None:
        if self.down:
            raise Retryable("database_unavailable")

    def ledger_counts(self) -> dict[str, int]:
        self.ping()
        return super().ledger_counts()

    def ledger_state(self, mail_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        self.ping()
        return super().ledger_state(mail_ids)


class Minute:
    """The context of an invocation that has just begun."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 60_000


class World:
    """Twins in a container; `environment` changes the settings."""

    def __init__(self, **environment: str) -> None:
        settings = {f"MAILROOM_{name.upper()}": value for name, value in environment.items()}
        self.spool, self.queues, self.cache = MemorySpool(), MemoryQueues(), MemoryCache()
        self.outbox, self.messenger, self.durable = MemoryOutbox(), MemoryMessenger(), MemoryFlagStore()
        self.store = Store(self.outbox)
        self.secrets = SecretsManager(DOOR | {})
        self.container = Container(ENVIRONMENT | {"MAILROOM_GMAIL_ACCOUNT": "praxis"} | settings)
        parts = self.container.__dict__  # where cached properties keep their value
        parts |= {"spool": self.spool, "queues": self.queues, "cache": self.cache, "store": self.store}
        parts |= {"outbox": self.outbox, "messenger": self.messenger}
        self.dead, self.ledger = MemoryDeadLetterQueues(self.queues), MemoryLedger(self.store)
        parts |= {"dead_letters": self.dead, "ledger": self.ledger}
        self.looks, self.mailbox = MemoryLooks(), MemorySource()
        parts |= {"looks": self.looks, "listing": self.mailbox}
        parts["open_deliveries"] = MemoryOpenDeliveries(self.store)
        self.reports = MemoryReports(self.ledger)
        parts["reports"] = self.reports
        parts["door_secrets"] = Secrets(lambda _: self.secrets, "arn:door")
        parts["flags"] = Flags(self.cache, lambda: self.durable, time.monotonic)
        self.rules = MemoryRuleStore()
        parts["rules"] = RuleBook(self.cache, lambda: self.rules, lambda: bytes(32), time.monotonic)
        parts["backend_secrets"] = Secrets(lambda _: SecretsManager(BACKEND), "arn:backend")
        self.uploads = MemoryUploads(self.spool)
        parts["uploads"] = self.uploads
        parts["exclusions"] = MemoryExclusions(self.ledger)
        parts["intake"] = Intake(self.spool, self.queues, self.cache, telemetry)
        self.client = Client(app)

    def request(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> HTTPResponse:
        """One request; its answer must be one that the OpenAPI document promises."""
        response = self.client.http.request(method, path, headers=JSON | (headers or {}), body=body)
        assert complaints(method, path, response) == []
        return response

    def push(self, data: object, headers: dict[str, str] | None = None, path: str = GMAIL) -> HTTPResponse:
        """A push to the Gmail door, signed as the pusher does."""
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        stamp = str(int(time.time()))
        signed = {
            "X-Mailroom-Timestamp": stamp,
            "X-Mailroom-Signature": auth.sign_push("gmail-key-1", stamp, body, path),
        }
        return self.request("POST", path, body, signed | (headers or {}))

    def upload(self, data: object, headers: dict[str, str] | None = None) -> HTTPResponse:
        """Ask for an upload, signed as the pusher does."""
        return self.push(data, headers, f"{GMAIL}/uploads")

    def hook(self, data: object, account: str = "praxis", headers: dict[str, str] | None = None) -> HTTPResponse:
        """A webhook, signed as EmailEngine does."""
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        signed = {"X-EE-Wh-Signature": auth.sign_emailengine("ee-secret-1", body)}
        return self.request("POST", f"{HOOK}/{account}", body, signed | (headers or {}))

    def rule(self, document: dict[str, Any]) -> None:
        """Put rules in force."""
        saved = self.rules.current()
        self.container.rules.save(document, "ada", "", saved.change.version if saved else 0)

    @property
    def notes(self) -> list[Exclusion]:
        """The notes that wait for the ledger."""
        return [note for note in map(_message, self.queues.queues["store"]) if isinstance(note, Exclusion)]

    @property
    def queued(self) -> list[str]:
        """Mail ids that wait for the first stage."""
        return [decode(message.body).mail_id for message in self.queues.queues["anonymize"]]


def _message(queued: Queued) -> Any:
    return decode(queued.body)


@contextmanager
def installed(world: World) -> Iterator[World]:
    """With this world's container."""
    with use(world.container):
        yield world


def verdict(response: HTTPResponse) -> tuple[int, str]:
    """HTTP status and the body's."""
    return response.status_code, response.json_body["status"]
