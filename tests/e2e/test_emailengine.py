"""What a real EmailEngine did to its receivers, played before the deployed stack."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import recorded
from tests.e2e.mailboxes import Front, Mailbox, invented
from tests.e2e.world import World, states

NUMBERS = itertools.count(1)


@pytest.fixture
def mailbox(world: World) -> Mailbox:
    """A mailbox that the reconciler has seen."""
    made = Mailbox(world, "faculty")
    made.control("account", state="connected", notifyFrom="2000-01-01T00:00:00.000Z")
    assert made.reconcile()["outcome"] == "complete"
    return made


def new(mailbox: Mailbox, **given: Any) -> tuple[dict[str, Any], str]:
    """A mail in the Inbox: its entry and the id that it will have."""
    entry = mailbox.add(invented(next(NUMBERS), **given))
    return entry, mailbox.id_of(entry)


def test_new_mail_of_an_account_that_was_removed_and_added_again_is_stored(world: World, mailbox: Mailbox) -> None:
    mailbox.remove()
    before, first = new(mailbox)
    assert mailbox.deliver(before)["status"] == 202
    assert world.lost(first) == []
    mailbox.remove()
    after, second = new(mailbox)
    assert (after["id"], first != second) == (before["id"], True)
    assert mailbox.deliver(after)["status"] == 202
    assert world.lost(first, second) == []


def test_the_reconciler_finds_new_mail_under_a_known_id(world: World, mailbox: Mailbox) -> None:
    mailbox.remove()
    before, first = new(mailbox)
    mailbox.deliver(before)
    assert world.lost(first) == []
    mailbox.remove()
    _, missed = new(mailbox)
    assert mailbox.reconcile()["gaps"] == 1
    assert world.lost(first, missed) == []


def test_a_mail_whose_id_names_another_mail_by_now_is_not_confused_with_it(world: World, mailbox: Mailbox) -> None:
    mailbox.remove()
    before, first = new(mailbox)
    with world.paused("anonymize"):
        assert mailbox.deliver(before)["status"] == 202
        mailbox.remove()
        after, second = new(mailbox)
        assert after["id"] == before["id"]
        assert mailbox.deliver(after)["status"] == 202
    ends = world.ends(first, second)
    assert states(ends, [first, second]) == [("quarantined", "message_replaced"), ("stored", "")]
    world.forget_the_dead()


def test_mail_that_comes_again_after_a_new_uidvalidity_is_a_duplicate(world: World, mailbox: Mailbox) -> None:
    mailbox.remove()
    mails = [new(mailbox), new(mailbox, message_id="")]
    for entry, _ in mails:
        assert mailbox.deliver(entry)["status"] == 202
    ids = [mail for _, mail in mails]
    assert world.lost(*ids) == []
    assert [delivery["status"] for delivery in mailbox.reset()] == [200, 202, 202]
    world.wait(world.idle, "the queues to run empty")
    again = world.rows(
        "SELECT state, reason FROM core.ledger WHERE account_id = 'faculty' AND NOT mail_id = ANY(%s::uuid[])"
        " ORDER BY received_at DESC LIMIT 2",
        ids,
    )
    assert again == [("excluded", "duplicate")] * 2
    assert world.lost(*ids) == []


@pytest.mark.parametrize("fault", [{"status": 429}, {"reset": True}], ids=["429", "reset"])
def test_a_webhook_whose_body_was_lost_in_a_resend_comes_with_the_next_attempt(
    world: World, mailbox: Mailbox, fault: dict[str, Any]
) -> None:
    with Front(world.info.api) as front:
        front.fail(times=1, **fault)
        entry, mail = new(mailbox)
        delivery = Mailbox(world, mailbox.account, front.url).deliver(entry)
        seen = [request for request in front.control.requests if "webhooks" in request["path"]]
    assert (delivery["status"], delivery["attempts"], delivery["resent"]) == (202, 2, 1)
    assert [bool(request["body"]) for request in seen] == [True, False, True]
    assert world.lost(mail) == []


def test_a_deletion_that_overtakes_its_mail_keeps_nothing_out(world: World, mailbox: Mailbox) -> None:
    entry, mail = new(mailbox)
    assert mailbox.deliver(entry, "messageDeleted")["status"] == 200
    assert mailbox.deliver(entry, then="move")["status"] == 202
    assert world.lost(mail) == []


def test_a_mail_that_was_deleted_before_it_could_be_fetched_is_gone_and_the_breaker_closed(
    world: World, mailbox: Mailbox
) -> None:
    entry, mail = new(mailbox)
    assert mailbox.deliver(entry, then="delete")["status"] == 202
    assert states(world.ends(mail), [mail]) == [("quarantined", "message_gone")]
    assert breaker(world) == "closed"
    world.forget_the_dead()


def test_a_moved_mail_without_message_id_is_found(world: World, mailbox: Mailbox) -> None:
    entry, mail = new(mailbox, message_id="")
    assert mailbox.deliver(entry, then="move")["status"] == 202
    assert world.lost(mail) == []


@pytest.mark.parametrize("state", ["authenticationError", "connectError", "unset"])
def test_an_account_in_trouble_holds_up_no_other(world: World, mailbox: Mailbox, state: str) -> None:
    waiting = [new(mailbox) for _ in range(3)]  # the breaker opens after five failed calls; each mail makes several
    mailbox.control("account", state=state)
    for entry, _ in waiting:
        assert mailbox.deliver(entry)["status"] == 202
    other = Mailbox(world, "research")
    entry = other.add(invented(next(NUMBERS)))
    assert other.deliver(entry)["status"] == 202
    passing = other.id_of(entry)
    assert states(world.ends(passing), [passing]) == [("stored", "")]
    assert breaker(world) == "closed"
    run = mailbox.reconcile()
    assert (run["outcome"], run["code"].startswith("account_")) == ("failed", True)
    mailbox.control("account", state="connected")
    assert world.lost(passing, *(mail for _, mail in waiting)) == []


def test_the_last_event_of_an_account_is_in_the_status(world: World, mailbox: Mailbox) -> None:
    assert mailbox.event("authenticationError", recorded.webhook(194)["data"])["status"] == 200
    token = world.info.credentials["admin_tokens"][0]
    shown = world.request("GET", "/status", headers={"Authorization": f"Bearer {token}"}).json()["mailboxes"]
    [found] = [run["last_event"] for run in shown if run["account"] == "faculty"]
    assert (found["event"], found["code"]) == ("authenticationError", "AUTHENTICATIONFAILED")


def test_mail_with_an_old_date_comes_by_the_reconciler(world: World, mailbox: Mailbox) -> None:
    mailbox.control("account", notifyFrom=datetime.now(UTC).isoformat())
    entry, mail = new(mailbox, age=timedelta(days=2_500))
    assert mailbox.deliver(entry)["state"] == "none"
    assert mailbox.reconcile()["gaps"] == 1
    assert world.lost(mail) == []


def test_mail_that_was_moved_within_a_second_comes_by_the_reconciler(world: World, mailbox: Mailbox) -> None:
    entry = mailbox.add(invented(next(NUMBERS)), path="Suppliers")
    mail = mailbox.id_of(entry)
    assert mailbox.reconcile()["gaps"] == 1
    assert world.lost(mail) == []
    assert mailbox.deliver(entry)["status"] == 200  # EmailEngine's poll of the other folder, a quarter of an hour later
    assert world.lost(mail) == []


def test_a_mail_with_a_message_id_of_5000_characters_is_stored(world: World, mailbox: Mailbox) -> None:
    entries = [new(mailbox, message_id=f"<{'a' * 5_000}{end}@workshop.example>") for end in "bc"]
    assert mailbox.deliver(entries[0][0], then="move")["status"] == 202
    assert world.lost(entries[0][1]) == []
    assert mailbox.reconcile()["outcome"] == "complete"
    assert world.lost(*(mail for _, mail in entries)) == []


def breaker(world: World) -> str:
    """State of EmailEngine's breaker."""
    token = world.info.credentials["admin_tokens"][0]
    shown = world.request("GET", "/status", headers={"Authorization": f"Bearer {token}"}).json()["breakers"]
    return next(str(one["state"]) for one in shown if one["name"] == "emailengine")
