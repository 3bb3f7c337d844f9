"""Dead letters: what lies there and why; redrive and discard, each behind a page that asks once more."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.bootstrap import telemetry
from chalicelib.core.errors import Permanent
from chalicelib.core.mail_ids import MAIL_ID
from chalicelib.core.stages import STAGE_NAMES
from chalicelib.operations.dead_letters import REASON, Outcome
from chalicelib.ports.dead_letter_records import DeadLetterRecord
from chalicelib.web.dashboard.frame import done, error_page, page, section, table
from chalicelib.web.dashboard.html import Child, Html, e
from chalicelib.web.dashboard.visit import Answer, Unavailable, Visit

LISTED = 100
"""Letters of one stage that are looked at; half of that of each where all are."""
CHOSEN = 100
"""Letters that a page shows, so that all of it can be chosen in one form."""


def show(visit: Visit) -> Answer:
    """`GET /dashboard/quarantine`: `?stage=` one stage. Looking hides the letters from others for a moment."""
    stage = visit.query.get("stage", "")
    if stage not in ("", *STAGE_NAMES):
        return error_page(visit, 400)
    limit = LISTED if stage else LISTED // 2
    found = visit.read("queue", lambda: visit.parts.desk.listing([stage] if stage else STAGE_NAMES, limit))
    tabs = [
        e("li", e("a", told, href=visit.link("/quarantine", stage=one), aria_current="page" if one == stage else None))
        for one, told in (("", visit.t("quarantine.all_stages")), *((s, visit.code("stage", s)) for s in STAGE_NAMES))
    ]
    if isinstance(found, Unavailable):
        content: list[Child] = [visit.missing(found)]
    elif not found.letters:
        content = [e("p", visit.t("quarantine.none"), class_="good")]
    else:
        content = [_letters(visit, found.letters[:CHOSEN]), _all_of(visit, found.letters)]
    if not isinstance(found, Unavailable) and (not found.complete or len(found.letters) > CHOSEN):
        content.append(e("p", visit.t("quarantine.incomplete"), class_="away"))
    return page(
        visit,
        visit.t("quarantine"),
        done(visit, "redriven", "discarded", "moving", "move_refused"),
        e("ul", tabs, class_="tabs"),
        section(visit.t("quarantine"), *content, more=visit.t("quarantine.more"), name="letters", class_="full"),
        current="quarantine",
    )


def confirm(visit: Visit) -> Answer:
    """`POST /dashboard/quarantine`: what is to be done, asked once more; changes nothing."""
    return _confirm(visit, visit.value("action"))


def _confirm(visit: Visit, action: str, wrong: str = "") -> Answer:
    stage = visit.value("stage")
    if action == "redrive_all" and stage in STAGE_NAMES:
        hidden = [e("input", type="hidden", name="stage", value=stage)]
        title = visit.t("confirm.redrive_all", stage=visit.code("stage", stage))
        return _asked(visit, title, visit.t("confirm.redrive.more"), "redrive", hidden)
    chosen = _chosen(visit)
    if action not in ("redrive", "discard"):
        return error_page(visit, 400)
    if not chosen:
        return error_page(visit, 400, visit.t("quarantine.nothing"))
    hidden = [e("input", type="hidden", name="letter", value=one) for one in chosen]
    title, more = visit.t(f"confirm.{action}", n=len(chosen)), visit.t(f"confirm.{action}.more")
    reason = _reason(visit, wrong) if action == "discard" else None
    named = e("ul", [e("li", e("code", one)) for one in chosen], class_="ids")
    return _asked(visit, title, more, action, [*hidden, named, reason], 400 if wrong else 200)


def redrive(visit: Visit) -> Answer:
    """`POST /dashboard/quarantine/redrive`: the chosen letters, or all of one stage."""
    stage = visit.value("stage")
    if stage:
        return _redrive_all(visit, stage) if stage in STAGE_NAMES else error_page(visit, 400)
    chosen = _chosen(visit)
    if not chosen:
        return error_page(visit, 400, visit.t("quarantine.nothing"))
    return _told(visit, "redriven", visit.parts.desk.redrive(chosen, visit.author))


def discard(visit: Visit) -> Answer:
    """`POST /dashboard/quarantine/discard`: the chosen letters, for a reason that is a code."""
    chosen, reason = _chosen(visit), visit.value("reason").strip()
    if not chosen:
        return error_page(visit, 400, visit.t("quarantine.nothing"))
    if not REASON.fullmatch(reason):
        wrong = visit.t("confirm.reason.wrong", help=visit.t("confirm.reason.help"))
        return _confirm(visit, "discard", wrong)
    return _told(visit, "discarded", visit.parts.desk.discard(chosen, reason, visit.author))


def _redrive_all(visit: Visit, stage: str) -> Answer:
    desk = visit.parts.desk
    try:
        desk.redrive_all(stage, visit.author)
    except Permanent as error:
        if error.code == "move_refused":
            return visit.see("/quarantine", stage=stage, done="move_refused")
        if error.code != "move_unsupported":
            raise
        # A server without a move of its own: letter by letter, as many as one request can.
        letters = desk.listing([stage], CHOSEN).letters
        return _told(visit, "redriven", desk.redrive([_name(letter) for letter in letters], visit.author), stage)
    telemetry.warn("dead_letters_moved", stage=stage, trace_id=visit.trace)
    return visit.see("/quarantine", stage=stage, done="moving")


def _told(visit: Visit, what: str, outcome: Outcome, stage: str = "") -> Answer:
    for letter in outcome.done:
        telemetry.warn(
            f"dead_letter_{what}", stage=letter.dead.stage, mail_id=letter.mail_id or None, trace_id=visit.trace
        )
    for mail_id in outcome.written_off:
        telemetry.warn("written_off", mail_id=mail_id, trace_id=visit.trace)
    numbers = {"failed": len(outcome.failed), "unknown": len(outcome.unknown)}
    return visit.see("/quarantine", stage=stage, done=what, n=len(outcome.done) + len(outcome.written_off), **numbers)


def _chosen(visit: Visit) -> list[str]:
    """Ids of letters: a mail's, or a letter's own where there is no mail in it; both have one form."""
    chosen = list(dict.fromkeys(visit.form.get("letter", ())))
    return chosen if len(chosen) <= CHOSEN and all(map(MAIL_ID.fullmatch, chosen)) else []


def _name(letter: DeadLetterRecord) -> str:
    return letter.mail_id or letter.dead.id


def _letters(visit: Visit, letters: Sequence[DeadLetterRecord]) -> Html:
    heads: list[Child] = [e("span", visit.t("quarantine.select"), class_="unseen")]
    heads += [visit.t(f"quarantine.{one}") for one in ("mail", "stage")] + [visit.t("reason")]
    heads += [visit.t(f"quarantine.{one}") for one in ("attempts", "first", "last")]
    rows = [_letter(visit, letter) for letter in letters]
    actions = e(
        "p",
        e("button", visit.t("quarantine.redrive"), type="submit", name="action", value="redrive", class_="main"),
        " ",
        e("button", visit.t("quarantine.discard"), type="submit", name="action", value="discard"),
        class_="actions",
    )
    return visit.post("/quarantine", table(heads, rows, visit.t("quarantine")), actions)


def _letter(visit: Visit, letter: DeadLetterRecord) -> Html:
    name = _name(letter)
    box = e("input", type="checkbox", name="letter", value=name, aria_label=visit.t("quarantine.select_one", id=name))
    if letter.mail_id:
        what: Child = e("a", e("code", letter.mail_id), href=visit.link(f"/mails/{letter.mail_id}"))
    else:
        what = [visit.t("quarantine.letter"), " ", e("code", letter.dead.id)]
    error = [" ", e("span", letter.error, class_="more")] if letter.error else None
    return e(
        "tr",
        e("td", box),
        e("td", what, " ", e("span", letter.account, class_="more")),
        e("td", visit.code("stage", letter.dead.stage)),
        e("td", e("strong", visit.code("reason", letter.reason)), error),
        e("td", letter.attempts, class_="number"),
        e("td", visit.moment(letter.first_at)),
        e("td", visit.moment(letter.last_at)),
    )


def _all_of(visit: Visit, letters: Sequence[DeadLetterRecord]) -> Html:
    forms = []
    for stage in dict.fromkeys(letter.dead.stage for letter in letters):
        told = visit.t("quarantine.redrive_all", stage=visit.code("stage", stage))
        hidden = e("input", type="hidden", name="stage", value=stage)
        button = e("button", told, type="submit", name="action", value="redrive_all")
        forms.append(visit.post("/quarantine", hidden, button))
    return e("div", forms, class_="actions")


def _asked(visit: Visit, title: str, more: str, action: str, inside: Sequence[Child], code: int = 200) -> Answer:
    doing = e(
        "button",
        visit.t(f"confirm.do.{action}"),
        type="submit",
        class_="main danger" if action == "discard" else "main",
    )
    cancel = e("a", visit.t("cancel"), href=visit.link("/quarantine"), class_="button")
    asked = visit.post(f"/quarantine/{action}", *inside, e("p", doing, " ", cancel, class_="actions"))
    return page(visit, title, e("div", e("p", more), asked, class_="card"), code=code, current="quarantine")


def _reason(visit: Visit, wrong: str) -> Html:
    alarm = e("p", wrong, class_="alarm", role="alert") if wrong else None
    entry = e(
        "input",
        id="reason",
        name="reason",
        value=visit.value("reason")[:60],
        required=True,
        maxlength=60,
        pattern=REASON.pattern.replace("_.-", "_.\\-"),
        aria_describedby="reason-help",
        autocomplete="off",
        list="reasons",
    )
    known = e(
        "datalist", [e("option", value=one) for one in ("spam", "test", "unreadable", "wanted-by-nobody")], id="reasons"
    )
    help_ = e("p", visit.t("confirm.reason.help"), id="reason-help", class_="more")
    return e("div", alarm, e("label", visit.t("confirm.reason"), for_="reason"), entry, known, help_, class_="field")
