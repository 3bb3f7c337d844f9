"""Sends the mail to both endpoints as the real senders do, and repeats each mail until it has a final answer."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

from chalicelib.mail.identity import door_identity, mail_id
from chalicelib.web.auth import sign_push
from infra.chaos.mails import Shipment, encoded
from infra.local.rehearsal import control
from infra.local.stack import Info

FINAL = frozenset({"accepted", "accepted_held", "already_processed", "stopped_by_routing_rule"})
"""Verdicts after which the real pusher does not bring the mail again; it stays with anything else."""
BATCH = 5
WORKERS = 6
"""Pushes at a time: the emulator starts one worker for each, and each costs half a second of processor time."""
TIMEOUT = 20.0
LONGEST_PAUSE = 3.0


class Pusher:
    """Sends shipments at a steady pace. `clock_offset` seconds are what a sender with a wrong clock is off by.

    `ids` has the mail ids of each mail, one for each way in which it came; `answers` counts the endpoint's answers.
    """

    def __init__(self, info: Info) -> None:
        self._info = info
        self._lock = threading.Lock()
        self._abort = threading.Event()
        self._events: list[str] = []
        self.clock_offset = 0.0
        self.ids: dict[int, set[str]] = {}
        self.answers: Counter[str] = Counter()
        self.problems: list[str] = []
        self._since: dict[str, float] = {}

    def stop(self) -> None:
        """Send nothing more."""
        self._abort.set()

    def run(self, shipments: Sequence[Shipment], seconds: float) -> None:
        """Send all, spread over `seconds`; returns when each has its final answer."""
        started = time.monotonic()
        with ThreadPoolExecutor(WORKERS) as pool:
            batch: list[Shipment] = []
            for place, shipment in enumerate(shipments):
                pause = started + seconds * place / len(shipments) - time.monotonic()
                if pause > 0 and self._abort.wait(pause):
                    return
                if shipment.push is None:
                    pool.submit(self._guarded, [shipment])
                    continue
                batch.append(shipment)
                if len(batch) > shipment.number % BATCH:  # batches of one to five
                    pool.submit(self._guarded, batch)
                    batch = []
            if batch:
                pool.submit(self._guarded, batch)
        self._deliver_all()

    @property
    def mail_ids(self) -> dict[str, int]:
        """Mail id → the number of the mail."""
        with self._lock:
            return {identifier: number for number, ids in self.ids.items() for identifier in ids}

    def since(self) -> dict[str, float]:
        """Mail id → when it was accepted or handed to EmailEngine (seconds since 1970)."""
        with self._lock:
            return dict(self._since)

    def events(self) -> list[str]:
        """Event ids of the webhooks so far."""
        with self._lock:
            return list(self._events)

    def _guarded(self, batch: list[Shipment]) -> None:
        try:
            if batch[0].push is None:
                self._webhook(batch[0])
            else:
                self._push(batch)
        except Exception as error:  # noqa: BLE001 - the report shows it: a run that did not send everything is no proof
            with self._lock:
                self.problems.append(f"pusher: {type(error).__name__}: {error}"[:300])

    def _push(self, batch: list[Shipment]) -> None:
        waiting, pause, skewed = list(batch), 0.25, True
        while waiting and not self._abort.is_set():
            statuses = self._ask(waiting, self.clock_offset if skewed else 0.0)
            # As a sender whose clock was corrected: the next try has the right time.
            skewed = "unauthorized" not in statuses
            waiting = [shipment for shipment, status in zip(waiting, statuses, strict=True) if status not in FINAL]
            if waiting:
                self._abort.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def _ask(self, batch: list[Shipment], offset: float) -> list[str]:
        pushes = [shipment.push for shipment in batch]
        body = json.dumps({"messages": pushes} if len(pushes) > 1 else pushes[0]).encode()
        timestamp = str(int(time.time() + offset))
        headers = {
            "Authorization": f"Bearer {self._info.credentials['gmail_tokens'][0]}",
            "X-Mailroom-Timestamp": timestamp,
            "X-Mailroom-Signature": sign_push(self._info.credentials["gmail_keys"][0], timestamp, body),
            "Content-Type": "application/json",
        }
        try:
            url = f"{self._info.api}/api/ingress/gmail"
            answer = requests.post(url, data=body, headers=headers, timeout=TIMEOUT)
            given = answer.json()
            verdicts = given.get("verdicts", [given] * len(batch))
            statuses = [str(verdict.get("status", f"http {answer.status_code}")) for verdict in verdicts]
            ids = [str(verdict.get("mail_id", "")) for verdict in verdicts]
        except (requests.RequestException, ValueError, AttributeError):
            statuses, ids = ["no answer"] * len(batch), [""] * len(batch)
        if len(statuses) != len(batch):
            raise RuntimeError(f"{len(statuses)} verdicts for {len(batch)} mails")
        with self._lock:
            for shipment, status, identifier in zip(batch, statuses, ids, strict=True):
                self.answers[status] += 1
                if status in FINAL:
                    self.ids.setdefault(shipment.number, set()).add(identifier)
                    self._since.setdefault(identifier, time.time())
        return statuses

    def _webhook(self, shipment: Shipment) -> None:
        base = self._info.emailengine_url
        given = {"account": shipment.account, "raw": encoded(shipment.raw), "emailId": shipment.email_id}
        message = control(base, "message", given)
        delivery = {
            "account": shipment.account,
            "id": message["id"],
            "url": f"{self._info.api}/api/v1/webhooks/emailengine/{shipment.account}",
            "secret": self._info.credentials["emailengine_secrets"][0],
            "then": "delete" if shipment.gone else None,
        }
        identity = door_identity(message.get("emailId") or "", entry=message)
        identifier = mail_id(shipment.account, identity)
        with self._lock:
            self.ids.setdefault(shipment.number, set()).add(identifier)
            self._since.setdefault(identifier, time.time())
        if shipment.unannounced:
            return
        event = control(base, "deliver", delivery)["eventId"]
        with self._lock:
            self._events.append(event)

    def _deliver_all(self) -> None:
        """Wait for EmailEngine's own repetitions; a webhook that it gave up is sent again, as its operator would."""
        base = self._info.emailengine_url
        while not self._abort.is_set():
            known = requests.get(f"{base}/_control/deliveries", timeout=TIMEOUT).json()
            open_ones = [entry for entry in known if entry["state"] != "delivered"]
            with self._lock:
                self.answers["webhook delivered"] = len(known) - len(open_ones)
                self.answers["webhook tries"] = sum(entry["attempts"] for entry in known)
            if not open_ones:
                return
            for entry in open_ones:
                if entry["state"] == "failed":
                    control(base, "redeliver", {"eventId": entry["eventId"]})
            self._abort.wait(0.5)
