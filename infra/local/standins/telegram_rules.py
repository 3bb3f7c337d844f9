"""Telegram's rules for a text and its entities, and for the pace of a chat (TDLib's source; Bots FAQ).

What Telegram makes of a text is detected a little more eagerly here: any word of letters counts as a top-level domain.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Any

MAX_CHARACTERS = 4096
MAX_BYTES = 32_768
MAX_ENTITIES = 100
INERT = ("code", "pre")
TYPES = (*INERT, "bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "text_link", "date_time")

GROUP_PER_MINUTE = 20
CHAT_BURST = 3
"""The real service tolerates a short burst above one message a second."""

_BLANK = re.compile(
    r"[\s\x00-\x1f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\ufeff\ufffc\U000e0000-\U000e007f]*"
)
_ACTIVE = re.compile(
    r"""(?P<bot_command>(?<![\w/<>])/\w{1,64}(?:@\w{1,32})?(?![\w/<>]))
      | (?P<mention>(?<!\w)@\w{2,32})
      | (?P<url>[a-z][a-z0-9+.-]*://\S+ | tg:\S+)
      | (?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
      | (?P<domain>[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,24}\b(?:/\S*)?)
      | (?P<hashtag>(?<!\w)\#\w+)
      | (?P<cashtag>(?<!\w)\$[A-Z]{1,8}\b)
      | (?P<bank_card>(?<!\d)\d(?:[ -]?\d){12,18}(?!\d))
    """,
    re.IGNORECASE | re.VERBOSE,
)


class Refused(Exception):
    """A 400; its text is the description after "Bad Request: "."""


class Pace:
    """One chat's limits: a bucket of `CHAT_BURST` refilled by one a second, and 20 in any 60 seconds for groups.

    Messages, edits and new topics of all topics count together.
    """

    def __init__(self, group: bool) -> None:
        self.group = group
        self.tokens = float(CHAT_BURST)
        self.at = 0.0
        self.sent: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Seconds until a call is allowed; 0.0 counts one as made."""
        self.tokens = min(CHAT_BURST, self.tokens + (now - self.at))
        self.at = now
        while self.sent and now - self.sent[0] >= 60.0:
            self.sent.popleft()
        if self.group and len(self.sent) >= GROUP_PER_MINUTE:
            return 60.0 - (now - self.sent[0])
        if self.tokens < 1.0:
            return 1.0 - self.tokens
        self.tokens -= 1.0
        self.sent.append(now)
        return 0.0


def checked(given: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """The text and the entities that are kept. Raises `Refused`."""
    text = str(given.get("text", ""))
    if not text:
        raise Refused("message text is empty")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise Refused("strings must be encoded in UTF-8")
    if len(text.encode()) > MAX_BYTES:
        raise Refused("text is too long")
    if _BLANK.fullmatch(text):
        raise Refused("text must be non-empty")
    if given.get("parse_mode") and ("<" in text or "&" in text or "_" in text):
        raise Refused("can't parse entities: unsupported start tag")
    entities = given.get("entities", [])
    if not isinstance(entities, list):
        raise Refused("can't parse entities JSON object")
    kept = [entity for entity in entities if _span(text, entity)][:MAX_ENTITIES]
    if len(text) > MAX_CHARACTERS:
        raise Refused("message is too long")
    return text, kept


def active(text: str, entities: list[dict[str, Any]]) -> list[dict[str, str]]:
    """What a finger can touch: found in the whole text, without what a `code` or `pre` entity meets."""
    covered = [span for entity in entities if entity["type"] in INERT and (span := _span(text, entity))]
    return [
        {"type": str(match.lastgroup), "text": match[0]}
        for match in _ACTIVE.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end in covered)
    ]


def _span(text: str, entity: Any) -> tuple[int, int] | None:
    """(start, end) in code points; None for an empty one, which is skipped. Raises `Refused`."""
    if not isinstance(entity, dict) or entity.get("type") not in TYPES:
        raise Refused("can't parse MessageEntity: unsupported type")
    offset, length = entity.get("offset"), entity.get("length")
    if type(offset) is not int or type(length) is not int:
        raise Refused("can't parse MessageEntity: field must be of type Number")
    units = text.encode("utf-16-le")
    if offset < 0 or length <= 0:
        return None
    if 2 * (offset + length) > len(units):
        raise Refused(f"entity beginning at UTF-16 offset {offset} ends after the end of the text")
    try:
        start = len(units[: 2 * offset].decode("utf-16-le"))
        return start, start + len(units[2 * offset : 2 * (offset + length)].decode("utf-16-le"))
    except UnicodeDecodeError:
        raise Refused("entity begins or ends in a middle of a UTF-16 symbol") from None
