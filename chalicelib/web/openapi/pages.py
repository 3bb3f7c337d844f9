"""The dashboard's rows of the OpenAPI document: pages for a browser, forms with a token."""

from __future__ import annotations

from chalicelib.web.dashboard.session import SESSION as SESSION_COOKIE
from chalicelib.web.dead_letter_schemas import CHOSEN, Reason
from chalicelib.web.openapi import schemas as s
from chalicelib.web.openapi.route import CSS, FORM, HTML, OPEN, Access, Route, Schema

SESSION = Access(
    "session",
    (),
    {
        "DashboardSession": {
            "type": "apiKey",
            "in": "cookie",
            "name": SESSION_COOKIE,
            "description": "signed, for eight hours; every form carries its token as well",
        }
    },
    (("DashboardSession",),),
)

PAGE: Schema = s.text()
GONE: Schema = {}
LANGUAGE = {"lang": s.named("fr", "en")}
TOKEN = s.text(64, minLength=1, description="the form's own, from the page that it is on")
_MESSAGES = s.several(s.MAIL_ID, CHOSEN)
_REASON = s.of(Reason)
_SEEN = {200: PAGE, 303: GONE, 400: PAGE, 404: PAGE}
_DONE = {303: GONE, 400: PAGE, 401: PAGE, 403: PAGE, 404: PAGE, 409: PAGE, 413: PAGE}


def _page(path: str, summary: str, query: dict[str, Schema] | None = None) -> Route:
    about = f"{summary} Without a session: 303 to the sign-in."
    return Route("GET", f"/dashboard{path}", SESSION, about, (), _SEEN, query=LANGUAGE | (query or {}), media=HTML)


def _form(path: str, summary: str, required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Route:
    body = s.record({"token": TOKEN} | required, optional, closed=False)
    results = _DONE | ({200: PAGE} if path == "/quarantine" else {})
    return Route(
        *("POST", f"/dashboard{path}", SESSION, summary, (), results, body), query=LANGUAGE, media=HTML, takes=FORM
    )


ROUTES = (
    Route(
        *("GET", "/dashboard/style.css", OPEN),
        "The style sheet of the pages.",
        results={200: PAGE},
        query={"v": s.text(64)},
        media=CSS,
    ),
    Route(
        *("GET", "/dashboard/sign-in", OPEN),
        "The form that asks for a name and an admin token.",
        results={200: PAGE},
        query=LANGUAGE,
        media=HTML,
    ),
    Route(
        *("POST", "/dashboard/sign-in", OPEN),
        "Begins a session of eight hours (cookie). 10 at once and 5 a minute from one address, right or wrong.",
        results={303: GONE, 400: PAGE, 401: PAGE, 403: PAGE, 413: PAGE, 429: PAGE},
        body=s.record({"token": TOKEN, "author": s.AUTHOR, "secret": s.text(1_000, minLength=1)}, closed=False),
        query=LANGUAGE,
        media=HTML,
        takes=FORM,
    ),
    _form("/sign-out", "Ends the session.", {}),
    _page("", "The operator's overview: flow, ledger balance, the day, flags, services, latest mail."),
    _page("/flags", "The runtime flags with their switches, and who changed them when."),
    _form("/flags/{name}", "Switches a flag in the name of the session.", {"value": s.named("on", "off")}),
    _page("/quarantine", "The failed messages.", {"stage": s.STAGE}),
    _form(
        "/quarantine",
        "Asks for confirmation; changes nothing.",
        {"action": s.named("redrive", "discard", "redrive_all")},
        {"message": _MESSAGES, "stage": s.STAGE},
    ),
    _form("/quarantine/redrive", "Requeues failed messages.", {}, {"message": _MESSAGES, "stage": s.STAGE}),
    _form(
        "/quarantine/discard",
        "Gives messages up for a reason.",
        {"message": _MESSAGES, "reason": _REASON},
    ),
    _page(
        "/mails",
        "Recent mail, anonymized, page by page.",
        {"state": s.named("stored", "excluded", "quarantined"), "before": s.MAIL_ID},
    ),
    _page("/mails/{mail_id}", "One mail, anonymized, and what was done to it."),
    _page("/rules", "The rules in force in words, and their versions."),
    _page("/rules/{number}", "One version, what it changed, and the way back to it."),
    _form("/rules/rollback", "Goes back to a version.", {"version": s.text(9), "base": s.text(9)}),
)
