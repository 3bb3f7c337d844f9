"""HTML to the text that a reader sees: no script, style, comment or hidden preheader; alternative texts stay."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from chalicelib.mail import bounds
from chalicelib.mail.characters import clean, tidy

_DROPPED = re.compile(r"-comment|script|style|head|title|template|noframes|iframe|object|embed|svg|math")
_LINE = re.compile(
    r"address|article|aside|blockquote|center|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|li"
    r"|main|nav|ol|p|pre|section|table|tbody|tfoot|thead|tr|ul"
)
_PARAGRAPH = re.compile(r"p|h[1-6]|blockquote|table|ul|ol")
_HIDDEN = re.compile(
    r"display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden|mso-hide\s{0,9}:\s{0,9}all"
    r"|max-height\s{0,9}:\s{0,9}0(?![.\d])",
    re.IGNORECASE,
)
_UNSEEN = re.compile(r"<!--|<script(?=[\s/>])|<style(?=[\s/>])", re.IGNORECASE)
_CLOSING = {
    "<!--": re.compile(r"--!?>"),
    "<script": re.compile(r"</script", re.IGNORECASE),
    "<style": re.compile(r"</style", re.IGNORECASE),
}
"""What ends a thing unseen; the `>` of an end tag is looked for once, not from each `</script` again."""
_OPEN_TAG = re.compile(r"</?[a-zA-Z!?]")
_ANY_TAG = re.compile(r"<(/?[a-zA-Z][^\s/>]*)([^>]*)>")
_ATTRIBUTES = re.compile(
    r"""(?:[\s/]++|[^\s"'>/=]++(?:\s*+=\s*+(?:"[^">]*+"|'[^'>]*+'|[^\s"'>]++))?+)*+""",
)
_TAG = re.compile(r"<(/?)([a-zA-Z!?][a-zA-Z0-9]{0,20})([^<>]*)>")


def html_to_text(html: str, tags: int = bounds.MAX_HTML_TAGS) -> tuple[str, bool]:
    """(text, simplified): `simplified` tells that there were more than `tags` tags to build a tree of.

    Then a linear reader without knowledge of nesting gives the text. White space is collapsed, blocks
    start a line, table cells are parted by a space.
    """
    html = _without_comments(clean(html[: bounds.MAX_HTML_CHARS]))
    if html.count("<") > tags:
        return _linear(html), True
    return _tree(calm(html)), False


def calm(html: str) -> str:
    """HTML in which every tag ends where it seems to, with a bounded number of attributes.

    Tree builders compare each attribute with all others of its tag: 100,000 in one tag cost 17 seconds.
    A tag whose attributes are too long or not well-formed loses them.
    """
    end = html.rfind(">") + 1
    opened = _OPEN_TAG.search(html, end)
    html = html[: opened.start()] if opened else html
    return _ANY_TAG.sub(lambda tag: tag[0] if _sane(tag[2]) else f"<{tag[1]}>", html)


def _sane(attributes: str) -> bool:
    return len(attributes) <= bounds.MAX_ATTRIBUTE_CHARS and _ATTRIBUTES.fullmatch(attributes) is not None


def _without_comments(html: str) -> str:
    """Without comments, scripts and style sheets, in one pass; an unclosed one reaches to the end."""
    out: list[str] = []
    end = 0
    while opened := _UNSEEN.search(html, end):
        out.append(html[end : opened.start()])
        closing = _CLOSING[opened[0].lower()]
        closed = closing.search(html, opened.end() - (2 if opened[0] == "<!--" else 0))
        end = closed.end() if closed else 0
        if closed and opened[0] != "<!--":
            end = html.find(">", end) + 1
        if not end:
            return "".join(out)
    return "".join((*out, html[end:]))


def _tree(html: str) -> str:
    from selectolax.lexbor import LexborHTMLParser  # C extension, needed by mail with HTML alone

    out: list[str] = []
    node: Any = LexborHTMLParser(html).root
    while node is not None:
        entered = _enter(node, out)
        following = node.child if entered else None
        while following is None:
            _leave(node, out)
            following = node.next
            if following is None:
                node = node.parent
                if node is None:
                    break
            else:
                break
        node = following
    return _flowed(out)


def _enter(node: Any, out: list[str]) -> bool:
    """Write what the node itself says; False when its children are not to be read."""
    if node.is_text_node:
        _write(node.text_content or "", out)
        return False
    tag = node.tag
    if _DROPPED.fullmatch(tag):
        return False
    _break(tag, out)
    if tag == "br":
        out.append("\n")
    elif tag in ("td", "th"):
        out.append(" ")
    if tag == "-document":
        return True
    attributes = node.attributes
    if "hidden" in attributes or _HIDDEN.search((attributes.get("style") or "")[:2_000]):
        return False
    if tag == "img" and attributes.get("alt"):
        out.append(" ".join(attributes["alt"].split())[:1_000])
    return True


def _leave(node: Any, out: list[str]) -> None:
    if not node.is_text_node:
        _break(node.tag, out)


def _break(tag: str, out: list[str]) -> None:
    """Start a line, or a paragraph, unless one has just been started."""
    if not _LINE.fullmatch(tag):
        return
    wanted = "\n\n" if _PARAGRAPH.fullmatch(tag) else "\n"
    if not out or not out[-1].startswith("\n"):
        out.append(wanted)
    elif len(wanted) > len(out[-1]):
        out[-1] = wanted


def _write(text: str, out: list[str]) -> None:
    words = " ".join(_edges(text))
    if words.strip() or not (out and out[-1].startswith("\n")):
        out.append(words)


def _edges(text: str) -> list[str]:
    """Words of a text node, with an empty one where white space touched its edge."""
    words = text.split()
    if not words:
        return ["", ""] if text else []
    return [*([""] if text[0].isspace() else []), *words, *([""] if text[-1].isspace() else [])]


def _linear(html: str) -> str:
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
    lines = "".join(pieces).split("\n")
    return tidy("\n".join([" ".join(line.split()) for line in lines]))
