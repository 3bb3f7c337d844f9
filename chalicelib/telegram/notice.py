"""Notices of new mail as a person reads them: plain, short, urgent first. Every value is an attacker's text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.core.plain_text import plain
from chalicelib.core.texts.catalogue import counted, label, text
from chalicelib.ports import Notice

MAX_UNITS = 4_000
"""UTF-16 units of a message. Telegram takes 4,096; the rest is for the last line."""
MAX_NAME = 40
MAX_FIELDS = 9
"""Lines of a system notice: even the widest characters in all of them fit into one message."""


@dataclass(frozen=True)
class NoticeRenderer:
    """Renders notices in `language` for the notify stage."""

    language: str

    def digest(self, notices: Sequence[Notice]) -> tuple[str, int]:
        """See `compose`."""
        return compose(notices, self.language)

    def minimal(self, notice: Notice) -> str:
        """See `minimal_text`."""
        return minimal_text(notice, self.language)


def compose(notices: Sequence[Notice], language: str) -> tuple[str, int]:
    """One message for as many notices as fit, in their order; the number of notices in it (at least one)."""
    lines: list[str] = []
    for notice in notices:
        line = _mail(notice, language) if _is_mail(notice) else _system(notice)
        if lines and _units("\n\n".join([*lines, line])) > MAX_UNITS - 40:
            break
        lines.append(line)
    body = "\n\n".join(lines)
    if not all(map(_is_mail, notices[: len(lines)])):
        return body, len(lines)
    return f"{counted(language, 'notice.new', len(lines))}\n\n{body}", len(lines)


def minimal_text(notice: Notice, language: str) -> str:
    """The notice without its text, which Telegram refused: the mail id and the account."""
    parts = [notice.mail_id or f"Mailroom {notice.id}", plain(notice.fields.get("account", ""))]
    head = [counted(language, "notice.new", 1)] if _is_mail(notice) else []
    return "\n".join([*head, " · ".join(filter(None, parts))])


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


def _units(value: str) -> int:
    return len(value.encode("utf-16-le")) // 2
