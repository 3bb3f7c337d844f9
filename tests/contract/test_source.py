"""What every message source does, in memory and over EmailEngine's stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import pytest

from chalicelib.adapters.emailengine.messages import EmailEngine
from chalicelib.core.errors import NotReady, Permanent, Retryable
from chalicelib.mail.reference import facts_of
from chalicelib.ports import MessageReference, MessageSource
from infra.local.standins.emailengine import EmailEngineStandIn
from infra.local.standins.mailboxes import Held
from tests.twins.source import MemorySource

ACCOUNT = "research lab/é"


class Bench(Protocol):
    """A source, and hands on the mailboxes behind it; `email_id` empty is a server without permanent ids.

    `add_again`: the account is removed and added, so that its ids start again.
    """

    @property
    def source(self) -> MessageSource: ...

    def add(self, raw: bytes, email_id: str = "", source: bool = True) -> MessageReference: ...

    def move(self, reference: MessageReference, path: str) -> MessageReference: ...

    def delete(self, reference: MessageReference) -> None: ...

    def add_again(self) -> None: ...

    def trouble(self, state: str, code: str) -> None: ...

    def break_down(self) -> None: ...


@dataclass
class MemoryBench:
    source: MemorySource

    def add(self, raw: bytes, email_id: str = "", source: bool = True) -> MessageReference:
        return self.source.add(ACCOUNT, raw, email_id=email_id, source=source)

    def move(self, reference: MessageReference, path: str) -> MessageReference:
        return self.source.move(reference, path)

    def delete(self, reference: MessageReference) -> None:
        self.source.delete(reference)

    def add_again(self) -> None:
        self.source.forget(ACCOUNT)
        self.source.accounts.add(ACCOUNT)

    def trouble(self, state: str, code: str) -> None:
        self.source.trouble[ACCOUNT] = code

    def break_down(self) -> None:
        self.source.down = True


@dataclass
class EmailEngineBench:
    source: EmailEngine
    stand_in: EmailEngineStandIn

    def _reference(self, held: Held) -> MessageReference:
        facts = facts_of(held.entry())
        stated = (facts.date, facts.size, facts.subject, facts.sender)
        return MessageReference(ACCOUNT, held.id, held.email_id, facts.message_id, held.path, *stated)

    def add(self, raw: bytes, email_id: str = "", source: bool = True) -> MessageReference:
        self.stand_in.mailboxes.account(ACCOUNT, email_ids=bool(email_id))
        return self._reference(self.stand_in.mailboxes.add(ACCOUNT, raw, email_id=email_id, source=source))

    def move(self, reference: MessageReference, path: str) -> MessageReference:
        return self._reference(self.stand_in.mailboxes.move(ACCOUNT, reference.id, path))

    def delete(self, reference: MessageReference) -> None:
        self.stand_in.mailboxes.delete(ACCOUNT, reference.id)

    def add_again(self) -> None:
        self.stand_in.mailboxes.remove(ACCOUNT)
        self.stand_in.mailboxes.account(ACCOUNT)

    def trouble(self, state: str, code: str) -> None:
        self.stand_in.mailboxes.account(ACCOUNT, state=state)

    def break_down(self) -> None:
        self.stand_in.stop()


@pytest.fixture(params=["memory", "emailengine"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        yield MemoryBench(MemorySource())
        return
    with EmailEngineStandIn(token="secret") as stand_in:
        source = EmailEngine(stand_in.url, "secret")
        yield EmailEngineBench(source, stand_in)
        source.close()


def mail(message_id: str = "<one@mail.example>", subject: str = "Results", text: str = "Invented text.") -> bytes:
    head = f"Message-ID: {message_id}\r\n" if message_id else ""
    head += f"Subject: {subject}\r\nFrom: Ada <ada@clinic.example>\r\nDate: Sun, 29 Nov 2026 19:11:50 +0000\r\n"
    return f"{head}\r\n{text}\r\n".encode()


def test_a_mail_is_fetched_as_its_bytes(bench: Bench) -> None:
    raw = mail() + b"\xff\x00 not text"
    assert bench.source.fetch(bench.add(raw)).raw == raw


def test_a_moved_mail_is_found_by_its_email_id(bench: Bench) -> None:
    reference = bench.add(mail(), email_id="1650000000000000001")
    bench.move(reference, "Archive")
    assert bench.source.fetch(replace(reference, message_id="")).raw == mail()


def test_a_moved_mail_is_found_by_its_message_id(bench: Bench) -> None:
    reference = bench.add(mail())
    bench.move(reference, "Archive")
    assert bench.source.fetch(reference).raw == mail()


def test_a_mail_is_found_in_a_folder_of_the_user_s_own(bench: Bench) -> None:
    reference = bench.add(mail())
    bench.move(reference, "Patients/Été & co")
    assert bench.source.fetch(reference).raw == mail()


def test_a_mail_moved_twice_is_found(bench: Bench) -> None:
    reference = bench.add(mail())
    bench.move(bench.move(reference, "Archive"), "Trash")
    assert bench.source.fetch(reference).raw == mail()


def test_a_mail_whose_message_id_only_contains_ours_is_another(bench: Bench) -> None:
    reference = bench.add(mail("<one@mail.example>"))
    bench.add(mail("prefix<one@mail.example>suffix"))
    bench.delete(reference)
    with pytest.raises(Permanent, match="message_gone"):
        bench.source.fetch(reference)


def test_email_id_distinguishes_two_mails_with_one_message_id(bench: Bench) -> None:
    reference = bench.add(mail(subject="First"), email_id="1650000000000000001")
    bench.move(reference, "Archive")
    bench.move(bench.add(mail(subject="Second"), email_id="1650000000000000002"), "Archive")
    assert bench.source.fetch(reference).raw == mail(subject="First")


@pytest.mark.parametrize("message_id", ["<one@mail.example>", ""])
def test_two_mails_of_which_everything_stated_is_the_same_are_ambiguous(bench: Bench, message_id: str) -> None:
    reference = bench.add(mail(message_id, text="One text"))
    bench.move(reference, "Archive")
    bench.move(bench.add(mail(message_id, text="Two text")), "Archive")
    with pytest.raises(Permanent, match="message_ambiguous"):
        bench.source.fetch(reference)


@pytest.mark.parametrize("message_id", ["<one@mail.example>", ""])
def test_a_moved_mail_is_found_among_others_by_what_was_stated_of_it(bench: Bench, message_id: str) -> None:
    reference = bench.add(mail(message_id, text="The first"))
    bench.move(reference, "Archive")
    for other in (mail(message_id, text="A longer second"), mail(message_id, "Other one", "The first")):
        bench.move(bench.add(other), "Archive")
    assert bench.source.fetch(reference).raw == mail(message_id, text="The first")


def test_a_deleted_mail_is_gone(bench: Bench) -> None:
    reference = bench.add(mail())
    bench.delete(reference)
    with pytest.raises(Permanent, match="message_gone"):
        bench.source.fetch(reference)


@pytest.mark.parametrize("raw", [mail(""), mail("", "Résultats <1>"), b"Subject: bare\r\n\r\ntext", b"\r\nno header"])
def test_a_moved_mail_without_message_id_is_found_by_what_else_was_stated(bench: Bench, raw: bytes) -> None:
    reference = bench.add(raw)
    bench.move(reference, "Archive")
    assert bench.source.fetch(reference).raw == raw


def test_a_moved_mail_of_which_nothing_was_stated_is_gone(bench: Bench) -> None:
    reference = bench.add(mail())
    bench.move(reference, "Archive")
    with pytest.raises(Permanent, match="message_gone"):
        bench.source.fetch(MessageReference(ACCOUNT, reference.id, "", "", "INBOX"))


REUSED = {
    "another Message-ID": (mail("<one@mail.example>"), mail("<two@mail.example>")),
    "the same Message-ID, another size": (mail(text="Old"), mail(text="A new one")),
    "no Message-ID any more": (mail(), mail("")),
    "a Message-ID now": (mail(""), mail()),
    "another subject": (mail("", "Alpha"), mail("", "Bravo")),
    "a Message-ID of 5,000 characters": (mail(f"<{'a' * 5_000}@x>"), mail(f"<{'a' * 4_999}b@x>")),
}


@pytest.mark.parametrize("readable", [True, False], ids=["by source", "by text"])
@pytest.mark.parametrize(("before", "after"), REUSED.values(), ids=list(REUSED))
def test_a_mail_that_has_the_id_of_the_referenced_one_is_not_taken_for_it(
    bench: Bench, before: bytes, after: bytes, readable: bool
) -> None:
    reference = bench.add(before)
    bench.add_again()
    assert bench.add(after, source=readable).id == reference.id
    with pytest.raises(Permanent, match="message_replaced"):
        bench.source.fetch(reference)


def test_the_referenced_mail_is_found_under_its_new_id_when_another_has_its_old_one(bench: Bench) -> None:
    reference = bench.add(mail())
    bench.add_again()
    bench.add(mail("<two@mail.example>"))
    bench.add(mail())
    assert bench.source.fetch(reference).raw == mail()


ODD_HEADERS = (
    mail("<one@mail.example> (a comment)"),
    mail("no brackets"),
    mail("<one@mail.example>\r\nMessage-ID: <two@mail.example>"),
    mail(f"<{'a' * 5_000}@mail.example>"),
    mail("<é@mail.example>"),
    mail("", "=?utf-8?q?R=C3=A9sultats?="),
    b"Subject: \xe9t\xe9\r\nFrom: <>\r\nDate: yesterday\r\n\r\ntext",
    b"From: ada@x.example\nMessage-ID:\n <folded@x.example>\n\ntext",
)


@pytest.mark.parametrize("raw", ODD_HEADERS)
def test_a_mail_with_an_odd_header_is_still_the_referenced_one(bench: Bench, raw: bytes) -> None:
    assert bench.source.fetch(bench.add(raw)).raw == raw


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("authenticationError", "account_login_failed"),
        ("connectError", "account_not_connected"),
        ("connecting", "account_not_connected"),
        ("unset", "account_paused"),
    ],
)
def test_an_account_in_trouble_is_not_ready_and_says_why(bench: Bench, state: str, code: str) -> None:
    reference = bench.add(mail())
    bench.trouble(state, code)
    with pytest.raises(NotReady, match=code):
        bench.source.fetch(reference)


def test_an_unknown_account_is_a_permanent_failure(bench: Bench) -> None:
    reference = replace(bench.add(mail()), account="nobody")
    with pytest.raises(Permanent, match="account_unknown"):
        bench.source.fetch(reference)


def test_a_mail_whose_source_is_refused_comes_as_its_text(bench: Bench) -> None:
    fetched = bench.source.fetch(bench.add(mail(subject="Analyses"), source=False))
    assert fetched.mail is not None
    assert (fetched.mail.subject, fetched.mail.text.strip()) == ("Analyses", "Invented text.")


def test_a_source_that_is_down_is_a_passing_failure(bench: Bench) -> None:
    reference = bench.add(mail())
    bench.break_down()
    with pytest.raises(Retryable, match="emailengine_unavailable"):
        bench.source.fetch(reference)
