"""Routes of the operator for the rules: show, change, history, roll back, and try on a mail. All authenticated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, Response

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import container
from chalicelib.core.errors import Permanent
from chalicelib.web.http import answer, guarded, raw_body, respond, trace_id
from chalicelib.web.request_fields import (
    Refused,
    author_of,
    body_of,
    decoded,
    limit_of,
    number_of,
    refused,
    switch_of,
    text_of,
)
from chalicelib.web.unauthorized import is_admin, unauthorized_response

if TYPE_CHECKING:
    from chalicelib.policy.ruleset import InvalidRules
    from chalicelib.ports import RuleChange, RuleVersion

routes = Blueprint(__name__)
MAX_BODY = 1024 * 1024
"""Bytes of a rule document with its order."""
MAX_RAW = 5_000_000
"""Characters of a mail to try (base64): what Lambda lets through."""
COMMENT_CHARS = 500
LISTED, MOST = 50, 1_000
LABELS, LABEL_CHARS = 200, 300


@routes.route("/admin/rules", methods=["GET"])
@guarded
def show() -> Response:
    """The version in force; version 0 and an empty document while none were ever saved."""
    request = routes.current_request
    trace = trace_id(request)
    if not is_admin(request):
        return unauthorized_response(request, trace)
    return respond(200, {"status": "ok"} | _whole(container().rules.durable().current()), trace)


@routes.route("/admin/rules", methods=["PUT"])
@guarded
def change() -> Response:
    """Body `{"document", "author", "comment", "base_version"}`: the version that the change was made from."""
    request = routes.current_request
    trace = trace_id(request)
    if not is_admin(request):
        return unauthorized_response(request, trace)
    if len(raw_body(request)) > MAX_BODY:
        return answer("too_large", trace, limit=MAX_BODY)
    try:
        body = body_of(request, {"document", "author", "comment", "base_version", "dry_run"})
        document = body.get("document")
        if not isinstance(document, dict):
            raise Refused("document")
        order = author_of(body), text_of(body, "comment", COMMENT_CHARS)
        base, dry_run = number_of(body, "base_version"), switch_of(body, "dry_run")
    except Refused as error:
        return refused(error, trace)
    return _replace(document, order, container().rules.durable().current(), base, None, dry_run, trace)


@routes.route("/admin/rules/versions", methods=["GET"])
@guarded
def versions() -> Response:
    """`?limit=` changes (50, at most 1,000), newest first, without their documents."""
    request = routes.current_request
    trace = trace_id(request)
    if not is_admin(request):
        return unauthorized_response(request, trace)
    try:
        limit = limit_of(dict(request.query_params or {}), LISTED, MOST)
    except Refused as error:
        return refused(error, trace)
    changes = [_told(change) for change in container().rules.durable().versions(limit)]
    return respond(200, {"status": "ok", "versions": changes}, trace)


@routes.route("/admin/rules/versions/{number}", methods=["GET"])
@guarded
def version(number: str) -> Response:
    """One version with its document."""
    request = routes.current_request
    trace = trace_id(request)
    if not is_admin(request):
        return unauthorized_response(request, trace)
    if not (number.isascii() and number.isdecimal() and 1 <= len(number) <= 9):
        return answer("invalid_field", trace, field="number")
    found = container().rules.durable().version(int(number))
    if found is None:
        return answer("unknown_rules", trace)
    return respond(200, {"status": "ok"} | _whole(found), trace)


@routes.route("/admin/rules/rollback", methods=["POST"])
@guarded
def rollback() -> Response:
    """Body `{"version", "author"}`: a new version with that one's document; 0 is the time before the first."""
    request = routes.current_request
    trace = trace_id(request)
    if not is_admin(request):
        return unauthorized_response(request, trace)
    try:
        body = body_of(request, {"version", "author", "comment", "dry_run"})
        order = author_of(body), text_of(body, "comment", COMMENT_CHARS)
        number, dry_run = number_of(body, "version"), switch_of(body, "dry_run")
    except Refused as error:
        return refused(error, trace)
    store = container().rules.durable()
    wanted, now = store.version(number) if number else None, store.current()
    if number and wanted is None:
        return answer("unknown_rules", trace)
    document = wanted.document if wanted else {}
    return _replace(document, order, now, now.change.version if now else 0, number or None, dry_run, trace)


