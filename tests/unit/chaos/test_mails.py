"""The mails of `make chaos`: as many as asked for, each different from all others, the same for the same seed."""

from __future__ import annotations

from datetime import UTC, datetime

from infra.chaos.mails import load, words

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)


def test_the_same_seed_gives_the_same_deliveries() -> None:
    assert load(7, 60, NOW) == load(7, 60, NOW)


def test_every_mail_is_delivered() -> None:
    assert {shipment.number for shipment in load(7, 200, NOW).shipments} == set(range(200))


def test_some_come_twice_and_some_by_both_doors() -> None:
    ways: dict[int, list[bool]] = {}
    for shipment in load(7, 400, NOW).shipments:
        ways.setdefault(shipment.number, []).append(shipment.push is None)
    assert any(len(doors) > 1 and len(set(doors)) == 1 for doors in ways.values())
    assert any(len(set(doors)) == 2 for doors in ways.values())


def test_a_mail_that_is_deleted_comes_once_and_by_emailengine() -> None:
    made = load(7, 800, NOW)
    gone = [shipment for shipment in made.shipments if shipment.number in made.gone]
    assert made.gone
    assert [shipment.push for shipment in gone] == [None] * len(made.gone)


def test_some_of_emailengine_s_mails_come_without_webhook_and_once() -> None:
    made = load(7, 800, NOW)
    unannounced = [shipment for shipment in made.shipments if shipment.unannounced]
    assert unannounced
    assert {shipment.push for shipment in unannounced} == {None}
    numbers = [shipment.number for shipment in made.shipments]
    assert all(numbers.count(shipment.number) == 1 for shipment in unannounced)


def test_where_nobody_looks_for_it_no_mail_comes_without_webhook() -> None:
    assert not any(shipment.unannounced for shipment in load(7, 400, NOW, unannounced=0.0).shipments)


def test_deliveries_are_out_of_order() -> None:
    numbers = [shipment.number for shipment in load(7, 100, NOW).shipments]
    assert numbers != sorted(numbers)


def test_no_two_mails_have_the_same_words() -> None:
    assert len({words(number) for number in range(5000)}) == 5000


def test_every_mail_carries_the_marker_that_must_not_be_seen_again() -> None:
    made = load(7, 60, NOW)
    assert all(made.secrets[0].encode() in shipment.raw for shipment in made.shipments)
