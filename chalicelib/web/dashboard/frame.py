"""What every page is framed by: head, navigation, messages, foot; and the headers that go with it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from chalicelib.web.dashboard.html import Child, Html, e
from chalicelib.web.dashboard.visit import Answer, Visit

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
PAGES = (("overview", ""), ("quarantine", "/quarantine"), ("mails", "/mails"), ("rules", "/rules"), ("flags", "/flags"))
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32'"
    " rx='7' fill='%232f5bea'/%3E%3Cpath d='M6 10h20v13H6zl10 8 10-8' fill='none' stroke='white' stroke-width='2.4'"
    " stroke-linejoin='round'/%3E%3C/svg%3E"
)


@lru_cache(maxsize=1)
def style() -> tuple[str, str]:
    """(the style sheet, a short digest of it that its address carries)."""
    sheet = STYLE_FILE.read_text("utf-8")
    return sheet, hashlib.sha256(sheet.encode()).hexdigest()[:16]


def page(visit: Visit, title: str, *content: Child, code: int = 200, current: str = "", **headers: str) -> Answer:
    """A whole page. `headers` are spelled with underscores."""
    head = e(
        "head",
        e("meta", charset="utf-8"),
        e("meta", name="viewport", content="width=device-width, initial-scale=1"),
        e("meta", name="color-scheme", content="light dark"),
        e("meta", name="robots", content="noindex"),
        e("title", f"{title} · Mailroom"),
        e("link", rel="icon", href=ICON),
        e("link", rel="stylesheet", href=visit.link("/style.css", v=style()[1])),
    )
    body = e(
        "body",
        e("a", visit.t("skip"), href="#content", class_="skip"),
        _top(visit, current),
        e("main", e("h1", title), *content, id="content", tabindex="-1"),
        _foot(visit),
    )
    text = "<!doctype html>" + e("html", head, body, lang=visit.language)
    if len(text.encode()) > MOST_BYTES:
        return error_page(visit, 500)
    return Answer(text, code, HEADERS | {name.replace("_", "-"): value for name, value in headers.items()})


def error_page(visit: Visit, code: int, more: str = "") -> Answer:
    """A page that says why there is no other."""
    key = f"error.{code}"
    told = more or (visit.t(f"{key}.more") if code in (401, 403, 409, 500) else "")
    content = [e("p", told, " ", e("code", visit.trace) if code == 500 else None)] if told else []
    away = e("a", visit.t("sign_in"), href=visit.link("/sign-in")) if code == 401 else None
    back = e("p", away or e("a", visit.t("nav.overview"), href=visit.link()))
    return page(visit, visit.t(key), *content, back, code=code)


def section(title: str, *content: Child, more: str = "", class_: str = "", name: str = "") -> Html:
    """A part of a page under its heading."""
    note = e("p", more, class_="more") if more else None
    label = f"h-{name}" if name else None
    return e(
        "section", e("h2", title, id=label), note, *content, class_=f"card {class_}".strip(), aria_labelledby=label
    )


def table(heads: Sequence[Child], rows: Sequence[Html], caption: str, class_: str = "") -> Html:
    """A table that can be scrolled sideways by the keyboard."""
    head = e("thead", e("tr", [e("th", one, scope="col") for one in heads]))
    inner = e("table", e("caption", caption, class_="unseen"), head, e("tbody", rows), class_=class_ or None)
    return e("div", inner, class_="wide", tabindex="0", role="region", aria_label=caption)


def done(visit: Visit, *known: str) -> Html | None:
    """What was just done, as the address says: one of the known codes and whole numbers, nothing else."""
    code = visit.query.get("done", "")
    if code not in known:
        return None
    numbers = {name: visit.query.get(name, "0")[:9] for name in ("n", "failed", "unknown")}
    told = {name: value if value.isascii() and value.isdecimal() else "0" for name, value in numbers.items()}
    return e("p", visit.t(f"done.{code}", **told), class_="done", role="status")


def _top(visit: Visit, current: str) -> Html:
    logo = e("svg", e("path", d="M3 6h18v12H3z"), e("path", d="M3 7l9 7 9-7"), viewBox="0 0 24 24", aria_hidden="true")
    name = e("a", logo, e("span", "Mailroom"), href=visit.link(), class_="name")
    other = "fr" if visit.language == "en" else "en"
    switch = None
    if not visit.form:  # an address that answers forms alone cannot be visited
        href = "?" + urlencode(visit.kept | {"lang": other})
        switch = e("a", visit.t("other_language"), href=href, lang=other, hreflang=other)
    if visit.session is None:
        return e("header", name, e("div", switch, class_="who"), class_="top")
    links = [
        e("li", e("a", visit.t(f"nav.{one}"), href=visit.link(path), aria_current="page" if one == current else None))
        for one, path in PAGES
    ]
    out = visit.post("/sign-out", e("button", visit.t("sign_out"), type="submit", class_="plain"))
    who = e("div", switch, e("span", visit.t("signed_in", author=visit.author)), out, class_="who")
    return e("header", name, e("nav", e("ul", links), aria_label=visit.t("nav")), who, class_="top")


def _foot(visit: Visit) -> Html:
    if visit.session is None:
        return e("footer", e("p", "Mailroom"))
    told = (visit.t("as_of"), " ", visit.moment(visit.now), ". ", visit.t("utc"), " ")
    again = None if visit.form else e("a", visit.t("refresh"), href="?" + urlencode(visit.kept))
    return e("footer", e("p", *told, again))
