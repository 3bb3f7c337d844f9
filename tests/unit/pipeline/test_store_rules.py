"""The store stage and the rules: notes of excluded mail, and what routing puts before the classifier."""

from __future__ import annotations

import pytest

from chalicelib.core.cache_keys import seen_key
from chalicelib.core.messages import Envelope, Routing
from chalicelib.pipeline.store import StoreWorker
from tests.contract.mails import exclusion, mail_id
from tests.twins.store import MemoryMailStore
from tests.unit.pipeline.world import World


class Stage(World):
    """With a store."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryMailStore()

    @property
    def keeper(self) -> StoreWorker:
        return StoreWorker(self.store, self.spool, self.cache, self.telemetry)

    def keep(self, routing: Routing | None) -> Envelope:
        message = self.classified().changed(routing=routing)
        done = self.keeper.process(message)
        assert isinstance(done, Envelope)
        return done


@pytest.fixture
def world() -> Stage:
    return Stage()


def test_a_note_excludes_the_mail(world: Stage) -> None:
    assert world.keeper.process(exclusion("a")) is None
    assert world.store.ledger_state([mail_id("a")]) == {mail_id("a"): ("excluded", "sender_not_allowed")}


def test_a_note_is_counted_by_its_reason(world: Stage) -> None:
    world.keeper.process(exclusion("a"))
    assert world.telemetry.counts == [("Excluded", 1, {"stage": "store", "code": "sender_not_allowed"})]


def test_an_excluded_mail_is_no_longer_called_seen(world: Stage) -> None:
    world.cache.set(seen_key(mail_id("a")), b"1", 60)
    world.keeper.process(exclusion("a"))
    assert world.cache.get(seen_key(mail_id("a"))) is None


RULED = Routing(3, ("vip",), topic="lab", priority="high", category="results")


def test_priority_and_category_of_a_rule_go_before_the_classifier(world: Stage) -> None:
    done = world.keep(RULED)
    row = world.store.emails[done.mail_id]
    assert (row["urgency"], row["category"]) == ("high", "results")


def test_the_receipt_tells_what_the_rule_changed(world: Stage) -> None:
    done = world.keep(RULED)
    receipt = world.store.receipts[done.mail_id, "rules", "email.route"]
    assert receipt.outcome == "rules v3 urgency=normal>high category=patient>results"


def test_the_notice_follows_the_rule(world: Stage) -> None:
    world.keep(RULED)
    [row] = world.store.outbox.rows.values()
    assert (row.notice.topic, row.notice.urgency, row.notice.fields["category"]) == ("lab", 2, "results")


def test_a_rule_that_names_neither_leaves_the_classifier_s_word(world: Stage) -> None:
    done = world.keep(Routing(3, ("quiet",)))
    row = world.store.emails[done.mail_id]
    assert (row["urgency"], row["category"]) == ("normal", "patient")


@pytest.mark.parametrize("routing", [None, Routing(3)])
def test_without_a_matching_rule_there_is_no_receipt_of_one(world: Stage, routing: Routing | None) -> None:
    world.keep(routing)
    assert not [key for key in world.store.receipts if key[1] == "rules"]


def test_the_routing_goes_on_to_who_delivers(world: Stage) -> None:
    assert world.keep(RULED).routing == RULED
