"""Recipe: a source of mail with an endpoint of its own, in at most six places."""

from __future__ import annotations

import pytest

from tests.stack.conftest import Template
from tests.stack.recipes.copy import Copy

DOOR = """    Door(
        "paper",
        "Paper",
        disabled=503,
        credentials={"paper_tokens": "list: Bearer tokens of the scanner"},
    ),
"""
ENDPOINT = '''"""Scanned pages: a source that only a test adds."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.bootstrap.container import container
from chalicelib.intake.arrival import Arrival
from chalicelib.mail.sealed import RAW
from chalicelib.web import auth
from chalicelib.web.http import answer, guarded, measured, raw_body, trace_id
from chalicelib.web.openapi.routes import rows_of

routes = Blueprint(__name__)
rows = rows_of("chalicelib.sources.paper_schemas")


@routes.route("/api/ingress/paper", methods=["POST"])
@measured("paper")
@guarded
def paper() -> Response:
    """One mail a request."""
    parts, request = container(), routes.current_request
    trace = trace_id(request)
    if not auth.bearer_ok(request.headers.get("authorization"), parts.door_secrets.texts("paper_tokens")):
        return answer("unauthorized", trace)
    if not parts.flags.on("paper_ingress_enabled"):
        return answer("paper_ingress_disabled", trace)
    body = raw_body(request)
    arrival = Arrival(parts.settings.accounts[0], "paper", RAW, body, identity=str(hash(body)))
    [result] = parts.intake.take([arrival], trace, parts.gate.check_all)
    return answer(str(result.status), trace, mail_id=result.mail_id)
'''
SCHEMAS = '''"""What the endpoint for scanned pages takes and answers."""

from __future__ import annotations

from chalicelib.web.openapi.route import UNAUTHORIZED, Access, Route

PAPER = Access("paper", UNAUTHORIZED, {"PaperToken": {"type": "http", "scheme": "bearer"}}, (("PaperToken",),))
ROUTES = (
    Route(
        *("POST", "/api/ingress/paper", PAPER),
        "Push one scanned page.",
        ("accepted", "already_processed", "rate_limited", "paper_ingress_disabled"),
        body={"type": "object"},
    ),
)
'''
DOCUMENTED = """| `paper_ingress_disabled` | the endpoint's flag is off | `mailroom flag paper_ingress_enabled on` |
| `mailroom-paper-errors` | more than 5 % of its answers were its own fault | `mailroom logs` |
"""
TEST = '''"""The endpoint for scanned pages."""

import json

from tests.app import world as worlds
from tests.app.world import World, installed


def test_a_scanned_page_is_sealed_and_queued() -> None:
    worlds.DOOR["paper_tokens"] = ["paper-token-of-32-characters-0000"]
    headers = {"Authorization": "Bearer paper-token-of-32-characters-0000", "Content-Type": "application/json"}
    with installed(World()) as world:
        answer = world.client.http.post("/api/ingress/paper", headers=headers, body=b"Subject: x")
        assert (answer.status_code, len(world.queues.queues["anonymize"])) == (202, 1)
        world.container.flags.switch("paper_ingress_enabled", False, "ann")
        answer = world.client.http.post("/api/ingress/paper", headers=headers, body=b"Subject: y")
        assert (answer.status_code, json.loads(answer.body)["status"]) == (503, "paper_ingress_disabled")
'''


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    made = Copy.of_the_repository(tmp_path_factory.mktemp("source") / "mailroom")
    made.insert("chalicelib/core/doors.py", '    Door(\n        "emailengine"', DOOR)
    made.write("chalicelib/sources/paper.py", ENDPOINT)
    made.write("chalicelib/sources/paper_schemas.py", SCHEMAS)
    made.insert("app.py", "admin, dead_letter_routes, exclusion_routes, policy_routes, dashboard)\n", "paper, ")
    made.insert("app.py", "from chalicelib.sources.emailengine", "from chalicelib.sources import paper\n")
    made.insert("docs/recovery.md", "| `gmail_ingress_disabled`", DOCUMENTED)
    made.write("tests/app/test_paper.py", TEST)
    made.finish(
        *("tests/app/test_paper.py", "tests/app/test_openapi.py", "tests/stack/test_door_alarms.py"),
        *("tests/unit/test_docs.py", "tests/unit/policy/test_flags.py", "tests/unit/cli/test_secrets.py"),
        *("tests/unit/core/test_texts.py", "tests/unit/operations/test_alarm_texts.py"),
        "tests/unit/cli/test_codes.py",
        "tests/unit/test_recovery.py::test_every_code_has_its_line[paper_ingress_disabled]",
        "tests/unit/test_recovery.py::test_every_alarm_has_its_line[mailroom-paper-errors]",
    )
    return made


@pytest.fixture(scope="module")
def packaged(copy: Copy) -> Template:
    return copy.packaged()


def test_it_takes_six_places(copy: Copy) -> None:
    assert len(copy.changed) <= 6


def test_the_route_is_deployed(packaged: Template) -> None:
    paths = packaged.properties("RestAPI")["DefinitionBody"]["paths"]
    assert "post" in paths["/api/ingress/paper"]


def test_its_errors_have_an_alarm(packaged: Template) -> None:
    alarm = packaged.properties("PaperErrorsAlarm")
    assert {"Name": "door", "Value": "paper"} in alarm["Dimensions"]


def test_its_credential_is_a_field_of_the_endpoints_secret_and_of_the_draft(copy: Copy) -> None:
    imports = "from infra.database.rights import secret_fields\nfrom infra.cli.secrets import new_draft"
    found = copy.ask(imports, "['paper_tokens' in secret_fields('door'), len(json.loads(new_draft())['paper_tokens'])]")
    assert found == [True, 1]


def test_it_has_a_flag_that_is_on(copy: Copy) -> None:
    assert copy.ask("from chalicelib.policy.flags import DEFAULTS", "DEFAULTS['paper_ingress_enabled']") is True
