"""The judge of `make chaos` sees what it is there to see: lost, doubled, silent, sent again without a reason."""

from __future__ import annotations

import base64
from typing import Any

from infra.chaos import rules
from infra.chaos.judge import Break, Check, Fate, breaks, lost, never_stored, notified, quarantine, twice, webhooks
from infra.chaos.report import Recovery, recovery
from infra.chaos.strikes import Fault


def fate(mail_id: str, state: str = "stored", reason: str = "", rows: int | None = None, sent: bool = True) -> Fate:
    rows = int(state == "stored") if rows is None else rows
    return Fate(mail_id, state, reason, 100.0, 101.0, 102.0 if sent and state == "stored" else None, rows)


def known(*fates: Fate) -> dict[str, Fate]:
    return {one.mail_id: one for one in fates}


def message(at: float, *notices: str, topic: int = 2) -> dict[str, Any]:
    return {"at": at, "message_thread_id": topic, "text": "\n\n".join(["2 new mails", *notices])}


def notice(name: str) -> str:
    return f"other · personal\n{name}\nfrom <PERSON_1>"


def checks(messages: list[dict[str, Any]], *may: Break) -> tuple[Check, Check]:
    once, again = notified({"a": notice("lamp"), "b": notice("stone")}, messages, may)
    return once, again


def test_a_mail_without_a_ledger_row_is_lost() -> None:
    assert not lost({"a": 1, "b": 2}, known(fate("a"))).holds


def test_a_stored_mail_whose_notice_was_not_sent_is_lost() -> None:
    assert not lost({"a": 1}, known(fate("a", sent=False))).holds


def test_excluded_and_quarantined_mails_are_not_lost() -> None:
    assert lost({"a": 1, "b": 2}, known(fate("a", "excluded", "duplicate"), fate("b", "quarantined", "x"))).holds


def test_a_mail_stored_under_both_its_ids_is_stored_twice() -> None:
    assert twice({"a": 1, "b": 1}, known(fate("a"), fate("b"))).found == ("mail 1: a, b",)


def test_a_mail_stored_under_one_of_its_ids_is_stored_once() -> None:
    assert twice({"a": 1, "b": 1}, known(fate("a"), fate("b", "excluded", "duplicate"))).holds


def test_a_stored_mail_that_nobody_sent_is_seen() -> None:
    assert twice({}, known(fate("a"))).found == ("a: never sent",)


def test_a_mail_all_of_whose_ids_are_excluded_is_not_stored() -> None:
    ends = known(fate("a", "excluded", "duplicate"), fate("b", "excluded", "duplicate"))
    assert never_stored(1, (), {"a": 0, "b": 0}, ends).found == ("mail 0 is not stored",)


def test_a_mail_that_the_rules_keep_out_must_not_be_stored() -> None:
    number = rules.EXCLUDED
    sent, others = {"a": number}, range(number)
    assert never_stored(number + 1, others, sent, known(fate("a", "excluded", "stopped_by_routing_rule"))).holds
    assert not never_stored(number + 1, others, sent, known(fate("a"))).holds


def delivered(mail_id: str, key: str = "k", signature: str = "v1=00") -> dict[str, Any]:
    headers = {"idempotency-key": key, "x-mailroom-signature": signature}
    return {"headers": headers, "body": base64.b64encode(f'{{"mail_id": "{mail_id}"}}'.encode()).decode()}


MAIL = "8f6d0c5e-3a51-5b8e-9d0f-6f2f4a1c7b90"


def test_a_mail_of_the_webhooks_rule_is_delivered_under_one_key_however_often() -> None:
    sent, ends = {MAIL: rules.DELIVERED}, known(fate(MAIL))
    assert webhooks(sent, ends, [delivered(MAIL), delivered(MAIL)]).holds
    assert not webhooks(sent, ends, []).holds
    assert not webhooks(sent, ends, [delivered(MAIL), delivered(MAIL, key="other")]).holds
    assert not webhooks(sent, ends, [delivered(MAIL, signature="")]).holds


def test_a_mail_of_no_rule_must_not_be_delivered() -> None:
    assert not webhooks({MAIL: 0}, known(fate(MAIL)), [delivered(MAIL)]).holds


def test_a_mail_that_was_deleted_before_it_could_be_fetched_need_not_be_stored() -> None:
    ends = known(fate("a", "quarantined", "message_gone"))
    assert never_stored(1, {0}, {"a": 0}, ends).holds
    assert quarantine({"a": 0}, ends, {0}).holds


def test_any_other_quarantine_is_not_explained() -> None:
    ends = known(fate("a", "quarantined", "message_gone"), fate("b", "quarantined", "worker_died"))
    assert quarantine({"a": 0, "b": 1}, ends, {1}).found == ("a: message_gone", "b: worker_died")


def test_each_notice_sent_once_is_well() -> None:
    once, again = checks([message(1, notice("lamp")), message(2, notice("stone"))])
    assert once.holds
    assert again.holds


def test_a_notice_that_was_never_sent_is_seen() -> None:
    assert checks([message(1, notice("lamp"))])[0].found == ("sent 0 of 1: stone",)


def test_a_notice_of_nobody_is_seen() -> None:
    assert not checks([message(1, notice("lamp"), notice("stone"), notice("bell"))])[0].holds


def test_messages_to_the_system_topic_are_not_notices() -> None:
    assert checks([message(1, notice("lamp"), notice("stone")), message(2, notice("lamp"), topic=3)])[1].holds


def test_a_message_sent_again_needs_a_break_at_its_time() -> None:
    messages = [message(50, notice("lamp"), notice("stone")), message(120, notice("lamp"), notice("stone"))]
    assert not checks(messages)[1].holds
    assert not checks(messages, Break(100, 130, 1, "kill"))[1].holds
    assert checks(messages, Break(40, 60, 1, "kill"))[1].holds


def test_one_kill_explains_one_message_only() -> None:
    messages = [
        message(50, notice("lamp")),
        message(51, notice("stone")),
        message(120, notice("lamp"), notice("stone")),
    ]
    assert len(checks(messages, Break(40, 60, 1, "kill"))[1].found) == 1
    assert checks(messages, Break(40, 60, 2, "kill"))[1].holds


def test_a_kill_of_another_stage_explains_nothing() -> None:
    assert breaks([], [(50.0, "store", 2)]) == []


def test_what_comes_between_message_and_mark_is_known() -> None:
    faults = [Fault("telegram answer lost", "telegram", 10, 20, 2), Fault("postgres stopped", "database", 30, 40, 1)]
    found = breaks(faults, [(50.0, "notify", 2)])
    assert [(one.why, one.most) for one in found] == [
        ("kill notify", 2),
        ("telegram answer lost", 2),
        ("postgres stopped", 3),
    ]


def test_recovery_is_counted_from_the_end_of_a_fault() -> None:
    fates = [
        Fate("a", "stored", "", received_at=5.0, ended_at=6.0, sent_at=7.0, rows=1),
        Fate("b", "stored", "", received_at=9.0, ended_at=13.0, sent_at=15.0, rows=1),
        Fate("c", "stored", "", received_at=11.0, ended_at=12.0, sent_at=30.0, rows=1),
    ]
    assert recovery(Fault("valkey stopped", "cache", 8, 10, 1), fates) == Recovery(first=2.0, all=5.0)
    assert recovery(Fault("telegram 500", "telegram", 8, 10, 1), fates) == Recovery(first=5.0, all=5.0)
