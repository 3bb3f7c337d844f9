"""Sends the sample mails through both doors of a running stack and compares what became of them with what must."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from chalicelib.mail.identity import door_identity, mail_id
from infra.cli.api_client import Answer, admin, post
from infra.local.patience import Deadline
from infra.local.samples import Sample
from infra.local.stack import Info
from infra.local.watch import Fate, depths

BATCH = 6
TIMEOUT = 60.0


@dataclass(frozen=True)
class Sent:
    """One sample and the door's verdict; `http` is that of the push or webhook."""

    sample: Sample
    status: str
    http: int
    mail_id: str


def send(info: Info, samples: Sequence[Sample], report: Callable[[Sent], None]) -> list[Sent]:
    """Send all in their order: Gmail mails that are to be accepted in batches, the rest one by one."""
    done: list[Sent] = []
    for group in _grouped(samples):
        found = _webhook(info, group[0]) if group[0].door == "emailengine" else _push(info, group)
        for sent in found:
            report(sent)
            done.append(sent)
    return done


def _grouped(samples: Sequence[Sample]) -> Iterator[list[Sample]]:
    """Runs of small Gmail mails that fit in one push."""
    group: list[Sample] = []
    for sample in samples:
        alone = sample.door != "gmail" or sample.expect.verdict != "accepted" or len(sample.raw) > 100_000
        if group and (alone or len(group) == BATCH):
            yield group
            group = []
        if alone:
            yield [sample]
        else:
            group.append(sample)
    if group:
        yield group


def _push(info: Info, group: list[Sample]) -> list[Sent]:
    single = len(group) == 1
    push: Any = group[0].push if single else {"messages": [sample.push for sample in group]}
    bad = {"X-Mailroom-Signature": "v1=" + "0" * 64} if group[0].spoil == "signature" else {}
    if group[0].spoil == "json":
        push = json.dumps(push).encode()[:-1]
    response = _behind_the_flag(info, push) if group[0].spoil == "door" else post(info, push, bad)
    body = response.json()
    # A batch that was refused as a whole has one answer for all of its mails.
    verdicts = body["verdicts"] if "verdicts" in body else [body] * len(group)
    answers = [Answer(response.status_code, verdict) for verdict in verdicts]
    return [
        Sent(sample, answer.status, answer.http, answer.mail_id) for sample, answer in zip(group, answers, strict=True)
    ]


def _behind_the_flag(info: Info, push: Any) -> requests.Response:
    """Push while the door is switched off, and open it again. The doors see a switch within seconds."""
    switched = {"value": False, "author": "rehearsal"}
    admin(info, "PUT", "/admin/flags/gmail_ingress_enabled", switched)
    refused = _until(lambda: post(info, push), 409)
    admin(info, "PUT", "/admin/flags/gmail_ingress_enabled", switched | {"value": True})
    _until(lambda: post(info, push), 400)
    return refused


def _until(ask: Callable[[], requests.Response], status: int) -> requests.Response:
    deadline = Deadline(TIMEOUT)
    while (answer := ask()).status_code != status and not deadline.passed():
        time.sleep(0.2)
    return answer


def _webhook(info: Info, sample: Sample) -> list[Sent]:
    """Put the message into EmailEngine, let it call the door, and wait for the door's answer."""
    message = control(
        info.emailengine_url,
        "message",
        {
            "account": sample.account,
            "raw": base64.b64encode(sample.raw).decode("ascii"),
            "path": sample.path,
            "emailId": sample.email_id,
            "source": sample.source,
        },
    )
    delivery = control(
        info.emailengine_url,
        "deliver",
        {
            "account": sample.account,
            "id": message["id"],
            "url": f"{info.api}/api/v1/webhooks/emailengine/{sample.account}",
            "secret": info.credentials["emailengine_secrets"][0],
            "then": {"moved": "move", "gone": "delete"}.get(sample.mailbox),
        },
    )
    deadline = Deadline(TIMEOUT)
    while delivery["state"] == "queued" and not deadline.passed():
        time.sleep(0.01)
        known = requests.get(f"{info.emailengine_url}/_control/deliveries", timeout=10).json()
        delivery = next(entry for entry in known if entry["eventId"] == delivery["eventId"])
    status = sample.expect.verdict if delivery["status"] == sample.expect.http else f"http_{delivery['status']}"
    identifier = mail_id(sample.account, door_identity(message.get("emailId") or "", entry=message))
    return [Sent(sample, status, delivery["status"], identifier if status in ("accepted", "already_processed") else "")]


