"""A client of the API: pushes as the Apps Script pusher does (both factors, bounded batches), operators' routes."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import requests

from chalicelib.web.auth import PUSH_PATH as PUSHES
from chalicelib.web.auth import UPLOADS_PATH, sign_push
from infra.local.stack import Info

MAX_BATCH = 50
MAX_BYTES = 5 * 1024 * 1024 - 64 * 1024
"""A push stays below the 5 MiB that the endpoint accepts."""
LATER = ("try_again", "rate_limited")
"""Verdicts after which the same mail is sent again."""


@dataclass(frozen=True)
class Answer:
    """One verdict, with the HTTP status of the push that carried it."""

    http: int
    verdict: dict[str, Any]

    @property
    def status(self) -> str:
        return str(self.verdict.get("status", f"http_{self.http}"))

    @property
    def mail_id(self) -> str:
        return str(self.verdict.get("mail_id", ""))


def headers(info: Info, body: bytes, path: str = PUSHES) -> dict[str, str]:
    """Bearer and signature of a push."""
    timestamp = str(int(time.time()))
    return {
        "Authorization": f"Bearer {info.credentials['gmail_tokens'][0]}",
        "X-Mailroom-Timestamp": timestamp,
        "X-Mailroom-Signature": sign_push(info.credentials["gmail_keys"][0], timestamp, body, path),
        "Content-Type": "application/json",
    }


def post(info: Info, push: Any, extra: dict[str, str] | None = None, path: str = PUSHES) -> requests.Response:
    """One push; `extra` overrides headers, for tests of the refusals. Bytes are signed and sent as they are."""
    body = push if isinstance(push, bytes) else json.dumps(push).encode()
    return requests.post(info.api + path, data=body, headers=headers(info, body, path) | (extra or {}), timeout=60)


def admin(info: Info, method: str, path: str, body: Any = None) -> requests.Response:
    """A call to an operator's route."""
    headers = {"Authorization": f"Bearer {info.credentials['admin_tokens'][0]}"}
    return requests.request(method, info.api + path, headers=headers, json=body, timeout=30)


def raw_push(raw: bytes, account: str = "") -> dict[str, str]:
    """A mail in the `raw` form."""
    push = {"raw": base64.b64encode(raw).decode("ascii")}
    return push | ({"account": account} if account else {})


def batches(pushes: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Pushes in batches that the endpoint accepts."""
    batch: list[dict[str, Any]] = []
    size = 0
    for push in pushes:
        length = len(json.dumps(push)) + 2
        if batch and (len(batch) == MAX_BATCH or size + length > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(push)
        size += length
    if batch:
        yield batch


def push_all(info: Info, pushes: Iterable[dict[str, Any]]) -> Iterator[Answer]:
    """Push everything, in order; a push that is to be tried again is tried five times in all."""
    for batch in batches(pushes):
        yield from _push(info, batch)


def upload(info: Info, raw: bytes, account: str = "") -> Answer:
    """Send a mail that is too large for a push: ask for an address, put the mail there, push its id."""
    named = {"account": account} if account else {}
    response = post(info, {"size": len(raw), **named}, path=UPLOADS_PATH)
    offered = _object(response)
    if offered.get("status") != "upload_offered":
        return Answer(response.status_code, offered)
    offer = offered["upload"]
    requests.put(offer["url"], data=raw, headers=offer["headers"], timeout=300).raise_for_status()
    return next(push_all(info, [{"upload": offer["id"], **named}]))


def _push(info: Info, batch: list[dict[str, Any]]) -> list[Answer]:
    answers: list[Answer | None] = [None] * len(batch)
    for attempt in range(5):
        open_ones = [index for index, answer in enumerate(answers) if answer is None or answer.status in LATER]
        if not open_ones:
            break
        if attempt:
            time.sleep(2**attempt)
        response = post(info, {"messages": [batch[index] for index in open_ones]})
        verdicts = _verdicts(response, len(open_ones))
        for index, verdict in zip(open_ones, verdicts, strict=True):
            answers[index] = Answer(response.status_code, verdict)
    return [answer for answer in answers if answer is not None]


def _verdicts(response: requests.Response, number: int) -> list[dict[str, Any]]:
    body = _object(response)
    verdicts = body.get("verdicts")
    if isinstance(verdicts, list) and len(verdicts) == number:
        return verdicts
    status = "try_again" if response.status_code in (429, 500, 502, 503, 504) else body.get("status", "refused")
    return [{"status": status} for _ in range(number)]


def _object(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {"status": f"http_{response.status_code}"}
