"""Judges an answer by the OpenAPI document that the project serves: its status, its headers and its body."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from chalice.test import HTTPResponse
from jsonschema import Draft202012Validator

from app import DOCUMENTED
from chalicelib.web.openapi.document import document
from chalicelib.web.openapi.routes import joined

ROUTES = joined(DOCUMENTED)
BY_CHALICE = (404, 405, 415)
"""What Chalice answers by itself, before a route is asked."""


@cache
def described() -> dict[str, Any]:
    """The document."""
    return document(ROUTES)


@cache
def operation(method: str, path: str) -> dict[str, Any] | None:
    """The operation of a request; of two paths that fit, the one without parameter (as the gateway does)."""
    for template in sorted(described()["paths"], key=lambda known: known.count("{")):
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path.partition("?")[0].rstrip("/")):
            found: dict[str, Any] | None = described()["paths"][template].get(method.lower())
            return found
    return None


@cache
def judge(method: str, path: str, code: str) -> Draft202012Validator | None:
    """What the body must be."""
    asked = operation(method, path)
    content = asked["responses"][code].get("content", {}) if asked else {}
    if "application/json" not in content:
        return None
    schema = content["application/json"]["schema"]
    return Draft202012Validator(schema | {"components": described()["components"]})


def complaints(method: str, path: str, response: HTTPResponse) -> list[str]:
    """Why the answer is not what the document promises; empty when it is."""
    code = str(response.status_code)
    if response.status_code in BY_CHALICE and (response.json_body or {}).keys() == {"Code", "Message"}:
        return []
    asked = operation(method, path)
    if asked is None or code not in asked["responses"]:
        return [f"{method} {path} answers {code}, which is not in the document"]
    missing = [name for name in asked["responses"][code]["headers"] if name not in response.headers]
    validator = judge(method, path, code)
    wrong = [error.message for error in validator.iter_errors(response.json_body)] if validator else []
    return [f"{code} lacks the header {name}" for name in missing] + wrong
