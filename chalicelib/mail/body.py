"""The readable text, the HTML and the attachments of a parsed MIME tree."""

from __future__ import annotations

import binascii
import hashlib
import re
from dataclasses import dataclass, field

from chalicelib.mail import bounds
from chalicelib.mail.characters import clean, tidy
from chalicelib.mail.charset import Decoder
from chalicelib.mail.headers import base64_bytes, parameters
from chalicelib.mail.html import html_to_text
from chalicelib.mail.model import Attachment
from chalicelib.mail.structure import Part

_META = re.compile(rb"<meta[^<>]{0,200}charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)


@dataclass
class Body:
    """What reading the tree gathers. `html` are the HTML parts in their order."""

    decoder: Decoder
    html: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    defects: set[str] = field(default_factory=set)
    _html_room: int = bounds.MAX_HTML_CHARS
    _tag_room: int = bounds.MAX_HTML_TAGS

    def read(self, part: Part) -> str:
        """The text of `part` and all below it; HTML and attachments are gathered on the way."""
        kind = part.media[0]
        if part.is_multipart():
            children = [child for child in part.get_payload() if isinstance(child, Part)]
            return self._alternative(children) if kind == "multipart/alternative" else self._mixed(children)
        content = part.content
        filename, attached = self._disposition(part)
        if not attached and not filename:
            if kind == "text/html":
                return self._html(part, content)
            if kind in ("text/plain", "text") or kind.startswith("multipart/"):
                return self._plain(part, content)
            if kind.startswith("text/") and kind not in ("text/calendar", "text/x-vcard", "text/vcard"):
                return "" if kind in _SHADOWS else self._plain(part, content)
        self._attach(part, kind, filename, content)
        return ""

    def _mixed(self, children: list[Part]) -> str:
        texts = [self.read(child) for child in children]
        return "\n\n".join(text for text in texts if text)

    def _alternative(self, children: list[Part]) -> str:
        """RFC 2046 section 5.1.4 prefers the last; plain text is wanted here, so the first that says anything."""
        plain = [child for child in children if child.media[0] == "text/plain"]
        others = [child for child in children if child.media[0] != "text/plain"]
        texts = [self.read(child) for child in (*plain, *others)]
        return next((text for text in texts if text), "")

    def _plain(self, part: Part, content: str) -> str:
        data = self._bytes(part, content, 4 * bounds.MAX_TEXT_CHARS)
        text = self.decoder.decode(data, part.media[1].get("charset", ""))
        return tidy(self._cut(text, bounds.MAX_TEXT_CHARS, "truncated_text"))

    def _html(self, part: Part, content: str) -> str:
        if not self._html_room:
            self.defects.add("truncated_html")
            return ""
        data = self._bytes(part, content, 4 * self._html_room)
        charset = part.media[1].get("charset", "")
        if not charset and (meta := _META.search(data[:4_096])):
            charset = meta[1].decode("ascii")
        html = clean(self._cut(self.decoder.decode(data, charset), self._html_room, "truncated_html"))
        self.html.append(html)
        text, simplified = html_to_text(html, self._tag_room)
        self._html_room -= len(html)
        self._tag_room = max(0, self._tag_room - html.count("<"))
        if simplified:
            self.defects.add("html_simplified")
        return self._cut(text, bounds.MAX_TEXT_CHARS, "truncated_text")

    def _cut(self, text: str, limit: int, defect: str) -> str:
        if len(text) > limit:
            self.defects.add(defect)
        return text[:limit]

    def _bytes(self, part: Part, content: str, limit: int) -> bytes:
        data, known = _decoded(content[: 2 * limit], part.field("content-transfer-encoding"))
        if not known:
            self.defects.add("unknown_encoding")
        return data[:limit]

    def _disposition(self, part: Part) -> tuple[str, bool]:
        disposition, found = parameters(part.field("content-disposition"), self.decoder)
        name = found.get("filename") or part.media[1].get("name", "")
        name = name.replace("\\", "/").rpartition("/")[2].strip(". ")
        return name[: bounds.MAX_FILENAME_CHARS], disposition == "attachment"

    def _attach(self, part: Part, kind: str, filename: str, content: str) -> None:
        if kind == "application/ms-tnef" or filename.lower() == "winmail.dat":
            self.defects.add("tnef")
        if len(self.attachments) >= bounds.MAX_ATTACHMENTS:
            self.defects.add("too_many_attachments")
            return
        encoding = part.field("content-transfer-encoding")
        data, known = _decoded(content, encoding)
        if not known:
            self.defects.add("unknown_encoding")
        # Line ends were normalised for parsing; on the wire each is two bytes unless it came encoded.
        size = len(data) if encoding.strip().lower() == "base64" else len(data) + data.count(b"\n")
        self.attachments.append(Attachment(filename, kind, size, hashlib.sha256(data).hexdigest()))


_SHADOWS = frozenset({"text/x-amp-html", "text/watch-html", "text/enriched", "text/richtext", "text/rtf"})
"""Further forms of a text that is there as plain text or HTML."""


def _decoded(content: str, encoding: str) -> tuple[bytes, bool]:
    """(bytes of a payload after its transfer encoding, whether the encoding was a known one). Never raises."""
    data = content.encode("utf-8", "surrogateescape")
    match encoding.partition(";")[0].strip().lower():
        case "base64":
            return base64_bytes(data), True
        case "quoted-printable":
            return binascii.a2b_qp(data), True
        case "x-uuencode" | "uuencode" | "uue" | "x-uue":
            return _uudecoded(data), True
        case "" | "7bit" | "8bit" | "binary":
            return data, True
        case _:
            return data, False


def _uudecoded(data: bytes) -> bytes:
    out: list[bytes] = []
    for line in data.partition(b"begin ")[2].split(b"\n")[1:]:
        if line.strip() == b"end":
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            continue  # a broken line costs itself, not the rest
    return b"".join(out)
