"""Checks a document against `schema.json`: every error, with its path and what to do about it.

The part of JSON Schema (draft 2020-12) that the schema uses, and no more: a test compares it with a full validator.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

SCHEMA_FILE = Path(__file__).with_name("schema.json")
Error = tuple[str, str]

_TYPES = {
    "object": "an object {…}",
    "array": "a list […]",
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
}
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_MAX_SHOWN = 100


@cache
def schema() -> Mapping[str, Any]:
    """The schema, read once."""
    read: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return read


def errors(document: object) -> Iterator[Error]:
    """(path, message) of whatever does not fit; none when the document has the right form."""
    yield from _check(document, schema(), "")


def below(path: str, key: str) -> str:
    """The path of a field: `rules[2].name`, `patterns["Media Solution"].words`."""
    if _PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key[:_MAX_SHOWN])}]"


def _check(value: object, rules: Mapping[str, Any], path: str) -> Iterator[Error]:
    about = rules.get("description", "")
    if "$ref" in rules:
        rules = schema()["$defs"][rules["$ref"].removeprefix("#/$defs/")]
        about = rules.get("description", about)
    if "enum" in rules and not (isinstance(value, str) and value in rules["enum"]):
        yield path, f"must be one of {', '.join(rules['enum'])}"
    elif "type" in rules and not _is(value, rules["type"]):
        yield path, f"must be {_TYPES[rules['type']]}" + (f": {about}" if about else "")
    elif isinstance(value, dict):
        yield from _object(value, rules, path, about)
    elif isinstance(value, list):
        yield from _list(value, rules, path)
    elif isinstance(value, str):
        yield from _text(value, rules, path, about)
    elif isinstance(value, int | float) and not rules.get("minimum", value) <= value <= rules.get("maximum", value):
        yield path, f"must be from {rules['minimum']} to {rules['maximum']}"


def _is(value: object, kind: str) -> bool:
    if kind in ("integer", "number"):
        whole = isinstance(value, int) or (kind == "number" or (isinstance(value, float) and value.is_integer()))
        return isinstance(value, int | float) and not isinstance(value, bool) and whole
    types = {"object": dict, "array": list, "string": str, "boolean": bool}
    return isinstance(value, types[kind])


def _object(value: dict[str, Any], rules: Mapping[str, Any], path: str, about: str) -> Iterator[Error]:
    known = rules.get("properties", {})
    least, most = rules.get("minProperties", 0), rules.get("maxProperties", len(value))
    if not least <= len(value) <= most:
        if known:
            number = "exactly one" if least == most else "at least one"
            yield path, f"needs {number} of {', '.join(known)}"
        else:
            yield path, f"has {len(value)} entries; {most} at most"
    for name in rules.get("required", ()):
        if name not in value:
            yield below(path, name), "is missing: add it"
    more = rules.get("additionalProperties", {})
    names = rules.get("propertyNames")
    for name, item in value.items():
        where = below(path, name)
        if names is not None:
            for _, message in _check(name, names, where):
                yield where, f"the name {message}"
        if name in known:
            yield from _check(item, known[name], where)
        elif more is False:
            hint = f" ({about})" if about else ""
            yield where, f"is not known here: remove it, or use one of {', '.join(known)}{hint}"
        else:
            yield from _check(item, more, where)


def _list(value: list[Any], rules: Mapping[str, Any], path: str) -> Iterator[Error]:
    least, most = rules.get("minItems", 0), rules.get("maxItems", len(value))
    if len(value) < least:
        yield path, f"needs at least {least}: add one, or remove the field"
    if len(value) > most:
        yield path, f"has {len(value)} entries; {most} at most"
    if rules.get("uniqueItems") and any(item in value[:index] for index, item in enumerate(value[: most + 1])):
        yield path, "names one twice: remove the second"
    for index, item in enumerate(value[:most]):
        yield from _check(item, rules["items"], f"{path}[{index}]")


def _text(value: str, rules: Mapping[str, Any], path: str, about: str) -> Iterator[Error]:
    if len(value) < rules.get("minLength", 0):
        yield path, "is empty: fill it in or remove it" + (f" ({about})" if about else "")
    elif len(value) > rules.get("maxLength", len(value)):
        yield path, f"has {len(value)} characters; {rules['maxLength']} at most"
    elif "pattern" in rules and not re.search(rules["pattern"], value):
        yield path, f"must be {about}"
