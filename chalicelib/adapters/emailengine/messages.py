"""Fetches a referenced message from EmailEngine's REST API (learn.emailengine.app/docs/api-reference)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from chalicelib.adapters.http.client import Answer, AnswerTooLarge, HttpClient, bounded_wait
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.ports import Fetched, MessageReference

SOURCE_LIMIT = 40 * 1024 * 1024
"""Largest raw message in bytes; larger ones are taken by their text."""

TEXT_BYTES = 5 * 1024 * 1024
JSON_LIMIT = 16 * 1024 * 1024
MAX_FOLDERS = 60
FIND_SECONDS = 15.0
"""A search for a moved message begins no call after this: with the last call and the fetch it stays under a minute."""

PAGE_SIZE = 50
UNAVAILABLE = "emailengine_unavailable"

ALL = "\\All"
LAST = frozenset({"\\Trash", "\\Junk", "\\Drafts", "\\Sent"})
"""Folders that are searched last: mail is seldom filed there."""


class _NotFound(Exception):
    """EmailEngine has no such thing (404)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Refused(Exception):
    """EmailEngine understood and will not (a 4xx other than 401, 403, 404, 429; or 501)."""


class EmailEngine:
    """A `MessageSource` over one EmailEngine. The token goes only into the Authorization header."""

    def __init__(
        self, base_url: str, token: str, timeout: tuple[float, float] = (3.05, 10.0), source_limit: int = SOURCE_LIMIT
    ) -> None:
        self._base = base_url.rstrip("/")
        self._source_limit = source_limit
        self._headers = {"Authorization": f"Bearer {token}"}
        self._http = HttpClient(UNAVAILABLE, timeout, deadline=2 * timeout[1])

    def fetch(self, reference: MessageReference) -> Fetched:
        """The message's RFC 822 bytes; its text as JSON where the source is refused or larger than `source_limit`.

        A message that is not under its id was moved: it is searched for in every folder, by emailId and
        by Message-ID. Raises `Permanent` with `message_gone`, `message_ambiguous` (several mails of one
        folder bear the Message-ID and nothing tells which is meant), `message_refused` or
        `account_unknown`; `Retryable` with `emailengine_unauthorized`, `emailengine_rate_limited` or
        `emailengine_unavailable`.
        """
        try:
            return self._fetch(reference.account, reference.id)
        except _NotFound:
            moved = self._find(reference)
        try:
            return self._fetch(reference.account, moved)
        except _NotFound:
            # Moved again between the search and the fetch: the next attempt will see where.
            raise Retryable(UNAVAILABLE) from None

    def ping(self) -> None:
        """Prove that EmailEngine answers (`GET /health`). `Retryable`."""
        try:
            answer = self._call("GET", f"{self._base}/health", JSON_LIMIT)
        except (_NotFound, _Refused, AnswerTooLarge):
            raise Retryable(UNAVAILABLE) from None
        if (answer.json() or {}).get("success") is not True:
            raise Retryable(UNAVAILABLE)

    def close(self) -> None:
        """End the kept connections; the next call opens new ones."""
        self._http.close()

    def _fetch(self, account: str, id_: str) -> Fetched:
        try:
            answer = self._call("GET", self._path(account, "message", id_, "source"), self._source_limit)
        except (_Refused, AnswerTooLarge):
            return self._fetch_text(account, id_)
        if not _looks_like_mail(answer):
            raise Retryable(UNAVAILABLE)
        return Fetched(raw=answer.body, mail=None)

    def _fetch_text(self, account: str, id_: str) -> Fetched:
        from chalicelib.mail.emailengine_message import from_message

        params = {"textType": "*", "maxBytes": str(TEXT_BYTES)}
        try:
            value = self._json("GET", self._path(account, "message", id_), params)
        except _Refused:
            raise Permanent("message_refused") from None
        if "id" not in value:
            raise Retryable(UNAVAILABLE)
        return Fetched(raw=json.dumps(value).encode("ascii"), mail=from_message(value))

    def _find(self, reference: MessageReference) -> str:
        """The present id of a moved message. Raises `Permanent`, `Retryable`."""
        until = time.monotonic() + FIND_SECONDS
        try:
            for folder in self._folders(reference):
                for terms in _terms(reference):
                    if time.monotonic() > until:
                        raise Retryable(UNAVAILABLE)
                    hits = self._search(reference.account, folder, terms)
                    ids = [str(hit["id"]) for hit in hits if hit.get("id") and _is(reference, hit)]
                    if len(ids) > 1 and "emailId" not in terms:
                        raise Permanent("message_ambiguous")
                    if ids:
                        return ids[0]
        except _NotFound:
            raise Permanent("account_unknown") from None
        raise Permanent("message_gone")

    def _folders(self, reference: MessageReference) -> Iterator[str]:
        """Folders to search, likeliest first: where it was, everything, then each folder of the account.

        Raises `_NotFound`, which here can only mean the account: the listing names nothing else.
        """
        tried = {reference.path, ALL, ""}
        if reference.path:
            yield reference.path
        yield ALL
        listed = self._json("GET", self._path(reference.account, "mailboxes"), {}).get("mailboxes")
        boxes = [box for box in listed if isinstance(box, dict)] if isinstance(listed, list) else []
        boxes.sort(key=lambda box: (str(box.get("specialUse")) in LAST, box.get("path") != "INBOX"))
        for box in boxes[:MAX_FOLDERS]:
            path = box.get("path")
            if isinstance(path, str) and path not in tried:
                yield path

    def _search(self, account: str, folder: str, terms: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Entries of a folder that answer the terms; nothing where the folder or the criterion is unknown there."""
        params = {"path": folder, "pageSize": str(PAGE_SIZE)}
        try:
            value = self._json("POST", self._path(account, "search"), params, {"search": terms})
        except (_NotFound, _Refused):
            return []
        messages = value.get("messages")
        return [entry for entry in messages if isinstance(entry, dict)] if isinstance(messages, list) else []

    def _path(self, account: str, *parts: str) -> str:
        return "/".join((self._base, "v1/account", *(quote(part, safe="") for part in (account, *parts))))

    def _json(self, method: str, url: str, params: Mapping[str, str], payload: object = None) -> dict[str, Any]:
        try:
            value = self._call(method, url, JSON_LIMIT, params, payload).json()
        except AnswerTooLarge:
            raise Permanent("answer_too_large") from None
        if value is None:
            raise Retryable(UNAVAILABLE)
        return value

    def _call(
        self, method: str, url: str, limit: int, params: Mapping[str, str] | None = None, payload: object = None
    ) -> Answer:
        answer = self._http.call(method, url, limit=limit, headers=self._headers, params=params, payload=payload)
        match answer.status:
            case 200:
                return answer
            case 401 | 403:
                raise Retryable("emailengine_unauthorized")
            case 404 if (value := answer.json()) is not None:
                raise _NotFound(str(value.get("code", "")))
            case 501:
                raise _Refused
            case status if 400 <= status < 500 and status not in (404, 408, 425, 429) and answer.json() is not None:
                raise _Refused
            case _:
                asked = bounded_wait((answer.json() or {}).get("ttl"))  # EmailEngine's own field of a 429
                code = "emailengine_rate_limited" if answer.status == 429 else UNAVAILABLE
                raise Retryable(code, after=answer.retry_after if asked is None else asked)


def _looks_like_mail(answer: Answer) -> bool:
    """Whether a 200 holds a mail, and not a proxy's page or a JSON error.

    IMAP accounts answer `message/rfc822`; other backends give whatever their library chose, so
    there the first line decides: a header field, or mbox's "From " line.
    """
    if answer.content_type == "message/rfc822":
        return True
    return re.match(rb"[\r\n]*(?:From |[A-Za-z0-9][A-Za-z0-9._-]*[ \t]*:)", answer.body) is not None


def _terms(reference: MessageReference) -> list[dict[str, Any]]:
    terms: list[dict[str, Any]] = []
    if reference.email_id:
        terms.append({"emailId": reference.email_id})
    if reference.message_id:
        terms.append({"header": {"Message-ID": reference.message_id}})
    return terms


def _is(reference: MessageReference, entry: Mapping[str, Any]) -> bool:
    """Whether a hit is the message: IMAP's header search also finds what only contains the text."""
    if reference.email_id and entry.get("emailId"):
        return _plain_id(entry["emailId"]) == _plain_id(reference.email_id)
    message_id = entry.get("messageId")
    return bool(reference.message_id) and isinstance(message_id, str) and message_id.strip() == reference.message_id


def _plain_id(value: object) -> str:
    """An emailId in one form: Gmail's decimal X-GM-MSGID over IMAP is its API's hexadecimal id."""
    text = str(value).lower()
    return f"{int(text):x}" if text.isascii() and text.isdigit() and len(text) > 16 else text
