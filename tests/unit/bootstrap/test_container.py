"""The container: each part made once, on first use, and broken set-ups are named."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest

from chalicelib.adapters.aws.secrets import Secrets
from chalicelib.bootstrap import container as module
from chalicelib.bootstrap.container import Container, container, key_of, module_of, use
from chalicelib.bootstrap.function_types import Function
from chalicelib.bootstrap.functions import API, FUNCTIONS
from chalicelib.bootstrap.workers.classify import classifier
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
    made = Container(ENVIRONMENT)
    assert made.spool is made.spool


def test_a_worker_is_made_once() -> None:
    made = Container(ENVIRONMENT)
    made.__dict__ |= {"alarm_messenger": MemoryMessenger(), "cache": MemoryCache()}
    worker = made.worker("alert")
    assert isinstance(worker, AlertWorker)
    assert made.worker("alert") is worker


def test_a_worker_that_could_not_be_made_is_made_later() -> None:
    made = Container(ENVIRONMENT)
    made.__dict__ |= {"backend_secrets": secrets(), "cache": MemoryCache()}
    with pytest.raises(ConfigurationError):
        made.worker("alert")
    made.__dict__["alarm_messenger"] = MemoryMessenger()
    assert made.worker("alert")


def test_what_is_no_function_has_no_worker() -> None:
    with pytest.raises(KeyError):
        Container(ENVIRONMENT).worker("other")


@pytest.mark.parametrize("row", [row for row in FUNCTIONS if row is not API], ids=lambda row: row.name)
def test_every_row_names_a_module_that_has_its_code(row: Function) -> None:
    code = module_of(row.name)
    assert callable(code.make if row.stage else code.run)


PARTS = {name: part for name, part in vars(Container).items() if isinstance(part, module._Part)}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_made_by_a_function_of_its_name_and_has_the_type_that_it_says(name: str) -> None:
    factory = getattr(import_module(PARTS[name].module), name)
    assert factory.__annotations__ == {"parts": "Container", "return": Container.__annotations__[name]}


def test_a_part_that_a_test_puts_there_is_the_part() -> None:
    made, cache = Container(ENVIRONMENT), MemoryCache()
    made.__dict__["cache"] = cache
    assert made.cache is cache


def test_a_broken_environment_is_named_before_anything_is_made() -> None:
    with pytest.raises(ConfigurationError, match=r"MAILROOM_BUCKET: is not set"):
        Container({})


def test_a_container_for_tests_is_given_back() -> None:
    made = Container(ENVIRONMENT)
    before = module._current[:]
    with use(made):
        assert container() is made
    assert module._current == before


def test_a_language_model_is_asked_only_where_one_is_configured() -> None:
    made = Container(ENVIRONMENT)
    assert type(classifier(made)).__name__ == "RulesClassifier"


def test_a_configured_language_model_has_the_rules_behind_it() -> None:
    made = Container(ENVIRONMENT | {"MAILROOM_CLASSIFIER": "anthropic", "MAILROOM_LLM_MODEL": "a-model"})
    made.__dict__ |= {"backend_secrets": secrets(anthropic_key="key"), "cache": MemoryCache()}
    assert type(classifier(made)).__name__ == "LlmClassifier"
