"""Stage 1: from whatever a door sealed to anonymized content."""

from __future__ import annotations

import json

import pytest

from chalicelib.core.cache_keys import mapping_key
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.core.keyed_hashes import sender_key
from chalicelib.core.messages import INLINE_TEXT_BYTES, Quarantine, encode
from chalicelib.core.spool_keys import fetched_key, links_key
from chalicelib.intake.intake import Arrival
from chalicelib.intake.load_mail import reopen
from chalicelib.mail.sealed import EMAILENGINE, ERASED, FIELDS, RAW, Header, seal, unseal
from chalicelib.policy.ruleset import load
from chalicelib.privacy.mapping import open_sealed
from tests.unit.pipeline.world import MAPPING_KEY, PSEUDONYM_KEY, RAW_MAIL, World

REPLY = RAW_MAIL.replace(b"<1@", b"<2@").replace(b"\r\n\r\n", b"\r\nIn-Reply-To: <1@example.com>\r\n\r\n", 1)
WITHOUT_ID = RAW_MAIL.replace(b"Message-ID: <1@example.com>\r\n", b"")


@pytest.fixture
def world() -> World:
    return World()


def test_a_raw_mail_is_parsed(world: World) -> None:
    _, content = world.anonymized(world.raw())
    assert (content.subject, content.text) == ("Results", "Dear Bob")


def test_a_field_push_is_parsed(world: World) -> None:
    _, content = world.anonymized(world.fields())
    assert (content.subject, content.text) == ("Results", "Dear Bob")


def test_a_reference_s_mail_is_fetched(world: World) -> None:
    _, content = world.anonymized(world.reference())
    assert (content.subject, content.text) == ("Results", "Dear Bob")


def test_what_was_fetched_is_sealed_too(world: World) -> None:
    envelope = world.reference()
    world.anonymized(envelope)
    header, payload = unseal(world.spool.objects[fetched_key(envelope.account, envelope.mail_id)])
    assert (header.kind, payload) == (RAW, RAW_MAIL)


def test_the_content_names_the_object_that_holds_the_mail(world: World) -> None:
    envelope = world.reference()
    _, content = world.anonymized(envelope)
    assert content.source_key == fetched_key(envelope.account, envelope.mail_id)


def test_of_a_mail_sealed_by_the_door_the_content_names_the_door_s_object(world: World) -> None:
    envelope = world.raw()
    assert world.anonymized(envelope)[1].source_key == envelope.spool_key


def test_a_mail_without_source_is_read_from_its_json(world: World) -> None:
    _, content = world.anonymized(world.reference(source=False))
    assert content.subject == "Results"


def test_the_json_of_a_mail_without_source_is_sealed_too(world: World) -> None:
    envelope = world.reference(source=False)
    world.anonymized(envelope)
    assert unseal(world.spool.objects[fetched_key(envelope.account, envelope.mail_id)])[0].kind == "message"


def test_a_mail_without_source_can_be_opened_again(world: World) -> None:
    _, content = world.anonymized(world.reference(source=False))
    assert reopen(content.source_key, world.spool).form == "fields"


def test_a_moved_mail_is_found(world: World) -> None:
    envelope = world.reference()
    [held] = world.source.held.values()
    world.source.move(held.reference, "Archive")
    assert world.anonymized(envelope)[1].subject == "Results"


def test_a_mail_that_is_gone_is_permanent(world: World) -> None:
    envelope = world.reference()
    world.source.held.clear()
    with pytest.raises(Permanent, match="message_gone"):
        world.worker.process(envelope)


def test_while_emailengine_is_away_the_mail_waits(world: World) -> None:
    envelope = world.reference()
    world.source.down = True
    with pytest.raises(Retryable, match="emailengine_unavailable"):
        world.worker.process(envelope)


def test_a_spool_object_that_is_gone_is_permanent(world: World) -> None:
    envelope = world.raw()
    world.spool.objects.clear()
    with pytest.raises(Permanent, match="spool_missing"):
        world.worker.process(envelope)


def test_while_the_spool_is_away_the_mail_waits(world: World) -> None:
    envelope = world.raw()
    world.spool.down = True
    with pytest.raises(Retryable, match="spool_unavailable"):
        world.worker.process(envelope)


@pytest.mark.parametrize("data", [b"", b"garbage", b"{}\nbody"])
def test_an_object_that_is_none_of_ours_is_permanent(world: World, data: bytes) -> None:
    envelope = world.raw()
    world.spool.objects[envelope.spool_key] = data
    with pytest.raises(Permanent, match="sealed_unreadable"):
        world.worker.process(envelope)


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_fields_that_are_no_object_are_permanent(world: World, payload: bytes) -> None:
    envelope = world.take(Arrival("praxis", "gmail", FIELDS, payload, "fields:x"))
    with pytest.raises(Permanent, match="sealed_unreadable"):
        world.worker.process(envelope)


