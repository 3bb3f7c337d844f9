"""Routes of the operator's dashboard: pages for a browser, behind a sign-in.

Each route imports its page itself, so that the endpoints for mail load none of them.
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
from chalicelib.bootstrap.container import container
from chalicelib.core.errors import Retryable
from chalicelib.web.http import RETRY_AFTER, raw_body, trace_id
from chalicelib.web.openapi.routes import rows_of
from chalicelib.web.unauthorized import address_of

if TYPE_CHECKING:
    from chalicelib.web.dashboard.context import PageContext, PageResponse

routes = Blueprint(__name__)
rows = rows_of("chalicelib.web.openapi.pages")
FORM = ["application/x-www-form-urlencoded"]
Show = Callable[["PageContext"], "PageResponse"]


@routes.route("/dashboard", methods=["GET"])
def overview() -> Response:
    """Flow, balance, the day, flags, services, latest mail."""
    from chalicelib.web.dashboard.overview import show

    return _page(show, depth=0)


@routes.route("/dashboard/style.css", methods=["GET"])
def style() -> Response:
    """The style sheet. It holds no secret and may be cached, because its address changes with its content."""
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
    from chalicelib.web.dashboard.sign_in import form

    return _page(form, signed_in=False)


@routes.route("/dashboard/sign-in", methods=["POST"], content_types=FORM)
def sign_in() -> Response:
    """Fields `author`, `secret`, `token` (the form's own)."""
    from chalicelib.web.dashboard.sign_in import sign_in as check

    return _page(check, signed_in=False, form=True)


@routes.route("/dashboard/sign-out", methods=["POST"], content_types=FORM)
def sign_out() -> Response:
    """End the session."""
    from chalicelib.web.dashboard.sign_in import sign_out as end

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

    return _page(lambda context: turn(context, name), depth=2, form=True)


@routes.route("/dashboard/quarantine", methods=["GET"])
def quarantine() -> Response:
    """`?stage=`: the failed messages of one stage, or some of each."""
    from chalicelib.web.dashboard.failed_messages import show

    return _page(show)


@routes.route("/dashboard/quarantine", methods=["POST"], content_types=FORM)
def confirm() -> Response:
    """Fields `action`, and `message` (repeated) or `stage`: asks for confirmation, changes nothing."""
    from chalicelib.web.dashboard.confirmation import confirm as ask

    return _page(ask, form=True)


@routes.route("/dashboard/quarantine/redrive", methods=["POST"], content_types=FORM)
def redrive() -> Response:
    """Field `message` (repeated), or `stage` for all of its messages."""
    from chalicelib.web.dashboard.failed_messages import redrive as send

    return _page(send, depth=2, form=True)


@routes.route("/dashboard/quarantine/discard", methods=["POST"], content_types=FORM)
def discard() -> Response:
    """Fields `message` (repeated) and `reason`."""
    from chalicelib.web.dashboard.failed_messages import discard as drop

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

    return _page(lambda context: story(context, mail_id), depth=2)


@routes.route("/dashboard/rules", methods=["GET"])
def rules() -> Response:
    """The rules in force in words, and their versions."""
    from chalicelib.web.dashboard.rules import show

    return _page(show)


@routes.route("/dashboard/rules/{number}", methods=["GET"])
def version(number: str) -> Response:
    """One version: its rules, what it changed, and the rollback to it."""
    from chalicelib.web.dashboard.rules import version as one

    return _page(lambda context: one(context, number), depth=2)


@routes.route("/dashboard/rules/rollback", methods=["POST"], content_types=FORM)
def rollback() -> Response:
    """Fields `version` and `base`, the version in force when the form was made."""
    from chalicelib.web.dashboard.rules import rollback as back

    return _page(back, depth=2, form=True)


def _page(show: Show, depth: int = 1, signed_in: bool = True, form: bool = False) -> Response:
    """Render a page. Without a session, a page redirects to the sign-in and a form is refused with 401."""
    from chalicelib.web.dashboard import frame

    request = routes.current_request
    trace = trace_id(request)
    path = str(request.context.get("path") or "")
    make = functools.partial(_context, request, depth + path.endswith("/"), trace)
    try:
        if form and len(raw_body(request)) > _limit():
            return _response(frame.error_page(make(), 413), trace)
        context = make(signed_in=signed_in, form=form)
        return _response(_answered(context, show, signed_in, form), trace)
    except Retryable as error:
        telemetry.failure("try_again", error, code=error.code, trace_id=trace)
        telemetry.count("Error", door="dashboard")
        return _response(frame.error_page(make(), 503, make().text("error.503.more", code=error.code)), trace)
    except Exception as error:  # noqa: BLE001 - answered as 500 and logged by class and place
        trace = str(uuid.uuid4())
        telemetry.failure("internal_error", error, trace_id=trace)
        telemetry.count("Error", door="dashboard")
        return _response(frame.error_page(_context(request, depth, trace), 500), trace)


def _answered(context: PageContext, show: Show, signed_in: bool, form: bool) -> PageResponse:
    from chalicelib.web.dashboard import frame
    from chalicelib.web.dashboard.session import same

    if not signed_in:
        return show(context)
    if context.session is None:
        return frame.error_page(context, 401) if form else context.redirect("/sign-in")
    if form and not same(context.value("token"), context.session.token):
        return frame.error_page(context, 403)
    return show(context)


def _context(request: Request, depth: int, trace: str, signed_in: bool = False, form: bool = False) -> PageContext:
    """The request for the pages; fields above the limits are dropped."""
    from chalicelib.web.dashboard import session, sign_in
    from chalicelib.web.dashboard.context import MOST_FIELDS, PageContext

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
    context = PageContext(
        container=parts,
        query={name: str(value)[:200] for name, value in (request.query_params or {}).items()},
        form=fields,
        cookies=cookies,
        depth=depth,
        source=address_of(request),
        trace=trace,
    )
    if not signed_in:
        return context
    tokens = parts.door_secrets.texts("admin_tokens")
    cookie = cookies.get(session.SESSION, "")
    found = session.read(parts.mapping_key(), cookie, tokens, context.now.timestamp()) if cookie else None
    if found and parts.cache.get(sign_in.ended_key(found)) is None:
        return replace(context, session=found)
    return context


def _limit() -> int:
    from chalicelib.web.dashboard.context import MOST_BODY

    return MOST_BODY


def _response(answer: PageResponse, trace: str) -> Response:
    headers: dict[str, str | list[str]] = {"Cache-Control": "no-store", **answer.headers, "X-Correlation-Id": trace}
    headers.setdefault("Content-Type", "text/html; charset=utf-8")
    if answer.code == 503:
        headers["Retry-After"] = str(RETRY_AFTER)
    return Response(body=answer.body, status_code=answer.code, headers=headers)
