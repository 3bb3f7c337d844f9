"""The control routes of the EmailEngine stand-in: what tests let happen in the mailboxes and at EmailEngine.

All are POST but the last, with JSON under `/_control/`:

- `account` {account, state?, emailIds?, notifyFrom?}, `remove` {account}, `restart` {seconds}: for so long every call
  within an account answers 503;
- `message` {account, raw (base64), path?, emailId?, source?} → the list entry; `move` {account, id, path};
  `delete` {account, id};
- `deliver` {account, id, url, secret, event?, headers?, then?} → delivery. `then` is `move` or `delete`: what happens
  to the message before it can be fetched. A mail older than `notifyFrom` gets no `messageNew`: state `none`;
- `event` {account, event, data, url, secret, path?} → delivery of any other webhook;
- `reset` {account, path?, url, secret} → deliveries: `mailboxReset`, then the folder's mails under their new ids;
- `redeliver` {eventId}, `deliveries` (GET).
"""

from __future__ import annotations

import base64
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from infra.local.standins.control import Reply, Request

if TYPE_CHECKING:
    from infra.local.standins.emailengine import EmailEngineStandIn

NO_DELIVERY = {"eventId": "", "job": "", "attempts": 0, "state": "none", "status": 0, "resent": 0}


def answer(server: EmailEngineStandIn, request: Request) -> Reply | None:
    """The answer of a control route; None for one that is not EmailEngine's own."""
    route = request.path.removeprefix("/_control/")
    if (request.method, route) == ("GET", "deliveries"):
        return Reply.of([delivery.shown() for delivery in server.webhooks.deliveries])
    known = {
        "account": _account,
        "remove": _remove,
        "restart": _restart,
        "message": _message,
        "move": _move,
        "delete": _delete,
        "deliver": _deliver,
        "event": _event,
        "reset": _reset,
        "redeliver": _redeliver,
    }
    if request.method != "POST" or route not in known:
        return None
    return Reply.of(known[route](server, request.json()))


def _account(server: EmailEngineStandIn, given: dict[str, Any]) -> object:
    since = given.get("notifyFrom")
    server.mailboxes.account(
        given["account"],
        state=given.get("state"),
        email_ids=given.get("emailIds"),
        notify_from=datetime.fromisoformat(since.replace("Z", "+00:00")) if since else None,
    )
    return {"ok": True}


def _remove(server: EmailEngineStandIn, given: dict[str, Any]) -> object:
    server.mailboxes.remove(given["account"])
    return {"ok": True}


def _restart(server: EmailEngineStandIn, given: dict[str, Any]) -> object:
    server.restarted_until = time.monotonic() + float(given["seconds"])
    return {"ok": True}


def _message(server: EmailEngineStandIn, given: dict[str, Any]) -> object:
    return server.mailboxes.add(
        given["account"],
        base64.b64decode(given["raw"], validate=True),
        path=given.get("path", "INBOX"),
        email_id=given.get("emailId"),
        source=given.get("source", True),
    ).entry()


def _move(server: EmailEngineStandIn, given: dict[str, Any]) -> object:
    return server.mailboxes.move(given["account"], given["id"], given["path"]).entry()


def _delete(server: EmailEngineStandIn, given: dict[str, Any]) -> object:
    server.mailboxes.delete(given["account"], given["id"])
    return {"ok": True}


def _deliver(server: EmailEngineStandIn, given: dict[str, Any]) -> object:
    account, event = given["account"], given.get("event", "messageNew")
    held = server.mailboxes.accounts[account].held[given["id"]]
    payload, notified = server.payload(account, held, event), server.is_notified(account, held)
    match given.get("then"):
        case "move":
            server.mailboxes.move(account, given["id"], "Archive")
        case "delete":
            server.mailboxes.delete(account, given["id"])
    if event == "messageNew" and not notified:
        return NO_DELIVERY
    return server.webhooks.deliver(given["url"], payload, given["secret"], given.get("headers") or {}).shown()


def _event(server: EmailEngineStandIn, given: dict[str, Any]) -> object:
    payload = server.event(given["account"], given["event"], given["data"], given.get("path", ""))
    return server.webhooks.deliver(given["url"], payload, given["secret"], {}).shown()


def _reset(server: EmailEngineStandIn, given: dict[str, Any]) -> object:
    account, path = given["account"], given.get("path", "INBOX")
    held = server.mailboxes.reset(account, path)
    data = {"path": path, "name": path, "uidValidity": "2", "prevUidValidity": "1"}
    payloads = [server.event(account, "mailboxReset", data, path)]
    payloads += [server.payload(account, one) for one in held if server.is_notified(account, one)]
    return [server.webhooks.deliver(given["url"], payload, given["secret"], {}).shown() for payload in payloads]


def _redeliver(server: EmailEngineStandIn, given: dict[str, Any]) -> object:
    known = {delivery.event_id: delivery for delivery in server.webhooks.deliveries}
    server.webhooks.redeliver(known[given["eventId"]])
    return {"ok": True}