@routes.route("/admin/rules/test", methods=["POST"])
@guarded
def try_mail() -> Response:
    """Body `{"raw": base64 of one mail}`, and `account`, `labels`, `at`, `document` where they matter: the decision.

    Nothing is stored, sent or counted. `document` tries other rules than those in force.
    """
    from chalicelib.mail.parse import parse
    from chalicelib.policy.decision import as_dict
    from chalicelib.policy.facts import facts_of
    from chalicelib.policy.ruleset import InvalidRules, load

    request = routes.current_request
    trace = trace_id(request)
    if not is_admin(request):
        return unauthorized_response(request, trace)
    parts = container()
    try:
        body = body_of(request, {"raw", "account", "labels", "at", "document"})
        raw, at, labels = _raw(body), _moment(body), _labels(body)
        account = text_of(body, "account", 64) or parts.settings.gmail_account or parts.settings.accounts[0]
        if account not in parts.settings.accounts:
            raise Refused("account")
        document = body.get("document")
        if document is not None and not isinstance(document, dict):
            raise Refused("document")
        rules = load(document) if document is not None else parts.rules.current()
    except Refused as error:
        return refused(error, trace)
    except InvalidRules as error:
        return _invalid(error, trace)
    decision = rules.decide(facts_of(parse(raw), account, labels), at)
    return respond(200, {"status": "ok", "version": rules.version, "decision": as_dict(decision)}, trace)


def _replace(
    document: Mapping[str, Any],
    order: tuple[str, str],
    now: RuleVersion | None,
    base: int,
    restores: int | None,
    dry_run: bool,
    trace: str,
) -> Response:
    """Save the document as the version after `base`, and tell what it changes; with `dry_run` only tell."""
    from chalicelib.policy.changes import summary, unified
    from chalicelib.policy.ruleset import InvalidRules, load

    version, before = (now.change.version, now.document) if now else (0, {})
    if base != version:
        return answer("version_conflict", trace, version=version)
    author, comment = order
    try:
        if dry_run:
            load(document, base + 1)
        else:
            container().rules.save(document, author, comment, base, restores)
    except InvalidRules as error:
        return _invalid(error, trace)
    except Permanent as error:
        if error.code == "version_conflict":  # another operator was faster
            return answer("version_conflict", trace, version=base + 1)
        return answer("invalid_field", trace, field="document")  # all else is checked: NUL in a text, say
    if not dry_run:
        telemetry.log("rules_changed", version=base + 1, kind="rollback" if restores else "change", trace_id=trace)
    done = {
        "status": "ok",
        "version": base + 1,
        "changes": summary(before, document),
        "diff": unified(before, document, f"version {base}", f"version {base + 1}"),
    }
    return respond(200, done | ({"dry_run": True} if dry_run else {}), trace)


def _invalid(error: InvalidRules, trace: str) -> Response:
    errors = [{"path": path, "message": message} for path, message in error.errors]
    return answer("invalid_rules", trace, errors=errors)


def _whole(found: RuleVersion | None) -> dict[str, Any]:
    if found is None:
        return {"version": 0, "author": "", "comment": "", "created_at": "", "restores": None, "document": {}}
    return _told(found.change) | {"document": found.document}


def _told(change: RuleChange) -> dict[str, Any]:
    return {
        "version": change.version,
        "author": change.author,
        "comment": change.comment,
        "created_at": change.created_at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "restores": change.restores,
    }


def _raw(body: Mapping[str, Any]) -> bytes:
    raw = body.get("raw")
    if not isinstance(raw, str) or not raw or len(raw) > MAX_RAW:
        raise Refused("raw")
    try:
        return decoded(raw)
    except ValueError:
        raise Refused("raw") from None


def _moment(body: Mapping[str, Any]) -> datetime:
    at = body.get("at", "")
    if at == "":
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(at)
    except (TypeError, ValueError):
        raise Refused("at") from None
    if moment.tzinfo is None:
        raise Refused("at")
    return moment


def _labels(body: Mapping[str, Any]) -> list[str]:
    labels = body.get("labels", [])
    if not isinstance(labels, list) or len(labels) > LABELS:
        raise Refused("labels")
    if not all(isinstance(label, str) and len(label) <= LABEL_CHARS for label in labels):
        raise Refused("labels")
    return labels
