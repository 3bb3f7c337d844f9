"""The mails of a run: the sample mails, each with its own number in subject, text and personal data."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Literal

from infra.local.samples import english, french, italian
from infra.local.samples.model import MailDraft, raw_push

DRAFTS: tuple[MailDraft, ...] = tuple(
    draft
    for draft in (*french.drafts(), *english.drafts(), *italian.drafts())
    if sum(len(file.data) for file in draft.files) < 100_000
)
WORDS = (
    "anchor bridge candle drawer engine feather garden hammer jacket kettle ladder mirror needle pencil ribbon saddle"
).split()
"""Three of them after the subject make a notice that no other mail has: 4,096 mails, then a fourth."""

VIAS: tuple[Literal["gmail raw", "gmail fields", "emailengine"], ...] = ("gmail raw", "gmail fields", "emailengine")
WRONG_DATES = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC))
"""What a mail server with a broken clock says."""

WITH_FILE = len(WORDS) - 2
"""Numbers modulo sixteen of mails with a link to a file."""

LINK = "https://files.example.net/s/share-of-the-run"
UNANNOUNCED = 0.03
"""Share of EmailEngine's mails whose webhook never comes."""

TWICE, ACROSS, GONE, WRONG_CLOCK = 0.08, 0.05, 0.01, 0.04
"""Shares of mails that are pushed again later, also come through the other endpoint, are deleted before they are
fetched, or have an impossible date."""


@dataclass(frozen=True, slots=True)
class Shipment:
    """One delivery of one mail: `number` names the mail, whichever way it comes. `push` is for the Gmail endpoint;
    without it EmailEngine holds `raw` under `email_id`. `gone` says that it is deleted before it can be fetched,
    `unannounced` that no webhook announces it, `linked` that it has a link to a file."""

    number: int
    account: str
    raw: bytes
    push: dict[str, Any] | None
    email_id: str
    gone: bool = False
    unannounced: bool = False
    linked: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """All deliveries in their order, the personal data that must not leak, and the numbers of the mails that are
    deleted before they are fetched, and of those with a link to a file."""

    shipments: tuple[Shipment, ...]
    mails: int
    secrets: tuple[str, ...]
    gone: frozenset[int]
    linked: frozenset[int] = frozenset()


def load(seed: int, mails: int, now: datetime, unannounced: float = UNANNOUNCED) -> Load:
    """`mails` different mails and their doubles, shuffled in reach of a few dozen. Deterministic but for `now`.

    `unannounced` is the share of EmailEngine's mails without webhook.
    """
    random = Random(seed + 1)  # noqa: S311 - see plan.py
    marker = f"zq{seed % 1_000_000}x"
    placed: list[tuple[float, Shipment]] = []
    for number in range(mails):
        for position, shipment in _deliveries(number, marker, now, random, unannounced):
            placed.append((number + position, shipment))
    ordered = tuple(shipment for _, shipment in sorted(placed, key=lambda entry: entry[0]))
    known = {secret for draft in DRAFTS for secret in draft.secrets}
    gone = frozenset(shipment.number for shipment in ordered if shipment.gone)
    linked = frozenset(shipment.number for shipment in ordered if shipment.linked)
    return Load(ordered, mails, (marker, *sorted(known)), gone, linked)


def words(number: int) -> str:
    """The number, written in words that nobody takes for a name."""
    digits = [number % 16, number // 16 % 16, number // 256 % 16]
    digits += [number // 4096] if number >= 4096 else []
    return " ".join(WORDS[digit] for digit in digits)


def _deliveries(
    number: int, marker: str, now: datetime, random: Random, share: float
) -> Iterator[tuple[float, Shipment]]:
    """(place in the order relative to its number, delivery) of one mail and its doubles."""
    draft = random.choice(DRAFTS)
    via = random.choices(VIAS, (0.45, 0.3, 0.25))[0]
    address = f"{marker}{number:05d}@patients.example"
    link = LINK if number % len(WORDS) == WITH_FILE else ""
    draft = replace(
        draft,
        name=f"{marker}-{number:05d}",
        via=via,
        subject=f"{draft.subject} ({words(number)})",
        text=draft.text and f"{draft.text}\n\nEmail: {address}\n" + link,
    )
    unannounced = via == "emailengine" and random.random() < share
    when = (
        random.choice(WRONG_DATES) if random.random() < WRONG_CLOCK else now - timedelta(minutes=random.random() * 600)
    )
    if via == "emailengine" and when == WRONG_DATES[0]:
        when = WRONG_DATES[1]  # EmailEngine sends no webhook for mail dated before `notifyFrom`
    # What says that it is young is left to its webhook for ten minutes, which a run does not have.
    when = now - timedelta(days=1) if unannounced else when + timedelta(minutes=3 * number)
    sample = draft.sample(number, when)
    push = dict(sample.push) if sample.push else None
    if push and random.random() < 0.3:
        push.pop("id", None)  # a pusher that knows no id: content alone makes the identity
    first = Shipment(number, draft.account, sample.raw, push, sample.email_id, linked=bool(draft.text and link))
    if unannounced:
        yield random.random() * 30, replace(first, unannounced=True)
        return
    if push is None and random.random() < GONE / 0.25:
        yield random.random() * 30, replace(first, gone=True)
        return
    yield random.random() * 30, first
    if random.random() < TWICE and push is not None:
        yield random.random() * 90, first
    if random.random() < ACROSS and via == "gmail raw" and push is not None:
        # The same mail by EmailEngine, with the same permanent id or without any.
        yield random.random() * 90, replace(first, push=None, email_id=sample.email_id if "id" in push else "")
    elif random.random() < ACROSS and push is None and not first.email_id:
        yield random.random() * 90, replace(first, push=raw_push(draft.account, sample.raw))


def encoded(raw: bytes) -> str:
    """As the control routes of the stand-in take it."""
    return base64.b64encode(raw).decode("ascii")
