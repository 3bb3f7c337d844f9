"""The Gmail endpoint: one mail or a batch, a verdict for each; uploads for what is too large."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container, container
from chalicelib.intake.arrival import Arrival, IntakeResult, Status
from chalicelib.mail.identity import mail_id
from chalicelib.mail.sealed import UPLOAD
from chalicelib.sources.gmail_push import push
from chalicelib.sources.gmail_push.uploads import UploadDesk
from chalicelib.web import auth
from chalicelib.web.http import RETRY_AFTER, STATUS, answer, guarded, measured, raw_body, respond, trace_id
from chalicelib.web.openapi.routes import rows_of
from chalicelib.web.request_fields import Refused, an_object, read
from chalicelib.web.unauthorized import unauthorized_response

routes = Blueprint(__name__)
rows = rows_of("chalicelib.sources.gmail_push.schemas")
NOT_OFFERED = ("messages", "size", "upload")
"""Fields that are too large in a way that an upload does not fix."""
Handler = Callable[[bytes, Container, str], Response]
"""Takes the body that was signed, the container and the trace id."""


def pushed(path: str) -> Callable[[Handler], Handler]:
    """Register a handler for a POST of the pusher: authenticated, measured, its refusals answered."""

    def register(handler: Handler) -> Handler:
        @routes.route(path, methods=["POST"])
        @measured("gmail")
        @guarded
        @functools.wraps(handler)
        def route() -> Response:
            parts, request = container(), routes.current_request
            trace, body = trace_id(request), raw_body(request)
            if not _authorized(
                request, path, body, parts
            ):  # costs one digest of at most what API Gateway passes, 10 MB
                return unauthorized_response(request, trace, "gmail")
            return handler(body, parts, trace)

        return handler

    return register


@pushed(auth.PUSH_PATH)
def gmail(body: bytes, parts: Container, trace: str) -> Response:
    """See the verdict table in `docs/endpoints.md`."""
    settings = parts.settings
    telemetry.count("Sign", door="gmail")
    if len(body) > settings.max_body:
        return _refused(Refused("too_large"), trace, limit=settings.max_body, **_offer(_single(body), parts))
    try:
        mails, is_batch = push.mails_of(body, settings.max_batch)
    except Refused as refused:
        mails, is_batch = [refused], False
    if not mails:
        return answer("alive", trace)
    if not parts.flags.on("gmail_ingress_enabled"):
        return _refused(Refused("gmail_ingress_disabled"), trace)
    if isinstance(mails[0], Refused):
        return _refused(mails[0], trace, limit=settings.max_batch)
    answers = _verdicts(mails, parts, trace)
    for given in answers:
        telemetry.count("Verdict", door="gmail", status=given["status"])
        telemetry.log("verdict", door="gmail", status=given["status"], mail_id=given.get("mail_id"), trace_id=trace)
    if is_batch:
        return respond(200, {"status": "batch", "verdicts": answers}, trace)
    return respond(STATUS[answers[0]["status"]], answers[0], trace)


@pushed(auth.UPLOADS_PATH)
def uploads(body: bytes, parts: Container, trace: str) -> Response:
    """An address for a mail that no push could carry."""
    from chalicelib.sources.gmail_push.schemas import UploadWanted

    if not parts.flags.on("gmail_ingress_enabled"):
        return _refused(Refused("gmail_ingress_disabled"), trace)
    desk, settings = _desk(parts), parts.settings
    try:
        data = an_object(body)
        size = read(UploadWanted, data).size
        if size is not None and size > desk.max_bytes:
            raise Refused("too_large", "size")
        account = push.account_of(data, settings.accounts, settings.gmail_account)
    except Refused as refused:
        return _refused(refused, trace, limit=desk.max_bytes)
    telemetry.count("Verdict", door="gmail", status="upload_offered")
    return answer("upload_offered", trace, upload=desk.offer(account, size))


def _authorized(request: Request, path: str, body: bytes, parts: Container) -> bool:
    """The factors that `gmail_auth` asks for; the answer never says which one failed."""
    mode, headers = parts.settings.gmail_auth, request.headers
    secrets = parts.door_secrets
    bearer = auth.bearer_ok(headers.get("authorization"), secrets.texts("gmail_tokens"))
    window = parts.settings.signature_window
    signed = auth.push_signature_ok(headers, path, body, secrets.texts("gmail_keys"), time.time(), window)
    return {"bearer": bearer, "hmac": signed, "either": bearer or signed, "both": bearer and signed}[mode]


def _desk(parts: Container) -> UploadDesk:
    return UploadDesk(parts.uploads, parts.spool, parts.settings.max_source)


def _verdicts(mails: list[Any], parts: Container, trace: str) -> list[dict[str, Any]]:
    """One answer for each mail, in order."""
    read = [_read(mail, parts) for mail in mails]
    arrivals = [item for item in read if isinstance(item, Arrival)]
    telemetry.count("Ingress", len(mails), door="gmail")
    judged = iter(parts.intake.take(arrivals, trace, parts.gate.check_all) if arrivals else ())
    return [
        _answer(mail, item if isinstance(item, Refused) else next(judged), parts)
        for mail, item in zip(mails, read, strict=True)
    ]


def _read(mail: Any, parts: Container) -> Arrival | Refused:
    settings = parts.settings
    try:
        arrival = push.arrival(mail, settings.accounts, settings.gmail_account)
        if arrival.kind == UPLOAD and not parts.intake.known(mail_id(arrival.account, arrival.identity)):
            _desk(parts).check(arrival)
    except Refused as refused:
        return refused
    return arrival


def _answer(mail: Any, result: IntakeResult | Refused, parts: Container) -> dict[str, Any]:
    """The verdict on one mail, naming the `id` that the pusher gave it."""
    given = mail.get("id") if isinstance(mail, dict) else None
    named = {"id": given[:64]} if isinstance(given, str) else {}
    if isinstance(result, IntakeResult):
        # In a batch the verdict says what a single mail's answer says in its header.
        wait = RETRY_AFTER if result.status == Status.TRY_AGAIN else math.ceil(result.retry_after)
        later = {"retry_after": wait} if wait else {}
        return {"status": str(result.status), "mail_id": result.mail_id, **later, **named}
    more = _offer(mail, parts) if result.status == "too_large" and result.field not in NOT_OFFERED else {}
    return {"status": result.status, **result.fields(), **named, **more}


def _single(body: bytes) -> Any:
    """The mail of a body that is too large; None where it is a batch, which can be made smaller."""
    try:
        data = an_object(body)
    except Refused:
        return None
    return None if "messages" in data else data


def _offer(mail: Any, parts: Container) -> dict[str, Any]:
    """The offer of an upload, where the account is known."""
    settings = parts.settings
    if not isinstance(mail, dict):
        return {}
    try:
        account = push.account_of(mail, settings.accounts, settings.gmail_account)
    except Refused:
        return {}
    return {"upload": _desk(parts).offer(account)}


def _refused(refused: Refused, trace: str, **more: Any) -> Response:
    telemetry.count("Verdict", door="gmail", status=refused.status)
    return answer(refused.status, trace, **refused.fields(), **(more if refused.status == "too_large" else {}))
