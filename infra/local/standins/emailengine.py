"""Stand-in for EmailEngine 2.79: the calls that Mailroom makes, and its signed webhooks (learn.emailengine.app)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import unquote

from infra.local.standins.control import Reply, Request
from infra.local.standins.mailboxes import SPECIAL, Held, Mailboxes
from infra.local.standins.message_json import detail, stamp
from infra.local.standins.server import StandIn
from infra.local.standins.webhooks import Delivery, Webhooks

PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}
DEFAULT_TEXT_BYTES = 1024 * 1024 * 1024


def failure(status: int, message: str = "", code: str = "", **more: Any) -> Reply:
    """EmailEngine's error object; `error` is the phrase, `code` is there only where there is one."""
    phrase = PHRASES.get(status, "Error")
    value: dict[str, Any] = {"statusCode": status, "error": phrase, "message": message or phrase}
    return Reply.of(value | ({"code": code} if code else {}) | more, status)


class EmailEngineStandIn(StandIn):
    """Empty `token` accepts any Bearer token; `retry_base` is the webhook's first pause in seconds.

    Control routes, all POST but the last: `account` {account, state?, emailIds?}, `message` {account, raw
    (base64), path?, emailId?, source?} → the list entry, `move` {account, id, path}, `delete` {account, id},
    `deliver` {account, id, url, secret, event?, headers?, then?} → delivery (`then` is `move` or `delete`: what
    happens to the message before anybody can fetch it), `redeliver` {eventId}, `deliveries` (GET).
    """

    name: ClassVar[str] = "emailengine"

    def __init__(self, port: int = 0, *, token: str = "", retry_base: float = 5.0) -> None:
        super().__init__(port)
        self.token = token
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
        """The webhook's JSON for a message (`notifyText` off: without its text)."""
        special = SPECIAL.get(held.path)
        data = held.entry()
        data |= {"seemsLikeNew": True, "category": "primary"} | ({"messageSpecialUse": special} if special else {})
        return {
            "serviceUrl": self.url,
            "account": account,
            "date": stamp(datetime.now(UTC)),
            "path": held.path,
            **({"specialUse": special} if special else {}),
            "event": event,
            "data": data,
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

    def answer(self, request: Request) -> Reply:
        if request.path == "/health":
            return Reply.of({"success": True})
        if not request.headers.get("authorization", "").startswith("Bearer ") or (
            self.token and request.headers["authorization"] != f"Bearer {self.token}"
        ):
            return failure(401, "Missing or invalid API key")
        found = re.fullmatch(r"/v1/account/([^/]+)(/.*)?", request.path)
        if not found:
            return failure(404)
        name, rest = unquote(found[1]), found[2] or ""
        if name not in self.mailboxes.accounts:
            return failure(404, "Account record was not found for requested ID")
        account = self.mailboxes.accounts[name]
        if (request.method, rest) == ("GET", ""):
            return Reply.of({"account": name, "state": account.state, "type": "imap", "lastError": None})
        if account.state != "connected":
            return failure(503, "Requested account is not connected", "IMAPUnavailable", state=account.state)
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
            return failure(404, "Requested message was not found", "MessageNotFound")
        limit = int(request.query.get("maxBytes", DEFAULT_TEXT_BYTES))
        return Reply.of(detail(held.raw, held.identity, held.received, request.query.get("textType", ""), limit))

    def _source(self, name: str, id_: str) -> Reply:
        held = self.mailboxes.get(name, id_)
        if held is None:
            return failure(404, "Requested message was not found", "MessageNotFound")
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
            return failure(400, "Input validation failed", fields=[{"message": '"path" is required', "key": "path"}])
        held = self.mailboxes.within(name, request.query["path"])
        if held is None:
            return failure(404, "Requested folder was not found", "FolderNotFound")
        if "emailId" in terms and not self.mailboxes.accounts[name].email_ids:
            return failure(422, "The mail server does not support the requested operation", "MissingServerExtension")
        found = [message for message in held if _matches(message, terms)]
        size, page = int(request.query.get("pageSize", 20)), int(request.query.get("page", 0))
        entries = [message.entry() for message in found[page * size : (page + 1) * size]]
        pages = max(1, -(-len(found) // size))
        return Reply.of({"total": len(found), "page": page, "pages": pages, "messages": entries})

    def controlled(self, request: Request) -> Reply:
        if (request.method, request.path) == ("GET", "/_control/deliveries"):
            return Reply.of([delivery.shown() for delivery in self.webhooks.deliveries])
        given = request.json()
        match request.method, request.path.removeprefix("/_control/"):
            case "POST", "account":
                self.mailboxes.account(given["account"], state=given.get("state"), email_ids=given.get("emailIds"))
            case "POST", "message":
                raw = base64.b64decode(given["raw"], validate=True)
                held = self.mailboxes.add(
                    given["account"],
                    raw,
                    path=given.get("path", "INBOX"),
                    email_id=given.get("emailId"),
                    source=given.get("source", True),
                )
                return Reply.of(held.entry())
            case "POST", "move":
                return Reply.of(self.mailboxes.move(given["account"], given["id"], given["path"]).entry())
            case "POST", "delete":
                self.mailboxes.delete(given["account"], given["id"])
            case "POST", "deliver":
                held = self.mailboxes.accounts[given["account"]].held[given["id"]]
                event, headers = given.get("event", "messageNew"), given.get("headers")
                payload = self.payload(given["account"], held, event)
                match given.get("then"):
                    case "move":
                        self.mailboxes.move(given["account"], given["id"], "Archive")
                    case "delete":
                        self.mailboxes.delete(given["account"], given["id"])
                delivery = self.webhooks.deliver(given["url"], payload, given["secret"], headers or {})
                return Reply.of(delivery.shown())
            case "POST", "redeliver":
                known = {delivery.event_id: delivery for delivery in self.webhooks.deliveries}
                self.webhooks.redeliver(known[given["eventId"]])
            case _:
                return super().controlled(request)
        return Reply.of({"ok": True})


def _matches(held: Held, terms: Mapping[str, Any]) -> bool:
    """IMAP SEARCH as far as Mailroom uses it (RFC 3501 section 6.4.4): `emailId` is equal, a header contains, `since`
    compares the days of receipt."""
    if "emailId" in terms and held.email_id != terms["emailId"]:
        return False
    if "since" in terms and held.received.date() < datetime.fromisoformat(terms["since"]).date():
        return False
    wanted = str(terms.get("header", {}).get("Message-ID", "")).lower()
    return wanted in str(held.entry().get("messageId", "")).lower()
