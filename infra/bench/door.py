"""The doors: handler time without network, import against an empty Chalice app, and what is not imported."""

from __future__ import annotations

import base64
import json
import statistics
import subprocess
import sys
import time
from typing import Any

from chalice.test import Client

from chalicelib.bootstrap.container import Container, use
from chalicelib.core.stages import STAGES
from chalicelib.policy.book import RuleBook
from chalicelib.web.auth import sign_push
from infra.bench import rules as rule_engine
from infra.bench.machine import spread
from infra.cloudformation.template import ROOT
from tests.twins.cache import MemoryCache
from tests.twins.queues import MemoryQueues
from tests.twins.rules import MemoryRuleStore
from tests.twins.spool import MemorySpool

EMPTY = """
from chalice import Chalice
from aws_lambda_powertools import Logger
import boto3
app = Chalice(app_name="empty")
logger = Logger(service="empty")
@app.route("/")
def index():
    return {}
"""
HEAVY = ("spacy", "presidio_analyzer", "presidio_anonymizer", "psycopg", "requests", "numpy", "selectolax")
ROUNDS = 15


def handler(rounds: int = 300) -> dict[str, Any]:
    """Milliseconds of one call of the Gmail door, in memory: fields of 2 kB, raw of 20 kB, batches of 10 and of 50.

    Without rules, then with a hundred that each mail is held against and none matches.
    """
    fields = {"sender": "Ann <ann@example.com>", "subject": "Hello", "body": "A line of text. " * 125}
    raw = (
        b"From: ann@example.com\r\nSubject: Hello\r\nMessage-ID: <%d@example.com>\r\n\r\n"
        + b"A line of text.\r\n" * 1200
    )
    results: dict[str, Any] = {}
    for rules, document in (("", {}), (", 100 rules", rule_engine.document(100))):
        with use(_container(document)) as parts, Client(_app()) as client:
            results |= _measured(parts, client, rules, rounds, fields, raw)
    return results


def _measured(
    parts: Container, client: Client, rules: str, rounds: int, fields: dict[str, str], raw: bytes
) -> dict[str, Any]:
    results: dict[str, Any] = {}
    for name, number, form in (
        ("fields 2 kB", 1, "fields"),
        ("raw 20 kB", 1, "raw"),
        ("batch of 10", 10, "fields"),
        ("batch of 50", 50, "fields"),
    ):
        times = []
        for turn in range(rounds if number == 1 else rounds // 5):
            mails = [_mail(fields, raw, form, turn * 1000 + index) for index in range(number)]
            body = json.dumps(mails[0] if number == 1 else {"messages": mails}).encode()
            headers = _headers(parts.door_secrets.texts("gmail_keys")[0], body)
            before = time.perf_counter()
            answer = client.http.post("/api/ingress/gmail", headers=headers, body=body)
            times.append(time.perf_counter() - before)
            assert answer.status_code in (200, 202), answer.json_body
        results[name + rules] = spread(times)
    return results


def imports() -> dict[str, Any]:
    """Import of `app` against an empty Chalice app with Powertools and boto3, interleaved, each in a new process."""
    ours, empty = [], []
    for _ in range(ROUNDS):
        empty.append(_timed(EMPTY))
        ours.append(_timed("import boto3\nimport app"))
    ours_ms, empty_ms = (round(statistics.median(values) * 1000, 1) for values in (ours, empty))
    return {"app_ms": ours_ms, "empty_ms": empty_ms, "ratio": round(ours_ms / empty_ms, 2), "rounds": ROUNDS}


def not_imported() -> dict[str, bool]:
    """Heavy module → loaded by `import app`? (all must be false)."""
    code = f"import sys, json\nimport app\nprint(json.dumps({{name: name in sys.modules for name in {HEAVY!r}}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    loaded: dict[str, bool] = json.loads(done.stdout)
    return loaded


def _timed(code: str) -> float:
    timed = f"import time\nbefore = time.perf_counter()\n{code}\nprint(time.perf_counter() - before)"
    done = subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, cwd=ROOT, check=True)
    return float(done.stdout)


def _app() -> Any:
    import app

    return app.app


def _mail(fields: dict[str, str], raw: bytes, form: str, number: int) -> dict[str, str]:
    if form == "raw":
        return {"raw": base64.b64encode(raw % number).decode(), "account": "personal"}
    return {**fields, "message_id": f"<{number}@example.com>", "account": "personal"}


def _headers(key: str, body: bytes) -> dict[str, str]:
    stamp = str(int(time.time()))
    return {
        "Content-Type": "application/json",
        "X-Mailroom-Timestamp": stamp,
        "X-Mailroom-Signature": sign_push(key, stamp, body),
    }


class _Secrets:
    """Both secrets, in memory."""

    def texts(self, name: str) -> tuple[str, ...]:
        return ("bench-key",) if name == "gmail_keys" else ()

    def text(self, name: str) -> str:
        return {"pseudonym_key": "70" * 32}[name]


def _container(document: dict[str, Any]) -> Container:
    environment = {
        "MAILROOM_BUCKET": "bench",
        "MAILROOM_KMS_KEY": "bench",
        "MAILROOM_DOOR_SECRET": "bench",
        "MAILROOM_BACKEND_SECRET": "bench",
        "MAILROOM_ACCOUNTS": "personal",
        "MAILROOM_EMAILENGINE_URL": "https://emailengine.example",
        "MAILROOM_TELEGRAM_CHAT": "1",
        # Counted as always, and never too many.
        "MAILROOM_RATE_SENDER": "9999999:9999999",
        "MAILROOM_RATE_TOTAL": "9999999:9999999",
    }
    for stage in STAGES:
        environment |= {f"MAILROOM_QUEUE_{stage.name.upper()}": "q", f"MAILROOM_DLQ_{stage.name.upper()}": "d"}
    cache, store = MemoryCache(), MemoryRuleStore()
    store.save(document, "bench", "", 0)
    cache.set("flag:gmail_ingress_enabled", b"1", 3600)
    made = Container(environment)
    made.__dict__ |= {
        "spool": MemorySpool(),
        "queues": MemoryQueues(),
        "cache": cache,
        "door_secrets": _Secrets(),
        "backend_secrets": _Secrets(),
        "rules": RuleBook(cache, lambda: store, lambda: bytes(32), time.monotonic),
    }
    return made


__all__ = ["handler", "imports", "not_imported"]
