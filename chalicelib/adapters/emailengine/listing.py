"""What an account's folders hold, from EmailEngine's REST API (search by the day of receipt)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.adapters.breaker import Breaker
from chalicelib.adapters.emailengine.messages import UNAVAILABLE, EmailEngine, _NotFound, _Refused
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.ports import Folder, Page

LIST_TIMEOUT = (3.05, 25.0)
"""Seconds: a mail server is asked for the structure of each message of a page."""

LIST_SIZE = 200


class EmailEngineListing(EmailEngine):
    """A `Listing` over one EmailEngine, behind its breaker."""

    def __init__(
        self, base_url: str, token: str, breaker: Breaker, timeout: tuple[float, float] = LIST_TIMEOUT
    ) -> None:
        super().__init__(base_url, token, timeout)
        self._breaker = breaker

    def folders(self, account: str) -> Sequence[Folder]:
        return self._breaker.call(lambda: self._all_folders(account))

    def received(self, account: str, path: str, since: datetime, page: int) -> Page:
        return self._breaker.call(lambda: self._one_page(account, path, since, page))

    def _all_folders(self, account: str) -> Sequence[Folder]:
        try:
            listed = self._json("GET", self._path(account, "mailboxes"), {}).get("mailboxes")
        except _NotFound:
            raise Permanent("account_unknown") from None
        except _Refused:
            raise Permanent("listing_refused") from None
        if not isinstance(listed, list):
            raise Retryable(UNAVAILABLE)
        return [
            Folder(box["path"], str(box.get("specialUse") or ""))
            for box in listed
            if isinstance(box, dict) and isinstance(box.get("path"), str)
        ]

    def _one_page(self, account: str, path: str, since: datetime, page: int) -> Page:
        params = {"path": path, "page": str(page), "pageSize": str(LIST_SIZE)}
        try:
            # IMAP's SINCE asks the server's own date, in days (RFC 3501 section 6.4.4): a mail's Date header may lie.
            terms = {"search": {"since": since.isoformat()}}
            value = self._json("POST", self._path(account, "search"), params, terms)
        except _NotFound:
            return Page(())  # the folder went since it was listed; a gone account is told by the next listing
        except _Refused:
            raise Permanent("listing_refused") from None
        messages, pages = value.get("messages"), value.get("pages")
        if not isinstance(messages, list):
            raise Retryable(UNAVAILABLE)
        entries = tuple(entry for entry in messages if isinstance(entry, dict))
        return Page(entries, isinstance(pages, int) and page + 1 < pages)