@pytest.mark.parametrize(
    "data", [b"", b"\x00\xff\xfe" * 100, b"\r\n\r\n", b"Subject: \xed\xa0\x80\r\n\r\n\xed\xa0\x80"]
)
def test_any_raw_bytes_go_through(world: World, data: bytes) -> None:
    done, _ = world.anonymized(world.raw(data))
    assert encode(done).isascii()


@pytest.mark.parametrize("field", ["sender", "subject", "body", "body_html", "message_id", "date"])
@pytest.mark.parametrize("text", ["\x00", "a\ud800b", "\udfff"])
def test_any_character_in_a_field_goes_through(world: World, field: str, text: str) -> None:
    done, _ = world.anonymized(world.fields(**{field: text}))
    assert encode(done).isascii()


def test_a_quarantine_note_is_no_mail(world: World) -> None:
    note = Quarantine("i", "a", "s", "k", "r", "t", "anonymize", "r", "E", 1, "f", "l")
    with pytest.raises(Permanent, match="malformed_message"):
        world.worker.process(note)


def test_the_stage_leaves_its_receipt_after_the_door_s(world: World) -> None:
    done, _ = world.anonymized(world.raw())
    assert [receipt.action for receipt in done.receipts] == ["email.receive", "email.anonymize"]


def test_the_sender_is_known_by_a_keyed_hash(world: World) -> None:
    _, content = world.anonymized(world.raw())
    assert len(content.sender_key) == 32
    assert "ada" not in content.sender_key


def test_a_mail_without_sender_has_no_sender_key(world: World) -> None:
    assert world.anonymized(world.raw(b"Subject: x\r\n\r\n"))[1].sender_key == ""


def test_a_short_text_travels_in_the_message(world: World) -> None:
    world.anonymizer.text = "x" * INLINE_TEXT_BYTES
    _, content = world.anonymized(world.raw())
    assert (len(content.text), content.text_key) == (INLINE_TEXT_BYTES, "")


def test_a_long_text_goes_through_the_spool(world: World) -> None:
    world.anonymizer.text = "é" * INLINE_TEXT_BYTES
    _, content = world.anonymized(world.raw())
    assert content.text == ""
    assert world.spool.objects[content.text_key].decode() == world.anonymizer.text


