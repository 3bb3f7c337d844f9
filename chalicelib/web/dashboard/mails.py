"""Recent mail, anonymized, page by page; and one mail with what was done to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.core.mail_ids import MAIL_ID
from chalicelib.core.plain_text import plain
from chalicelib.ports import MailLine, MailStory
from chalicelib.web.dashboard.frame import error_page, page, section, table
from chalicelib.web.dashboard.html import Child, Html, e
from chalicelib.web.dashboard.visit import Answer, Unavailable, Visit

A_PAGE = 50
STATES = ("stored", "excluded", "quarantined")


def show(visit: Visit) -> Answer:
    """`GET /dashboard/mails`: `?state=` one state, `?before=` the mail that the page begins after."""
    state, before = visit.query.get("state", ""), visit.query.get("before", "")
    if state not in ("", *STATES) or (before and not MAIL_ID.fullmatch(before)):
        return error_page(visit, 400)
    found = visit.read("database", lambda: visit.parts.reports.latest(A_PAGE + 1, before, state))
    choices = [("", visit.t("mails.all")), *((one, visit.t(f"state.{one}")) for one in STATES)]
    tabs = [
        e("li", e("a", told, href=visit.link("/mails", state=one), aria_current="page" if one == state else None))
        for one, told in choices
    ]
    shown = found if isinstance(found, Unavailable) else found[:A_PAGE]
    pages: list[Child] = []
    if before:
        pages.append(e("a", visit.t("mails.newest"), href=visit.link("/mails", state=state), rel="first"))
    if not isinstance(found, Unavailable) and len(found) > A_PAGE:
        older = visit.link("/mails", state=state, before=found[A_PAGE - 1].mail_id)
        pages.append(e("a", visit.t("mails.older"), href=older, rel="next"))
    return page(
        visit,
        visit.t("mails"),
        e("ul", tabs, class_="tabs"),
        section(visit.t("mails"), lines(visit, shown), more=visit.t("mails.more"), name="mails", class_="full"),
        e("p", pages, class_="pages") if pages else None,
        current="mails",
    )


def lines(visit: Visit, found: Sequence[MailLine] | Unavailable) -> Html:
    """Mails as a table."""
    if isinstance(found, Unavailable):
        return visit.missing(found)
    if not found:
        return e("p", visit.t("mails.none"))
    heads = ("received", "state", "subject", "sender", "category", "account")
    return table([visit.t(f"mail.{one}") for one in heads], [_row(visit, one) for one in found], visit.t("mails"))


def story(visit: Visit, mail_id: str) -> Answer:
    """`GET /dashboard/mails/{mail_id}`: one mail."""
    if not MAIL_ID.fullmatch(mail_id):
        return error_page(visit, 404)
    found = visit.read("database", lambda: visit.parts.reports.story(mail_id))
    if isinstance(found, Unavailable):
        return page(visit, visit.t("quarantine.mail"), visit.missing(found), current="mails")
    if found is None:
        return error_page(visit, 404, visit.t("mail.unknown"))
    line = found.line
    title = plain(line.subject) or visit.t("mail.no_text")
    return page(
        visit,
        title,
        section(visit.t("quarantine.mail"), _facts(visit, found), _decide(visit, line), name="mail"),
        section(visit.t("mail.timeline"), _timeline(visit, found), name="timeline"),
        current="mails",
    )


def badge(visit: Visit, state: str) -> Html:
    """A state in its colour."""
    return e("span", visit.t(f"state.{state}"), class_=f"badge badge-{state}")


def _row(visit: Visit, line: MailLine) -> Html:
    subject = plain(line.subject) or visit.t("mail.no_text")
    urgent = [" ", e("span", visit.t("urgency.high"), class_="badge badge-urgent")] if line.urgency == "high" else None
    reason = e("span", visit.code("reason", line.reason), class_="more") if line.reason else None
    return e(
        "tr",
        e("td", visit.moment(line.received_at)),
        e("td", badge(visit, line.state), " ", reason),
        e("td", e("a", e("bdi", subject), href=visit.link(f"/mails/{line.mail_id}")), urgent, class_="text"),
        e("td", e("bdi", plain(line.sender)), class_="text"),
        e("td", line.category),
        e("td", line.account),
    )


def _facts(visit: Visit, story: MailStory) -> Html:
    line = story.line
    reason = [" ", visit.code("reason", line.reason)] if line.reason else None
    other = None
    if story.canonical_id:
        other = e("a", story.canonical_id, href=visit.link(f"/mails/{story.canonical_id}"))
    by = None
    if story.classifier:
        sure = visit.t("mail.confidence", n=round((story.confidence or 0) * 100))
        by = f"{story.classifier}, {sure}"
    facts: list[tuple[str, Child]] = [
        ("state", [badge(visit, line.state), reason]),
        ("sender", e("bdi", plain(line.sender)) if line.sender else None),
        ("received", visit.moment(line.received_at)),
        ("account", line.account),
        ("source", line.source),
        ("category", line.category),
        ("urgency", visit.t(f"urgency.{line.urgency}") if line.urgency else None),
        ("language", line.language),
        ("classifier", by),
        ("rule", story.rule),
        ("duplicate_of", other),
        ("stage", visit.code("stage", story.stage) if line.state != "stored" else None),
        ("attempts", story.attempts if line.state == "quarantined" else None),
        ("error", story.error),
        ("expired", visit.moment(story.expired_at) if story.expired_at else None),
        ("id", e("code", line.mail_id)),
        ("trace", e("code", story.trace_id) if story.trace_id else None),
    ]
    return e(
        "dl",
        [e("div", e("dt", visit.t(f"mail.{name}")), e("dd", told)) for name, told in facts if told],
        class_="facts",
    )


def _decide(visit: Visit, line: MailLine) -> Html | None:
    if line.state != "quarantined":
        return None
    chosen = e("input", type="hidden", name="letter", value=line.mail_id)
    return visit.post(
        "/quarantine",
        chosen,
        e("button", visit.t("confirm.do.redrive") + "…", type="submit", name="action", value="redrive", class_="main"),
        " ",
        e("button", visit.t("confirm.do.discard") + "…", type="submit", name="action", value="discard"),
        class_="actions",
    )


def _timeline(visit: Visit, story: MailStory) -> Html:
    steps: list[tuple[str, Html]] = []
    for receipt in story.receipts:
        sure = visit.t("mail.confidence", n=round(receipt.confidence * 100)) if receipt.confidence is not None else ""
        more = " · ".join(filter(None, [f"{receipt.seconds:.2f} s", sure]))
        told = [e("strong", receipt.module), " ", receipt.action, " ", e("code", receipt.outcome)]
        steps.append((receipt.started, _step(visit, receipt.started, "auto", told, more)))
    for deed in story.deeds:
        at = deed.at.isoformat()
        told = [e("strong", visit.t(f"deed.{deed.decision}", author=deed.author))]
        steps.append((at, _step(visit, at, "person", told, deed.reason)))
    at = story.line.ended_at.isoformat()
    ended = [e("strong", visit.t("mail.ended")), " ", badge(visit, story.line.state)]
    none = None if steps else e("p", visit.t("mail.timeline.none"))
    steps.append((at, _step(visit, at, "end", ended)))
    ordered = sorted(steps, key=lambda step: datetime.fromisoformat(step[0]))
    return e("div", none, e("ol", [step for _, step in ordered], class_="timeline"))


def _step(visit: Visit, at: str, kind: str, told: Sequence[Child], more: str = "") -> Html:
    return e("li", visit.moment(at), e("span", *told), e("span", more, class_="more") if more else None, class_=kind)
