"""What the operator's routes share: reading a body strictly, by field, and refusing it by field."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Any

from chalice.app import Request, Response

from chalicelib.web.http import answer

AUTHOR_CHARS = 100
_SIGNS = r"!-~\u00a1-\u00ac\u00ae-\u024f\u2010-\u2027\u2030-\u205e\u20ac"
PRINTABLE = re.compile(f"[ {_SIGNS}]*")
"""What an operator writes on one line: Latin letters, punctuation; nothing that a log or a terminal obeys."""
AUTHOR = re.compile(f"[ {_SIGNS}]*[{_SIGNS}][ {_SIGNS}]*")


URL_SAFE = str.maketrans("-_", "+/", "\r\n \t")


class Refused(Exception):
    """A request that is not what the route asks for; `field` names what is wrong, empty for the body as a whole."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def body_of(request: Request, known: set[str]) -> dict[str, Any]:
    """The body's object, with none but the known fields. Raises `Refused`."""
    try:
        body = request.json_body
    except Exception:  # noqa: BLE001 - Chalice's own error for a body that is no JSON
        raise Refused("") from None
    if not isinstance(body, dict):
        raise Refused("")
    for name in body:
        if name not in known:
            raise Refused("unknown")
    return body


def author_of(body: dict[str, Any]) -> str:
    """Who gives the order: printable, not only spaces. Raises `Refused`."""
    author = body.get("author")
    if not isinstance(author, str) or len(author) > AUTHOR_CHARS or not AUTHOR.fullmatch(author):
        raise Refused("author")
    return author


def switch_of(body: dict[str, Any], name: str) -> bool:
    """A field that is true or false, false when it is not there. Raises `Refused`."""
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise Refused(name)
    return value


def text_of(body: dict[str, Any], name: str, longest: int) -> str:
    """A field of printable text, empty when it is not there. Raises `Refused`."""
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > longest or not PRINTABLE.fullmatch(value):
        raise Refused(name)
    return value


def number_of(body: dict[str, Any], name: str, largest: int = 2**31 - 1) -> int:
    """A whole number from 0; to JSON `3.0` is one too. Raises `Refused`."""
    value = body.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= largest or value % 1:
        raise Refused(name)
    return int(value)


def limit_of(query: dict[str, str], default: int, most: int) -> int:
    """The query's `limit`. Raises `Refused`."""
    limit = query.get("limit", str(default))
    if not (limit.isascii() and limit.isdecimal() and len(limit) <= 6 and 1 <= int(limit) <= most):
        raise Refused("limit")
    return int(limit)


def refused(error: Refused, trace: str) -> Response:
    """400, naming the field."""
    return answer("invalid_field", trace, field=error.field) if error.field else answer("invalid_json", trace)


def decoded(text: str) -> bytes:
    """The bytes of base64 or base64url, padded or not, on one line or many. Raises `ValueError` for anything else."""
    text = text.translate(URL_SAFE).rstrip("=")
    return b64decode(text + "=" * (-len(text) % 4), validate=True)
