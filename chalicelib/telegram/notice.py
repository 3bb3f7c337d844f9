"""The text that people read: plain, short, urgent first; every value is an attacker's text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.core.plain_text import plain
from chalicelib.ports import Notice

MAX_UNITS = 4_000
"""UTF-16 units of a message. Telegram takes 4,096; the rest is for the last line."""
MAX_NAME = 40
MAX_FIELDS = 9
"""Lines of a system notice: even the widest characters in all of them fit into one message."""

WORDS = {
    "en": {
        "mail": "New mail",
        "mails": "{n} new mails",
        "from": "from",
        "high": "URGENT",
        "vip": "VIP",
        "quarantine": "Mail in quarantine",
    },
    "fr": {
        "mail": "Nouveau message",
        "mails": "{n} nouveaux messages",
        "from": "de",
        "high": "URGENT",
        "vip": "VIP",
        "quarantine": "Message en quarantaine",
    },
}


@dataclass(frozen=True)
class NoticeRenderer:
    """What `notify` is given: notices in `language`."""

    language: str

    def digest(self, notices: Sequence[Notice]) -> tuple[str, int]:
        """See `compose`."""
        return compose(notices, self.language)

    def minimal(self, notice: Notice) -> str:
        """See `minimal_text`."""
        return minimal_text(notice, self.language)


def compose(notices: Sequence[Notice], language: str) -> tuple[str, int]:
    """One message for as many notices as fit, in their order; the number of notices in it (at least one)."""
    words = WORDS[language]
    lines: list[str] = []
    for notice in notices:
        line = _mail(notice, words) if _is_mail(notice) else _system(notice)
        if lines and _units("\n\n".join([*lines, line])) > MAX_UNITS - 40:
            break
        lines.append(line)
    head = words["mail"] if len(lines) == 1 else words["mails"].format(n=len(lines))
    body = "\n\n".join(lines)
    return (f"{head}\n\n{body}" if all(map(_is_mail, notices[: len(lines)])) else body), len(lines)


def minimal_text(notice: Notice, language: str) -> str:
    """What is left to say of a notice whose text was refused: which mail it is, of which account."""
    told = [notice.mail_id or f"Mailroom {notice.id}", plain(notice.fields.get("account", ""))]
    head = [WORDS[language]["mail"]] if _is_mail(notice) else []
    return "\n".join([*head, " · ".join(filter(None, told))])


def _is_mail(notice: Notice) -> bool:
    """A rule may send a mail to any topic, the one of the system too."""
    return notice.topic != "system" or notice.mail_id is not None


def _mail(notice: Notice, words: dict[str, str]) -> str:
    get = notice.fields.get
    marks = [words["high"]] if get("urgency") == "high" else []
    marks += [words["vip"]] if get("vip") else []
    first = " · ".join([*marks, plain(get("category", "other")), plain(get("account", ""))])
    return f"{first}\n{plain(get('subject', '')) or '—'}\n{words['from']} {plain(get('sender', '')) or '—'}"


def _system(notice: Notice) -> str:
    return "\n".join(
        f"{plain(key)[:MAX_NAME]}: {plain(value)}" for key, value in list(notice.fields.items())[:MAX_FIELDS]
    )


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
