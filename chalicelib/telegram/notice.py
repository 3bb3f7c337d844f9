"""Notices of new mail as a person reads them: plain, short, urgent first. Every value is an attacker's text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.core.message_text import MessageText
from chalicelib.core.plain_text import plain
from chalicelib.core.texts.catalogue import counted, label, text
from chalicelib.ports import Notice

GAP = "\n\n"
MAX_CHARACTERS = 4_000
"""Code points of a message. Telegram takes 4,096; the rest is for the last line."""
HEAD = 100
"""Code points that the first line takes at most."""
MAX_NAME = 40
MAX_FIELDS = 9
"""Lines of a system notice: all of them fit into one message."""


@dataclass(frozen=True)
class NoticeRenderer:
    """Renders notices in `language` for the notify stage."""

    language: str

    def digest(self, notices: Sequence[Notice]) -> tuple[MessageText, int]:
        """See `compose`."""
        return compose(notices, self.language)

    def minimal(self, notice: Notice) -> MessageText:
        """See `minimal_text`."""
        return minimal_text(notice, self.language)


def compose(notices: Sequence[Notice], language: str) -> tuple[MessageText, int]:
    """One message for as many notices as fit, in their order; the number of notices in it (at least one).

    Each notice is one foreign span, so that a message of 40 notices stays below Telegram's 100 entities.
    """
    blocks: list[str] = []
    size = HEAD
    for notice in notices:
        block = _mail(notice, language) if _is_mail(notice) else _system(notice)
        if blocks and size + len(block) + len(GAP) > MAX_CHARACTERS:
            break
        blocks.append(block)
        size += len(block) + len(GAP)
    head = _head(notices[: len(blocks)], language)
    return MessageText.of(_parts(head, GAP, blocks)), len(blocks)


def minimal_text(notice: Notice, language: str) -> MessageText:
    """The notice without its text, which Telegram refused: the mail id and the account."""
    parts = [notice.mail_id or f"Mailroom {notice.id}", plain(notice.fields.get("account", ""))]
    return MessageText.of(_parts(_head([notice], language), "\n", [" · ".join(filter(None, parts))]))


def _head(notices: Sequence[Notice], language: str) -> str:
    """Our own first line; empty above system notices. It says when one of them may have been sent before."""
    count = counted(language, "notice.new", len(notices)) if all(map(_is_mail, notices)) else ""
    repeated = text(language, "notice.repeated") if any(notice.unknown_sends for notice in notices) else ""
    return " · ".join(filter(None, [count, repeated]))


def _parts(head: str, gap: str, blocks: Sequence[str]) -> Iterator[tuple[str, bool]]:
    if head:
        yield head + gap, False
    for number, block in enumerate(blocks):
        yield GAP if number else "", False
        yield block, True


def _is_mail(notice: Notice) -> bool:
    """A rule may send a mail to any topic, also to the system's."""
    return notice.topic != "system" or notice.mail_id is not None


def _mail(notice: Notice, language: str) -> str:
    get = notice.fields.get
    marks = [text(language, "notice.urgent")] if get("urgency") == "high" else []
    marks += [text(language, "notice.vip")] if get("vip") else []
    category = plain(label(language, "category", get("category", "other")))
    first = " · ".join([*marks, category, plain(get("account", ""))])
    subject = plain(get("subject", "")) or text(language, "mail.no_subject")
    sender = plain(get("sender", "")) or text(language, "notice.unknown_sender")
    return f"{first}\n{subject}\n{text(language, 'notice.from', sender=sender)}"


def _system(notice: Notice) -> str:
    return "\n".join(
        f"{plain(key)[:MAX_NAME]}: {plain(value)}" for key, value in list(notice.fields.items())[:MAX_FIELDS]
    )
