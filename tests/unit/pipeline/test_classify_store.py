"""Stages 2 and 3: what the mail is about, and where it is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from chalicelib.classification.history import read_history
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.core.messages import Classification, Content, Envelope, Quarantine
from chalicelib.intake.arrival import Arrival
from chalicelib.mail.sealed import ERASED, RAW, Header, seal
from chalicelib.pipeline.classify import ClassifyWorker
from chalicelib.pipeline.store import StoreWorker
from tests.twins.store import MemoryMailStore
from tests.unit.pipeline.world import RAW_MAIL, VERDICT, World


class FixedClassifier:
    """Always says the same, and remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.history: Mapping[str, int] = {}
        self.error: Exception | None = None

    def classify(self, content: Content, text: str, history: Mapping[str, int]) -> Classification:
        """The fixed verdict."""
        if self.error:
            raise self.error
        self.shown.append(text)
        self.history = history
        return VERDICT


class Stages(World):
    """With a classifier and a store."""

    def __init__(self) -> None:
        super().__init__()
        self.classifier, self.store = FixedClassifier(), MemoryMailStore()

    def classify(self, message: Envelope | Quarantine) -> Envelope:
        return ClassifyWorker(self.classifier, self.spool, self.cache).process(message)

    def keep(self, message: Envelope | Quarantine) -> Envelope | None:
        return StoreWorker(self.store, self.spool, self.cache, self.telemetry).process(message)


def note_of(envelope: Envelope) -> Quarantine:
    at = envelope.received_at
    return Quarantine(
        envelope.mail_id, "praxis", "gmail", envelope.spool_key, at, "t", "classify", "why", "Permanent", 1, at, at
    )


@pytest.fixture
def world() -> Stages:
    return Stages()


def test_the_verdict_is_added(world: Stages) -> None:
    done, _ = world.anonymized(world.raw())
    assert world.classify(done).classification == VERDICT


def test_the_classifier_leaves_its_receipt_with_its_confidence(world: Stages) -> None:
    receipt = world.classify(world.anonymized(world.raw())[0]).receipts[-1]
    assert (receipt.action, receipt.outcome, receipt.confidence) == ("email.classify", "patient", 0.8)


def test_the_classifier_sees_the_text(world: Stages) -> None:
    world.classify(world.anonymized(world.raw())[0])
    assert world.classifier.shown == ["Dear Bob"]


def test_the_classifier_does_not_see_what_is_quoted(world: Stages) -> None:
    done, _ = world.anonymized(world.raw())
    assert isinstance(done, Envelope)
    assert done.content
    content = replace(done.content, text="Thanks.\n\n> URGENT", quoted_at=7)
    world.classify(done.changed(content=content))
    assert world.classifier.shown == ["Thanks."]


def test_the_classifier_sees_a_long_text_from_the_spool(world: Stages) -> None:
    world.anonymizer.text = "é" * 100_000
    world.classify(world.anonymized(world.raw())[0])
    assert world.classifier.shown == [world.anonymizer.text]


def test_a_long_text_that_is_gone_is_permanent(world: Stages) -> None:
    world.anonymizer.text = "é" * 100_000
    done, content = world.anonymized(world.raw())
    world.spool.delete(content.text_key)
    with pytest.raises(Permanent, match="spool_missing"):
        world.classify(done)


def test_a_classifier_that_is_away_makes_the_mail_wait(world: Stages) -> None:
    world.classifier.error = Retryable("llm_unavailable")
    with pytest.raises(Retryable):
        world.classify(world.anonymized(world.raw())[0])


def test_a_mail_without_content_cannot_be_classified(world: Stages) -> None:
    with pytest.raises(Permanent, match="malformed_message"):
        world.classify(world.raw())


def test_a_note_cannot_be_classified(world: Stages) -> None:
    with pytest.raises(Permanent, match="malformed_message"):
        world.classify(note_of(world.raw()))


def test_a_mail_is_kept(world: Stages) -> None:
    envelope = world.classified()
    world.keep(envelope)
    assert world.store.ledger_state([envelope.mail_id]) == {envelope.mail_id: ("stored", "")}


def test_the_pointer_that_goes_on_has_no_content(world: Stages) -> None:
    kept = world.keep(world.classified())
    assert kept is not None
    assert (kept.content, kept.classification, kept.receipts) == (None, None, ())


def test_the_original_is_kept_as_it_came(world: Stages) -> None:
    envelope = world.classified()
    world.keep(envelope)
    original = world.store.originals[envelope.mail_id]
    assert (original.source, original.sender, original.body) == (RAW_MAIL, "Ada Example <ada@example.com>", "Dear Bob")


def test_the_fetched_original_is_kept_not_the_reference(world: Stages) -> None:
    envelope = world.classified(world.reference())
    world.keep(envelope)
    assert world.store.originals[envelope.mail_id].source == RAW_MAIL


def test_the_original_of_a_mail_without_source_is_its_json(world: Stages) -> None:
    envelope = world.classified(world.reference(source=False))
    world.keep(envelope)
    assert json.loads(world.store.originals[envelope.mail_id].source)["subject"] == "Results"


def test_a_sender_without_name_is_kept_as_the_address(world: Stages) -> None:
    envelope = world.classified(world.raw(RAW_MAIL.replace(b"Ada Example <ada@example.com>", b"ada@example.com")))
    world.keep(envelope)
    assert world.store.originals[envelope.mail_id].sender == "ada@example.com"


def test_a_mail_without_sender_is_kept(world: Stages) -> None:
    envelope = world.classified(world.raw(b"Subject: x\r\n\r\n"))
    world.keep(envelope)
    assert world.store.originals[envelope.mail_id].sender == ""


