"""Calls to EmailEngine's REST API, and what its answers mean (learn.emailengine.app/docs/api-reference).

Three kinds of failure are kept apart: EmailEngine is unavailable (`Retryable`, counted by the circuit breaker), one
account is in trouble (`NotReady`, an answer), or one thing is not there (`NotFound`, an answer).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from chalicelib.adapters.http.client import Answer, AnswerTooLarge, HttpClient, bounded_wait
from chalicelib.core.errors import NotReady, Permanent, Retryable

JSON_LIMIT = 16 * 1024 * 1024
UNAVAILABLE = "emailengine_unavailable"

NONSENSE = ("ERR_BUFFER_OUT_OF_BOUNDS", "ERR_OUT_OF_RANGE")
"""`code` of a 500 for an id that EmailEngine cannot decode."""


class NotFound(Exception):
    """EmailEngine has no such account, folder or message: 404, a 200 whose body is `false`, or a nonsense id's 500."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Refused(Exception):
    """EmailEngine understood and refuses (a 4xx other than 401, 403, 404, 429; or 501)."""


class Client:
    """One EmailEngine. The token goes only into the Authorization header."""

    def __init__(self, base_url: str, token: str, timeout: tuple[float, float]) -> None:
        self._base = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._http = HttpClient(UNAVAILABLE, timeout, deadline=2 * timeout[1])

    def close(self) -> None:
        """End the kept connections; the next call opens new ones."""
        self._http.close()

    def health(self) -> Answer:
        """`GET /health`. Raises as `call`."""
        return self.call("GET", f"{self._base}/health", JSON_LIMIT)

    def path(self, account: str, *parts: str) -> str:
        """The address of something of an account."""
        return "/".join((self._base, "v1/account", *(quote(part, safe="") for part in (account, *parts))))

    def json(self, method: str, url: str, params: Mapping[str, str], payload: object = None) -> dict[str, Any]:
        """An answer that is a JSON object. Raises as `call`, and `Permanent("answer_too_large")`."""
        try:
            value = self.call(method, url, JSON_LIMIT, params, payload).json()
        except AnswerTooLarge:
            raise Permanent("answer_too_large") from None
        if value is None:
            raise Retryable(UNAVAILABLE)
        return value

    def mailboxes(self, account: str) -> list[dict[str, Any]]:
        """An account's folders. `Permanent` (`account_unknown`, `listing_refused`), `NotReady`, `Retryable`."""
        try:
            listed = self.json("GET", self.path(account, "mailboxes"), {}).get("mailboxes")
        except NotFound as error:
            if error.status == 404:
                raise Permanent("account_unknown") from None
            raise NotReady("account_not_connected") from None
        except Refused:
            raise Permanent("listing_refused") from None
        if not isinstance(listed, list):
            raise Retryable(UNAVAILABLE)
        return [box for box in listed if isinstance(box, dict) and isinstance(box.get("path"), str)]

    def call(
        self, method: str, url: str, limit: int, params: Mapping[str, str] | None = None, payload: object = None
    ) -> Answer:
        """A 200. Raises `NotFound`, `Refused`, `AnswerTooLarge`, `NotReady`, `Retryable`."""
        answer = self._http.call(method, url, limit=limit, headers=self._headers, params=params, payload=payload)
        if answer.status == 200 and answer.body.strip() != b"false":
            return answer
        if answer.status == 200:
            raise NotFound(200)  # below 2.70 for an unknown folder
        value = answer.json()
        code = str((value or {}).get("code") or "")
        match answer.status:
            case 401 | 403:
                raise Retryable("emailengine_unauthorized")
            case 404 if value is not None:
                raise NotFound(404)
            case 500 if code in NONSENSE:
                raise NotFound(500)
            case 501:
                raise Refused
            case 503 | 504 if value is not None and (code or value.get("state")):
                raise _account_trouble(value, answer.retry_after)
            case status if 400 <= status < 500 and status not in (404, 408, 425, 429) and value is not None:
                raise Refused
            case _:
                asked = bounded_wait((value or {}).get("ttl"))  # EmailEngine's own field of a 429
                failure = "emailengine_rate_limited" if answer.status == 429 else UNAVAILABLE
                raise Retryable(failure, after=answer.retry_after if asked is None else asked)


def _account_trouble(value: Mapping[str, Any], after: float | None) -> NotReady:
    """By EmailEngine's `code`, and by the account's `state` where the code says less (`NotYetConnected`)."""
    code, state = value.get("code"), value.get("state")
    if code == "AuthenticationFails" or state == "authenticationError":
        return NotReady("account_login_failed", after)
    if code == "NotSyncing" or state in ("paused", "unset"):
        return NotReady("account_paused", after)
    return NotReady("account_not_connected", after)
