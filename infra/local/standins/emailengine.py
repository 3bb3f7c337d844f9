"""Stand-in for EmailEngine as recorded from 2.58.2: the calls that Mailroom makes, and its signed webhooks.

Where 2.79 differs (an unknown folder is a 404, not a 200 with the body `false`), `modern` chooses.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import unquote

from infra.local.standins import emailengine_accounts, emailengine_control
from infra.local.standins.control import Reply, Request
from infra.local.standins.emailengine_replies import failure
from infra.local.standins.mailboxes import SPECIAL, Held, Mailboxes
from infra.local.standins.message_json import detail, stamp
from infra.local.standins.server import StandIn
from infra.local.standins.webhooks import Delivery, Webhooks

DEFAULT_TEXT_BYTES = 1024 * 1024 * 1024
STATES = {
    "authenticationError": ("AuthenticationFails", "Requested account can not be authenticated"),
    "unset": ("NotSyncing", "Syncing is disabled for the requested account"),
    "paused": ("NotSyncing", "Syncing is disabled for the requested account"),
}
"""State of an account that is not connected → code and message of the 503; any other is `NotYetConnected`."""


class EmailEngineStandIn(StandIn):
    """Empty `token` accepts any Bearer token; `retry_base` is the webhook's first pause in seconds.

    The control routes are in `emailengine_control`.
    """

    name: ClassVar[str] = "emailengine"

    def __init__(self, port: int = 0, *, token: str = "", retry_base: float = 5.0, modern: bool = False) -> None:
        super().__init__(port)
        self.token = token
        self.modern = modern
        self.restarted_until = 0.0
        self.mailboxes = Mailboxes()
        self.webhooks = Webhooks(retry_base)

    def stop(self) -> None:
        super().stop()
        self.webhooks.stop()

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Every held message's list entry with its `account`."""
        accounts = list(self.mailboxes.accounts.values())
        return [{"account": account.name, **held.entry()} for account in accounts for held in account.held.values()]

    def forget(self) -> None:
        self.mailboxes.accounts.clear()

    def error(self, status: int) -> Reply:
        return failure(status, ttl=3) if status == 429 else failure(status)

    def payload(self, account: str, held: Held, event: str = "messageNew") -> dict[str, Any]:
        """The webhook's JSON for a message (`notifyText` off: without its text); of a deleted one only its ids."""
        special = SPECIAL.get(held.path)
        if event == "messageDeleted":
            return self.event(account, event, {"id": held.id, "uid": held.uid}, held.path)
        data = held.entry() | {"path": held.path}
        if "from" in data:
            data["sender"] = data["from"]
        data |= {"specialUse": special, "messageSpecialUse": special} if special else {}
        return self.event(account, event, data | {"seemsLikeNew": True}, held.path)

    def event(self, account: str, event: str, data: Mapping[str, Any], path: str = "") -> dict[str, Any]:
        """The JSON of a webhook; one about the account has no `path`."""
        special = SPECIAL.get(path)
        return {
            "serviceUrl": self.url,
            "account": account,
            "date": stamp(datetime.now(UTC)),
            **({"path": path} if path else {}),
            **({"specialUse": special} if special else {}),
            "event": event,
            "data": dict(data),
        }

    def deliver(
        self,
        account: str,
        held: Held,
        url: str,
        secret: str,
        headers: Mapping[str, str] | None = None,
        event: str = "messageNew",
    ) -> Delivery:
        """Queue the webhook for a message."""
        return self.webhooks.deliver(url, self.payload(account, held, event), secret, headers or {})

    def is_notified(self, account: str, held: Held) -> bool:
        """Whether a message gets a `messageNew`: not when its Date is older than the account's `notifyFrom`."""
        dated = datetime.fromisoformat(held.entry()["date"].replace("Z", "+00:00"))
        return dated >= self.mailboxes.accounts[account].notify_from

    def controlled(self, request: Request) -> Reply:
        answered = emailengine_control.answer(self, request)
        return super().controlled(request) if answered is None else answered

    def answer(self, request: Request) -> Reply:
        if request.path == "/health":
            return Reply.of({"success": True})
        if not request.headers.get("authorization", "").startswith("Bearer ") or (
            self.token and request.headers["authorization"] != f"Bearer {self.token}"
        ):
            return failure(401, "Bad token")
        found = re.fullmatch(r"/v1/account(?:/([^/]+)(/.*)?)?", request.path)
        if not found:
            return failure(404)
        name, rest = unquote(found[1] or ""), found[2] or ""
        changed = emailengine_accounts.answer(self.mailboxes, name, rest, request)
        if changed is not None:
            return changed
        account = self.mailboxes.accounts[name]
        if account.state != "connected":
            code, message = STATES.get(account.state, ("NotYetConnected", "Requested account is not yet initialized"))
            return failure(503, message, code, state=account.state)
        if time.monotonic() < self.restarted_until:
            message = "No active handler for requested account. Try again later."
            return failure(503, message, "WorkerNotAvailable")
        return self._within(name, rest, request)

    def _within(self, name: str, rest: str, request: Request) -> Reply:
        parts = [unquote(part) for part in rest.split("/")[1:]]
        match request.method, parts:
            case "GET", ["mailboxes"]:
                return Reply.of({"mailboxes": [self._folder(path) for path in self.mailboxes.accounts[name].folders]})
            case "GET", ["message", id_]:
                return self._message(name, id_, request)
            case "GET", ["message", id_, "source"]:
                return self._source(name, id_)
            case "GET", ["messages"]:
                return self._list(name, request, {})
            case "POST", ["search"]:
                return self._search(name, request)
        return failure(404)

    def _folder(self, path: str) -> dict[str, Any]:
        special = SPECIAL.get(path)
        return {"path": path, "delimiter": "/", "name": path, "listed": True} | (
            {"specialUse": special, "specialUseSource": "name"} if special else {}
        )

    def _message(self, name: str, id_: str, request: Request) -> Reply:
        held = self.mailboxes.get(name, id_)
        if held is None:
            return _missing(id_, "Requested message was not found")
        limit = int(request.query.get("maxBytes", DEFAULT_TEXT_BYTES))
        shown = detail(held.raw, held.identity, held.received, request.query.get("textType", ""), limit)
        return Reply.of(shown | {"path": held.path})

    def _source(self, name: str, id_: str) -> Reply:
        held = self.mailboxes.get(name, id_)
        if held is None:
            return _missing(id_, "Requested file not found")
        if not held.source:
            return failure(501, "Source is not available", "NotImplemented")
        return Reply(200, held.raw, "message/rfc822", {"Content-Disposition": "attachment; filename=message.eml"})

    def _search(self, name: str, request: Request) -> Reply:
        try:
            terms = request.json()["search"]
        except (ValueError, KeyError, TypeError):
            return failure(400, "Invalid request payload input")
        return self._list(name, request, terms)

    def _list(self, name: str, request: Request, terms: Mapping[str, Any]) -> Reply:
        if "path" not in request.query:
            return failure(400, "Invalid input", fields=[{"message": '"path" is required', "key": "path"}])
        held = self.mailboxes.within(name, request.query["path"])
        if held is None:
            return failure(404, "Requested folder was not found", "FolderNotFound") if self.modern else Reply.of(False)
        able = "emailId" not in terms or self.mailboxes.accounts[name].email_ids
        found = [message for message in held if able and _matches(message, terms)]
        size, page = int(request.query.get("pageSize", 20)), int(request.query.get("page", 0))
        pages = max(1, -(-len(found) // size))
        return Reply.of(
            {
                "total": len(found),
                "page": page,
                "pages": pages,
                "nextPageCursor": _cursor(page + 1) if page + 1 < pages else None,
                "prevPageCursor": _cursor(page - 1) if 0 < page <= pages else None,
                "messages": [message.entry() for message in found[page * size : (page + 1) * size]],
            }
        )


def _missing(id_: str, message: str) -> Reply:
    """No such message; an id that is not eight bytes in base64url is a 500."""
    try:
        whole = len(base64.urlsafe_b64decode(id_ + "=" * (-len(id_) % 4))) >= 8
    except (binascii.Error, ValueError):
        whole = False
    if whole:
        return failure(404, message)
    return failure(500, "An internal server error occurred", "ERR_BUFFER_OUT_OF_BOUNDS")


def _cursor(page: int) -> str:
    value = json.dumps({"page": page}, separators=(",", ":")).encode()
    return f"imap_{base64.urlsafe_b64encode(value).decode().rstrip('=')}"


def _matches(held: Held, terms: Mapping[str, Any]) -> bool:
    """IMAP SEARCH as far as Mailroom uses it (RFC 3501 section 6.4.4): `emailId` is equal, texts contain, `larger` and
    `smaller` exclude, `since` compares the days of receipt."""
    if "emailId" in terms and held.email_id != terms["emailId"]:
        return False
    if "since" in terms and held.received.date() < datetime.fromisoformat(terms["since"]).date():
        return False
    if not terms.get("larger", -1) < len(held.raw) < terms.get("smaller", len(held.raw) + 1):
        return False
    entry = held.entry()
    sender = entry.get("from", {})
    stated = {
        "subject": str(entry.get("subject", "")),
        "from": f"{sender.get('name', '')} {sender.get('address', '')}",
        "Message-ID": str(entry.get("messageId", "")),
    }
    wanted = {name: terms[name] for name in ("subject", "from") if name in terms} | dict(terms.get("header", {}))
    return all(str(text).lower() in stated.get(name, "").lower() for name, text in wanted.items())
