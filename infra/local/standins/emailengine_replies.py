"""EmailEngine's error object."""

from __future__ import annotations

from typing import Any

from infra.local.standins.control import Reply

PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}


def failure(status: int, message: str = "", code: str = "", **more: Any) -> Reply:
    """`error` is the phrase; `code` is there only where EmailEngine has one."""
    phrase = PHRASES.get(status, "Error")
    value: dict[str, Any] = {"statusCode": status, "error": phrase, "message": message or phrase}
    return Reply.of(value | more | ({"code": code} if code else {}), status)
