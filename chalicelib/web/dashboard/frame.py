"""The frame of every page: head, navigation, messages, footer; and its HTTP headers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from chalicelib.web.dashboard.context import PageContext, PageResponse
from chalicelib.web.dashboard.html import Child, Html, e

STYLE_FILE = Path(__file__).with_name("style.css")
POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
MOST_BYTES = 2 * 1024 * 1024
"""Of a page; Lambda answers with 6 MB at most. Lists are bounded long before."""
PAGES = (
    ("overview", ""),
    ("failed_messages", "/quarantine"),
    ("mails", "/mails"),
    ("rules", "/rules"),
    ("flags", "/flags"),
)
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32'"
    " rx='7' fill='%232f5bea'/%3E%3Cpath d='M6 10h20v13H6zl10 8 10-8' fill='none' stroke='white' stroke-width='2.4'"
    " stroke-linejoin='round'/%3E%3C/svg%3E"
)


@lru_cache(maxsize=1)
def style() -> tuple[str, str]:
    """The style sheet, and a short digest of it for its address."""
    sheet = STYLE_FILE.read_text("utf-8")
    return sheet, hashlib.sha256(sheet.encode()).hexdigest()[:16]


def page(
    context: PageContext,
    title: str,
    *content: Child,
    code: int = 200,
    current: str = "",
    title_language: str | None = None,
    **headers: str,
) -> PageResponse:
    """A whole page. `title_language` is that of a title from a mail; in `headers` an underscore is a hyphen."""
    head = e(
        "head",
        e("meta", charset="utf-8"),
        e("meta", name="viewport", content="width=device-width, initial-scale=1"),
        e("meta", name="color-scheme", content="light dark"),
        e("meta", name="robots", content="noindex"),
        e("title", f"{title} · Mailroom", lang=title_language),
        e("link", rel="icon", href=ICON),
        e("link", rel="stylesheet", href=context.link("/style.css", v=style()[1])),
    )
    body = e(
        "body",
        e("a", context.text("skip"), href="#content", class_="skip"),
        _top(context, current),
        e("main", e("h1", title, lang=title_language), *content, id="content", tabindex="-1"),
        _foot(context),
    )
    text = "<!doctype html>" + e("html", head, body, lang=context.language)
    if len(text.encode()) > MOST_BYTES:
        return error_page(context, 500)
    return PageResponse(text, code, HEADERS | {name.replace("_", "-"): value for name, value in headers.items()})


def error_page(context: PageContext, code: int, more: str = "") -> PageResponse:
    """The page of an HTTP error; `more` explains it."""
    explanation = more or (context.text(f"error.{code}.more") if code in (401, 403, 409, 500) else "")
    trace = [" ", e("code", context.trace)] if code == 500 else None
    sign_in = e("a", context.text("sign_in"), href=context.link("/sign-in")) if code == 401 else None
    return page(
        context,
        context.text(f"error.{code}"),
        e("p", explanation, trace) if explanation else None,
        e("p", sign_in or e("a", context.text("nav.overview"), href=context.link())),
        code=code,
    )


def section(title: str, *content: Child, more: str = "", class_: str = "", name: str = "") -> Html:
    """A part of a page under its heading."""
    note = e("p", more, class_="more") if more else None
    label = f"h-{name}" if name else None
    return e(
        "section", e("h2", title, id=label), note, *content, class_=f"card {class_}".strip(), aria_labelledby=label
    )


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; the heading of one that is `unseen` is read aloud only."""

    label: str
    class_: str | None = None
    unseen: bool = False


def table(columns: Sequence[Column], rows: Sequence[Sequence[Child]], caption: str, class_: str | None = None) -> Html:
    """A table that can be scrolled by the keyboard; on a narrow screen each row is a list of labels and values.

    The roles are spelled out because browsers drop them from a table that the style sheet lays out differently.
    """
    heads = [
        e("th", e("span", one.label, class_="unseen") if one.unseen else one.label, scope="col", role="columnheader")
        for one in columns
    ]
    head = e("thead", e("tr", heads, role="row"), role="rowgroup")
    lines = [e("tr", [_cell(*pair) for pair in zip(columns, row, strict=True)], role="row") for row in rows]
    body = e("tbody", lines, role="rowgroup")
    inner = e("table", e("caption", caption, class_="unseen"), head, body, class_=class_, role="table")
    return e("div", inner, class_="wide", tabindex="0", role="region", aria_label=caption)


def _cell(column: Column, value: Child) -> Html:
    label = None if column.unseen else column.label
    return e("td", value, class_=column.class_, data_label=label, role="cell")


def done(context: PageContext, *known: str) -> Html | None:
    """The message about what was just done. The address may name one of the `known` codes and whole numbers only."""
    code = context.query.get("done", "")
    if code not in known:
        return None
    numbers = {name: context.query.get(name, "0")[:9] for name in ("n", "failed", "unknown")}
    counts = {
        name: context.number(int(value)) if value.isascii() and value.isdecimal() else "0"
        for name, value in numbers.items()
    }
    return e("p", context.text(f"done.{code}", **counts), class_="done", role="status")


def _top(context: PageContext, current: str) -> Html:
    logo = e("svg", e("path", d="M3 6h18v12H3z"), e("path", d="M3 7l9 7 9-7"), viewBox="0 0 24 24", aria_hidden="true")
    name = e("a", logo, e("span", "Mailroom"), href=context.link(), class_="name")
    other = "fr" if context.language == "en" else "en"
    switch = None
    if not context.form:  # an address that answers forms alone cannot be visited
        href = "?" + urlencode(context.kept_query | {"lang": other})
        switch = e("a", context.text("other_language"), href=href, lang=other, hreflang=other)
    if context.session is None:
        return e("header", name, e("div", switch, class_="who"), class_="top")
    links = [
        e(
            "li",
            e(
                "a",
                context.text(f"nav.{one}"),
                href=context.link(path),
                aria_current="page" if one == current else None,
            ),
        )
        for one, path in PAGES
    ]
    out = context.post("/sign-out", e("button", context.text("sign_out"), type="submit", class_="plain"))
    who = e("div", switch, e("span", context.text("signed_in", author=context.author)), out, class_="who")
    return e("header", name, e("nav", e("ul", links), aria_label=context.text("nav")), who, class_="top")


def _foot(context: PageContext) -> Html:
    if context.session is None:
        return e("footer", e("p", "Mailroom"))
    when = (context.text("as_of"), " ", context.moment(context.now), ". ", context.text("utc"), " ")
    again = None if context.form else e("a", context.text("refresh"), href="?" + urlencode(context.kept_query))
    return e("footer", e("p", *when, again))
