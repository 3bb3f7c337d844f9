"""Webhooks over HTTPS, through the guard: no redirect is followed, the answer is looked at no further than its head."""

from __future__ import annotations

from chalicelib.adapters.http.guard import Guard
from chalicelib.adapters.http.waits import retry_after
from chalicelib.ports import Answered

TIMEOUT, DEADLINE = 10.0, 20.0
"""Seconds for each step and for all of it; a receiver that never answers costs no more."""


class GuardedReceiver:
    """`ports.Receiver`."""

    def __init__(self, guard: Guard, timeout: float = TIMEOUT, deadline: float = DEADLINE) -> None:
        self._guard = guard
        self._timeout = timeout
        self._deadline = deadline

    def post(self, url: str, headers: dict[str, str], body: bytes) -> Answered:
        with self._guard.open(
            "POST", url, headers=headers, body=body, timeout=self._timeout, deadline=self._deadline
        ) as reply:
            return Answered(reply.status, retry_after(reply.headers.get("retry-after", "")))
