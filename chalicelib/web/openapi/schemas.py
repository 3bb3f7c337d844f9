"""JSON Schemas (2020-12): those of the request models, and what those of the answers are written with."""

from __future__ import annotations

from typing import Any

import msgspec

from chalicelib.web import models
from chalicelib.web.openapi.route import Schema


def of(kind: Any) -> Schema:
    """The schema of a field's type."""
    schema: Schema = msgspec.json.schema(kind)
    return schema


def of_model(model: type[models.Model]) -> Schema:
    """The schema of a request model, with the rules that its fields have together."""
    _, parts = msgspec.json.schema_components([model])
    schema: Schema = parts.pop(model.__name__)
    assert not parts, f"{model.__name__} holds another model: {sorted(parts)}"
    for named in schema["properties"].values():
        if named.get("default", ...) in ("", None, (), []):  # "not there"
            del named["default"]
    del schema["title"]
    return schema | model.ALSO


def text(longest: int | None = None, **more: Any) -> Schema:
    """A string of at most so many characters."""
    return {"type": "string"} | ({"maxLength": longest} if longest else {}) | more


def whole(**more: Any) -> Schema:
    """A whole number."""
    return {"type": "integer", **more}


def several(items: Schema, longest: int | None = None, **more: Any) -> Schema:
    """A list of at most so many items."""
    return {"type": "array", "items": items} | ({"maxItems": longest} if longest else {}) | more


def maybe(schema: Schema) -> Schema:
    """The same or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def record(required: dict[str, Schema], optional: dict[str, Schema] | None = None, *, closed: bool = True) -> Schema:
    """An object; `closed` allows no other field."""
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        **({"additionalProperties": False} if closed else {}),
    }


def named(*values: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(values)}


def verdict(name: str) -> Schema:
    """A reference to the body of a verdict of `http.STATUS`."""
    return {"$ref": f"#/components/schemas/{name}"}


BOOL: Schema = {"type": "boolean"}
CODE = text(description="a code; never text of a mail")
WHEN = text(description="ISO 8601")
AUTHOR, MAIL_ID, STAGE = of(models.Author), of(models.MailId), of(models.Stage)
