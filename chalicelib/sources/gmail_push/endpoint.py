"""The Gmail door: `POST /api/ingress/gmail`, one mail or a batch, a verdict for each; uploads for what is too large."""

from __future__ import annotations

import math
import time
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container, container
from chalicelib.intake.arrival import Arrival, IntakeResult, Status
from chalicelib.mail.identity import mail_id
from chalicelib.mail.sealed import UPLOAD
from chalicelib.sources.gmail_push import push
from chalicelib.sources.gmail_push.uploads import UploadDesk
from chalicelib.web import auth, unauthorized
from chalicelib.web.http import RETRY_AFTER, STATUS, answer, guarded, measured, raw_body, respond, trace_id

door = Blueprint(__name__)
NOT_OFFERED = ("messages", "size", "upload")
"""Fields that are too large in a way that an upload does not mend."""


@door.route("/api/ingress/gmail", methods=["POST"])
@measured("gmail")
@guarded
def gmail() -> Response:
    """See the verdict table in `docs/operating.md`."""
    parts = container()
    request = door.current_request
    trace = trace_id(request)
    body = raw_body(request)
    settings = parts.settings
    if not _authorized(request, body, parts):  # costs one digest of at most what API Gateway passes, 10 MB
        return _stranger(request, trace, parts)
    telemetry.count("Sign", door="gmail")
    if len(body) > settings.max_body:
        return _refused(push.Refused("too_large"), trace, limit=settings.max_body, **_offer(_single(body), parts))
    try:
        mails, is_batch = push.read(body, push.Limits(settings.max_batch))
    except push.Refused as refused:
        mails, is_batch = [refused], False
    if not mails:
        return answer("alive", trace)
    if not parts.flags.on("gmail_ingress_enabled"):
        return _refused(push.Refused("gmail_ingress_disabled"), trace)
    if isinstance(mails[0], push.Refused):
        return _refused(mails[0], trace, limit=settings.max_batch)
    answers = _verdicts(mails, parts, trace)
    for given in answers:
        telemetry.count("Verdict", door="gmail", status=given["status"])
        telemetry.log("verdict", door="gmail", status=given["status"], mail_id=given.get("mail_id"), trace_id=trace)
    if is_batch:
        return respond(200, {"status": "batch", "verdicts": answers}, trace)
    return respond(STATUS[answers[0]["status"]], answers[0], trace)


@door.route("/api/ingress/gmail/uploads", methods=["POST"])
@measured("gmail")
@guarded
def uploads() -> Response:
    """`{"size": n, "account"?}`: an address for a mail that no push could carry."""
    parts = container()
    request = door.current_request
    trace = trace_id(request)
    body = raw_body(request)
    if not _authorized(request, body, parts):
        return _stranger(request, trace, parts)
    if not parts.flags.on("gmail_ingress_enabled"):
        return _refused(push.Refused("gmail_ingress_disabled"), trace)
    desk, settings = _desk(parts), parts.settings
    try:
        size = desk.wanted(body)
        account = push.account_of(push.an_object(body), settings.accounts, settings.gmail_account)
    except push.Refused as refused:
        return _refused(refused, trace, limit=desk.max_bytes)
    telemetry.count("Verdict", door="gmail", status="upload_offered")
    return answer("upload_offered", trace, upload=desk.offer(account, size))


def _authorized(request: Request, body: bytes, parts: Container) -> bool:
    """The factors that `gmail_auth` asks for; the answer never tells which one failed."""
    mode, headers = parts.settings.gmail_auth, request.headers
    secrets = parts.door_secrets
    bearer = auth.bearer_ok(headers.get("authorization"), secrets.texts("gmail_tokens"))
    window = parts.settings.signature_window
    signed = auth.push_signature_ok(headers, body, secrets.texts("gmail_keys"), time.time(), window)
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
        _answer(mail, item if isinstance(item, push.Refused) else next(judged), parts)
        for mail, item in zip(mails, read, strict=True)
    ]


def _read(mail: Any, parts: Container) -> Arrival | push.Refused:
    settings = parts.settings
    try:
        arrival = push.arrival(mail, settings.accounts, settings.gmail_account)
        if arrival.kind == UPLOAD and not parts.intake.known(mail_id(arrival.account, arrival.identity)):
            _desk(parts).check(arrival)
    except push.Refused as refused:
        return refused
    return arrival


def _answer(mail: Any, result: IntakeResult | push.Refused, parts: Container) -> dict[str, Any]:
    """The verdict on one mail, naming the `id` that the pusher gave it."""
    given = mail.get("id") if isinstance(mail, dict) else None
    named = {"id": given[:64]} if isinstance(given, str) else {}
    if isinstance(result, IntakeResult):
        # In a batch the verdict says what a single mail's answer says in its header.
        wait = RETRY_AFTER if result.status == Status.TRY_AGAIN else math.ceil(result.retry_after)
        later = {"retry_after": wait} if wait else {}
        return {"status": str(result.status), "mail_id": result.mail_id, **later, **named}
    more = _offer(mail, parts) if result.status == "too_large" and result.field not in NOT_OFFERED else {}
    return {"status": result.status, **({"field": result.field} if result.field else {}), **named, **more}


def _single(body: bytes) -> Any:
    """The mail of a body that is too large; None where it is a batch, which can be made smaller."""
    try:
        data = push.an_object(body)
    except push.Refused:
        return None
    return None if "messages" in data else data


def _offer(mail: Any, parts: Container) -> dict[str, Any]:
    """The offer of an upload, where the account is known."""
    settings = parts.settings
    if not isinstance(mail, dict):
        return {}
    try:
        account = push.account_of(mail, settings.accounts, settings.gmail_account)
    except push.Refused:
        return {}
    return {"upload": _desk(parts).offer(account)}


def _stranger(request: Request, trace: str, parts: Container) -> Response:
    status, more = unauthorized.verdict(request, parts)
    telemetry.count("Verdict", door="gmail", status=status)
    return answer(status, trace, **more)


def _refused(refused: push.Refused, trace: str, **more: Any) -> Response:
    telemetry.count("Verdict", door="gmail", status=refused.status)
    fields = {"field": refused.field} if refused.field else {}
    return answer(refused.status, trace, **fields, **(more if refused.status == "too_large" else {}))
