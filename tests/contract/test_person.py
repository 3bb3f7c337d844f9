"""One person's mail over a real PostgreSQL: found wherever it is, erased without a rest, not coming back."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest

from chalicelib.adapters.postgres.archive import PostgresArchive
from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.links import PostgresLinkStore
from chalicelib.core.cache_keys import history_key
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.intake.load_mail import ERASED, reopen
from chalicelib.mail import sealed
from chalicelib.ports import Stored
from tests.contract.mails import exclusion, mail_id, note
from tests.contract.person_world import ADA, BOB, RAW_KEY, World, raw
from tests.twins.delivery import MemoryBucket


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def found(world: World, address: str = ADA, remember: bool = False) -> dict[str, str]:
    """Mail id → state of what is found."""
    return {mail.place.mail_id: mail.state for mail in world.finder.find(address, remember).mails}


ROLES = [
    raw(ADA, BOB),
    raw(BOB, ADA),
    raw(BOB, f"Team <team@example.org>, Ada <{ADA}>"),
    raw(BOB, BOB, f"Cc: {ADA}\r\n"),
    raw(BOB, BOB, f"Reply-To: {ADA}\r\n"),
    raw(BOB, BOB, f"Bcc: {ADA}\r\n"),
    raw(BOB, BOB, f"Return-Path: <{ADA}>\r\n"),
    raw("Ada+letters@EXAMPLE.org", BOB),
]


@pytest.mark.parametrize("source", ROLES)
def test_a_stored_mail_is_found_by_every_part_that_the_person_plays(world: World, source: bytes) -> None:
    mail = world.mail("a", source)
    world.mail("b", raw(BOB, BOB))
    assert found(world) == {mail: "stored"}


@pytest.mark.parametrize("source", ROLES)
def test_a_mail_that_was_stored_before_hashes_were_kept_is_found_by_its_original(world: World, source: bytes) -> None:
    mail = world.mail("a", source, hashed=False)
    world.mail("b", raw(BOB, BOB), hashed=False)
    assert found(world) == {mail: "stored"}


def test_an_original_is_opened_once_in_its_life_when_that_may_be_written_down(world: World) -> None:
    world.mail("a", raw(ADA, BOB), hashed=False)
    numbers = [world.finder.find(ADA, remember).opened for remember in (False, True, False)]
    assert numbers == [1, 1, 0]


@pytest.mark.parametrize(
    "push",
    [
        {"sender": ADA, "body": "hello"},
        {"sender": BOB, "to": f"Ada <{ADA}>", "body": "hello"},
        {"from": {"name": "Ada", "address": ADA}, "text": {"plain": "hello"}},
    ],
)
def test_an_original_that_is_no_rfc_822_is_read_too(world: World, push: dict[str, object]) -> None:
    mail = world.mail("a", json.dumps(push).encode(), hashed=False)
    assert found(world) == {mail: "stored"}


def test_a_double_is_found_with_the_mail_that_it_doubles(world: World) -> None:
    first = world.mail("a", raw(ADA, BOB), identities=("one",))
    second = world.mail("b", raw(ADA, BOB), identities=("one",))
    assert found(world) == {first: "stored", second: "excluded"}


def test_mail_in_flight_is_found_by_its_seal(world: World) -> None:
    mail = world.seal("a", raw(ADA, BOB))
    world.seal("b", raw(BOB, BOB))
    assert found(world) == {mail: ""}


def test_mail_that_was_fetched_is_found_by_what_was_fetched(world: World) -> None:
    mail = world.seal("a", b"{}", sealed.EMAILENGINE)
    world.seal("a", raw(ADA, BOB), prefix="fetched")
    world.seal("never fetched", b"{}", sealed.EMAILENGINE)
    assert found(world) == {mail: ""}


def test_an_upload_is_found_before_it_is_sealed(world: World) -> None:
    mail = world.seal("a", json.dumps({"upload": "u1"}).encode(), sealed.UPLOAD)
    world.spool.put("uploads/practice/u1", raw(ADA, BOB))
    assert found(world) == {mail: ""}


def test_quarantined_mail_is_found_by_its_seal(world: World) -> None:
    mail = world.quarantined("a", raw(ADA, BOB))
    world.quarantined("b", raw(BOB, BOB))
    assert found(world) == {mail: "quarantined"}


def test_quarantined_mail_without_a_seal_is_found_by_its_failed_message(world: World) -> None:
    world.fail(world.envelope("a", raw(BOB, ADA)), "store")
    world.fail(world.envelope("b", raw(BOB, BOB)), "store")
    assert found(world) == {mail_id("a"): ""}


def test_mail_that_the_rules_kept_out_is_found_by_its_sender(world: World) -> None:
    world.store.exclude(exclusion("a").changed(sender_key=world.key(ADA)))
    world.store.exclude(exclusion("b").changed(sender_key=world.key(BOB)))
    assert found(world) == {mail_id("a"): "excluded"}


def test_sealed_mail_that_cannot_be_opened_is_reported(world: World) -> None:
    world.spool.put(f"sealed/practice/{mail_id('a')}", b"rubbish")
    assert world.finder.find(ADA, remember=False).unreadable == (mail_id("a"),)


def test_looking_changes_nothing(world: World) -> None:
    world.mail("a", raw(ADA, BOB), hashed=False)
    world.quarantined("b", raw(ADA, BOB))
    before = world.everything()
    found(world)
    assert world.everything() == before


def full(world: World) -> dict[str, str]:
    """A mail of Ada in every state: stored, double, kept out, quarantined, in flight."""
    ids = {
        "stored": world.mail("stored", raw(ADA, BOB), identities=("one",)),
        "older": world.mail("older", raw(BOB, ADA), hashed=False),
        "double": world.mail("double", raw(ADA, BOB), identities=("one",)),
        "quarantined": world.quarantined("quarantined", raw(ADA, BOB)),
        "in flight": world.seal("in flight", raw(BOB, ADA)),
        "kept out": mail_id("kept out"),
    }
    world.seal("kept out", raw(ADA, BOB))
    world.store.exclude(exclusion("kept out").changed(sender_key=world.key(ADA)))
    for account in ("practice", "personal"):  # kept longer than its mails may be
        world.cache.set(history_key(account, world.key(ADA)), b"{}", 600)
    return ids


def test_everything_of_the_person_goes(world: World) -> None:
    full(world)
    assert ADA in world.everything()
    world.eraser.erase(ADA, "ann")
    left = world.everything()
    assert not [trace for trace in (ADA, "A Person", "Dear you", "map:", "history:", "identity-") if trace in left]


def test_what_is_left_are_ledger_rows_that_say_erased_and_one_hash_in_the_receipt(world: World) -> None:
    ids = full(world)
    world.eraser.erase(ADA, "ann")
    assert world.states(*ids.values()) == [("excluded", "erased")] * len(ids)
    assert world.everything().count(world.key(ADA)) == 1


def test_no_failed_message_of_the_person_is_left(world: World) -> None:
    full(world)
    world.quarantined("other", raw(BOB, BOB))
    world.eraser.erase(ADA, "ann")
    assert [mail_id("other") in failed.body for failed in world.queues.dead["anonymize"]] == [True]


def test_the_mail_of_others_is_untouched(world: World) -> None:
    world.mail("b", raw(BOB, BOB), hashed=False)
    world.quarantined("c", raw(BOB, BOB))
    world.finder.find(ADA, remember=True)
    before = world.everything()
    full(world)
    world.eraser.erase(ADA, "ann")
    missing = [line for line in before.splitlines() if line not in world.everything()]
    assert missing == []


def test_files_that_were_off_loaded_go_too(world: World) -> None:
    world.mail("a", raw(ADA, BOB))
    held = PostgresLinkStore(world.database, RAW_KEY)
    bucket = MemoryBucket()
    bucket.put("practice/a/hers.pdf", b"Dear you", "hers.pdf", "application/pdf")
    for position in (0, 1):
        begun = held.begin(mail_id("a"), position, "dropbox", "https://files.example/hers")
        assert begun is not None
        held.stored(mail_id("a"), position, replace(begun, key="practice/a/hers.pdf", name="hers.pdf", total=8))
    receipt = replace(world.eraser, files=bucket).erase(ADA, "ann")
    assert (bucket.files, receipt.counts["files"], world.texts("SELECT 1 FROM ingestion.links")) == ({}, 2, "")


def test_the_receipt_counts_and_names_nobody(world: World) -> None:
    ids = full(world)
    receipt = world.eraser.erase(ADA, "ann")
    assert (receipt.counts["mails"], receipt.counts["emails"], receipt.counts["dead_letters"]) == (len(ids), 2, 1)
    assert (receipt.address_key, receipt.author, ADA in str(receipt)) == (world.key(ADA), "ann", False)
    assert receipt.finished_at is not None


def test_doing_it_again_changes_nothing_and_gives_the_same_receipt(world: World) -> None:
    full(world)
    first = world.eraser.erase(ADA, "ann")
    before = world.everything()
    assert world.eraser.erase(ADA, "bob") == first
    assert world.everything() == before


def test_a_run_that_was_killed_is_gone_on_with(world: World) -> None:
    ids = full(world)
    deletes = iter(range(3))

    class Failing(type(world.spool)):  # type: ignore[misc]
        def delete(self, key: str) -> None:
            if next(deletes, None) is None and not self.down:
                raise Retryable("spool_unavailable")
            super().delete(key)

    whole, world.spool = world.spool, Failing()
    world.spool.objects, world.spool.modified = whole.objects, whole.modified
    with pytest.raises(Retryable):
        world.eraser.erase(ADA, "ann")
    world.spool = whole
    receipt = world.eraser.erase(ADA, "ann")
    assert (world.states(*ids.values()), ADA in world.everything()) == ([("excluded", "erased")] * len(ids), False)
    assert receipt.finished_at is not None


def test_a_person_without_mail_gets_a_receipt_of_nothing(world: World) -> None:
    assert world.eraser.erase(ADA, "ann").counts["mails"] == 0


def test_mail_in_flight_does_not_come_back(world: World) -> None:
    world.seal("a", raw(ADA, BOB))
    world.eraser.erase(ADA, "ann")
    with pytest.raises(Permanent, match=ERASED):
        reopen(f"sealed/practice/{mail_id('a')}", world.spool)
    assert world.deliver("a", raw(ADA, BOB)) == Stored("erased", mail_id("a"))


def test_mail_that_nobody_could_know_of_yet_is_refused_by_its_addresses(world: World) -> None:
    world.eraser.erase(ADA, "ann")
    outcome = world.deliver("unfetched", raw(BOB, ADA))
    assert (outcome.outcome, world.states(mail_id("unfetched"))) == ("erased", [("excluded", "erased")])


def test_mail_that_is_received_after_the_erasure_is_a_new_matter(world: World) -> None:
    world.eraser.erase(ADA, "ann")
    assert world.deliver("later", raw(ADA, BOB), received_at="2999-01-01T00:00:00+00:00").outcome == "stored"


def test_a_note_of_the_rules_that_comes_late_is_refused_too(world: World) -> None:
    world.eraser.erase(ADA, "ann")
    world.store.exclude(exclusion("a").changed(sender_key=world.key(ADA)))
    assert (world.states(mail_id("a")), found(world)) == ([("excluded", "erased")], {})


@pytest.mark.parametrize("again", ["stored", "quarantined", "excluded"])
def test_whatever_comes_late_an_erased_mail_stays_erased(world: World, again: str) -> None:
    world.mail("a", raw(ADA, BOB))
    world.eraser.erase(ADA, "ann")
    if again == "stored":
        world.deliver("a", raw(ADA, BOB), hashed=False, received_at="2999-01-01T00:00:00+00:00")
    elif again == "quarantined":
        world.store.quarantine(note("a").changed(last_at="2999-01-01T00:00:00+00:00"))
    else:
        world.store.exclude(exclusion("a", minutes=10**6))
    assert world.states(mail_id("a")) == [("excluded", "erased")]


def test_mail_that_came_back_is_listed_for_the_job_that_clears_the_spool(world: World) -> None:
    world.mail("a", raw(ADA, BOB))
    world.eraser.erase(ADA, "ann")
    archive, long_ago = PostgresArchive(world.database), utc_now().replace(year=2000)
    assert archive.returned(long_ago, 10) == []
    world.deliver("a", raw(ADA, BOB))
    assert [place.mail_id for place in archive.returned(long_ago, 10)] == [mail_id("a")]


def test_the_rules_that_name_the_address_are_reported(world: World) -> None:
    from chalicelib.adapters.postgres.rules import PostgresRuleStore

    PostgresRuleStore(world.database).save({"allowlist": [ADA]}, "ann", "", 0)
    assert (world.people.rules_naming("ADA@example.org"), world.people.rules_naming(BOB)) == ([1], [])


def written(world: World) -> zipfile.ZipFile:
    target = io.BytesIO()
    world.takeout.write(ADA, target)
    return zipfile.ZipFile(target)


def test_an_export_has_every_original_of_the_person_byte_for_byte(world: World) -> None:
    ids = full(world)
    del ids["double"]  # sealed as the stored one is
    with written(world) as held:
        originals = {name: held.read(f"originals/{mail}.eml") for name, mail in ids.items()}
    assert set(originals.values()) == {raw(ADA, BOB), raw(BOB, ADA)}


def test_an_export_has_a_record_of_every_mail(world: World) -> None:
    ids = full(world)
    with written(world) as held:
        records = {mail: json.loads(held.read(f"records/{mail}.json")) for mail in ids.values()}
    assert records[ids["stored"]]["mail"]["subject"] == "Results of <PERSON_1>"
    assert [receipt["action"] for receipt in records[ids["stored"]]["receipts"]] == ["email.anonymize"]
    assert records[ids["quarantined"]]["ledger"]["state"] == "quarantined"


def test_an_export_has_nothing_of_others(world: World) -> None:
    full(world)
    other = world.mail("other", raw(BOB, BOB))
    with written(world) as held:
        assert not [name for name in held.namelist() if other in name]


def test_an_export_changes_nothing(world: World) -> None:
    full(world)
    before = world.everything()
    written(world).close()
    assert world.everything() == before


def test_after_an_erasure_there_is_nothing_to_export(world: World) -> None:
    full(world)
    world.eraser.erase(ADA, "ann")
    with written(world) as held:
        assert json.loads(held.read("index.json"))["mails"] == []


def test_a_run_that_is_killed_has_counted_each_mail_that_it_erased(world: World) -> None:
    for name in "abc":
        world.mail(name, raw(ADA, BOB, f"X-Name: {name}\r\n"))

    def interrupted(what: str, number: int) -> None:
        if (what, number) == ("mails erased", 2):
            raise KeyboardInterrupt

    eraser = world.eraser
    eraser.finder.progress = interrupted
    with pytest.raises(KeyboardInterrupt):
        eraser.erase(ADA, "ann")
    assert world.eraser.erase(ADA, "ann").counts["mails"] == 3


def test_a_dead_letter_queue_that_could_not_be_read_whole_is_named_in_the_receipt(world: World) -> None:
    world.fail(world.envelope("a", raw(BOB, ADA)), "store")
    world.dead.take("store", 10, 3600)  # another reader
    first = world.eraser.erase(ADA, "ann")
    assert (first.counts["unread_queues"], world.finder.find(ADA, remember=False).unread) == (1, ("store",))
    world.queues.dead["store"][0].visible_at = 0
    again = world.eraser.erase(ADA, "ann")
    assert (again.id != first.id, again.counts["unread_queues"], again.counts["mails"]) == (True, 0, 1)
    assert world.queues.dead["store"] == []
