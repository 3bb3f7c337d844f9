"""Reads a request by its model and refuses it by the name of the field that is wrong, never by its value."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from msgspec.structs import FieldInfo

    from chalicelib.web.models import Model

    M = TypeVar("M", bound=Model)

AUTHOR_CHARS = 100
_SIGNS = r"!-~\u00a1-\u00ac\u00ae-\u024f\u2010-\u2027\u2030-\u205e\u20ac"
PRINTABLE = re.compile(f"[ {_SIGNS}]*")
"""What an operator writes on one line: Latin letters, punctuation; nothing that a log or a terminal obeys."""
AUTHOR = re.compile(f"[ {_SIGNS}]*[{_SIGNS}][ {_SIGNS}]*")
URL_SAFE = str.maketrans("-_", "+/", "\r\n \t")


class Refused(Exception):
    """A request that the route cannot take: `status` of the answer (`http.STATUS`) and the `field` at fault.

    `known` are the values that the field may have, where they can be listed.
    """

    def __init__(self, status: str, field: str = "", known: tuple[str, ...] = ()) -> None:
        super().__init__(status)
        self.status, self.field, self.known = status, field, known

    def fields(self) -> dict[str, Any]:
        """What the answer says beside its status."""
        return ({"field": self.field} if self.field else {}) | ({"known": list(self.known)} if self.known else {})


def an_object(body: bytes) -> dict[str, Any]:
    """A body that is a JSON object; of two equal keys the last counts. Raises `Refused("invalid_json")`."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("invalid_json") from None
    if not isinstance(data, dict):
        raise Refused("invalid_json")
    return data


def read(model: type[M], data: Mapping[str, Any]) -> M:
    """The data as its model. Unknown fields are refused by a closed model and ignored by any other.

    Raises `Refused`: `missing_field` or `invalid_field` with the field's name; an unknown one is called `unknown`,
    because its name is the sender's text.
    """
    import msgspec  # 10 ms that the import of app.py does not pay

    known = model.__struct_fields__
    if model.__struct_config__.forbid_unknown_fields and not data.keys() <= set(known):
        raise Refused("invalid_field", "unknown")
    # Of names msgspec sees ours only: one with a lone surrogate would end it with a UnicodeError.
    given = {name: _whole(data[name]) for name in known if name in data}
    try:
        made = msgspec.convert(given, model)
    except (msgspec.ValidationError, UnicodeError):  # a lone surrogate where no text is wanted is no ValidationError
        raise _fault(model, given) from None
    made.check()
    return made


def read_query(model: type[M], query: Mapping[str, str]) -> M:
    """The parameters of a query as their model; a number is written in digits. Raises `Refused`."""
    from msgspec.structs import fields

    numbers = {field.name for field in fields(model) if isinstance(field.default, int)}
    return read(model, {name: _number(text) if name in numbers else text for name, text in query.items()})


def decoded(text: str) -> bytes:
    """The bytes of base64 or base64url, padded or not, on one line or many. Raises `ValueError` for anything else."""
    text = text.translate(URL_SAFE).rstrip("=")
    return b64decode(text + "=" * (-len(text) % 4), validate=True)


def _fault(model: type[M], given: Mapping[str, Any]) -> Refused:
    """Field by field, in the order of the model: the path in an error's text is no interface."""
    import msgspec

    for field in msgspec.structs.fields(model):
        if field.name not in given:
            if field.required:
                return Refused("missing_field", field.name)
            continue
        try:
            msgspec.convert(given[field.name], field.type)
        except (msgspec.ValidationError, UnicodeError):
            return Refused("invalid_field", field.name, _choices(field))
    raise AssertionError(f"{model.__name__} is refused as a whole, and none of its fields is")


def _choices(field: FieldInfo) -> tuple[str, ...]:
    metas = getattr(field.type, "__metadata__", ())
    return tuple(value for meta in metas for value in (meta.extra_json_schema or {}).get("enum", ()))


def _whole(value: Any) -> Any:
    """To JSON `3.0` is a whole number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else text
