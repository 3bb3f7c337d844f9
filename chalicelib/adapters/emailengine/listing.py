"""What an account's folders hold, from EmailEngine's REST API (search by the day of receipt)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.adapters.breaker import Breaker
from chalicelib.adapters.emailengine.client import UNAVAILABLE, Client, NotFound, Refused
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.ports import Folder, Page

LIST_TIMEOUT = (3.05, 25.0)
"""Seconds: a mail server is asked for the structure of each message of a page."""

LIST_SIZE = 200


class EmailEngineListing:
    """A `Listing` over one EmailEngine, behind its breaker."""

    def __init__(
        self, base_url: str, token: str, breaker: Breaker, timeout: tuple[float, float] = LIST_TIMEOUT
    ) -> None:
        self._client = Client(base_url, token, timeout)
        self._breaker = breaker

    def folders(self, account: str) -> Sequence[Folder]:
        return self._breaker.call(lambda: self._all_folders(account))

    def received(self, account: str, path: str, since: datetime, page: int) -> Page:
        return self._breaker.call(lambda: self._one_page(account, path, since, page))

    def close(self) -> None:
        """End the kept connections; the next call opens new ones."""
        self._client.close()

    def _all_folders(self, account: str) -> Sequence[Folder]:
        return [Folder(box["path"], str(box.get("specialUse") or "")) for box in self._client.mailboxes(account)]

    def _one_page(self, account: str, path: str, since: datetime, page: int) -> Page:
        params = {"path": path, "page": str(page), "pageSize": str(LIST_SIZE)}
        try:
            # IMAP's SINCE asks the server's own date, in days (RFC 3501 section 6.4.4): a mail's Date header may lie.
            terms = {"search": {"since": since.isoformat()}}
            value = self._client.json("POST", self._client.path(account, "search"), params, terms)
        except NotFound:
            return Page(())  # the folder was deleted since it was listed; a deleted account shows in the next listing
        except Refused:
            raise Permanent("listing_refused") from None
        messages, pages = value.get("messages"), value.get("pages")
        if not isinstance(messages, list):
            raise Retryable(UNAVAILABLE)
        entries = tuple(entry for entry in messages if isinstance(entry, dict))
        return Page(entries, isinstance(pages, int) and page + 1 < pages)