def control(base: str, route: str, value: dict[str, Any]) -> Any:
    """Control a stand-in."""
    answer = requests.post(f"{base}/_control/{route}", json=value, timeout=30)
    answer.raise_for_status()
    return answer.json()


def telegram(info: Info) -> list[dict[str, Any]]:
    """What arrived in "Telegram"."""
    messages: list[dict[str, Any]] = requests.get(f"{info.telegram_url}/_control/messages", timeout=10).json()
    return messages


@dataclass(frozen=True)
class Balance:
    """The ledger of a rehearsal: sent = accepted + duplicate + refused + acknowledged, accepted = the four states."""

    sent: int
    accepted: int
    duplicate: int
    refused: int
    acknowledged: int
    stored: int
    excluded: int
    quarantined: int
    dead: int
    latencies: tuple[float, ...]

    @property
    def lost(self) -> int:
        """Accepted mails that no visible state has."""
        return self.accepted - self.stored - self.excluded - self.quarantined

    @property
    def balanced(self) -> bool:
        """Nothing lost, nothing invented, and each quarantined mail lies in a dead-letter queue."""
        counted = self.accepted + self.duplicate + self.refused + self.acknowledged
        return self.lost == 0 and counted == self.sent and self.dead == self.quarantined

    def percentile(self, share: float) -> float:
        """Latency in seconds that `share` of the notified mails stay under (nearest rank)."""
        ordered = sorted(self.latencies)
        return ordered[max(0, round(share * len(ordered)) - 1)] if ordered else 0.0


def balance(info: Info, sent: Sequence[Sent], fates: Sequence[Fate]) -> Balance:
    """Count the verdicts, the ledger's states and the dead-letter queues."""
    states = [fate.state for fate in fates]
    verdicts = [one.status for one in sent]
    return Balance(
        sent=len(sent),
        accepted=verdicts.count("accepted"),
        duplicate=verdicts.count("already_processed"),
        refused=sum(one.http >= 400 or one.status.startswith(("missing", "invalid")) for one in sent),
        acknowledged=verdicts.count("skipped_folder"),
        stored=states.count("stored"),
        excluded=states.count("excluded"),
        quarantined=states.count("quarantined"),
        dead=sum(depth.dead for depth in depths(info)),
        latencies=tuple(fate.seconds for fate in fates if fate.notified),
    )


def differences(sent: Sequence[Sent], fates: Sequence[Fate]) -> list[str]:
    """Where a sample met another end than it must; of two doubles either may be the one that is stored."""
    known = {fate.mail_id: fate for fate in fates}
    ends = {one.sample.name: known.get(one.mail_id) for one in sent}
    found = []
    for one in sent:
        expect, fate = one.sample.expect, ends[one.sample.name]
        if one.status != expect.verdict:
            found.append(f"{one.sample.name}: the endpoint answered {one.status} ({one.http}), not {expect.verdict}")
        if not one.mail_id or not expect.state:
            continue
        state = fate.state if fate else "in flight"
        pair = {state, getattr(ends.get(one.sample.of), "state", None)}
        doubled = any(other.sample.of == one.sample.name and other.sample.expect.state == "excluded" for other in sent)
        swapped = pair == {"stored", "excluded"} or (doubled and state == "excluded")
        if state != expect.state and not swapped:
            found.append(f"{one.sample.name}: {state} ({fate.reason if fate else '—'}), not {expect.state}")
    return found
