"""Recent mail, anonymized, page by page; and one mail with its history."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chalicelib.core.mail_ids import MAIL_ID
from chalicelib.core.plain_text import plain
from chalicelib.ports import MailLine, MailStory
from chalicelib.web.dashboard.context import PageContext, PageResponse, Unavailable
from chalicelib.web.dashboard.frame import Column, error_page, page, section, table
from chalicelib.web.dashboard.html import Child, Html, e
from chalicelib.web.dashboard.mail_timeline import badge, timeline

A_PAGE = 50
STATES = ("stored", "excluded", "quarantined")
COLUMNS = (
    ("received", None),
    ("state", None),
    ("subject", "text"),
    ("sender", "text"),
    ("category", None),
    ("account", None),
)
LANGUAGE = re.compile(r"[a-z]{2}")


def show(context: PageContext) -> PageResponse:
    """`GET /dashboard/mails`: `?state=` one state, `?before=` the mail that the page begins after."""
    state, before = context.query.get("state", ""), context.query.get("before", "")
    if state not in ("", *STATES) or (before and not MAIL_ID.fullmatch(before)):
        return error_page(context, 400)
    found = context.read("database", lambda: context.container.reports.latest(A_PAGE + 1, before, state))
    choices = [("", context.text("mails.all")), *((one, context.label("state", one)) for one in STATES)]
    tabs = [
        e("li", e("a", name, href=context.link("/mails", state=one), aria_current="page" if one == state else None))
        for one, name in choices
    ]
    shown = found if isinstance(found, Unavailable) else found[:A_PAGE]
    pages: list[Child] = []
    if before:
        pages.append(e("a", context.text("mails.newest"), href=context.link("/mails", state=state), rel="first"))
    if not isinstance(found, Unavailable) and len(found) > A_PAGE:
        older = context.link("/mails", state=state, before=found[A_PAGE - 1].mail_id)
        pages.append(e("a", context.text("mails.older"), href=older, rel="next"))
    return page(
        context,
        context.text("mails"),
        e("ul", tabs, class_="tabs"),
        section(
            context.text("mails"), lines(context, shown), more=context.text("mails.more"), name="mails", class_="full"
        ),
        e("p", pages, class_="pages") if pages else None,
        current="mails",
    )


def lines(context: PageContext, found: Sequence[MailLine] | Unavailable) -> Html:
    """Mails as a table."""
    if isinstance(found, Unavailable):
        return context.unavailable(found)
    if not found:
        return e("p", context.text("mails.none"))
    columns = [Column(context.text(f"mail.{name}"), class_) for name, class_ in COLUMNS]
    return table(columns, [_row(context, one) for one in found], context.text("mails"))


def story(context: PageContext, mail_id: str) -> PageResponse:
    """`GET /dashboard/mails/{mail_id}`: one mail."""
    if not MAIL_ID.fullmatch(mail_id):
        return error_page(context, 404)
    found = context.read("database", lambda: context.container.reports.story(mail_id))
    if isinstance(found, Unavailable):
        return page(context, context.text("mail"), context.unavailable(found), current="mails")
    if found is None:
        return error_page(context, 404, context.text("mail.unknown"))
    line = found.line
    return page(
        context,
        plain(line.subject) or context.text("mail.no_subject"),
        section(context.text("mail"), _facts(context, found), _decide(context, line), name="mail"),
        section(context.text("mail.timeline"), timeline(context, found), name="timeline"),
        current="mails",
        title_language=_language(line) if line.subject else None,
    )


def _row(context: PageContext, line: MailLine) -> list[Child]:
    subject = e("bdi", plain(line.subject), lang=_language(line)) if plain(line.subject) else None
    link = e("a", subject or context.text("mail.no_subject"), href=context.link(f"/mails/{line.mail_id}"))
    high = line.urgency == "high"
    urgent = [" ", e("span", context.text("urgency.high"), class_="badge badge-urgent")] if high else None
    reason = [" ", e("span", context.reason_words(line.reason), class_="more")] if line.reason else None
    return [
        context.moment(line.received_at),
        [badge(context, line.state), reason],
        [link, urgent],
        e("bdi", plain(line.sender)) if line.sender else None,
        context.label("category", line.category),
        e("bdi", line.account),
    ]


def _facts(context: PageContext, story: MailStory) -> Html:
    line = story.line
    reason = [" ", context.reason(line.reason)] if line.reason else None
    other = None
    if story.canonical_id:
        other = e("a", story.canonical_id, href=context.link(f"/mails/{story.canonical_id}"))
    by = None
    if story.classifier:
        by = f"{_classifier(context, story.classifier)}, {context.confidence(story.confidence or 0)}"
    facts: list[tuple[str, Child]] = [
        ("state", [badge(context, line.state), reason]),
        ("sender", e("bdi", plain(line.sender)) if line.sender else None),
        ("received", context.moment(line.received_at)),
        ("account", e("bdi", line.account)),
        ("source", context.label("source", line.source) if line.source else None),
        ("category", context.label("category", line.category) if line.category else None),
        ("urgency", context.label("urgency", line.urgency) if line.urgency else None),
        ("language", context.label("language", line.language) if line.language else None),
        ("classifier", by),
        ("rule", e("bdi", story.rule) if story.rule else None),
        ("duplicate_of", other),
        ("stage", context.label("stage", story.stage) if line.state != "stored" else None),
        ("attempts", context.number(story.attempts) if line.state == "quarantined" else None),
        ("error", e("code", story.error) if story.error else None),
        ("expired", context.moment(story.expired_at) if story.expired_at else None),
        ("id", e("code", line.mail_id)),
        ("trace", e("code", story.trace_id) if story.trace_id else None),
    ]
    return e(
        "dl",
        [e("div", e("dt", context.text(f"mail.{name}")), e("dd", value)) for name, value in facts if value],
        class_="facts",
    )


def _decide(context: PageContext, line: MailLine) -> Html | None:
    if line.state != "quarantined":
        return None
    chosen = e("input", type="hidden", name="message", value=line.mail_id)
    return context.post(
        "/quarantine",
        chosen,
        e(
            "button",
            context.text("confirm.do.redrive") + "…",
            type="submit",
            name="action",
            value="redrive",
            class_="main",
        ),
        " ",
        e("button", context.text("confirm.do.discard") + "…", type="submit", name="action", value="discard"),
        class_="actions",
    )


def _classifier(context: PageContext, name: str) -> str:
    return context.text("classifier.fallback") if "(fallback:" in name else context.label("classifier", name)


def _language(line: MailLine) -> str | None:
    """The language of the mail's text, for screen readers and hyphenation; None where it is not known."""
    return line.language if LANGUAGE.fullmatch(line.language) else None
