"""Fetches a referenced message from EmailEngine, and makes sure that it is the referenced one."""

from __future__ import annotations

import json
import re

from chalicelib.adapters.emailengine.client import UNAVAILABLE, Client, NotFound, Refused
from chalicelib.adapters.emailengine.search import find, is_same
from chalicelib.adapters.http.client import Answer, AnswerTooLarge
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.mail.reference import Facts, facts_of_raw, same_mail
from chalicelib.ports import Fetched, MessageReference

SOURCE_LIMIT = 40 * 1024 * 1024
"""Largest raw message in bytes; larger ones are taken by their text."""

TEXT_BYTES = 5 * 1024 * 1024
TIMEOUT = (3.05, 10.0)


class EmailEngine:
    """A `MessageSource` over one EmailEngine."""

    def __init__(
        self, base_url: str, token: str, timeout: tuple[float, float] = TIMEOUT, source_limit: int = SOURCE_LIMIT
    ) -> None:
        self._client = Client(base_url, token, timeout)
        self._source_limit = source_limit

    def fetch(self, reference: MessageReference) -> Fetched:
        """The message's RFC 822 bytes; its text as JSON where the source is refused or larger than `source_limit`.

        A message that is not under its id, or whose id names another mail, is searched for in every folder
        (`search.find`). Raises as `ports.MessageSource`; `Retryable` has the codes `emailengine_unauthorized`,
        `emailengine_rate_limited` and `emailengine_unavailable`.
        """
        try:
            fetched = self._fetch(reference.account, reference.id)
        except NotFound:
            return self._fetch_moved(reference)
        if self._is_referenced(reference, fetched):
            return fetched
        try:
            return self._fetch_moved(reference)
        except Permanent as error:
            # Nothing is lost by it: the mail that has the id now has a webhook and an entry of its own.
            raise Permanent("message_replaced" if error.code == "message_gone" else error.code) from None

    def ping(self) -> None:
        """Prove that EmailEngine answers (`GET /health`). `Retryable`."""
        try:
            answer = self._client.health()
        except (NotFound, Refused, AnswerTooLarge):
            raise Retryable(UNAVAILABLE) from None
        if (answer.json() or {}).get("success") is not True:
            raise Retryable(UNAVAILABLE)

    def close(self) -> None:
        """End the kept connections; the next call opens new ones."""
        self._client.close()

    def _is_referenced(self, reference: MessageReference, fetched: Fetched) -> bool:
        """By the mail's own header; where that says something else, by what EmailEngine states of the id now.

        The second look is for headers that EmailEngine and Mailroom read differently, and for servers whose sizes are
        estimates.
        """
        if reference.facts == Facts() and not reference.email_id:
            return True  # nothing was stated to compare with
        if fetched.mail is not None:
            return is_same(reference, json.loads(fetched.raw))
        facts, ids = facts_of_raw(fetched.raw)
        if same_mail(reference.facts, facts, ids):
            return True
        try:
            stated = self._client.json("GET", self._client.path(reference.account, "message", reference.id), {})
        except NotFound:
            return False  # it was deleted since
        except Refused:
            raise Permanent("message_refused") from None
        return is_same(reference, stated)

    def _fetch_moved(self, reference: MessageReference) -> Fetched:
        moved = find(self._client, reference)
        try:
            return self._fetch(reference.account, moved)
        except NotFound:
            # Moved again between the search and the fetch: the next attempt will see where.
            raise Retryable(UNAVAILABLE) from None

    def _fetch(self, account: str, id_: str) -> Fetched:
        try:
            answer = self._client.call("GET", self._client.path(account, "message", id_, "source"), self._source_limit)
        except (Refused, AnswerTooLarge):
            return self._fetch_text(account, id_)
        if not _looks_like_mail(answer):
            raise Retryable(UNAVAILABLE)
        return Fetched(raw=answer.body, mail=None)

    def _fetch_text(self, account: str, id_: str) -> Fetched:
        from chalicelib.mail.emailengine_message import from_message

        params = {"textType": "*", "maxBytes": str(TEXT_BYTES)}
        try:
            value = self._client.json("GET", self._client.path(account, "message", id_), params)
        except Refused:
            raise Permanent("message_refused") from None
        if "id" not in value:
            raise Retryable(UNAVAILABLE)
        return Fetched(raw=json.dumps(value).encode("ascii"), mail=from_message(value))


def _looks_like_mail(answer: Answer) -> bool:
    """Whether a 200 holds a mail, and not a proxy's page or a JSON error.

    IMAP accounts answer `message/rfc822`; other backends give whatever their library chose, so
    there the first line decides: a header field, or mbox's "From " line.
    """
    if answer.content_type == "message/rfc822":
        return True
    return re.match(rb"[\r\n]*(?:From |[A-Za-z0-9][A-Za-z0-9._-]*[ \t]*:)", answer.body) is not None
