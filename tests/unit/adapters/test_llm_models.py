"""Both LLM doors on the wire: what is asked, and what each misbehaviour becomes."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from chalicelib.adapters.llm.anthropic import AnthropicModel
from chalicelib.adapters.llm.bedrock import BedrockModel
from chalicelib.classification.categories import load
from chalicelib.classification.llm_prompt import Model, Prompt, build
from chalicelib.core.errors import MailroomError, Permanent, Retryable
from chalicelib.core.messages import Content
from infra.local.standins.llm import LlmStandIn, bedrock_client
from tests.unit.adapters.broken import raw_server

CONTENT = Content(subject="Facture", sender="<PERSON_1>", recipients=(), language="fr")
QUESTION: Prompt = build(load(), CONTENT, "Le règlement est dû.", "0f" * 16, 6000)
TIMEOUT = 0.4
DOORS = ["anthropic", "bedrock"]


def door(name: str, url: str, key: str = "test-key") -> Model:
    if name == "anthropic":
        return AnthropicModel(lambda: key, "claude-test", url, timeout=TIMEOUT)
    return BedrockModel(bedrock_client(url, TIMEOUT), "eu.anthropic.claude-test-v1:0")


@pytest.fixture(scope="module")
def llm() -> Iterator[LlmStandIn]:
    with LlmStandIn() as server:
        yield server


@pytest.fixture(params=DOORS)
def model(request: pytest.FixtureRequest, llm: LlmStandIn) -> Model:
    llm.control.clear(requests=True)
    llm.forget()
    return door(request.param, llm.url)


def failure(model: Model) -> MailroomError:
    with pytest.raises(MailroomError) as caught:
        model.ask(QUESTION)
    return caught.value


def test_the_answer_is_the_input_of_the_tool(model: Model, llm: LlmStandIn) -> None:
    llm.brain = {"category": "invoice", "anything": [1, 2.5, None]}
    assert model.ask(QUESTION) == {"category": "invoice", "anything": [1, 2.5, None]}


def test_the_question_arrives_whole_and_once(model: Model, llm: LlmStandIn) -> None:
    model.ask(QUESTION)
    [asked] = llm.messages
    assert (asked["door"], asked["system"], asked["user"]) == (model.name, QUESTION.system, QUESTION.user)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (429, Retryable, "llm_rate_limited"),
        (500, Retryable, "llm_unavailable"),
        (503, Retryable, "llm_unavailable"),
        (529, Retryable, "llm_unavailable"),
        (400, Permanent, "llm_refused"),
        (404, Permanent, "llm_refused"),
        (403, Permanent, "llm_unauthorized"),
    ],
)
def test_a_status_becomes_its_code(model: Model, llm: LlmStandIn, status: int, kind: type, code: str) -> None:
    llm.fail(times=1, status=status)
    error = failure(model)
    assert (type(error), error.code) == (kind, code)


@pytest.mark.parametrize("status", [429, 500, 400])
def test_a_failed_question_is_not_asked_again(model: Model, llm: LlmStandIn, status: int) -> None:
    llm.fail(times=1, status=status)
    failure(model)
    assert len(llm.control.requests) == 1


def test_a_late_answer_is_a_timeout(model: Model, llm: LlmStandIn) -> None:
    llm.fail(times=1, delay=TIMEOUT * 3)
    assert failure(model).code == "llm_timeout"


def test_a_reset_connection_is_a_passing_failure(model: Model, llm: LlmStandIn) -> None:
    llm.fail(times=1, reset=True)
    error = failure(model)
    assert (type(error), error.code) == (Retryable, "llm_unavailable")


@pytest.mark.parametrize("body", ["html", "garbage", "empty", "{}", "[]", "null", '"text"', "[" * 50_000])
def test_an_answer_that_is_no_answer_is_refused(model: Model, llm: LlmStandIn, body: str) -> None:
    llm.fail(times=1, body=body)
    assert failure(model).code == "llm_bad_answer"


def test_a_truncated_answer_gives_one_of_our_errors(model: Model, llm: LlmStandIn) -> None:
    llm.fail(times=1, body="truncated")
    assert failure(model).code in ("llm_bad_answer", "llm_unavailable")


def tool_answer(**changes: Any) -> str:
    """One body that both doors can read: each looks at its own fields."""
    call = {"name": QUESTION.tool, "input": {"ok": 1}}
    calls: list[dict[str, Any]] = changes.pop("calls", [call])
    blocks = [{"type": "tool_use", "id": "t", **one} for one in calls]
    uses = [{"toolUse": {"toolUseId": "t", **one}} for one in calls]
    stop = changes.pop("stop", "tool_use")
    body = {"content": blocks, "stop_reason": stop, "stopReason": stop, "output": {"message": {"content": uses}}}
    return json.dumps(body)


def test_the_body_that_the_next_tests_spoil_is_good(model: Model, llm: LlmStandIn) -> None:
    llm.fail(times=1, body=tool_answer())
    assert model.ask(QUESTION) == {"ok": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"stop": "max_tokens"},
        {"stop": "end_turn"},
        {"calls": []},
        {"calls": [{"name": "other_tool", "input": {}}]},
        {"calls": [{"name": QUESTION.tool, "input": {}}] * 2},
    ],
    ids=["cut", "no call", "empty", "another tool", "two calls"],
)
def test_anything_but_one_whole_call_of_the_tool_is_refused(
    model: Model, llm: LlmStandIn, changes: dict[str, Any]
) -> None:
    llm.fail(times=1, body=tool_answer(**changes))
    assert failure(model).code == "llm_bad_answer"


@pytest.mark.parametrize("name", DOORS)
def test_nobody_listening_is_a_passing_failure(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = failure(door(name, f"http://127.0.0.1:{port}"))
    assert (type(error), error.code) == (Retryable, "llm_unavailable")


def test_a_wrong_key_is_named(llm: LlmStandIn) -> None:
    assert failure(door("anthropic", llm.url, key="wrong")).code == "llm_unauthorized"


def test_an_endless_answer_is_not_read_to_its_end(llm: LlmStandIn) -> None:
    llm.fail(times=1, body="huge")
    assert failure(door("anthropic", llm.url)).code == "llm_answer_too_large"


def test_the_pause_that_anthropic_asks_for_is_passed_on(llm: LlmStandIn) -> None:
    llm.fail(times=1, status=429, headers={"retry-after": "17"})
    error = failure(door("anthropic", llm.url))
    assert isinstance(error, Retryable)
    assert error.after == 17.0


def test_a_redirect_is_not_followed_with_the_key(llm: LlmStandIn) -> None:
    llm.control.clear(requests=True)
    llm.fail(times=1, status=307, headers={"location": f"{llm.url}/elsewhere"})
    assert failure(door("anthropic", llm.url)).code == "llm_refused"
    assert [asked["path"] for asked in llm.control.requests] == ["/v1/messages"]


def test_the_stand_in_does_not_keep_the_key(llm: LlmStandIn) -> None:
    door("anthropic", llm.url).ask(QUESTION)
    assert "test-key" not in json.dumps(llm.control.requests)


def test_no_error_tells_the_key_or_the_mail(llm: LlmStandIn) -> None:
    llm.fail(times=1, status=400, body='{"error": "Facture test-key"}')
    error = failure(door("anthropic", llm.url))
    assert (error.args, error.__cause__) == (("llm_refused",), None)


@pytest.mark.parametrize("name", DOORS)
def test_a_server_that_says_nothing_is_left_in_time(name: str) -> None:
    def talk(connection: socket.socket) -> None:
        connection.settimeout(5)
        while connection.recv(65_536):
            pass

    with raw_server(talk) as port:
        model = door(name, f"http://127.0.0.1:{port}")  # reading the SDK's own files is not what is timed
        started = time.monotonic()
        assert failure(model).code == "llm_timeout"
        assert time.monotonic() - started < TIMEOUT * 5


def test_a_request_that_nobody_signed_is_unauthorized(llm: LlmStandIn) -> None:
    session = boto3.session.Session(region_name="eu-west-1")
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    client = session.client("bedrock-runtime", config=config, endpoint_url=llm.url)
    assert failure(BedrockModel(client, "m")).code == "llm_unauthorized"


def test_a_model_id_that_cannot_be_is_refused(llm: LlmStandIn) -> None:
    assert failure(BedrockModel(llm.bedrock_client(TIMEOUT), "")).code == "llm_refused"
