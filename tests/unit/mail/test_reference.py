"""What a mailbox's entry states of a mail: identities of references, and whether a mail is the referenced one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.mail.identity import door_identity, identity_of_entry
from chalicelib.mail.reference import CUT, Facts, cut, facts_of, facts_of_raw, same_mail, whole_seconds
from tests import recorded

ENTRY: dict[str, Any] = {
    "id": "AAAAAQAAAAE",
    "messageId": "<one@x.example>",
    "date": "2026-11-29T19:15:23.000Z",
    "size": 595,
    "subject": "Results",
    "from": {"name": "Ada", "address": "Ada@x.example"},
}
ODD = st.none() | st.integers() | st.text() | st.lists(st.text(), max_size=2) | st.dictionaries(st.text(), st.text())


@pytest.mark.parametrize(
    "changed",
    [{"id": "AAAAAQAAAAI"}, {"messageId": "<two@x.example>"}, {"date": "2026-11-29T19:15:24.000Z"}, {"size": 596}],
)
def test_a_reused_id_is_another_mail_when_anything_else_stated_differs(changed: dict[str, Any]) -> None:
    assert identity_of_entry(ENTRY | changed) != identity_of_entry(ENTRY)


@pytest.mark.parametrize("changed", [{"subject": "Other"}, {"from": {"address": "bob@x.example"}}])
def test_without_message_id_subject_and_sender_count_too(changed: dict[str, Any]) -> None:
    bare = ENTRY | {"messageId": ""}
    assert identity_of_entry(bare | changed) != identity_of_entry(bare)
    assert identity_of_entry(ENTRY | changed) == identity_of_entry(ENTRY)


def test_the_recorded_mails_of_an_account_that_was_added_again_are_new_mails() -> None:
    numbers = (63, 64, *recorded.REUSED)
    entries = [recorded.webhook(number)["data"] for number in numbers]
    assert len({entry["id"] for entry in entries}) < len(numbers)
    assert len({identity_of_entry(entry) for entry in entries}) == len(numbers)


def test_the_recorded_webhook_and_listing_give_one_identity() -> None:
    listed = {entry["id"]: entry for entry in recorded.rest("list-entries-practice")["messages"]}
    for number in (53, 55, 78, 110):
        entry = recorded.webhook(number)["data"]
        assert identity_of_entry(entry) == identity_of_entry(listed[entry["id"]])


def test_the_flags_and_the_fraction_of_a_second_are_no_part_of_it() -> None:
    changed = ENTRY | {"flags": ["\\Seen"], "unseen": False, "date": "2026-11-29T20:15:23.456+01:00"}
    assert identity_of_entry(changed) == identity_of_entry(ENTRY)


def test_a_permanent_id_is_better_than_all_of_it() -> None:
    assert door_identity("1650000000000000001", entry=ENTRY) == door_identity("1650000000000000001")


def test_long_message_ids_are_cut_and_stay_apart() -> None:
    first, second = (facts_of({"messageId": f"<{'a' * 5_000}{end}@x>"}).message_id for end in "bc")
    assert (first != second, first[:CUT] == second[:CUT], len(first) < 600) == (True, True, True)
    assert cut(first) == first


@given(st.fixed_dictionaries(dict.fromkeys(("messageId", "date", "size", "subject", "from"), ODD)))
def test_any_entry_has_facts(entry: dict[str, Any]) -> None:
    facts = facts_of(entry)
    assert facts == facts_of(entry)
    assert identity_of_entry(entry | {"id": "a"}).startswith("emailengine:")


@given(st.binary(max_size=300))
def test_any_bytes_have_facts(raw: bytes) -> None:
    facts, _ = facts_of_raw(raw)
    assert facts.size == len(raw)


def test_an_empty_sender_counts_as_none() -> None:
    assert facts_of(recorded.webhook(75)["data"]).sender == ""


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-29T19:15:23", "9999-12-31T23:59:59-23:00"])
def test_what_is_no_moment_is_no_date(text: str) -> None:
    assert whole_seconds(text) == ""


def test_nothing_stated_names_no_mail() -> None:
    assert not same_mail(Facts(), facts_of(ENTRY))


def test_any_of_several_message_ids_is_the_mail_s() -> None:
    raw = b"Message-ID: <one@x.example>\r\nMessage-ID: <two@x.example>\r\n\r\ntext"
    facts, ids = facts_of_raw(raw)
    assert [same_mail(Facts(message_id=text), facts, ids) for text in ("<one@x.example>", "<two@x.example>")] == [
        True
    ] * 2
    assert not same_mail(Facts(message_id="<three@x.example>"), facts, ids)
