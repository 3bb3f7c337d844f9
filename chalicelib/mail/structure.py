"""The MIME tree of a mail: the standard library's compat32 parser, bounded in parts, depth, lines and headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email._policybase import Compat32
from email.feedparser import BytesFeedParser
from email.message import Message
from email.policy import compat32

from chalicelib.mail import bounds
from chalicelib.mail.charset import Decoder
from chalicelib.mail.header_block import has_field, repaired
from chalicelib.mail.headers import parameters

_CHUNK = 256 * 1024
_ADDRESSING = ("from", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references")
_CONTENT = ("content-type", "content-transfer-encoding", "content-disposition")
_AUTOMATIC = (
    "auto-submitted", "precedence", "return-path", "x-failed-recipients", "x-autoreply", "x-autorespond",
    "x-auto-reply", "x-auto-response-suppress", "importance", "x-priority", "sender", "delivered-to",
    "x-original-to", "feedback-id", "list-id", "list-unsubscribe", "list-post", "list-unsubscribe-post",
    "x-loop", "x-mailer",
)  # fmt: skip
_NEEDED = frozenset((*_ADDRESSING, *_CONTENT, *_AUTOMATIC))
_LINE_END = re.compile(rb"(?<!\r)\r++\n")


class _TooManyParts(Exception):
    """Stops the standard parser; what it has built so far is used."""


class Part(Message):
    """A part that keeps within the bounds while the standard parser fills it.

    The standard parser asks a message for its type to decide whether to descend. This one names
    only multiparts within `bounds.MAX_DEPTH`: a `message/*` part is an attachment and stays one
    string, and so does everything deeper. It reads parameters itself, since the standard
    library's reading of them is quadratic before Python 3.13.
    """

    _payload: object

    def __init__(self, policy: Compat32 = compat32) -> None:
        super().__init__(policy=policy)
        self.depth = 0
        self.flaws: set[str] = set()
        self._header_count = 0
        self._header_chars = 0
        self._media: tuple[str, dict[str, str]] | None = None

    def set_raw(self, name: str, value: str) -> None:
        """Take a header from the parser, within the bounds."""
        lower = name.lower()
        room = self._header_count < bounds.MAX_HEADERS and self._header_chars < bounds.MAX_ALL_HEADER_CHARS
        if len(value) > bounds.MAX_HEADER_CHARS or not room:
            self.flaws.add("truncated_headers")
        if room or (lower in _NEEDED and not self.field(lower)):
            value = value[: bounds.MAX_HEADER_CHARS]
            self._header_count += 1
            self._header_chars += len(value)
            super().set_raw(name, value)

    def attach(self, payload: Message) -> None:  # type: ignore[override]
        """Take a sub-part from the parser and tell it how deep it is."""
        if isinstance(payload, Part):
            payload.depth = self.depth + 1
        super().attach(payload)

    def field(self, name: str) -> str:
        """First raw value of a header by its lower-case name, or an empty string."""
        return next((value for key, value in self.fields() if key.lower() == name), "")

    def fields(self) -> Iterator[tuple[str, str]]:
        """All headers, raw: (name, value with foreign bytes as surrogates)."""
        return self.raw_items()

    def repair(self) -> None:
        """Read a leaf again whose text begins with fields of its header, behind a line that no parser knows."""
        body = self.content[: bounds.MAX_HEADER_CHARS].encode("utf-8", "surrogateescape")
        if self.defects and has_field(body):
            head = "".join(f"{name}: {value}\n" for name, value in self.fields())
            again, flaws = parse_structure((head + self.content).encode("utf-8", "surrogateescape"), False)
            for name in set(self.keys()):
                del self[name]
            for name, value in again.fields():
                super().set_raw(name, value)
            self._payload, self._media = again._payload, None
            self.epilogue = again.epilogue
            self.flaws |= flaws

    @property
    def content(self) -> str:
        """The payload of a leaf before its transfer encoding is undone; foreign bytes as surrogates.

        Not by `get_payload()`, which decodes such bytes by the charset label and loses what does not fit.
        """
        return self._payload if isinstance(self._payload, str) else ""

    @property
    def media(self) -> tuple[str, dict[str, str]]:
        """(content type in lower case, its parameters)."""
        if self._media is None:
            kind, found = parameters(self.field("content-type"), Decoder())
            self._media = (kind if kind.count("/") == 1 else self.get_default_type(), found)
        return self._media

    def get_content_type(self) -> str:
        kind = self.media[0]
        if not kind.startswith("multipart/"):
            return "text/plain"
        if self.depth >= bounds.MAX_DEPTH:
            self.flaws.add("too_deep")
            return "text/plain"
        return kind

    def get_content_maintype(self) -> str:
        return self.get_content_type().partition("/")[0]

    def get_boundary(self, failobj: str | None = None) -> str | None:  # type: ignore[override]
        return self.media[1].get("boundary", "").rstrip()[:200] or failobj


def parse_structure(raw: bytes, repair_parts: bool = True) -> tuple[Part, set[str]]:
    """The tree of `raw` and the defects met; never raises, and costs time in proportion to its bytes.

    `repair_parts` reads a part whose header an odd line ended once more.
    """
    defects: set[str] = set()
    data = _bounded(raw, defects)
    parts: list[Part] = []

    def make(policy: Compat32 = compat32) -> Part:
        if len(parts) >= bounds.MAX_PARTS:
            raise _TooManyParts
        parts.append(Part(policy))
        return parts[-1]

    parser = BytesFeedParser(make, policy=compat32)
    parts.clear()  # the constructor made one to try the factory
    try:
        for start in range(0, len(data), _CHUNK):
            parser.feed(data[start : start + _CHUNK])
        parser.close()
    except _TooManyParts:
        defects.add("too_many_parts")
    for part in parts:
        if repair_parts and part is not parts[0]:
            part.repair()
        defects |= part.flaws
        defects.update(_DEFECTS[type(found).__name__] for found in part.defects if type(found).__name__ in _DEFECTS)
    return parts[0], defects


_DEFECTS = {
    "NoBoundaryInMultipartDefect": "broken_multipart",
    "StartBoundaryNotFoundDefect": "broken_multipart",
    "CloseBoundaryNotFoundDefect": "unterminated_multipart",
    "MultipartInvariantViolationDefect": "broken_multipart",
    "MissingHeaderBodySeparatorDefect": "broken_headers",
    "FirstHeaderLineIsContinuationDefect": "broken_headers",
    "MisplacedEnvelopeHeaderDefect": "broken_headers",
    "InvalidHeaderDefect": "broken_headers",
}


def _bounded(raw: bytes, defects: set[str]) -> bytes:
    data = raw[: bounds.MAX_INPUT_BYTES]
    if len(raw) > len(data):
        defects.add("truncated_input")
    if b"\0" in data:
        defects.add("nul_bytes")
    data = _LINE_END.sub(b"\n", data) if b"\r\r\n" in data else data.replace(b"\r\n", b"\n")
    returns = data.count(b"\r")
    if returns >= data.count(b"\n"):  # an old Mac's line ends, or a flood
        data = data.replace(b"\r", b"\n")
    data, odd = repaired(data)
    if odd:
        defects.add("broken_headers")
    if returns:
        defects.add("bare_cr")
        data = data.replace(b"\r", b"\n")
    if data.count(b"\n") > bounds.MAX_LINES:
        defects.add("truncated_input")
        data = b"\n".join(data.split(b"\n", bounds.MAX_LINES)[: bounds.MAX_LINES])
    return data
