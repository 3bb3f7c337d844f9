"""Schemathesis against the OpenAPI document: what it allows, what it forbids, and all of it without a key."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from schemathesis import GenerationMode
from schemathesis.checks import (
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    positive_data_acceptance,
    unsupported_method,
)
from schemathesis.config import ChecksConfig, GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.config._checks import NegativeDataRejectionConfig

from chalicelib.core.messages import encode
from chalicelib.core.stages import PIPELINE
from chalicelib.web.dashboard.session import Session, read
from chalicelib.web.openapi.route import CSS, Route
from tests.app.conformance import ROUTES, described
from tests.app.world import MAPPING_KEY, World, installed
from tests.contract.mails import envelope, mail_id, note
from tests.fuzz.effort import fuzzed
from tests.fuzz.gateway import COOKIE, Gateway

FAILED = ["a", "b", "c", "d"]
ACCOUNT = {"type": "string", "enum": ["praxis"]}
ALLOWED, FORBIDDEN = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
ANOTHER_WAY = [
    ignored_auth,
    missing_required_header,
    unsupported_method,
]
"""Checks that send requests of their own: the gateway would sign these too (see the unsigned form below)."""
ELSEWHERE: dict[str, list[Any]] = {
    # An upload has to lie in the spool, and a blank or unprintable condition is no condition: no schema can say so.
    **{path: [positive_data_acceptance] for path in ("/api/ingress/gmail", "/admin/reconsider")},
    # What EmailEngine sends is looked at only as far as it is used: a bounce is acknowledged whatever its data.
    "/api/v1/webhooks/emailengine/{account_id}": [negative_data_rejection],
    # What a rule document must be is described by a schema of its own, and which versions there are by the rule book.
    **{f"/admin/rules{more}": [positive_data_acceptance] for more in ("", "/test", "/rollback")},
}
"""Checks that a route does not keep, and why."""

FORMS = [
    pytest.param(route, mode, id=f"{route.name}-{mode.value}")
    for route in ROUTES
    for mode in ([ALLOWED, FORBIDDEN] if route.body or route.query or "{" in route.path else [ALLOWED])
]


def narrowed() -> dict[str, Any]:
    """The document for this world: accounts and failed messages that exist, so that requests pass the first check."""
    document: dict[str, Any] = json.loads(json.dumps(described()))
    hook = document["paths"]["/api/v1/webhooks/emailengine/{account_id}"]["post"]
    hook["parameters"][0]["schema"] = ACCOUNT
    hook["requestBody"]["content"]["application/json"]["schema"]["properties"]["account"] = ACCOUNT
    push = document["paths"]["/api/ingress/gmail"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    push["anyOf"][0]["properties"]["account"] = {"enum": ["praxis", "", None]}
    there = {"type": "string", "enum": [mail_id(x) for x in FAILED]}
    document["paths"]["/admin/dlq/{mail_id}"]["get"]["parameters"][0]["schema"] = there
    discarded = document["paths"]["/admin/dlq/discard"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    discarded["properties"]["mail_ids"]["items"] = there
    token = session().token
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for body in operation.get("requestBody", {}).get("content", {}).values():
                if path.startswith("/dashboard") and path != "/dashboard/sign-in":
                    body["schema"]["properties"]["token"] = {"type": "string", "enum": [token]}
    return document


def session() -> Session:
    """The session of the gateway's cookie."""
    found = read(MAPPING_KEY, COOKIE.partition("=")[2], ["admin-token"], time.time())
    assert found
    return found


def api(credentials: bool) -> Any:
    """The schema with the app behind it."""
    generation = GenerationConfig(with_security_parameters=False, unique_inputs=True)
    refusals = ["400", "401", "404", "409", "413", "415", "429"]
    checks = ChecksConfig(negative_data_rejection=NegativeDataRejectionConfig(expected_statuses=refusals))
    project = ProjectConfig(generation=generation, checks=checks)
    config = SchemathesisConfig(projects=ProjectsConfig(default=project))
    schema = schemathesis.openapi.from_dict(narrowed(), config=config)
    schema.app = Gateway(credentials)
    return schema


@pytest.fixture
def world() -> Iterator[World]:
    """A world with failed messages."""
    with installed(World()) as made:
        for stage, name in zip(PIPELINE, FAILED, strict=True):
            made.queues.send_dead(stage.name, encode(envelope(name)), {"reason": "spool_missing", "attempts": "2"})
            made.store.quarantine(note(name))
        yield made


@pytest.mark.parametrize(("route", "mode"), FORMS)
def test_every_answer_to_a_rightful_sender_is_one_of_the_document(
    world: World, route: Route, mode: GenerationMode
) -> None:
    operation = api(credentials=True)[route.path][route.method]

    @fuzzed(6 if route.html else 25)
    @given(case=operation.as_strategy(generation_mode=mode))
    def judge(case: schemathesis.Case) -> None:
        # A page answers a wrong form with a page, and ignores parameters that it does not know.
        own = [negative_data_rejection, positive_data_acceptance] if route.html or route.media == CSS else []
        case.call_and_validate(excluded_checks=[*ANOTHER_WAY, *own, *ELSEWHERE.get(route.path, [])])

    judge()


@pytest.mark.parametrize("route", [r for r in ROUTES if r.access.name not in ("open", "session")], ids=lambda r: r.name)
def test_without_credentials_nothing_but_401_or_a_wait_is_answered(world: World, route: Route) -> None:
    operation = api(credentials=False)[route.path][route.method]

    @fuzzed(10)
    @given(case=operation.as_strategy(generation_mode=ALLOWED))
    def judge(case: schemathesis.Case) -> None:
        answer = case.call()
        # More than a few attempts have to wait: `make fuzz` makes them.
        assert (answer.status_code, answer.json()["status"]) in ((401, "unauthorized"), (429, "rate_limited"))

    judge()
