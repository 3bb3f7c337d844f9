"""Erasure proven: whatever the labels, the spelling of the address and the state of the mail, no original is left."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.postgres.database import Database
from chalicelib.mail import sealed
from tests.contract.mails import mail_id, note
from tests.contract.person_world import BOB, World

NUMBERS = itertools.count(1)
MARK = "Dear you"
"""In the body of every mail of the person, and in no other."""

FORMS: tuple[Callable[[int], str], ...] = (
    "ada{}@bücher.example".format,
    "ADA{}@Bücher.EXAMPLE".format,
    "ada{}@xn--bcher-kva.example".format,
    "ada{}@bücher.example.".format,
    "ada{}+shop@XN--BCHER-KVA.example.".format,
    '"ada{}"@bücher.example'.format,
)
STATES = ("stored", "without hashes", "quarantined", "given up by SQS", "in flight", "upload", "fetched")
LABELS = st.lists(
    st.sampled_from(("Работа и дом", "仕事", "📎📬📎", "Work", "Ελλάδα")).map(lambda one: one * 5), max_size=40
)


def mail(address: str, field: str, before: int, after: int) -> bytes:
    """A mail with so many recipients before and after the person."""
    boxes = [f"p{number}@example.net" for number in range(before)]
    boxes += [f"Ada <{address}>", *(f"q{number}@example.net" for number in range(after))]
    lines = ",\r\n ".join(boxes)
    return f"From: {BOB}\r\n{field}: {lines}\r\nSubject: Hello\r\n\r\n{MARK}\r\n".encode()


def put(world: World, state: str, name: str, source: bytes, labels: list[str]) -> None:
    """The mail in a state, sealed with its labels."""
    seal = partial(world.seal, name, labels=labels)
    if state == "upload":
        world.spool.put(f"uploads/practice/{name}", source)
        seal(json.dumps({"upload": name}).encode(), sealed.UPLOAD)
    elif state == "fetched":
        seal(b"{}", sealed.EMAILENGINE)
        world.seal(name, source, prefix="fetched", labels=labels)
    elif state in ("stored", "without hashes"):
        world.mail(name, source, hashed=state == "stored")
        seal(source)
    else:
        seal(source)
    if state in ("quarantined", "given up by SQS"):
        world.fail(world.envelope(name, source).changed(content=None, classification=None))
    if state == "quarantined":
        world.store.quarantine(note(name))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(STATES),
    st.sampled_from(FORMS),
    st.sampled_from(FORMS),
    st.sampled_from(["From", "To", "Cc", "Bcc", "Resent-To"]),
    st.integers(0, 700),
    st.integers(0, 700),
    LABELS,
)
@example("stored", FORMS[0], FORMS[0], "Cc", 520, 0, [])
@example("stored", FORMS[3], FORMS[0], "To", 0, 0, [])
@example("in flight", FORMS[0], FORMS[2], "To", 0, 0, [f"Папка {number} для писем" for number in range(20)])
@example("quarantined", FORMS[0], FORMS[0], "To", 0, 0, ["📎" * 45] * 20)
@example("upload", FORMS[0], FORMS[0], "To", 0, 0, ["📎" * 45] * 20)
@example("stored", FORMS[0], FORMS[0], "Cc", 4_500, 0, ["📎" * 45] * 20)
def test_no_original_is_left(
    database: Database,
    state: str,
    written: Callable[[int], str],
    asked: Callable[[int], str],
    field: str,
    before: int,
    after: int,
    labels: list[str],
) -> None:
    world, number = World(database), next(NUMBERS)
    name = f"erased {number}"
    put(world, state, name, mail(written(number), field, before, after), labels)
    receipt = world.eraser.erase(asked(number), "ann")
    assert MARK not in world.everything()
    assert (world.states(mail_id(name)), receipt.counts["mails"]) == ([("excluded", "erased")], 1)
    assert (receipt.counts["unreadable"], "seals_unreadable" in receipt.counts) == (0, False)


@pytest.mark.parametrize("damage", [b"rubbish Dear you", b"\x00" * 50_000 + b"Dear you", b'{"kind": 1}\nDear you'])
def test_a_seal_that_cannot_be_read_is_replaced_and_counted(database: Database, damage: bytes) -> None:
    world, number = World(database), next(NUMBERS)
    address, name = f"ada{number}@example.org", f"damaged {number}"
    put(world, "stored", name, mail(address, "To", 0, 0), [])
    world.spool.put(f"sealed/practice/{mail_id(name)}", damage)
    receipt = world.eraser.erase(address, "ann")
    assert (MARK in world.everything(), receipt.counts["seals_unreadable"]) == (False, 1)
