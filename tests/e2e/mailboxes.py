"""Mailboxes at the EmailEngine stand-in, and the webhooks about them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from click.testing import CliRunner

from chalicelib.mail.identity import door_identity, mail_id
from infra.cli.__main__ import mailroom
from infra.local.rehearsal import control
from infra.local.standins.control import Reply, Request
from tests.e2e.world import World
from tests.unit.adapters.broken import Anything


@dataclass(frozen=True)
class Mailbox:
    """One account. `url`: where its webhooks go, if not straight to the endpoint."""

    world: World
    account: str
    url: str = ""

    def add(self, raw: bytes, path: str = "INBOX") -> dict[str, Any]:
        """A mail that came; its entry."""
        given = {"account": self.account, "raw": base64.b64encode(raw).decode("ascii"), "path": path}
        entry: dict[str, Any] = self.control("message", **given)
        return entry

    def id_of(self, entry: Mapping[str, Any]) -> str:
        """The id that Mailroom gives the mail of an entry."""
        return mail_id(self.account, door_identity(entry.get("emailId", ""), entry=entry))

    def deliver(self, entry: Mapping[str, Any], event: str = "messageNew", then: str = "") -> dict[str, Any]:
        """Send its webhook; the delivery once it is settled (`status` of the last answer)."""
        return self.settled(self.control("deliver", id=entry["id"], event=event, then=then))

    def event(self, event: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Send a webhook about the account."""
        return self.settled(self.control("event", event=event, data=dict(data)))

    def reset(self) -> list[dict[str, Any]]:
        """The Inbox gets another UIDVALIDITY; the deliveries that follow."""
        return [self.settled(delivery) for delivery in self.control("reset")]

    def remove(self) -> None:
        """The account goes out of EmailEngine; the next mail of that name is of a new one."""
        self.control("remove")

    def control(self, route: str, **value: Any) -> Any:
        """Control the stand-in, with what every route may need."""
        path = f"/api/v1/webhooks/emailengine/{self.account}"
        secret = self.world.info.credentials["emailengine_secrets"][0]
        common = {"account": self.account, "url": (self.url or self.world.info.api) + path, "secret": secret}
        return control(self.world.info.emailengine_url, route, common | value)

    def settled(self, delivery: dict[str, Any]) -> dict[str, Any]:
        """A delivery at its end; one that never was is none."""
        if delivery["state"] == "none":
            return delivery

        def now() -> dict[str, Any]:
            known = requests.get(f"{self.world.info.emailengine_url}/_control/deliveries", timeout=10).json()
            found: dict[str, Any] = next(entry for entry in known if entry["eventId"] == delivery["eventId"])
            return found

        self.world.wait(lambda: now()["state"] != "queued", "the webhook's answer")
        return now()

    def reconcile(self) -> dict[str, Any]:
        """What `mailroom reconcile` reports of the account."""
        result = CliRunner().invoke(mailroom, ["--folder", str(self.world.stack.folder), "reconcile", "--json"])
        assert result.exit_code in (0, 1), result.output
        found: dict[str, Any] = {run["account"]: run for run in json.loads(result.stdout)}[self.account]
        return found


class Front(Anything):
    """Stands before the API and passes everything on, but for the faults that it is given."""

    def __init__(self, api: str) -> None:
        super().__init__()
        self._api = api

    def answer(self, request: Request) -> Reply:
        kept = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
        answer = requests.request(request.method, self._api + request.path, data=request.body, headers=kept, timeout=30)
        return Reply(answer.status_code, answer.content)


def invented(number: int, message_id: str | None = None, age: timedelta = timedelta(hours=1), text: str = "") -> bytes:
    """An invented mail; `message_id` empty: none."""
    named = f"<ee-{number}@workshop.example>" if message_id is None else message_id
    dated = (datetime.now(UTC) - age).strftime("%a, %d %b %Y %H:%M:%S +0000")
    head = [f"Message-ID: {named}"] if named else []
    head += [f"Date: {dated}", "From: Workshop <desk@workshop.example>", f"Subject: Delivery number {number}"]
    return "\r\n".join([*head, "", text or f"The lathe number {number} is here.", ""]).encode()
