"""The EmailEngine endpoint: `POST /api/v1/webhooks/emailengine/{account_id}`; answers before any slow work."""

from __future__ import annotations

import math

from chalice.app import Blueprint, Request, Response

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container, container
from chalicelib.core.clock import utc_now
from chalicelib.intake.account_events import remember
from chalicelib.intake.arrival import SETTLED
from chalicelib.sources.emailengine import account_events, webhook_event
from chalicelib.web import auth, unauthorized
from chalicelib.web.http import answer, guarded, measured, raw_body, respond, trace_id
from chalicelib.web.openapi.routes import rows_of
from chalicelib.web.request_fields import Refused

routes = Blueprint(__name__)
rows = rows_of("chalicelib.sources.emailengine.schemas")
EVENT_SECONDS = 24 * 3600
"""EmailEngine repeats a webhook for about 43 minutes; a day leaves room for a late one."""


@routes.route("/api/v1/webhooks/emailengine/{account_id}", methods=["POST"])
@measured("emailengine")
@guarded
def emailengine(account_id: str) -> Response:
    """2xx for every event that needs no repeat; anything else makes EmailEngine try again."""
    parts = container()
    request = routes.current_request
    trace = trace_id(request)
    body = raw_body(request)
    if len(body) > webhook_event.MAX_BODY:
        return _counted("too_large", trace, limit=webhook_event.MAX_BODY)
    if not body and request.headers.get("x-ee-wh-signature"):
        # After a 429 or a reset EmailEngine's HTTP client resends the old headers without the body. That is no attack;
        # and no success may answer it, because EmailEngine would take its webhook for delivered.
        return _counted("empty_body", trace)
    if not _authorized(request, body, parts):
        status, more = unauthorized.verdict(request, parts)
        return _counted(status, trace, **more)
    try:
        event = webhook_event.read(body)
        if account_id not in parts.settings.accounts:
            return _counted("unknown_account", trace)
        if event.account != account_id:
            raise Refused("invalid_field", "account")
        return _handle(event, request.headers.get("x-ee-wh-event-id", ""), parts, trace)
    except Refused as refused:
        return _counted(refused.status, trace, **refused.fields())


def _handle(event: webhook_event.Event, event_id: str, parts: Container, trace: str) -> Response:
    kind = event.name if event.name in webhook_event.KNOWN_EVENTS else "unknown"
    telemetry.count("Event", door="emailengine", kind=kind)
    if event.name != "messageNew":
        _note(event, kind, parts, trace)
        return respond(200, {"status": "acknowledged"}, trace)
    if not webhook_event.wanted(event, parts.settings.emailengine_folders):
        telemetry.log("folder_skipped", door="emailengine", account=event.account, trace_id=trace)
        return respond(200, {"status": "skipped_folder"}, trace)
    if not parts.flags.on("emailengine_ingress_enabled"):
        return _counted("emailengine_ingress_disabled", trace)
    delivery = webhook_event.delivery_key(event.account, event_id) if event_id else ""
    if delivery and parts.cache.get(delivery) is not None:
        return _counted("already_processed", trace)
    telemetry.count("Ingress", door="emailengine")
    [verdict] = parts.intake.take([webhook_event.arrival(event)], trace, parts.gate.check_total_rate)
    if verdict.status in SETTLED and delivery:
        parts.cache.set(delivery, b"1", EVENT_SECONDS)
    later = {"retry_after": math.ceil(verdict.retry_after)} if verdict.retry_after else {}
    return _counted(str(verdict.status), trace, mail_id=verdict.mail_id, **later)


def _note(event: webhook_event.Event, kind: str, parts: Container, trace: str) -> None:
    """Count, log and remember what brings no mail. Only a known event's fields are looked at."""
    known = {} if kind == "unknown" else account_events.described(event, parts.pseudonym_key)
    telemetry.count("AccountEvent", account=event.account, kind=kind)
    telemetry.log("account_event", door="emailengine", kind=kind, account=event.account, trace_id=trace, **known)
    if event.name in account_events.CONNECTION:
        remember(event.account, event.name, known.get("code", ""), utc_now(), parts.cache)


def _authorized(request: Request, body: bytes, parts: Container) -> bool:
    """The signature always; the Bearer of a custom header too where tokens are configured."""
    secrets = parts.door_secrets
    given = request.headers.get("x-ee-wh-signature")
    signed = auth.emailengine_signature_ok(given, body, secrets.texts("emailengine_secrets"))
    tokens = secrets.texts("emailengine_tokens")
    bearer = not tokens or auth.bearer_ok(request.headers.get("authorization"), tokens)
    return signed and bearer


def _counted(status: str, trace: str, **fields: object) -> Response:
    telemetry.count("Verdict", door="emailengine", status=status)
    telemetry.log("verdict", door="emailengine", status=status, mail_id=fields.get("mail_id"), trace_id=trace)
    return answer(status, trace, **fields)
