"""The Gmail door: `POST /api/ingress/gmail`, one mail or a batch, a verdict for each."""

from __future__ import annotations

import time
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib.ingress import auth, push
from chalicelib.ingress.http import STATUS, answer, guarded, raw_body, respond, trace_id
from chalicelib.ingress.intake import Arrival, Verdict
from chalicelib.runtime import observability as o11y
from chalicelib.runtime.compose import Container, container

door = Blueprint(__name__)


@door.route("/api/ingress/gmail", methods=["POST"])
@guarded
def gmail() -> Response:
    """See the verdict table in `docs/operating.md`."""
    parts = container()
    request = door.current_request
    trace = trace_id(request)
    body = raw_body(request)
    settings = parts.settings
    if len(body) > settings.max_body:
        return _refused(push.Refused("too_large"), trace, limit=settings.max_body)
    if not _authorized(request, body, parts):
        return _refused(push.Refused("unauthorized"), trace)
    if not parts.flags.on("gmail_ingress_enabled"):
        return _refused(push.Refused("gmail_ingress_disabled"), trace)
    try:
        mails, is_batch = push.read(body, push.Limits(settings.max_batch))
    except push.Refused as refused:
        return _refused(refused, trace, limit=settings.max_batch)
    read = [_read(mail, parts) for mail in mails]
    verdicts = iter(parts.intake.take([item for item in read if isinstance(item, Arrival)], trace))
    answers = [
        _answer(mail, item if isinstance(item, push.Refused) else next(verdicts))
        for mail, item in zip(mails, read, strict=True)
    ]
    for given in answers:
        o11y.count("Verdict", door="gmail", status=given["status"])
        o11y.log("verdict", door="gmail", status=given["status"], mail_id=given.get("mail_id"), trace_id=trace)
    if is_batch:
        return respond(200, {"status": "batch", "verdicts": answers}, trace)
    return respond(STATUS[answers[0]["status"]], answers[0], trace)


def _authorized(request: Request, body: bytes, parts: Container) -> bool:
    """The factors that `gmail_auth` asks for; the answer never tells which one failed."""
    mode, headers = parts.settings.gmail_auth, request.headers
    secrets = parts.door_secrets
    bearer = auth.bearer_ok(headers.get("authorization"), secrets.texts("gmail_tokens"))
    window = parts.settings.signature_window
    signed = auth.push_signature_ok(headers, body, secrets.texts("gmail_keys"), time.time(), window)
    return {"bearer": bearer, "hmac": signed, "either": bearer or signed, "both": bearer and signed}[mode]


def _read(mail: Any, parts: Container) -> Arrival | push.Refused:
    try:
        return push.arrival(mail, parts.settings.accounts, parts.settings.gmail_account)
    except push.Refused as refused:
        return refused


def _answer(mail: Any, result: Verdict | push.Refused) -> dict[str, Any]:
    """The verdict on one mail, naming the `id` that the pusher gave it."""
    given = mail.get("id") if isinstance(mail, dict) else None
    named = {"id": given[:64]} if isinstance(given, str) else {}
    if isinstance(result, Verdict):
        return {"status": str(result.status), "mail_id": result.mail_id, **named}
    return {"status": result.status, **({"field": result.field} if result.field else {}), **named}


def _refused(refused: push.Refused, trace: str, **more: Any) -> Response:
    o11y.count("Verdict", door="gmail", status=refused.status)
    fields = {"field": refused.field} if refused.field else {}
    return answer(refused.status, trace, **fields, **(more if refused.status == "too_large" else {}))
