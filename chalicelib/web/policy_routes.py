"""Routes of the operator for the rules: show, change, history, roll back, and try on a mail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, Response

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import container
from chalicelib.core.errors import Permanent
from chalicelib.web.http import answer, respond
from chalicelib.web.openapi.routes import rows_of
from chalicelib.web.operator_routes import operator_routes
from chalicelib.web.request_fields import Refused, decoded

if TYPE_CHECKING:
    from chalicelib.policy.ruleset import InvalidRules
    from chalicelib.ports import RuleChange, RuleVersion
    from chalicelib.web.policy_schemas import Listing, Rollback, RulesChange, Trial


routes = Blueprint(__name__)
rows = rows_of("chalicelib.web.policy_schemas")
operator = operator_routes(routes, rows)


@operator("GET", "/admin/rules")
def show(trace: str) -> Response:
    """The version in force; version 0 and an empty document while none were ever saved."""
    return respond(200, {"status": "ok"} | _whole(container().rules.durable().current()), trace)


@operator("PUT", "/admin/rules")
def change(trace: str, order: RulesChange) -> Response:
    """Save the document as the version after the one that it was made from."""
    return _replace(order.document, order, container().rules.durable().current(), order.base_version, None, trace)


@operator("GET", "/admin/rules/versions")
def versions(trace: str, wanted: Listing) -> Response:
    """The changes, newest first, without their documents."""
    changes = [_change(change) for change in container().rules.durable().versions(wanted.limit)]
    return respond(200, {"status": "ok", "versions": changes}, trace)


@operator("GET", "/admin/rules/versions/{number}")
def version(trace: str, number: str) -> Response:
    """One version with its document."""
    if not (number.isascii() and number.isdecimal() and 1 <= len(number) <= 9):
        raise Refused("invalid_field", "number")
    found = container().rules.durable().version(int(number))
    if found is None:
        return answer("unknown_rules", trace)
    return respond(200, {"status": "ok"} | _whole(found), trace)


@operator("POST", "/admin/rules/rollback")
def rollback(trace: str, order: Rollback) -> Response:
    """A new version with the document of an old one; 0 is the time before the first."""
    store, number = container().rules.durable(), order.version
    wanted, now = store.version(number) if number else None, store.current()
    if number and wanted is None:
        return answer("unknown_rules", trace)
    document = wanted.document if wanted else {}
    return _replace(document, order, now, now.change.version if now else 0, number or None, trace)


@operator("POST", "/admin/rules/test")
def try_mail(trace: str, order: Trial) -> Response:
    """What the rules in force, or the document of the request, decide for a mail; nothing is stored or sent."""
    from chalicelib.mail.parse import parse
    from chalicelib.policy.decision import as_dict
    from chalicelib.policy.facts import facts_of
    from chalicelib.policy.ruleset import InvalidRules, load

    parts = container()
    raw, at = _raw(order.raw), _moment(order.at)
    account = order.account or parts.settings.gmail_account or parts.settings.accounts[0]
    if account not in parts.settings.accounts:
        raise Refused("invalid_field", "account")
    try:
        rules = load(order.document) if order.document is not None else parts.rules.current()
    except InvalidRules as error:
        return _invalid(error, trace)
    decision = rules.decide(facts_of(parse(raw), account, order.labels), at)
    return respond(200, {"status": "ok", "version": rules.version, "decision": as_dict(decision)}, trace)


def _replace(
    document: Mapping[str, Any],
    order: RulesChange | Rollback,
    now: RuleVersion | None,
    base: int,
    restores: int | None,
    trace: str,
) -> Response:
    """Save the document as the version after `base` and answer what it changes; with `dry_run` only answer."""
    from chalicelib.policy.changes import summary, unified
    from chalicelib.policy.clear_fields import warnings
    from chalicelib.policy.ruleset import InvalidRules, load

    version, before = (now.change.version, now.document) if now else (0, {})
    if base != version:
        return answer("version_conflict", trace, version=version)
    try:
        if order.dry_run:
            load(document, base + 1)
        else:
            container().rules.save(document, order.author, order.comment, base, restores)
    except InvalidRules as error:
        return _invalid(error, trace)
    except Permanent as error:
        if error.code == "version_conflict":  # another operator was faster
            return answer("version_conflict", trace, version=base + 1)
        raise Refused("invalid_field", "document") from None  # all else is checked: NUL in a text, say
    if not order.dry_run:
        telemetry.log("rules_changed", version=base + 1, kind="rollback" if restores else "change", trace_id=trace)
    done = {
        "status": "ok",
        "version": base + 1,
        "changes": summary(before, document),
        "diff": unified(before, document, f"version {base}", f"version {base + 1}"),
        "warnings": _located(warnings(document, container().settings.clear_field_hosts)),
    }
    return respond(200, done | ({"dry_run": True} if order.dry_run else {}), trace)


def _invalid(error: InvalidRules, trace: str) -> Response:
    return answer("invalid_rules", trace, errors=_located(error.errors))


def _located(found: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"path": path, "message": message} for path, message in found]


def _whole(found: RuleVersion | None) -> dict[str, Any]:
    if found is None:
        return {"version": 0, "author": "", "comment": "", "created_at": "", "restores": None, "document": {}}
    return _change(found.change) | {"document": found.document}


def _change(change: RuleChange) -> dict[str, Any]:
    return {
        "version": change.version,
        "author": change.author,
        "comment": change.comment,
        "created_at": change.created_at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "restores": change.restores,
    }


def _raw(text: str) -> bytes:
    try:
        return decoded(text)
    except ValueError:
        raise Refused("invalid_field", "raw") from None


def _moment(at: str) -> datetime:
    if not at:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise Refused("invalid_field", "at") from None
    if moment.tzinfo is None:
        raise Refused("invalid_field", "at")
    return moment
