"""Delivers webhooks as EmailEngine does: signed, one at a time, repeated with growing pauses.

After a 429 and after a reset its HTTP client sends the request again at once, with the same headers and an *empty*
body: the last answer decides whether the webhook counts as delivered (recorded from 2.58.2).
"""

from __future__ import annotations

import base64
import hashlib
import heapq
import hmac
import itertools
import json
import random
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

ATTEMPTS = 10
TIMEOUT = 30.0
JITTER = 0.2
RESENDS = 5
"""Resends with an empty body after one attempt, at most."""


RESET = -1


def signature(body: bytes, secret: str) -> str:
    """`X-EE-Wh-Signature`: HMAC-SHA256 of the raw body, base64url without padding."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(slots=True)
class Delivery:
    """One event on its way; `state` is `queued`, `delivered` or `failed`, `status` the last answer (0: none)."""

    url: str
    body: bytes
    secret: str
    headers: Mapping[str, str]
    job: str
    event_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    queued: float = field(default_factory=time.monotonic)
    attempts: int = 0
    state: str = "queued"
    status: int = 0
    resent: int = 0

    def shown(self) -> dict[str, Any]:
        """What `GET /_control/deliveries` says."""
        return {
            "eventId": self.event_id,
            "job": self.job,
            "attempts": self.attempts,
            "state": self.state,
            "status": self.status,
            "resent": self.resent,
        }


class Webhooks:
    """The delivery queue: `base` seconds before the second attempt, doubled each time, 20 % jitter."""

    def __init__(self, base: float = 5.0) -> None:
        self.base = base
        self._jobs = itertools.count(1)
        self._due: list[tuple[float, int, Delivery]] = []
        self._order = itertools.count()
        self._all: list[Delivery] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False

    @property
    def deliveries(self) -> list[Delivery]:
        """All, oldest first."""
        with self._changed:
            return list(self._all)

    def deliver(self, url: str, payload: Mapping[str, Any], secret: str, headers: Mapping[str, str]) -> Delivery:
        """Queue an event; the same `Delivery` shows later what became of it."""
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        delivery = Delivery(url, body, secret, dict(headers), str(next(self._jobs)))
        self.redeliver(delivery)
        return delivery

    def redeliver(self, delivery: Delivery) -> None:
        """Queue a delivery (again, with the same event id: a replay)."""
        with self._changed:
            if delivery not in self._all:
                self._all.append(delivery)
            heapq.heappush(self._due, (time.monotonic(), next(self._order), delivery))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="webhooks", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def wait(self, delivery: Delivery, timeout: float = 30.0) -> Delivery:
        """Until it is delivered or given up. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: delivery.state != "queued", timeout):
                raise TimeoutError(delivery.job)
        return delivery

    def stop(self) -> None:
        """End the worker; what is queued stays undelivered."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(TIMEOUT)
        with self._changed:
            self._thread, self._stopped = None, False

    def _work(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while (delivery := self._next()) is not None:
                status = self._post(session, delivery)
                with self._changed:
                    self._settle(delivery, status)
                    self._changed.notify_all()

    def _next(self) -> Delivery | None:
        with self._changed:
            while not self._stopped:
                now = time.monotonic()
                if self._due and self._due[0][0] <= now:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(self._due[0][0] - now if self._due else None)
        return None

    def _post(self, session: requests.Session, delivery: Delivery) -> int:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "emailengine-app/2.58.2 (+https://emailengine.example/)",
            "X-EE-Wh-Id": delivery.job,
            "X-EE-Wh-Attempts-Made": str(delivery.attempts),
            "X-EE-Wh-Queued-Time": f"{round(time.monotonic() - delivery.queued)}s",
            "X-EE-Wh-Event-Id": delivery.event_id,
            "X-EE-Wh-Signature": signature(delivery.body, delivery.secret),
            **delivery.headers,
        }
        status = self._ask(session, delivery.url, delivery.body, headers)
        for _ in range(RESENDS):
            if status not in (429, RESET):
                break
            delivery.resent += 1
            status = self._ask(session, delivery.url, b"", headers)
        return max(status, 0)

    def _ask(self, session: requests.Session, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status; 0 for none in time, `RESET` for a connection that was refused or cut."""
        try:
            return session.post(url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False).status_code
        except requests.Timeout:
            return 0
        except requests.RequestException:
            return RESET

    def _settle(self, delivery: Delivery, status: int) -> None:
        delivery.attempts += 1
        delivery.status = status
        if 200 <= status < 300:
            delivery.state = "delivered"
        elif 300 <= status < 400 or delivery.attempts >= ATTEMPTS:
            delivery.state = "failed"
        else:
            jitter = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, protects nothing
            pause = self.base * 2 ** (delivery.attempts - 1) * jitter
            heapq.heappush(self._due, (time.monotonic() + pause, next(self._order), delivery))
