"""Who fails to say who he is: the answer to him, and who of them is not even looked at.

An address that failed too often is not looked at again before its wait is over, on the operator's routes: there its
guesses are not even compared. The doors compare always: pushers share addresses with strangers, and mail goes first.
"""

from __future__ import annotations

import math

from chalice.app import Request, Response

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container, container
from chalicelib.web import auth
from chalicelib.web.http import answer


def is_admin(request: Request) -> bool:
    """True when the request carries one of the operator's tokens, and does not come from who failed too often."""
    parts = container()
    if parts.auth_failures.blocked_for(address_of(request)):
        return False
    return auth.bearer_ok(request.headers.get("authorization"), parts.door_secrets.texts("admin_tokens"))


def unauthorized_response(request: Request, trace: str) -> Response:
    """The answer to who is not the operator, counted."""
    status, more = verdict(request, container())
    telemetry.count("Verdict", door="admin", status=status)
    return answer(status, trace, **more)


def verdict(request: Request, parts: Container) -> tuple[str, dict[str, int]]:
    """(`unauthorized`, nothing) or (`rate_limited`, when to come back), for a request whose credential is wrong."""
    wait = parts.auth_failures.record(address_of(request))
    return ("rate_limited", {"retry_after": math.ceil(wait)}) if wait else ("unauthorized", {})


def address_of(request: Request) -> str:
    """The address that the gateway saw, never one that a header names; empty where it saw none."""
    return str((request.context.get("identity") or {}).get("sourceIp") or "")[:64]
