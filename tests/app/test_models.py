"""Every request model: bad input is refused by the name of its field, just as the OpenAPI document says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from chalicelib.sources.emailengine.schemas import NewMail
from chalicelib.sources.gmail_push.schemas import Push
from chalicelib.web.admin_schemas import FlagChange
from chalicelib.web.dead_letter_schemas import Discard
from chalicelib.web.models import Model
from chalicelib.web.openapi.route import Route
from chalicelib.web.openapi.schemas import of_model
from chalicelib.web.policy_schemas import RulesChange
from chalicelib.web.request_fields import Refused, read, read_query
from tests.app.conformance import ROUTES
from tests.app.world import ADMIN, World
from tests.contract.mails import mail_id

MODELS: list[type[Model]] = [
    *dict.fromkeys(kind for route in ROUTES for kind in (route.body, route.query) if isinstance(kind, type)),
    Push,
    NewMail,
]
FIELDS = [
    pytest.param(model, field, id=f"{model.__module__.rpartition('.')[2]}.{model.__name__}.{field}")
    for model in MODELS
    for field in model.__struct_fields__
]
REQUIRED = [
    pytest.param(model, field, id=f"{model.__name__}.{field}")
    for model in MODELS
    for field in of_model(model)["required"]
]
NESTED: list[Any] = []
for _ in range(500):
    NESTED = [NESTED]
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 3.0, 3.5, -0.0, 2**31 - 1, 2**31, 2**64, 10**400),
    *(1e308, float("inf"), float("-inf"), float("nan")),
    *("", " ", "a", "a\n", "\n", "a\0", "\ud800", "\u202e", "spam", "store", "é", "0" * 36, mail_id("a")),
    *(mail_id("a") + "\n", mail_id("a").upper(), "1", "true", "null", "x" * 7_000_000),
    *([], [None], [1], [[]], ["a"], ["\ud800"], [mail_id("a")], [mail_id("a"), 1], ["a"] * 1_001, NESTED),
    *({}, {"a": 1}, {"\ud800": []}, {"a": NESTED}, {"a": "b"}, {"a": ["b"]}, [{}], [{"a": NESTED}]),
    {str(number): "" for number in range(501)},
)
CANDIDATES = ("a", "1", mail_id("a"), "spam")
DOCUMENTED_ONLY = {("Trial", "raw")}
"""Base64 is checked by decoding it, after the model."""


def sample(schema: dict[str, Any]) -> Any:
    """A value that the schema allows, as small as it can be."""
    if "enum" in schema or "const" in schema:
        return schema.get("enum", [schema.get("const")])[0]
    if schema["type"] == "object":
        known = schema.get("properties", {})
        together = next(iter(schema.get("anyOf", ())), {})
        wanted = dict.fromkeys((*schema.get("required", ()), *together.get("required", ())))
        stricter = together.get("properties", {})
        return {
            name: sample(known[name] if isinstance(known[name].get("type"), str) else stricter[name]) for name in wanted
        }
    if schema["type"] == "array":
        return [sample(schema["items"])] * schema.get("minItems", 0)
    if schema["type"] == "string":
        return next(text for text in CANDIDATES if Draft202012Validator(schema).is_valid(text))
    return {"boolean": True, "integer": schema.get("minimum", 0)}[schema["type"]]


def base(model: type[Model]) -> dict[str, Any]:
    """A request of this model that is taken."""
    schema = of_model(model)
    if model is Push:  # of its three forms the one that needs no spool
        return {"sender": "a@example.com", "body": ""}
    made: dict[str, Any] = sample(schema)
    return made


def refusal(model: type[Model], data: dict[str, Any]) -> tuple[str, str] | None:
    """The status and the field of a refusal; None where the data is taken."""
    try:
        read(model, data)
    except Refused as refused:
        return refused.status, refused.field
    return None


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_smallest_request_of_the_document_is_taken(model: type[Model]) -> None:
    assert refusal(model, base(model)) is None


@pytest.mark.parametrize(("model", "field"), FIELDS)
def test_a_field_is_refused_just_when_the_document_forbids_it(model: type[Model], field: str) -> None:
    schema = Draft202012Validator({key: value for key, value in of_model(model).items() if key != "anyOf"})
    good = base(model)
    differ = [
        repr(value)[:60]
        for value in VALUES
        if schema.is_valid(good | {field: value}) != (_own(model, good | {field: value}) is None)
        and not ((model.__name__, field) in DOCUMENTED_ONLY and isinstance(value, str))
    ]
    assert differ == []


def _own(model: type[Model], data: dict[str, Any]) -> tuple[str, str] | None:
    """The refusal for a field's own sake, not for what it is together with others."""
    found = refusal(model, data)
    return found if found and not _together(model, data) else None


def _together(model: type[Model], data: dict[str, Any]) -> bool:
    """Whether every field is right by itself: msgspec takes what only `check` refuses."""
    try:
        msgspec.convert(data, model)
    except (msgspec.ValidationError, UnicodeError):
        return False
    return True


@pytest.mark.parametrize(("model", "field"), FIELDS)
def test_a_refusal_names_the_field(model: type[Model], field: str) -> None:
    good = base(model)
    found = [(value, _own(model, good | {field: value})) for value in VALUES]
    assert {refused for _, refused in found if refused} <= {("invalid_field", field)}


