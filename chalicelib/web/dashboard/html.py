"""HTML that escapes by default: every text is an attacker's until it was made here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from chalicelib.core.plain_text import UNSEEN

VOID = frozenset({"br", "col", "hr", "input", "link", "meta"})
NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*")


class Html(str):
    """Markup that is not escaped again; made by `e` alone."""

    __slots__ = ()


Child = str | int | float | None | Iterable["Child"]


def text(value: str) -> Html:
    """A text for a page; what a browser would obey but not show (controls, directions) is shown as U+FFFD."""
    return Html(escape(UNSEEN.sub(_shown, value), quote=True))


def e(tag: str, *children: Child, **attributes: str | int | float | bool | None) -> Html:
    """An element. `class_` is `class`, `aria_label` is `aria-label`; None and False leave an attribute out."""
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in VOID:
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{joined(children)}</{tag}>")


def joined(child: Child) -> Html:
    """The children one after the other."""
    if child is None:
        return Html("")
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return text(child)
    if isinstance(child, int | float):
        return text(str(child))
    return Html("".join(map(joined, child)))


def _attribute(name: str, value: str | int | float | bool | None) -> str:
    spelled = name.rstrip("_").replace("_", "-")
    assert NAME.fullmatch(spelled)  # names are ours, never a mail's
    if value is None or value is False:
        return ""
    return f" {spelled}" if value is True else f' {spelled}="{text(str(value))}"'


def _shown(match: re.Match[str]) -> str:
    return re.sub(r"[^\t\n]", "\N{REPLACEMENT CHARACTER}", match[0])
