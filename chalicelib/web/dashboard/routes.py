"""Routes of the operator's dashboard: pages for a browser, behind a sign-in. What they show is made in `pages`.

Everything that a page needs is loaded by its own route: the doors load none of it.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from chalice.app import Blueprint, Request, Response

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.compose import container
from chalicelib.core.errors import Retryable
from chalicelib.web.http import RETRY_AFTER, raw_body, trace_id
from chalicelib.web.openapi.routes import rows_of

if TYPE_CHECKING:
    from chalicelib.web.dashboard.visit import Answer, Visit

routes = Blueprint(__name__)
rows = rows_of("chalicelib.web.openapi.pages")
FORM = ["application/x-www-form-urlencoded"]
Show = Callable[["Visit"], "Answer"]


@routes.route("/dashboard", methods=["GET"])
def overview() -> Response:
    """Flow, balance, the day, flags, services, latest mail."""
    from chalicelib.web.dashboard.overview import show

    return _page(show, depth=0)


@routes.route("/dashboard/style.css", methods=["GET"])
def style() -> Response:
    """The one style sheet; it holds no secret and may be kept, because its address changes with it."""
    from chalicelib.web.dashboard.frame import style as sheet

    text, _ = sheet()
    headers: dict[str, str | list[str]] = {
        "Content-Type": "text/css; charset=utf-8",
        "Cache-Control": "public, max-age=86400",
        "X-Correlation-Id": trace_id(routes.current_request),
    }
    return Response(body=text, status_code=200, headers=headers)


@routes.route("/dashboard/sign-in", methods=["GET"])
def ask_who() -> Response:
    """The form that asks for name and token."""
    from chalicelib.web.dashboard.entry import form

    return _page(form, signed_in=False)


@routes.route("/dashboard/sign-in", methods=["POST"], content_types=FORM)
def sign_in() -> Response:
    """Fields `author`, `secret`, `token` (the form's own)."""
    from chalicelib.web.dashboard.entry import sign_in as check

    return _page(check, signed_in=False, form=True)


@routes.route("/dashboard/sign-out", methods=["POST"], content_types=FORM)
def sign_out() -> Response:
    """End the session."""
    from chalicelib.web.dashboard.entry import sign_out as end

    return _page(end, form=True)


@routes.route("/dashboard/flags", methods=["GET"])
def flags() -> Response:
    """The flags and who changed them when."""
    from chalicelib.web.dashboard.flags import show

    return _page(show)


@routes.route("/dashboard/flags/{name}", methods=["POST"], content_types=FORM)
def switch(name: str) -> Response:
    """Field `value`: on or off."""
    from chalicelib.web.dashboard.flags import switch as turn

    return _page(lambda visit: turn(visit, name), depth=2, form=True)


@routes.route("/dashboard/quarantine", methods=["GET"])
def quarantine() -> Response:
    """`?stage=` the letters of one stage, or some of all."""
    from chalicelib.web.dashboard.quarantine import show

    return _page(show)


@routes.route("/dashboard/quarantine", methods=["POST"], content_types=FORM)
def confirm() -> Response:
    """Fields `action` and `letter`s or `stage`: asks once more, changes nothing."""
    from chalicelib.web.dashboard.quarantine import confirm as ask

    return _page(ask, form=True)


@routes.route("/dashboard/quarantine/redrive", methods=["POST"], content_types=FORM)
def redrive() -> Response:
    """Fields `letter`s, or `stage` for all of it."""
    from chalicelib.web.dashboard.quarantine import redrive as send

    return _page(send, depth=2, form=True)


@routes.route("/dashboard/quarantine/discard", methods=["POST"], content_types=FORM)
def discard() -> Response:
    """Fields `letter`s and `reason`."""
    from chalicelib.web.dashboard.quarantine import discard as drop

    return _page(drop, depth=2, form=True)


@routes.route("/dashboard/mails", methods=["GET"])
def mails() -> Response:
    """`?state=`, `?before=`: recent mail, anonymized."""
    from chalicelib.web.dashboard.mails import show

    return _page(show)


@routes.route("/dashboard/mails/{mail_id}", methods=["GET"])
def mail(mail_id: str) -> Response:
    """One mail and what was done to it."""
    from chalicelib.web.dashboard.mails import story

    return _page(lambda visit: story(visit, mail_id), depth=2)


@routes.route("/dashboard/rules", methods=["GET"])
def rules() -> Response:
    """The rules in force in words, and their versions."""
    from chalicelib.web.dashboard.rules import show

    return _page(show)


@routes.route("/dashboard/rules/{number}", methods=["GET"])
def version(number: str) -> Response:
    """One version: what it says, what it changed, the way back to it."""
    from chalicelib.web.dashboard.rules import version as one

    return _page(lambda visit: one(visit, number), depth=2)


@routes.route("/dashboard/rules/rollback", methods=["POST"], content_types=FORM)
def rollback() -> Response:
    """Fields `version` and `base`, the version that was looked at."""
    from chalicelib.web.dashboard.rules import rollback as back

    return _page(back, depth=2, form=True)


def _page(show: Show, depth: int = 1, signed_in: bool = True, form: bool = False) -> Response:
    """Make the visit, let the page answer; without a session a page leads to the sign-in, a form is 401."""
    from chalicelib.web.dashboard import frame

    request = routes.current_request
    trace = trace_id(request)
    path = str(request.context.get("path") or "")
    make = functools.partial(_visit, request, depth + path.endswith("/"), trace)
    try:
        if form and len(raw_body(request)) > _limit():
            return _response(frame.error_page(make(), 413), trace)
        visit = make(signed_in=signed_in, form=form)
        return _response(_answered(visit, show, signed_in, form), trace)
    except Retryable as error:
        telemetry.failure("try_again", error, code=error.code, trace_id=trace)
        telemetry.count("Error", door="dashboard")
        return _response(frame.error_page(make(), 503, make().t("error.503.more", code=error.code)), trace)
    except Exception as error:  # noqa: BLE001 - answered as 500 and logged by class and place
        trace = str(uuid.uuid4())
        telemetry.failure("internal_error", error, trace_id=trace)
        telemetry.count("Error", door="dashboard")
        return _response(frame.error_page(_visit(request, depth, trace), 500), trace)


def _answered(visit: Visit, show: Show, signed_in: bool, form: bool) -> Answer:
    from chalicelib.web.dashboard import frame
    from chalicelib.web.dashboard.session import same

    if not signed_in:
        return show(visit)
    if visit.session is None:
        return frame.error_page(visit, 401) if form else visit.see("/sign-in")
    if form and not same(visit.value("token"), visit.session.token):
        return frame.error_page(visit, 403)
    return show(visit)


def _visit(request: Request, depth: int, trace: str, signed_in: bool = False, form: bool = False) -> Visit:
    """Strictly bounded: what is too much is not there."""
    from chalicelib.web.dashboard import entry, session
    from chalicelib.web.dashboard.visit import MOST_FIELDS, Visit

    parts = container()
    cookies = session.cookies_of(request.headers.get("cookie", ""))
    fields: dict[str, list[str]] = {}
    if form:
        try:
            text = raw_body(request).decode("utf-8", "replace")
            pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)
        except ValueError:
            pairs = []
        for name, value in pairs:
            fields.setdefault(name, []).append(value)
    visit = Visit(
        parts=parts,
        query={name: str(value)[:200] for name, value in (request.query_params or {}).items()},
        form=fields,
        cookies=cookies,
        depth=depth,
        source=str((request.context.get("identity") or {}).get("sourceIp") or "")[:64],
        trace=trace,
    )
    if not signed_in:
        return visit
    tokens = parts.door_secrets.texts("admin_tokens")
    found = session.read(cookies.get(session.SESSION, ""), tokens, visit.now.timestamp())
    if found and parts.cache.get(entry.ended_key(found)) is None:
        return replace(visit, session=found)
    return visit


def _limit() -> int:
    from chalicelib.web.dashboard.visit import MOST_BODY

    return MOST_BODY


def _response(answer: Answer, trace: str) -> Response:
    headers: dict[str, str | list[str]] = {"Cache-Control": "no-store", **answer.headers, "X-Correlation-Id": trace}
    headers.setdefault("Content-Type", "text/html; charset=utf-8")
    if answer.code == 503:
        headers["Retry-After"] = str(RETRY_AFTER)
    return Response(body=answer.body, status_code=answer.code, headers=headers)
