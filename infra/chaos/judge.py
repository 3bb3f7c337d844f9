"""The checks: compares spool, ledger, database and Telegram with what was sent and which faults were injected."""

from __future__ import annotations

import base64
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import psycopg

from chalicelib.bootstrap.parts.operations import auditor
from chalicelib.ports import Notice
from chalicelib.telegram.notice import compose
from infra.chaos import rules
from infra.chaos.killer import EMAIL_TOPIC
from infra.chaos.strikes import Fault
from infra.cli.parts import parts
from infra.cli.proof import balance_line
from infra.local.stack import Info
from infra.local.watch import TERMINAL

EXPECTED_QUARANTINE = "message_gone"
"""The one reason that a run makes on purpose: EmailEngine's message was deleted before it could be fetched."""

FATES = """
SELECT l.mail_id::text, l.state, l.reason, extract(epoch FROM l.received_at)::float8,
       extract(epoch FROM l.created_at)::float8, extract(epoch FROM o.sent_at)::float8,
       (SELECT count(*) FROM ingestion.emails e WHERE e.mail_id = l.mail_id),
       EXISTS (SELECT FROM core.deliveries d WHERE d.mail_id = l.mail_id AND d.state = 'waiting')
FROM core.ledger l LEFT JOIN core.outbox o ON o.mail_id = l.mail_id
"""
MAIL_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOTICES = "SELECT id, topic, mail_id::text, urgency, fields, created_at FROM core.outbox WHERE mail_id IS NOT NULL"


@dataclass(frozen=True)
class Fate:
    """One mail id in the ledger; times in seconds since 1970, `sent_at` None where no notice was sent."""

    mail_id: str
    state: str
    reason: str
    received_at: float
    ended_at: float
    sent_at: float | None
    rows: int
    waiting: bool = False

    @property
    def settled(self) -> bool:
        """Nothing more will happen to it. `waiting`: a webhook is still in progress."""
        return self.state in TERMINAL and not self.waiting and (self.state != "stored" or self.sent_at is not None)


@dataclass(frozen=True)
class Check:
    """One condition of the proof; `found` is empty when it holds."""

    name: str
    summary: str
    found: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.found


@dataclass(frozen=True)
class Break:
    """Something that can come between a message to Telegram and its mark: `most` messages sent from `begin` to `end`
    (seconds since 1970) may be sent once more."""

    begin: float
    end: float
    most: int
    why: str


def fates(info: Info) -> dict[str, Fate]:
    """Everything in the ledger. Raises psycopg.Error while PostgreSQL is unavailable."""
    with psycopg.connect(info.database_url, connect_timeout=5) as connection:
        return {row[0]: Fate(*row) for row in connection.execute(FATES)}


def lost(sent: Mapping[str, int], known: Mapping[str, Fate]) -> Check:
    """Every accepted mail has come to an end that can be seen."""
    open_ones = [mail_id for mail_id in sent if mail_id not in known or not known[mail_id].settled]
    states = Counter(known[mail_id].state if mail_id in known else "in flight" for mail_id in sent)
    summary = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    found = tuple(f"{mail_id} (mail {sent[mail_id]}): {_state(known.get(mail_id))}" for mail_id in sorted(open_ones))
    return Check("lost", summary, found)


def _state(fate: Fate | None) -> str:
    if fate is None:
        return "not in the ledger"
    return f"{fate.state} {fate.reason}".strip() + (
        ", its webhook in progress" if fate.waiting else ", its notice not sent"
    )


def twice(sent: Mapping[str, int], known: Mapping[str, Fate]) -> Check:
    """Each mail is stored once, whichever ways it came; nothing is stored that was not sent."""
    stored: dict[int, list[str]] = defaultdict(list)
    rows = {mail_id: fate.rows for mail_id, fate in known.items() if fate.rows}
    for mail_id in rows:
        stored[sent.get(mail_id, -1)].append(mail_id)
    found = [f"mail {number}: {', '.join(ids)}" for number, ids in stored.items() if number >= 0 and len(ids) > 1]
    found += [f"{mail_id}: {number} rows" for mail_id, number in rows.items() if number > 1]
    found += [f"{mail_id}: never sent" for mail_id in stored.get(-1, ())]
    return Check("stored twice", f"{len(rows)} rows for {len(stored)} mails", tuple(sorted(found)))


def never_stored(mails: int, gone: Iterable[int], sent: Mapping[str, int], known: Mapping[str, Fate]) -> Check:
    """Each mail that could be fetched and that no rule excludes is stored under one of its ids; no excluded mail is."""
    there = {sent[mail_id] for mail_id, fate in known.items() if fate.rows and mail_id in sent}
    excluded = {number for number in range(mails) if rules.of(number) == rules.EXCLUDED}
    found = [f"mail {number} is not stored" for number in sorted(set(range(mails)) - there - excluded - set(gone))]
    found += [f"mail {number} is stored, but the rules exclude it" for number in sorted(there & excluded)]
    return Check("stored", f"{len(there)} of {mails} mails, {len(excluded)} excluded by a rule", tuple(found))


def webhooks(sent: Mapping[str, int], known: Mapping[str, Fate], heard: Sequence[Mapping[str, Any]]) -> Check:
    """Each stored mail of the webhook's rule was delivered, signed, under one key of its own; no other mail was."""
    wanted = {
        mail_id for mail_id, fate in known.items() if fate.rows and rules.of(sent.get(mail_id, -1)) == rules.DELIVERED
    }
    keys: dict[str, set[str]] = defaultdict(set)
    found = []
    for entry in heard:
        mail_id = next((mail_id for mail_id in MAIL_ID.findall(body(entry)) if mail_id in known), "")
        keys[mail_id].add(entry["headers"].get("idempotency-key", ""))
        found += [] if entry["headers"].get("x-mailroom-signature") else [f"{mail_id}: not signed"]
    found += [f"{mail_id}: never delivered" for mail_id in sorted(wanted - keys.keys())]
    found += [f"{mail_id or 'an unknown mail'}: not asked for" for mail_id in sorted(keys.keys() - wanted)]
    found += [f"{mail_id}: {len(of)} keys" for mail_id, of in sorted(keys.items()) if len(of) > 1]
    return Check("webhooks", f"{len(wanted)} mails, delivered {len(heard)} times", tuple(found))