def lengths() -> Iterator[Any]:
    """(model, field, a value of its largest length, one more) for each text, list and object that has one."""
    for model in MODELS:
        for field, schema in of_model(model)["properties"].items():
            for one in schema.get("anyOf", [schema]):
                longest = one.get("maxLength", one.get("maxItems", one.get("maxProperties")))
                if longest is None or ("pattern" in one and one["type"] == "string"):
                    continue  # a text with a pattern has its length from there, or is tried with its pattern below
                values = [filled(one, length) for length in (longest, longest + 1)]
                yield pytest.param(model, field, *values, id=f"{model.__name__}.{field}.{one['type']}")
    yield pytest.param(FlagChange, "author", "x" * 100, "x" * 101, id="author")
    yield pytest.param(RulesChange, "comment", "x" * 500, "x" * 501, id="comment")
    yield pytest.param(Discard, "reason", "x" * 60, "x" * 61, id="reason")


def filled(schema: dict[str, Any], length: int) -> Any:
    """A value of this length."""
    if schema["type"] == "string":
        return "x" * length
    if schema["type"] == "array":
        return [sample(schema["items"])] * length
    return {str(number): "" for number in range(length)}


@pytest.mark.parametrize(("model", "field", "longest", "longer"), [*lengths()])
def test_a_field_may_have_its_largest_length_and_not_one_more(
    model: type[Model], field: str, longest: Any, longer: Any
) -> None:
    found = [_own(model, base(model) | {field: value}) for value in (longest, longer)]
    assert found == [None, ("invalid_field", field)]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("name", ["more", "", "\ud800", "__class__", "check", "x" * 10_000, "author\n"])
def test_an_unknown_field_is_refused_or_ignored_and_never_named(model: type[Model], name: str) -> None:
    closed = of_model(model).get("additionalProperties") is False
    assert refusal(model, base(model) | {name: NESTED}) == (("invalid_field", "unknown") if closed else None)


@pytest.mark.parametrize(("model", "field"), REQUIRED)
def test_a_missing_field_is_named(model: type[Model], field: str) -> None:
    data = {name: value for name, value in base(model).items() if name != field}
    assert refusal(model, data) == ("missing_field", field)


@pytest.mark.parametrize("model", [route.query for route in ROUTES if isinstance(route.query, type)])
@pytest.mark.parametrize("text", ["0", "1001", "-1", "+1", " 1", "1.0", "1e2", "\u0661", "", "true", "9" * 5_000])
def test_a_number_of_a_query_is_written_in_digits(model: type[Model], text: str) -> None:
    with pytest.raises(Refused) as caught:
        read_query(model, {"limit": text})
    assert (caught.value.status, caught.value.field) == ("invalid_field", "limit")


# the same through HTTP

SECRET = "4929-very-secret"
BODIES = {
    "no object": json.dumps([SECRET]).encode(),
    "cut": f'{{"author": "{SECRET}'.encode(),
    "a value of another type": json.dumps({"author": {SECRET: SECRET}}).encode(),
    "an unknown name": json.dumps({SECRET: 1}).encode(),
    "a surrogate as a name": json.dumps({"\ud800" + SECRET: 1}).encode(),
    "a line feed": json.dumps({"author": SECRET + "\n"}).encode(),
    "two equal keys, the last is wrong": f'{{"author": "ann", "author": ["{SECRET}"]}}'.encode(),
    "no number": b'{"author": NaN}',
    "no end": b'{"author": -Infinity}',
    "a huge number": b'{"author": 1' + b"0" * 4_000 + b"}",
    "too many digits": b'{"author": 1' + b"0" * 5_000 + b"}",
    "deep": b'{"author": ' + b"[" * 400 + b"]" * 400 + b"}",
    "too deep": b'{"author": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
}
ORDERS = [route for route in ROUTES if route.access.name == "admin" and route.body is not None]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("route", ORDERS, ids=lambda route: route.name)
def test_a_bad_order_is_a_400_that_quotes_nothing(world: World, route: Route, body: bytes) -> None:
    response = world.request(route.method, route.path.format(name="notifications_enabled"), body, ADMIN)
    assert (response.status_code, response.json_body["status"] in ("invalid_json", "invalid_field")) == (400, True)
    assert SECRET.encode() not in response.body


IGNORED = ("an unknown name", "a surrogate as a name")
"""What an upload, which needs no field, ignores."""


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize(("send", "field"), [("push", b"sender"), ("upload", b"account"), ("hook", b"account")])
def test_a_bad_push_is_a_400_that_quotes_nothing(world: World, send: str, field: bytes, name: str) -> None:
    response = getattr(world, send)(BODIES[name].replace(b"author", field))
    assert response.status_code == (200 if send == "upload" and name in IGNORED else 400)
    assert SECRET.encode() not in response.body
    assert world.queued == []


@pytest.mark.parametrize("after", [None, "None", 0, mail_id("a") + "\n", "x"])
def test_a_page_begins_after_a_mail_id_or_at_the_start(world: World, after: Any) -> None:
    body = json.dumps({"author": "ann", "all": True, "after": after}).encode()
    response = world.request("POST", "/admin/reconsider", body, ADMIN)
    assert (response.status_code, response.json_body["field"]) == (400, "after")
