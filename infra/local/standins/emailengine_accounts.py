"""The accounts of the EmailEngine stand-in: add, change, remove, reconnect, and what `notifyFrom` becomes by it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from infra.local.standins.control import Reply, Request
from infra.local.standins.emailengine_replies import failure
from infra.local.standins.mailboxes import Account, Mailboxes
from infra.local.standins.message_json import stamp

UNKNOWN = "Account record was not found for requested ID"


def answer(mailboxes: Mailboxes, name: str, rest: str, request: Request) -> Reply | None:
    """The answer to a call about an account itself, or about one that is unknown; None for anything within it."""
    if not name:
        return _post(mailboxes, request) if request.method == "POST" else failure(404)
    if name not in mailboxes.accounts:
        return failure(404, UNKNOWN)
    account = mailboxes.accounts[name]
    match request.method, rest:
        case "GET", "":
            return Reply.of(_shown(account))
        case "PUT", "":
            return _put(account, request.json())
        case "DELETE", "":
            mailboxes.remove(name)
            return Reply.of({"account": name, "deleted": True})
        case "PUT", "/reconnect":
            account.notify_from = account.next_notify_from
            return Reply.of({"reconnect": True})
        case "PUT", "/sync":
            return Reply.of({"sync": True})
        case "PUT", "/flush":
            account.notify_from = account.next_notify_from = datetime.now(UTC)
            return Reply.of({"flush": True})
    return None


def _post(mailboxes: Mailboxes, request: Request) -> Reply:
    """Add an account. For an existing one too, `notifyFrom` is now unless the request names it."""
    given = request.json()
    name = str(given.get("account", ""))
    if not name:
        return failure(400, "Invalid input", fields=[{"message": '"account" is required', "key": "account"}])
    known = name in mailboxes.accounts
    since = _date(given["notifyFrom"]) if "notifyFrom" in given else datetime.now(UTC)
    mailboxes.account(name, notify_from=since)
    return Reply.of({"account": name, "state": "existing" if known else "new"})


def _put(account: Account, given: dict[str, Any]) -> Reply:
    """Change an account: `notifyFrom` takes effect with a reconnect, `imap.disabled` pauses."""
    if "notifyFrom" in given:
        account.next_notify_from = _date(given["notifyFrom"])
    if "disabled" in given.get("imap", {}):
        account.state = "unset" if given["imap"]["disabled"] else "connected"
    return Reply.of({"account": account.name})


def _shown(account: Account) -> dict[str, Any]:
    return {
        "account": account.name,
        "state": account.state,
        "type": "imap",
        "path": "*",
        "notifyFrom": stamp(account.next_notify_from),
        "lastError": None,
    }


def _date(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
