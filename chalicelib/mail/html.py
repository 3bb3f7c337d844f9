"""HTML to the text that a reader sees: no script, style, comment or hidden preheader; alternative texts stay."""

from __future__ import annotations

import re

from chalicelib.mail import bounds
from chalicelib.mail.characters import clean
from chalicelib.mail.readers.html_styles import hidden_classes
from chalicelib.mail.readers.html_tree import linear_text, tree_text

_CONDITIONAL = re.compile(r"<!--\[if[^<>]{0,200}\]>|<!\[endif\]-->", re.IGNORECASE)
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


def html_to_text(html: str, tags: int = bounds.MAX_HTML_TAGS) -> tuple[str, bool]:
    """(text, simplified): `simplified` says that there were more than `tags` tags to build a tree of.

    Then a linear reader without knowledge of nesting gives the text. White space is collapsed but in `pre`, blocks
    start a line, table cells are parted by a space, a quotation is marked by `>`, and the address of a link follows its
    words. What stands in conditional comments alone, for Outlook, is read where there is nothing else.
    """
    html = clean(html[: bounds.MAX_HTML_CHARS])
    shown = _without_comments(html)
    if shown.count("<") > tags:
        return linear_text(shown), True
    calmed = calm(shown)
    text = tree_text(calmed, hidden_classes(html)) or tree_text(calmed)
    if not text and (unwrapped := _CONDITIONAL.sub("", html)) != html:
        return html_to_text(unwrapped, tags)
    return text, False


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
