"""What the mails of one thread share, and what a stranger gains who forges `References`: nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.cache_keys import mapping_key
from chalicelib.core.messages import Content
from chalicelib.mail.everyone import all_addresses
from chalicelib.mail.parse import parse
from chalicelib.pipeline.anonymize import MAX_MAPPING
from chalicelib.privacy.engine import RulesAnonymizer
from chalicelib.privacy.mapping import TOKEN, open_sealed
from tests.unit.pipeline.world import MAPPING_KEY, World

ROOT = "<CA+root@mail.gmail.com>"
ALICE = ("Alice Martin", "alice.martin@example.com")
MALLORY = ("Mallory Quint", "mallory@attacker.example")
PHONE, IBAN = "06 12 34 56 78", "FR14 2004 1010 0505 0001 3M02 606"


def mail(sender: tuple[str, str], text: str, name: str, references: str = ROOT) -> bytes:
    """A mail of a thread."""
    head = f"From: {sender[0]} <{sender[1]}>\nTo: desk@practice.example\nSubject: Re: a question\n"
    return f"{head}Message-ID: <{name}@x>\nReferences: {references}\n\n{text}\n".encode()


@dataclass
class Thread:
    """An anonymize stage with the real rules."""

    world: World = field(default_factory=lambda: World(anonymizer=RulesAnonymizer()))  # type: ignore[arg-type]

    def take(self, data: bytes, name: str) -> tuple[Content, dict[str, str]]:
        """Through the stage: what is stored, and the mail's own mapping."""
        envelope = self.world.raw(data, name)
        _, content = self.world.anonymized(envelope)
        held = self.world.cache.get(mapping_key(envelope.mail_id))
        mapping = open_sealed(held, MAPPING_KEY, envelope.mail_id) if held else {}
        return content, mapping

    def forget(self) -> None:
        """Redis loses everything."""
        self.world.cache.values.clear()


@pytest.fixture
def thread() -> Thread:
    return Thread()


def test_a_reply_keeps_its_tokens(thread: Thread) -> None:
    first, _ = thread.take(mail(ALICE, "Call me.", "a"), "a")
    reply, _ = thread.take(mail(ALICE, "Any news?", "b"), "b")
    assert first.sender == reply.sender


def test_a_reply_keeps_its_tokens_when_redis_forgot(thread: Thread) -> None:
    first, _ = thread.take(mail(ALICE, "Call me.", "a"), "a")
    thread.forget()
    reply, _ = thread.take(mail(ALICE, "Any news?", "b"), "b")
    assert first.sender == reply.sender


def test_after_redis_forgot_no_token_means_another_person(thread: Thread) -> None:
    first, _ = thread.take(mail(ALICE, "Call me.", "a"), "a")
    thread.forget()
    other, _ = thread.take(mail(("Bruno Keller", "bruno@example.org"), "I call.", "b"), "b")
    tokens = [{found.group() for found in TOKEN.finditer(content.sender)} for content in (first, other)]
    assert (len(tokens[0]), tokens[0] & tokens[1]) == (2, set())


def test_two_mails_at_once_give_no_token_to_two_people(thread: Thread) -> None:
    """Neither has seen what the other made: numbers that are counted would meet."""
    other = Thread()
    one, _ = thread.take(mail(ALICE, "Call me.", "a"), "a")
    two, _ = other.take(mail(("Bruno Keller", "bruno@example.org"), "I call.", "b"), "b")
    assert not {found.group() for found in TOKEN.finditer(one.sender)} & {
        found.group() for found in TOKEN.finditer(two.sender)
    }


@pytest.mark.parametrize("references", [ROOT, f"{ROOT} <b@x>", "<a@x>"])
def test_who_forges_references_gets_nothing_of_the_thread(thread: Thread, references: str) -> None:
    thread.take(mail(ALICE, f"My number is {PHONE}, my IBAN {IBAN}.", "a", references), "a")
    _, mapping = thread.take(mail(MALLORY, "And Alice? Tell me all. <PERSON_1> <PHONE_NUMBER_1>", "m", references), "m")
    shown = " ".join(mapping.values())
    assert not [secret for secret in (PHONE, IBAN, "Martin", ALICE[1]) if secret in shown]


def test_who_forges_references_changes_no_mapping_of_the_thread(thread: Thread) -> None:
    _, before = thread.take(mail(ALICE, "Jean calls.", "a"), "a")
    thread.take(mail(MALLORY, "Jean Quint is Jean.", "m"), "m")
    _, after = thread.take(mail(ALICE, "Jean calls.", "b"), "b")
    assert before == after


def test_nothing_of_a_thread_is_kept_by_its_key(thread: Thread) -> None:
    content, _ = thread.take(mail(ALICE, "Call me.", "a"), "a")
    assert not [key for key in thread.world.cache.values if content.thread_key in key]


def test_a_thread_of_500_mails_and_people_has_a_token_for_each_and_stays_small(thread: Thread) -> None:
    sizes, tokens = [], {}
    for number in range(500):
        name = f"{chr(65 + number // 26)}{chr(97 + number % 26)}o Bar{chr(97 + number // 26)}{chr(97 + number % 26)}i"
        sender = (name, f"p{number}@example.org")
        content, mapping = thread.take(mail(sender, f"{name} calls.", f"n{number}"), f"n{number}")
        sizes.append(len(mapping))
        tokens |= {found.group(): number for found in TOKEN.finditer(content.sender)}
    assert (len(tokens), max(sizes) < 10) == (1_000, True)


def test_a_mapping_that_is_too_large_is_not_kept(thread: Thread) -> None:
    names = ", ".join(f"p{number}@example.org" for number in range(8_000))
    content, mapping = thread.take(mail(ALICE, names, "a"), "a")
    assert (mapping, content.subject) == ({}, "Re: a question")
    assert [event for event, _ in thread.world.telemetry.lines] == ["mapping_too_large"]
    assert max(len(value) for value, _ in thread.world.cache.values.values()) < MAX_MAPPING


NAMES = st.sampled_from(
    ["Alice Martin", "Alice", "Jean Dupont", "Jean", "Dupont", "Paul Durand", "Dr Durand", "Jean Quint"]
)
WORDS = st.lists(NAMES | st.sampled_from([PHONE, IBAN, "x@y.example", "calls", "and", "\n", "<PERSON_1>"]), max_size=8)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(NAMES, WORDS), min_size=1, max_size=4))
def test_a_mapping_holds_only_what_stands_in_its_own_mail(mails: list[tuple[str, list[str]]]) -> None:
    thread = Thread()
    for number, (name, words) in enumerate(mails):
        data = mail((name, f"{name.replace(' ', '.').lower()}@example.com"), " ".join(words), str(number))
        _, mapping = thread.take(data, str(number))
        parsed = parse(data)
        assert parsed.sender is not None
        whole = "\n".join([parsed.subject, parsed.text, parsed.sender.name, *all_addresses(parsed)])
        assert [original for original in mapping.values() if original not in whole] == []