def body(entry: Mapping[str, Any]) -> str:
    """What stood in a webhook."""
    return base64.b64decode(entry["body"]).decode("utf-8", "replace")


def quarantine(sent: Mapping[str, int], known: Mapping[str, Fate], gone: Iterable[int]) -> Check:
    """Whatever is quarantined is what the run made unreadable, for that reason."""
    wanted = set(gone)
    found, reasons = [], Counter(fate.reason for fate in known.values() if fate.state == "quarantined")
    for mail_id, fate in known.items():
        if fate.state == "quarantined" and not (sent.get(mail_id) in wanted and fate.reason == EXPECTED_QUARANTINE):
            found.append(f"{mail_id}: {fate.reason}")
    summary = ", ".join(f"{number} {reason}" for reason, number in sorted(reasons.items())) or "none"
    return Check("quarantine explained", summary, tuple(sorted(found)))


def ledger(info: Info) -> Check:
    """What `mailroom verify` says, with no patience left."""
    with parts(info.aws) as made:
        auditing = auditor(made)
        auditing.patience = timedelta(0)
        findings = auditing.examine().findings
    found = [
        f"{kind}: {mail_id}"
        for kind in ("missing", "orphaned", "unrecorded", "unnotified")
        for mail_id in getattr(findings, kind)
    ]
    found += [] if findings.proven else ["a dead-letter queue could not be read whole"]
    found += [f"{findings.in_flight} still in flight"] if findings.in_flight else []
    return Check("ledger balanced", balance_line(findings), tuple(found))


def breaks(faults: Sequence[Fault], kills: Sequence[tuple[float, str, int]]) -> list[Break]:
    """What may have made Telegram hear a notice twice (`facts`: no idempotency key, marked after the call)."""
    found = [
        Break(at - 15, at + 1, number, f"kill {name}") for at, name, number in kills if name in ("notify", "sweep")
    ]
    for fault in faults:
        match fault.kind:
            case "telegram answer lost":
                found.append(Break(fault.began, fault.ended + 1, 2, fault.kind))
            case "postgres stopped" | "postgres crashed":
                # Two notify workers and the sweep may each have a message out whose mark fails.
                found.append(Break(fault.began - 15, fault.ended + 1, 3, fault.kind))
            case "redeploy":
                # The emulator ends the workers of a function that is updated.
                found.append(Break(fault.began - 15, fault.ended + 1, 3, fault.kind))
    return found


def notices(info: Info) -> dict[str, str]:
    """Mail id → its notice, as it stands in a message."""
    with psycopg.connect(info.database_url, connect_timeout=5) as connection:
        rows = [Notice(*row) for row in connection.execute(NOTICES)]
    return {one.mail_id or "": compose([one], "en")[0].text.partition("\n\n")[2] for one in rows}


def notified(expected: Mapping[str, str], messages: Sequence[Mapping[str, Any]], may: Sequence[Break]) -> list[Check]:
    """Every notice was sent, and once; once more only where something came between the message and its mark.

    A message is *unmarked* when one of its notices is sent again later. Each needs a break of its own.
    """
    wanted = Counter(expected.values())
    mails = [message for message in messages if message["message_thread_id"] == EMAIL_TOPIC]
    blocks = [(float(message["at"]), set(message["text"].split("\n\n")[1:])) for message in mails]
    heard = Counter(block for message in mails for block in message["text"].split("\n\n")[1:])
    silent = [
        f"sent {heard[text]} of {number}: {text.splitlines()[1]}"
        for text, number in wanted.items()
        if heard[text] < number
    ]
    invented = [f"notice of no mail: {text[:80]!r}" for text in heard if text not in wanted]
    left = {text: number - wanted[text] for text, number in heard.items() if number > wanted[text] > 0}
    again = sum(left.values())
    unmarked: list[float] = []
    for at, texts in blocks:  # oldest first: all but the last message with a notice were not marked
        repeated = [text for text in texts if left.get(text)]
        for text in repeated:
            left[text] -= 1
        unmarked += [at] if repeated else []
    unexplained = _unexplained(unmarked, may)
    return [
        Check("notified", f"{sum(wanted.values())} notices in {len(mails)} messages", tuple(silent + invented)),
        Check(
            "notified again",
            f"{again} notices of {len(unmarked)} messages, {sum(one.most for one in may)} possible",
            tuple(f"a message of {at:.1f} was sent again, and nothing broke then" for at in unexplained),
        ),
    ]


def _unexplained(unmarked: Sequence[float], may: Sequence[Break]) -> list[float]:
    """The unmarked messages that no break is left for; the break that ends first is used first."""
    room = [replace(one) for one in sorted(may, key=lambda one: one.end)]
    rest = []
    for at in sorted(unmarked):
        for place, one in enumerate(room):
            if one.most and one.begin <= at <= one.end:
                room[place] = replace(one, most=one.most - 1)
                break
        else:
            rest.append(at)
    return rest


def personal_data(found: Sequence[str], searched: int) -> Check:
    """What `infra.local.leaks` saw, and what stood in webhooks."""
    return Check("personal data elsewhere", f"{searched} seeded identifiers looked for", tuple(found))
