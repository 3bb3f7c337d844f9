"""The text of HTML whose tags are calm: by a tree, or by one linear pass where there are too many tags for one."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from chalicelib.mail.characters import tidy, without_padding

_DROPPED = re.compile(r"-comment|script|style|head|title|template|noframes|iframe|object|embed|svg|math")
_LINE = re.compile(
    r"address|article|aside|blockquote|button|center|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|li"
    r"|main|nav|noscript|ol|option|p|pre|section|table|tbody|textarea|tfoot|thead|tr|ul"
)
_PARAGRAPH = re.compile(r"p|h[1-6]|blockquote|table|ul|ol")
_HIDDEN = re.compile(
    r"display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden|(?<![-\w])opacity\s{0,9}:\s{0,9}0?(?:\.0)?(?![.\d])"
    r"|max-height\s{0,9}:\s{0,9}0(?![.\d])",
    re.IGNORECASE,
)
"""Not `mso-hide:all`: only Outlook hides that, and shows a twin in a conditional comment."""
_KEEPS_LINES = re.compile(r"white-space\s{0,9}:\s{0,9}(?:pre|break-spaces)", re.IGNORECASE)
_QUOTING = re.compile(r"(?:^|\s)(?:gmail_quote|yahoo_quoted|moz-cite|protonmail_quote|tutanota_quote)(?:\s|$)")
_INDENTED = re.compile(r"webkit-indent|border\s{0,9}:\s{0,9}none", re.IGNORECASE)
_QUOTE, _UNQUOTE = "\x01", "\x02"
"""Where a quotation begins and ends; no text has such characters, see `_write`."""
_CONTROL = str.maketrans("", "", _QUOTE + _UNQUOTE)
MAX_LINKS = 50
MAX_LINK_CHARS = 500
_TAG = re.compile(r"<(/?)([a-zA-Z!?][a-zA-Z0-9]{0,20})([^<>]*)>")


def tree_text(html: str, hidden: frozenset[str] = frozenset()) -> str:
    """By a tree, which costs time in its depth; without elements of a class that is `hidden`."""
    from selectolax.lexbor import LexborHTMLParser  # C extension, needed by mail with HTML alone

    reader = _Reader(hidden)
    node: Any = LexborHTMLParser(html).root
    while node is not None:
        entered = reader.enter(node)
        following = node.child if entered else None
        while following is None:
            reader.leave(node, entered)
            entered = True
            following = node.next
            if following is None:
                node = node.parent
                if node is None:
                    break
            else:
                break
        node = following
    return _flowed(reader.out)


class _Reader:
    """Writes the text of a tree that is walked in its order."""

    def __init__(self, hidden: frozenset[str]) -> None:
        self._hidden = hidden
        self.out: list[str] = []
        self._kept = 0
        self._links = 0

    def enter(self, node: Any) -> bool:
        """Write what the node itself says; False when its children are not to be read."""
        out = self.out
        if node.is_text_node:
            _write(node.text_content or "", out, self._kept > 0)
            return False
        tag = node.tag
        if _DROPPED.fullmatch(tag):
            return False
        attributes = {} if tag == "-document" else node.attributes
        if "hidden" in attributes or _HIDDEN.search((attributes.get("style") or "")[:2_000]):
            return False
        if self._hidden and not self._hidden.isdisjoint((attributes.get("class") or "").split()):
            return False
        _break(tag, out)
        if tag == "br":
            out.append("\n")
        elif tag in ("td", "th"):
            out.append(" ")
        if _is_quotation(tag, attributes):
            out.append("\n" + _QUOTE)
        self._kept += _keeps_lines(tag, attributes)
        if tag == "img" and attributes.get("alt"):
            out.append(" ".join(attributes["alt"].split())[:1_000])
        return True

    def leave(self, node: Any, entered: bool) -> None:
        """Write what follows the node."""
        if node.is_text_node:
            return
        tag = node.tag
        if entered and tag != "-document":
            attributes = node.attributes
            self._kept -= _keeps_lines(tag, attributes)
            if _is_quotation(tag, attributes):
                self.out.append("\n" + _UNQUOTE)
            if tag == "a" and self._links < MAX_LINKS:
                self._link(node, (attributes.get("href") or "").strip())
        _break(tag, self.out)

    def _link(self, node: Any, url: str) -> None:
        """A link's address, where its words do not show it."""
        if not url.lower().startswith(("https://", "http://")) or len(url) > MAX_LINK_CHARS or " " in url:
            return
        words = (node.text(deep=True) or "")[: 2 * MAX_LINK_CHARS].strip()
        bare = url.partition("://")[2].rstrip("/")
        self._links += 1
        if words and bare.removeprefix("www.").lower() not in words.lower():
            self.out.append(f" <{url}>")


def _keeps_lines(tag: str, attributes: dict[str, Any]) -> bool:
    return tag in ("pre", "textarea") or bool(_KEEPS_LINES.search((attributes.get("style") or "")[:2_000]))


def _is_quotation(tag: str, attributes: dict[str, Any]) -> bool:
    if tag == "blockquote":
        style = f"{attributes.get('style') or ''} {attributes.get('class') or ''}"[:2_000]
        return attributes.get("type") == "cite" or not _INDENTED.search(style)
    return tag == "div" and bool(_QUOTING.search((attributes.get("class") or "")[:500]))


def _break(tag: str, out: list[str]) -> None:
    """Start a line, or a paragraph, unless one has just been started."""
    if not _LINE.fullmatch(tag):
        return
    wanted = "\n\n" if _PARAGRAPH.fullmatch(tag) else "\n"
    if not out or not out[-1].startswith("\n"):
        out.append(wanted)
    elif len(wanted) > len(out[-1]):
        out[-1] = wanted


def _write(text: str, out: list[str], keep_lines: bool = False) -> None:
    text = text.translate(_CONTROL)
    if keep_lines and "\n" in text:
        first, *others = text.split("\n")
        _write(first, out)
        for line in others:
            out.append("\n")
            _write(line, out)
        return
    words = " ".join(_edges(text))
    if words.strip() or not (out and out[-1].startswith("\n")):
        out.append(words)


def _edges(text: str) -> list[str]:
    """Words of a text node, with an empty one where white space touched its edge."""
    words = text.split()
    if not words:
        return ["", ""] if text else []
    return [*([""] if text[0].isspace() else []), *words, *([""] if text[-1].isspace() else [])]


def linear_text(html: str) -> str:
    """Without knowledge of nesting."""
    out: list[str] = []
    end = 0
    skipping = ""
    for tag in _TAG.finditer(html):
        if not skipping:
            _write(unescape(html[end : tag.start()]), out)
        end = tag.end()
        name = tag[2].lower()
        if skipping:
            skipping = "" if tag[1] and name == skipping else skipping
        elif not tag[1] and name in ("script", "style", "title"):
            skipping = name
        elif name == "br":
            out.append("\n")
        elif _LINE.fullmatch(name):
            _break(name, out)
        elif name in ("td", "th"):
            out.append(" ")
    if not skipping:
        _write(unescape(html[end:]), out)
    return _flowed(out)


def _flowed(pieces: list[str]) -> str:
    lines = []
    depth = 0
    for line in "".join(pieces).split("\n"):
        depth += line.count(_QUOTE) - line.count(_UNQUOTE)
        words = " ".join(without_padding(line.translate(_CONTROL)).split())
        lines.append("> " + words if depth > 0 and words else words)
    return tidy("\n".join(lines))
