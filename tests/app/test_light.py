"""The endpoints stay light: what importing the app and answering a push load, seen in a process of their own.

The database's driver is loaded with the one question that a container asks PostgreSQL, not by anything else.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.patience import scaled

ROOT = Path(__file__).parents[2]
HEAVY = ("spacy", "thinc", "presidio_analyzer", "psycopg", "requests", "redis", "selectolax", "numpy", "cryptography")
HEAVY += (
    "chalicelib.web.openapi.document",
    "chalicelib.web.dashboard.frame",
    "chalicelib.core.texts.catalogue",
)  # the document and the pages that nobody asked for
FOUND = f"print([name for name in {HEAVY!r} if name in sys.modules])"
PUSH = """
import base64, json, sys, time
from chalice.test import Client
from app import app
from chalicelib.adapters.aws.secrets import Secrets
from chalicelib.web import auth
from chalicelib.bootstrap.container import Container, use
from tests.twins.cache import MemoryCache
from tests.twins.queues import MemoryQueues
from tests.twins.spool import MemorySpool
from tests.unit.bootstrap.environment import ENVIRONMENT

class Manager:
    def get_secret_value(self, SecretId):
        fields = {"gmail_keys": ["k"], "gmail_tokens": [], "emailengine_secrets": ["k"], "emailengine_tokens": []}
        return {"ARN": SecretId, "SecretString": json.dumps(fields)}

made = Container(ENVIRONMENT)
cache = MemoryCache()
class Backend(Manager):
    def get_secret_value(self, SecretId):
        return {"ARN": SecretId, "SecretString": json.dumps({"mapping_key": "6d" * 32, "pseudonym_key": "70" * 32})}

class NoRules:
    def current(self):
        return None

class NoFlags:
    def flags(self):
        return {}

made.__dict__["backend_secrets"] = Secrets(lambda _: Backend(), "arn:backend")
made.__dict__ |= {"spool": MemorySpool(), "queues": MemoryQueues(), "cache": cache}
made.__dict__ |= {"rule_store": NoRules(), "flag_store": NoFlags()}  # PostgreSQL, which a container asks once
made.__dict__["door_secrets"] = Secrets(lambda _: Manager(), "arn:door")
body, stamp = json.dumps(DATA).encode(), str(int(time.time()))
headers = {"X-Mailroom-Timestamp": stamp, "X-Mailroom-Signature": auth.sign_push("k", stamp, body)}
headers |= {"X-EE-Wh-Signature": auth.sign_emailengine("k", body), "Content-Type": "application/json"}
with use(made):
    print(Client(app).http.post(PATH, headers=headers, body=body).status_code)
"""
GMAIL, HOOK = "/api/ingress/gmail", "/api/v1/webhooks/emailengine/praxis"
PUSHES = {
    "fields": (GMAIL, {"account": "praxis", "sender": "a@example.com", "body": "x", "body_html": "<p>x</p>"}),
    "raw": (GMAIL, {"account": "praxis", "raw": "U3ViamVjdDogeA"}),
    "reference": (HOOK, {"account": "praxis", "event": "messageNew", "path": "INBOX", "data": {"id": "1"}}),
}


def printed(code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=scaled(60)
    )
    return [line for line in done.stdout.splitlines() if not line.startswith("{")]


def test_importing_the_app_loads_nothing_heavy() -> None:
    assert printed(f"import app, sys; {FOUND}") == ["[]"]


@pytest.mark.parametrize(("path", "data"), PUSHES.values(), ids=PUSHES)
def test_answering_a_push_loads_nothing_heavy(path: str, data: dict[str, object]) -> None:
    assert printed(f"PATH, DATA = {path!r}, {data!r}\n{PUSH}{FOUND}") == ["202", "[]"]


def test_what_is_heavy_would_be_found() -> None:
    assert printed(f"import requests, sys; {FOUND}") == ["['requests']"]
