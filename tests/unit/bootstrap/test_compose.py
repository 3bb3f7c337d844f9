"""The composition root: made once, on first use, and broken set-ups are named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.adapters.aws.secrets import Secrets
from chalicelib.bootstrap import compose
from chalicelib.bootstrap.compose_base import key_of
from chalicelib.core import stages
from chalicelib.core.errors import ConfigurationError
from chalicelib.operations.alert import AlertWorker
from tests.twins.cache import MemoryCache
from tests.twins.messenger import MemoryMessenger
from tests.unit.bootstrap.environment import ENVIRONMENT


def secrets(**fields: Any) -> Secrets:
    class Manager:
        def get_secret_value(self, SecretId: str) -> dict[str, str]:
            return {"ARN": SecretId, "SecretString": json.dumps(fields)}

    return Secrets(lambda _: Manager(), "arn:backend")


def test_a_key_is_64_hexadecimal_digits() -> None:
    assert key_of(secrets(mapping_key="0f" * 32), "mapping_key") == b"\x0f" * 32


@pytest.mark.parametrize("text", ["", "0f", "0f" * 31, "0f" * 33, "xy" * 32, "é" * 64])
def test_another_key_is_named_and_not_shown(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        key_of(secrets(mapping_key=text), "mapping_key")
    assert caught.value.setting == "mapping_key"
    assert not text or text not in str(caught.value)


def test_a_part_is_made_once() -> None:
    made = compose.Container(ENVIRONMENT)
    assert made.spool is made.spool


def test_a_worker_is_made_once() -> None:
    made = compose.Container(ENVIRONMENT)
    made.__dict__ |= {"messenger": MemoryMessenger(), "cache": MemoryCache()}
    worker = made.worker("alert")
    assert isinstance(worker, AlertWorker)
    assert made.worker("alert") is worker


def test_a_worker_that_could_not_be_made_is_made_later() -> None:
    made = compose.Container(ENVIRONMENT)
    made.__dict__ |= {"backend_secrets": secrets(), "cache": MemoryCache()}
    with pytest.raises(ConfigurationError):
        made.worker("alert")
    made.__dict__["messenger"] = MemoryMessenger()
    assert made.worker("alert")


def test_every_stage_has_a_maker() -> None:
    made = compose.Container(ENVIRONMENT)
    made.__dict__["backend_secrets"] = secrets()
    with pytest.raises(KeyError):
        made.worker("other")
    assert all(hasattr(made, f"{stage.name}_worker") for stage in stages.STAGES)


def test_a_broken_environment_is_named_before_anything_is_made() -> None:
    with pytest.raises(ConfigurationError, match=r"MAILROOM_[A-Z_]+: is not set"):
        compose.Container({})


def test_a_container_for_tests_is_given_back() -> None:
    made = compose.Container(ENVIRONMENT)
    before = compose._current[:]
    with compose.use(made):
        assert compose.container() is made
    assert compose._current == before


def test_a_language_model_is_asked_only_where_one_is_configured() -> None:
    made = compose.Container(ENVIRONMENT)
    assert type(made.classifier).__name__ == "RulesClassifier"


def test_a_configured_language_model_has_the_rules_behind_it() -> None:
    made = compose.Container(ENVIRONMENT | {"MAILROOM_CLASSIFIER": "anthropic", "MAILROOM_LLM_MODEL": "a-model"})
    made.__dict__ |= {"backend_secrets": secrets(anthropic_key="key"), "cache": MemoryCache()}
    assert type(made.classifier).__name__ == "LlmClassifier"
