"""Damaged mails, pushes, webhooks, queue messages and seals: each is read or refused, in bounded time and memory."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from chalicelib.core.errors import Permanent
from chalicelib.core.messages import decode, encode
from chalicelib.mail import bounds, sealed
from chalicelib.mail.emailengine_message import from_message
from chalicelib.mail.fields import from_push
from chalicelib.mail.identity import claims, thread_root
from chalicelib.mail.model import Mail
from chalicelib.mail.parse import parse
from chalicelib.mail.traits import traits
from chalicelib.sources.emailengine import webhook_event
from chalicelib.sources.gmail_push import push
from chalicelib.web.request_fields import Refused
from infra.local.samples import samples
from infra.local.standins.message_json import detail
from tests.contract.mails import envelope, note
from tests.fuzz.effort import SEED, rounds
from tests.fuzz.mutate import LARGEST, mutant, mutant_json

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
SAMPLES = [sample for sample in samples(NOW) if len(sample.raw) < LARGEST]
FOUND = Path("build") / "fuzz"
SECONDS = 2.0
"""Of processor, for at most `LARGEST` bytes; measured: 0.1 s."""


@dataclass(frozen=True)
class Target:
    """What reads untrusted bytes; `declared` are the only errors that it may raise."""

    read: Callable[[bytes], object]
    seeds: Sequence[bytes]
    declared: tuple[type[Exception], ...] = ()
    inputs: int = 400
    damage: Callable[[Sequence[bytes], Random], bytes] = mutant_json


def whole(mail: Mail) -> Mail:
    """All that the pipeline derives from a parsed mail; its bounds hold."""
    traits(mail)
    claims(mail, "1650", "raw")
    thread_root(mail)
    assert len(mail.text) <= bounds.MAX_TEXT_CHARS
    assert len(mail.html) <= bounds.MAX_HTML_CHARS + bounds.MAX_PARTS
    assert len(mail.attachments) <= bounds.MAX_ATTACHMENTS
    assert all("/" not in item.filename and "\\" not in item.filename for item in mail.attachments)
    return mail


def as_json(data: bytes) -> dict[str, Any]:
    """What a door would have made of it; an empty push where it would have refused it."""
    try:
        made = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return made if isinstance(made, dict) else {}


def a_push(data: bytes) -> None:
    mails, _ = push.mails_of(data, 50)
    for mail in mails:
        made = push.arrival(mail, ("praxis",), "praxis")
        sealed.unseal(sealed.seal(sealed.Header(made.kind, made.account, "m", "r", "t"), made.payload))


def a_webhook(data: bytes) -> None:
    event = webhook_event.read(data)
    webhook_event.wanted(event, ("*",))
    webhook_event.arrival(event)


RAW = [sample.raw for sample in SAMPLES if sample.raw]
PUSHES = [json.dumps({**sample.push, "account": "praxis"}).encode() for sample in SAMPLES if sample.push]
PUSHES = [data for data in PUSHES if len(data) < LARGEST]
HOOKS = [
    json.dumps(
        {
            "account": "praxis",
            "event": event,
            "path": "INBOX",
            "data": {"id": "AAAADAAABy4", "emailId": "1650", "messageId": "<a@example.com>", "flags": ["\\Seen"]},
        }
    ).encode()
    for event in ("messageNew", "messageBounce")
]
MESSAGES = [encode(envelope("a")).encode(), encode(note("a")).encode()]
SEALS = [
    sealed.seal(sealed.Header(kind, "praxis", "m", "2026-01-05T09:30:00+00:00", "t"), RAW[0]) for kind in sealed.KINDS
]
WHICH = {"id": "AAAADAAABy4", "uid": 1838, "emailId": "1650", "path": "INBOX", "flags": []}
DETAILS = [json.dumps(detail(raw, WHICH, NOW, "*", 100_000)).encode() for raw in RAW]

TARGETS = {
    "mail.parse": Target(lambda data: whole(parse(data)), RAW, inputs=2_000, damage=mutant),
    "mail.fields": Target(lambda data: whole(from_push(as_json(data))), PUSHES, inputs=1_000),
    "mail.emailengine_message": Target(lambda data: whole(from_message(as_json(data))), DETAILS, inputs=1_000),
    "ingress.push": Target(a_push, PUSHES, (Refused,), 2_000),
    "ingress.webhook": Target(a_webhook, HOOKS, (Refused,), 3_000),
    "messages.decode": Target(lambda data: decode(data.decode("utf-8", "replace")), MESSAGES, (Permanent,), 3_000),
    "mail.sealed": Target(sealed.unseal, SEALS, (Permanent,), 1_000, mutant),
}


_HTML = b"From: a@example.com\nContent-Type: text/html\n\n"
ONCE = {
    "script that ends without ending": ("mail.parse", _HTML + b"<script>" + b"</script" * 100_000),
}
"""Inputs that were read wrongly once: (target, bytes)."""


def judge(name: str, data: bytes) -> None:
    """Fails when the bytes are not read as they must be, and keeps them."""
    target = TARGETS[name]
    started = time.process_time()
    try:
        target.read(data)
    except target.declared:
        pass
    except BaseException as error:
        raise AssertionError(f"{type(error).__name__}: {keep(name, data)}") from error
    seconds = time.process_time() - started
    assert seconds < SECONDS, f"{seconds:.1f} s: {keep(name, data)}"


def keep(name: str, data: bytes) -> str:
    """Write the input down; once fixed, it belongs into `ONCE`."""
    FOUND.mkdir(parents=True, exist_ok=True)
    file = FOUND / f"{name}-{abs(hash(data)):x}.bin"
    file.write_bytes(data)
    return f"{len(data)} bytes in {file} (seed {SEED})"


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_input_is_read_or_refused(name: str) -> None:
    target = TARGETS[name]
    random = Random(f"{SEED} {name}")
    for _ in range(rounds(target.inputs)):
        judge(name, target.damage(target.seeds, random))


@pytest.mark.parametrize("name", TARGETS)
def test_undamaged_input_is_read(name: str) -> None:
    read = 0
    for data in TARGETS[name].seeds:
        try:
            TARGETS[name].read(data)
        except TARGETS[name].declared:
            continue
        read += 1
    assert read > len(TARGETS[name].seeds) / 3


@pytest.mark.parametrize("what", ONCE)
def test_what_was_found_once_stays_fixed(what: str) -> None:
    judge(*ONCE[what])


def test_memory_grows_with_the_bytes_alone() -> None:
    random = Random(SEED)
    tracemalloc.start()
    try:
        for data in [mutant(RAW, random) * 3 for _ in range(rounds(15))]:
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            parse(data)
            assert tracemalloc.get_traced_memory()[1] - before < 8 * 1024 * 1024 + 40 * len(data)
    finally:
        tracemalloc.stop()