def test_a_long_text_is_kept_from_the_spool(world: Stages) -> None:
    world.anonymizer.text = "é" * 100_000
    envelope = world.classified()
    world.keep(envelope)
    assert world.store.emails[envelope.mail_id]["body"] == world.anonymizer.text


def test_all_receipts_are_kept(world: Stages) -> None:
    world.keep(world.classify(world.anonymized(world.raw())[0]))
    actions = {action for _, _, action in world.store.receipts}
    assert actions == {"email.receive", "email.anonymize", "email.classify", "email.store"}


def test_a_notice_waits_in_the_outbox(world: Stages) -> None:
    envelope = world.classified()
    world.keep(envelope)
    assert world.store.outbox.sent([envelope.mail_id]) == frozenset()


def test_the_sender_s_history_is_written(world: Stages) -> None:
    envelope = world.classified()
    world.keep(envelope)
    assert envelope.content is not None
    assert read_history(world.cache, "praxis", envelope.content.sender_key) == {"patient": 1}


def test_the_classifier_sees_the_history_of_this_account_alone(world: Stages) -> None:
    world.keep(world.classified())
    world.classify(world.classified(world.raw(RAW_MAIL.replace(b"<1@", b"<2@"), "2")))
    own = world.classifier.history
    world.classify(world.classified(world.take(Arrival("faculty", "gmail", RAW, RAW_MAIL, "provider:9", "9"))))
    assert (own, world.classifier.history) == ({"patient": 1}, {})


def test_the_histories_of_one_sender_in_two_accounts_stay_apart(world: Stages) -> None:
    """The last account that stored a mail of this sender once overwrote the others."""
    world.keep(world.classified())
    other = world.classified(world.take(Arrival("faculty", "gmail", RAW, RAW_MAIL, "provider:9", "9")))
    verdict = Classification("newsletter", "low", "en", 0.9, "words", "rules")
    world.keep(other.changed(classification=verdict))
    assert other.content is not None
    key = other.content.sender_key
    assert read_history(world.cache, "praxis", key) == {"patient": 1}
    assert read_history(world.cache, "faculty", key) == {"newsletter": 1}


def test_twice_is_one_row(world: Stages) -> None:
    envelope = world.classified()
    world.keep(envelope)
    assert world.keep(envelope) is not None
    assert (len(world.store.emails), len(world.store.outbox.rows)) == (1, 1)


def test_twice_counts_once_in_the_history(world: Stages) -> None:
    envelope = world.classified()
    world.keep(envelope)
    world.keep(envelope)
    assert envelope.content is not None
    assert read_history(world.cache, "praxis", envelope.content.sender_key) == {"patient": 1}


def test_the_same_mail_under_another_id_is_excluded(world: Stages) -> None:
    world.keep(world.classified())
    again = world.classified(world.reference())
    world.keep(again)
    assert world.store.ledger_state([again.mail_id]) == {again.mail_id: ("excluded", "duplicate")}


def test_a_duplicate_goes_no_further(world: Stages) -> None:
    world.keep(world.classified())
    assert world.keep(world.classified(world.reference())) is None


def test_a_duplicate_is_not_notified(world: Stages) -> None:
    world.keep(world.classified())
    world.keep(world.classified(world.reference()))
    assert len(world.store.outbox.rows) == 1


def test_a_note_is_written_into_the_ledger(world: Stages) -> None:
    envelope = world.raw()
    assert world.keep(note_of(envelope)) is None
    assert world.store.ledger_state([envelope.mail_id]) == {envelope.mail_id: ("quarantined", "why")}


def test_a_note_after_the_mail_was_kept_changes_nothing(world: Stages) -> None:
    envelope = world.classified()
    world.keep(envelope)
    world.keep(note_of(envelope))
    assert world.store.ledger_state([envelope.mail_id]) == {envelope.mail_id: ("stored", "")}


def test_a_mail_that_comes_back_from_quarantine_is_kept(world: Stages) -> None:
    envelope = world.classified()
    world.keep(note_of(envelope))
    world.keep(envelope)
    assert world.store.ledger_state([envelope.mail_id]) == {envelope.mail_id: ("stored", "")}


@pytest.mark.parametrize("lacking", ["content", "classification"])
def test_a_mail_without_content_or_verdict_is_malformed(world: Stages, lacking: str) -> None:
    envelope = world.classified()
    broken = envelope.changed(content=None) if lacking == "content" else envelope.changed(classification=None)
    with pytest.raises(Permanent, match="malformed_message"):
        world.keep(broken)


def test_an_original_that_is_gone_is_permanent(world: Stages) -> None:
    envelope = world.classified()
    world.spool.objects.clear()
    with pytest.raises(Permanent, match="spool_missing"):
        world.keep(envelope)


def test_while_the_spool_is_away_nothing_is_half_kept(world: Stages) -> None:
    envelope = world.classified()
    world.spool.down = True
    with pytest.raises(Retryable):
        world.keep(envelope)
    assert world.store.ledger == {}


def test_without_redis_a_mail_is_kept(world: Stages) -> None:
    envelope = world.classified()
    world.cache.down = True
    assert world.keep(envelope) is not None


def test_a_mail_that_was_erased_on_its_way_is_not_kept(world: Stages) -> None:
    done = world.classify(world.anonymized(world.raw())[0])
    stone = Header(ERASED, done.account, done.mail_id, done.received_at, "")
    world.spool.put(done.spool_key, seal(stone, b""))
    assert (world.keep(done), world.store.ledger) == (None, {})
