"""The answer to a request without a right credential, and the wait of an address that failed too often.

On the operator's routes such an address has to wait before its credential is compared again. The endpoints for mail
compare always: pushers share addresses with attackers, and mail goes first.
"""

from __future__ import annotations

import math

from chalice.app import Request, Response

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container, container
from chalicelib.web import auth
from chalicelib.web.http import answer


def is_admin(request: Request) -> bool:
    """True when the request carries one of the operator's tokens and its address did not fail too often."""
    parts = container()
    if parts.auth_failures.blocked_for(address_of(request)):
        return False
    return auth.bearer_ok(request.headers.get("authorization"), parts.door_secrets.texts("admin_tokens"))


def unauthorized_response(request: Request, trace: str, door: str = "admin") -> Response:
    """The answer to a wrong credential, counted."""
    status, more = verdict(request, container())
    telemetry.count("Verdict", door=door, status=status)
    return answer(status, trace, **more)


def verdict(request: Request, parts: Container) -> tuple[str, dict[str, int]]:
    """(`unauthorized`, nothing) or (`rate_limited`, when to come back), for a request whose credential is wrong."""
    wait = parts.auth_failures.record(address_of(request))
    return ("rate_limited", {"retry_after": math.ceil(wait)}) if wait else ("unauthorized", {})


def address_of(request: Request) -> str:
    """The address that the gateway saw, never one that a header names; empty where it saw none."""
    return str((request.context.get("identity") or {}).get("sourceIp") or "")[:64]
