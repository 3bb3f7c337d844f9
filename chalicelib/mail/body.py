"""The readable text, the HTML and the attachments of a parsed MIME tree."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from chalicelib.mail import bounds
from chalicelib.mail.characters import clean, tidy
from chalicelib.mail.charset import Decoder
from chalicelib.mail.choose import richer, without_twins
from chalicelib.mail.headers import parameters, text_of
from chalicelib.mail.html import html_to_text
from chalicelib.mail.model import Attachment
from chalicelib.mail.readers import protected
from chalicelib.mail.readers.calendar import calendar_text
from chalicelib.mail.readers.flowed import unflowed
from chalicelib.mail.readers.rich_text import enriched_text, rtf_text
from chalicelib.mail.reports import REPORT, report_marks
from chalicelib.mail.structure import Part, parse_structure
from chalicelib.mail.transfer import decoded, measure, without_uuencoded

_META = re.compile(rb"<meta[^<>]{0,200}charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_CID = re.compile(r"cid:([^\s\"'<>)]{1,200})", re.IGNORECASE)
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_RICH = frozenset({"text/enriched", "text/richtext", "text/rtf", "application/rtf"})
_SHADOWS = frozenset({"text/x-amp-html", "text/watch-html"}) | _RICH
"""Further forms of a text that is there as plain text or HTML."""
_DATA = frozenset({"text/calendar", "text/x-vcard", "text/vcard", "text/csv"})
_MESSAGES = frozenset({"message/rfc822", "message/global", "message/news"})
_SHOWN_HEADERS = ("subject", "date", "to", "cc", "from")
_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF-", b"PK\x03\x04")
"""What a picture or a file begins with that calls itself text."""
MAX_MESSAGES = 50
MAX_MESSAGE_DEPTH = 3


@dataclass
class Body:
    """What reading the tree gathers. `html` are the HTML parts in their order, `marks` what the structure says."""

    decoder: Decoder
    html: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    defects: set[str] = field(default_factory=set)
    marks: set[str] = field(default_factory=set)
    _html_room: int = bounds.MAX_HTML_CHARS
    _tag_room: int = bounds.MAX_HTML_TAGS
    _messages: int = 0
    _depth: int = 0
    _related: int = 0
    _epilogues: int = 0
    _spare: list[str] = field(default_factory=list)
    _pictures: list[tuple[int, str]] = field(default_factory=list)

    def read_mail(self, root: Part) -> str:
        """The text of a whole mail; where no part is one, of the first that may stand for it."""
        text = self.read(root, True) or next((spare for spare in self._spare if spare), "")
        shown = {found.lower() for html in self.html for found in _CID.findall(html)} if self._pictures else set()
        for at, content_id in self._pictures:
            if content_id in shown:
                self.attachments[at] = replace(self.attachments[at], inline=True)
        return text

    def read(self, part: Part, own: bool = False) -> str:
        """The text of `part` and all below it; `own` says that it is the mail's text even when it has a name."""
        kind, found = part.media
        if part.is_multipart():
            self.marks |= protected.marks_of(kind, found) | ({REPORT} if kind == "multipart/report" else set())
            return self._multipart(part, kind, own)
        content = part.content
        filename, disposition = self._disposition(part)
        self.marks |= report_marks(kind, content)
        attached = disposition == "attachment"
        text = kind in ("text/plain", "text") or kind.startswith(("multipart/", "text/")) or kind in _HTML
        if text and kind not in _DATA | _SHADOWS and not self._is_binary(part, content):
            if not attached and (own or not filename):
                return self._html(part, content) if kind in _HTML else self._plain(part, content)
            if (own or not attached) and len(self._spare) < 3 and not any(self._spare):
                self._spare.append(self._html(part, content) if kind in _HTML else self._plain(part, content))
        elif kind in _SHADOWS and not attached and (own or not filename):
            return self._rich(part, kind, content)
        elif kind == "text/calendar" and not any(self._spare):
            self._spare.append(tidy(calendar_text(self._decoded_text(part, content))))
        self._attach(part, kind, filename, content)
        if protected.is_smime(kind):
            return self._opaque(part, content)
        return self._message(part, content) if kind in _MESSAGES and REPORT not in self.marks else ""

    def _multipart(self, part: Part, kind: str, own: bool) -> str:
        children = [child for child in part.get_payload() if isinstance(child, Part)]
        related = kind == "multipart/related"
        self._related += related
        if kind == "multipart/alternative":
            text = self._alternative(children)
        else:
            root = self._root(part, children) if related else next(iter(children), None)
            texts = [(child.media[0], self.read(child, own and child is root)) for child in children]
            text = "\n\n".join(without_twins(texts))
        self._related -= related
        return "\n\n".join(filter(None, (text, self._after_end(part))))

    def _root(self, part: Part, children: list[Part]) -> Part | None:
        """The part of a multipart/related that is shown (RFC 2387): the one that `start` names, or the first."""
        start = part.media[1].get("start", "").strip("<>")
        named = (child for child in children if start and child.field("content-id").strip(" <>") == start)
        return next(named, next(iter(children), None))

    def _alternative(self, children: list[Part]) -> str:
        """RFC 2046 section 5.1.4 prefers the last; plain text is wanted here unless the HTML says more."""
        plain = [child for child in children if child.media[0] == "text/plain"]
        shadows = [child for child in children if child.media[0] in _SHADOWS]
        others = [child for child in children if child not in plain and child not in shadows]
        first = next(filter(None, [self.read(child, True) for child in plain]), "")
        second = next(filter(None, [self.read(child, True) for child in others]), "")
        return richer(first, second) or next(filter(None, (self.read(child, True) for child in shadows)), "")

    def _after_end(self, part: Part) -> str:
        """The parts behind the closing boundary, which some programs show."""
        boundary = part.get_boundary() or ""
        epilogue = part.epilogue or ""
        if not boundary or '"' in boundary or self._epilogues >= 2 or f"--{boundary}" not in epilogue:
            return ""
        self._epilogues += 1
        self.defects.add("parts_after_end")
        head = f'Content-Type: multipart/mixed; boundary="{boundary}"\n\n'
        root, _ = parse_structure((head + epilogue).encode("utf-8", "surrogateescape"))
        return self.read(root)

    def _plain(self, part: Part, content: str) -> str:
        text = self._decoded_text(part, content)
        found = part.media[1]
        if found.get("format", "").lower() == "flowed":
            text = unflowed(text, found.get("delsp", "").lower() == "yes")
        text, files = without_uuencoded(text)
        for name, data in files:
            self._add(
                part, Attachment(name[: bounds.MAX_FILENAME_CHARS], "application/octet-stream", *measure(data, ""))
            )
        text, marks = protected.without_armor(text)
        self.marks |= marks
        return tidy(self._cut(text, bounds.MAX_TEXT_CHARS, "truncated_text"))

    def _rich(self, part: Part, kind: str, content: str) -> str:
        text = self._decoded_text(part, content)
        if kind not in _RICH:
            return html_to_text(text)[0]
        if "rtf" in kind or text.startswith("{\\rtf"):
            return tidy(rtf_text(text))[: bounds.MAX_TEXT_CHARS]
        return tidy(enriched_text(text, rich=kind == "text/richtext"))[: bounds.MAX_TEXT_CHARS]

    def _decoded_text(self, part: Part, content: str) -> str:
        data = self._bytes(part, content, 4 * bounds.MAX_TEXT_CHARS)
        return self.decoder.decode(data, part.media[1].get("charset", ""))

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

    def _message(self, part: Part, content: str) -> str:
        """The text of a mail inside this one, below its header lines, which hold names too."""
        if self._messages >= MAX_MESSAGES or self._depth >= MAX_MESSAGE_DEPTH:
            self.defects.add("message_not_read")
            return ""
        data, _, _ = decoded(content.encode("utf-8", "surrogateescape"), part.field("content-transfer-encoding"))
        root, text = self._inner(data)
        shown = [(name, text_of(root.field(name), self.decoder, 1_000)) for name in _SHOWN_HEADERS]
        digest = part.get_default_type() == "message/rfc822"  # its mails are paragraphs of one text
        lines = [value if digest else f"{name.capitalize()}: {value}" for name, value in shown if value]
        return "\n\n".join(filter(None, ("\n".join(lines), text)))[: bounds.MAX_TEXT_CHARS]

    def _opaque(self, part: Part, content: str) -> str:
        """The words of a mail that is signed as a whole; an encrypted one has none."""
        self.marks.add(protected.SMIME_OPAQUE)
        data, _, _ = decoded(content.encode("utf-8", "surrogateescape"), part.field("content-transfer-encoding"))
        inside = protected.signed_content(data)
        return self._inner(inside)[1] if inside and self._depth < MAX_MESSAGE_DEPTH else ""

    def _inner(self, data: bytes) -> tuple[Part, str]:
        root, _ = parse_structure(data)
        inner = Body(self.decoder, _html_room=self._html_room, _tag_room=self._tag_room, _depth=self._depth + 1)
        text = inner.read_mail(root)
        self._messages += 1
        self._html_room, self._tag_room = inner._html_room, inner._tag_room
        self.html += inner.html
        self.defects |= inner.defects
        return root, text

    def _cut(self, text: str, limit: int, defect: str) -> str:
        if len(text) > limit:
            self.defects.add(defect)
        return text[:limit]

    def _bytes(self, part: Part, content: str, limit: int) -> bytes:
        raw = content[: 2 * limit].encode("utf-8", "surrogateescape")
        data, below, known = decoded(raw, part.field("content-transfer-encoding"))
        if not known:
            self.defects.add("unknown_encoding")
        if below:
            self.defects.add("text_below_base64")
            data = data.rstrip(b"\r\n") + b"\n" + below
        return data[:limit]

    def _is_binary(self, part: Part, content: str) -> bool:
        return self._bytes(part, content[:64], 32).startswith(_MAGIC)

    def _disposition(self, part: Part) -> tuple[str, str]:
        disposition, found = parameters(part.field("content-disposition"), self.decoder)
        name = found.get("filename") or part.media[1].get("name", "")
        name = name.replace("\\", "/").rpartition("/")[2].strip(". ")
        return name[: bounds.MAX_FILENAME_CHARS], disposition

    def _attach(self, part: Part, kind: str, filename: str, content: str) -> None:
        if kind == "application/ms-tnef" or filename.lower() == "winmail.dat":
            self.defects.add("tnef")
        encoding = part.field("content-transfer-encoding")
        data, _, known = decoded(content.encode("utf-8", "surrogateescape"), encoding)
        if not known:
            self.defects.add("unknown_encoding")
        self._add(part, Attachment(filename, kind, *measure(data, kind, encoding)))

    def _add(self, part: Part, found: Attachment) -> None:
        if len(self.attachments) >= bounds.MAX_ATTACHMENTS:
            self.defects.add("too_many_attachments")
            return
        if found.content_type.startswith("image/"):
            self._pictures.append((len(self.attachments), part.field("content-id").strip(" <>").lower()))
            found = replace(found, inline=self._related > 0)
        self.attachments.append(found)
