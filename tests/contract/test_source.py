"""What every message source does, in memory and over EmailEngine's stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import pytest

from chalicelib.adapters.emailengine.messages import EmailEngine
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.ports import MessageReference, MessageSource
from infra.local.standins.emailengine import EmailEngineStandIn
from infra.local.standins.mailboxes import Held
from tests.twins.source import MemorySource

ACCOUNT = "research lab/é"


class Bench(Protocol):
    """A source, and hands on the mailboxes behind it; `email_id` empty is a server without permanent ids."""

    @property
    def source(self) -> MessageSource: ...

    def add(self, raw: bytes, email_id: str = "", source: bool = True) -> MessageReference: ...

    def move(self, reference: MessageReference, path: str) -> MessageReference: ...

    def delete(self, reference: MessageReference) -> None: ...

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

    def break_down(self) -> None:
        self.source.down = True


@dataclass
class EmailEngineBench:
    source: EmailEngine
    stand_in: EmailEngineStandIn

    def _reference(self, held: Held) -> MessageReference:
        entry = held.entry()
        return MessageReference(ACCOUNT, held.id, held.email_id, entry.get("messageId", ""), held.path)

    def add(self, raw: bytes, email_id: str = "", source: bool = True) -> MessageReference:
        self.stand_in.mailboxes.account(ACCOUNT, email_ids=bool(email_id))
        return self._reference(self.stand_in.mailboxes.add(ACCOUNT, raw, email_id=email_id, source=source))

    def move(self, reference: MessageReference, path: str) -> MessageReference:
        return self._reference(self.stand_in.mailboxes.move(ACCOUNT, reference.id, path))

    def delete(self, reference: MessageReference) -> None:
        self.stand_in.mailboxes.delete(ACCOUNT, reference.id)

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


def mail(message_id: str = "<one@mail.example>", subject: str = "Results") -> bytes:
    head = f"Message-ID: {message_id}\r\nSubject: {subject}\r\nFrom: Ada <ada@clinic.example>\r\n"
    return f"{head}\r\nInvented text.\r\n".encode()


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


def test_two_mails_with_the_message_id_and_nothing_else_are_ambiguous(bench: Bench) -> None:
    reference = bench.add(mail(subject="First"))
    bench.move(reference, "Archive")
    bench.move(bench.add(mail(subject="Second")), "Archive")
    with pytest.raises(Permanent, match="message_ambiguous"):
        bench.source.fetch(reference)


def test_a_deleted_mail_is_gone(bench: Bench) -> None:
    reference = bench.add(mail())
    bench.delete(reference)
    with pytest.raises(Permanent, match="message_gone"):
        bench.source.fetch(reference)


def test_a_mail_without_any_lasting_id_is_gone_once_moved(bench: Bench) -> None:
    reference = bench.add(b"Subject: bare\r\n\r\ntext")
    bench.move(reference, "Archive")
    with pytest.raises(Permanent, match="message_gone"):
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