def test_the_widest_mail_fits_into_a_message(world: World) -> None:
    """SQS takes 1 MiB; JSON in ASCII writes an emoji in 12 characters."""
    many = ", ".join(f'"{"é" * 500}" <{number}@example.com>' for number in range(2_000))
    push = {"subject": "😀" * 10_000, "to": many, "cc": many, "message_id": "<é@example.com>"}
    push |= {"attachments": [{"name": "é" * 1_000, "type": "x/y", "size": 1}] * 200}  # type: ignore[dict-item]
    world.anonymizer.text = "😀" * (INLINE_TEXT_BYTES // 4)
    done, _ = world.anonymized(world.fields(**push))
    assert len(encode(done)) < 1024 * 1024


def test_twice_is_the_same(world: World) -> None:
    envelope = world.raw()
    first, second = (world.anonymized(envelope)[1] for _ in range(2))
    assert first == second


def test_a_reply_is_of_the_same_thread(world: World) -> None:
    first, reply = world.raw(), world.raw(REPLY, "2")
    assert world.anonymized(first)[1].thread_key == world.anonymized(reply)[1].thread_key


def test_a_reply_keeps_the_thread_s_tokens(world: World) -> None:
    first, reply = world.anonymized(world.raw())[1], world.anonymized(world.raw(REPLY, "2"))[1]
    assert first.sender == reply.sender


def test_two_mails_without_message_id_are_no_thread(world: World) -> None:
    one, other = (world.anonymized(world.raw(WITHOUT_ID, name))[1] for name in "12")
    assert (one.thread_key == other.thread_key, one.sender == other.sender) == (False, False)


def test_the_same_thread_of_another_account_is_another_one(world: World) -> None:
    other = world.anonymized(world.take(Arrival("faculty", "gmail", RAW, REPLY, "provider:9", "9")))[1]
    own = world.anonymized(world.raw())[1]
    assert (own.thread_key == other.thread_key, own.sender == other.sender) == (False, False)


def test_two_message_ids_with_a_plus_are_two_threads(world: World) -> None:
    ids = (b"CA+55faFxAlpha1@mail.gmail.com", b"CA+9zzzBeta2@mail.gmail.com")
    mails = [world.raw(RAW_MAIL.replace(b"1@example.com", root), root.decode()) for root in ids]
    one, other = (world.anonymized(mail)[1] for mail in mails)
    assert (one.thread_key == other.thread_key, one.sender == other.sender) == (False, False)


def test_the_mapping_is_kept_encrypted_and_for_the_mail_alone(world: World) -> None:
    envelope = world.raw()
    world.anonymized(envelope)
    kept = {key: value for key, (value, _) in world.cache.values.items() if not key.startswith("seen:")}
    assert list(kept) == [mapping_key(envelope.mail_id)]
    assert not [key for key, value in kept.items() if b"ada" in value or "ada" in key]


def test_the_mapping_of_a_mail_can_be_opened_with_its_key(world: World) -> None:
    envelope = world.raw()
    _, content = world.anonymized(envelope)
    held = world.cache.get(mapping_key(envelope.mail_id))
    assert held is not None
    assert open_sealed(held, MAPPING_KEY, envelope.mail_id) == {content.sender: "ada@example.com"}


def test_the_mapping_lives_for_minutes(world: World) -> None:
    now = [0.0]
    world.cache._clock = lambda: now[0]
    envelope = world.raw()
    world.anonymized(envelope)
    now[0] = 1801
    assert world.cache.get(mapping_key(envelope.mail_id)) is None


def test_without_redis_the_mail_goes_through(world: World) -> None:
    envelope = world.raw()
    world.cache.down = True
    assert world.anonymized(envelope)[1].subject == "Results"


def test_the_pushed_fields_are_not_in_the_message(world: World) -> None:
    done, _ = world.anonymized(world.fields(to="carol@example.net", labels=["Patient Carol"]))
    assert "arol" not in json.dumps(encode(done))


LINKED = RAW_MAIL.replace(b"Dear Bob", b"Files: https://files.example.net/s/abcd and https://else.example/s/abcd")
RULES = {
    "providers": {"files": {"hosts": ["files.example.net"], "paths": ["/s/"]}},
    "rules": [{"name": "files", "then": {"offload": True}}],
}


def test_the_links_of_a_mail_whose_files_are_wanted_lie_sealed_in_the_spool(world: World) -> None:
    world.rules = load(RULES)
    done, _ = world.anonymized(world.raw(LINKED))
    assert done.routing is not None
    assert done.routing.offload
    assert json.loads(world.spool.objects[links_key("praxis", done.mail_id)]) == [
        ["files", "https://files.example.net/s/abcd"]
    ]


def test_no_clear_link_travels_in_the_pointer(world: World) -> None:
    world.rules = load(RULES)
    done, _ = world.anonymized(world.raw(LINKED))
    assert "https" not in encode(done.changed(content=None))


def test_a_mail_without_links_has_no_files_to_off_load(world: World) -> None:
    world.rules = load(RULES)
    done, _ = world.anonymized(world.raw())
    assert done.routing is not None
    assert (done.routing.offload, links_key("praxis", done.mail_id) in world.spool.objects) == (False, False)


def test_links_that_no_rule_asks_for_are_not_kept(world: World) -> None:
    done, _ = world.anonymized(world.raw(LINKED))
    assert links_key("praxis", done.mail_id) not in world.spool.objects


def test_the_content_carries_a_keyed_hash_of_every_address_and_no_address(world: World) -> None:
    mail = RAW_MAIL.replace(b"Subject:", b"Cc: cy+lists@EXAMPLE.org\r\nBcc: di@example.org\r\nSubject:", 1)
    _, content = world.anonymized(world.raw(mail))
    wanted = {sender_key(address, PSEUDONYM_KEY) for address in ("cy@example.org", "di@example.org")}
    assert wanted < set(content.address_keys)
    assert content.sender_key in content.address_keys


def test_a_mail_that_was_erased_on_its_way_ends_here(world: World) -> None:
    envelope = world.raw()
    stone = Header(ERASED, envelope.account, envelope.mail_id, envelope.received_at, "")
    world.spool.put(envelope.spool_key, seal(stone, b""))
    assert world.worker.process(envelope) is None


UNDATED = RAW_MAIL.replace(b"Date: Mon, 3 Mar 2025 10:00:00 +0100\r\n", b"")
ARRIVED = "2025-03-02T08:15:00+00:00"


def dated(data: bytes, date: str) -> Arrival:
    return Arrival("praxis", "gmail", RAW, data, "provider:1", "1", date=date)


def test_a_mail_s_own_date_wins_over_the_mailbox_s(world: World) -> None:
    _, content = world.anonymized(world.take(dated(RAW_MAIL, ARRIVED)))
    assert content.date == "2025-03-03T10:00:00+01:00"


def test_a_mail_without_date_has_the_mailbox_s(world: World) -> None:
    _, content = world.anonymized(world.take(dated(UNDATED, ARRIVED)))
    assert (content.date, "no_date" in content.defects) == (ARRIVED, True)


def test_a_mail_without_any_date_has_the_time_of_its_receipt(world: World) -> None:
    _, content = world.anonymized(world.take(dated(UNDATED, "")))
    assert content.date == "2025-03-03T09:00:00+00:00"


def test_the_mailbox_s_date_is_in_no_identity(world: World) -> None:
    _, one = world.anonymized(world.take(dated(UNDATED, ARRIVED)))
    without = World()
    _, other = without.anonymized(without.take(dated(UNDATED, "")))
    assert (one.identities, one.matches) == (other.identities, other.matches)


def test_a_fetched_mail_without_date_has_the_date_of_its_reference(world: World) -> None:
    held = world.source.add("praxis", UNDATED, source=True)
    payload = json.dumps({"id": held.id, "path": held.path}).encode()
    _, content = world.anonymized(
        world.take(Arrival("praxis", "emailengine", EMAILENGINE, payload, "e:1", date=ARRIVED))
    )
    assert content.date == ARRIVED
