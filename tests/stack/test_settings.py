"""What the template puts into the environment is what `bootstrap.settings.load` needs, and nothing secret."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest

from chalicelib.bootstrap.settings import PREFIX, Settings, describe, load
from chalicelib.core.stages import STAGES
from infra.cloudformation.template import PARAMETERS, SETTINGS
from tests.stack.conftest import FUNCTIONS, Template

GIVEN = {
    "Accounts": "practice,faculty",
    "EmailEngineUrl": "https://emailengine.example",
    "TelegramChat": "-1001",
}
"""What an operator must say; the rest has defaults."""

every_function = pytest.mark.parametrize("function", FUNCTIONS)


def environment(template: Template, function: str, **parameters: str) -> dict[str, str]:
    """A function's variables as Lambda would hand them over; a resource is named by its logical id."""
    defaults = {name: str(parameter.get("Default", "")) for name, parameter in PARAMETERS.items()}
    values = defaults | GIVEN | parameters
    variables = template.variables(function)
    return {name: v if isinstance(v, str) else _resolved(v, values) for name, v in variables.items()}


def _resolved(value: dict[str, str], values: dict[str, str]) -> str:
    """What CloudFormation makes of a Ref or Fn::Sub."""
    if "Fn::Sub" in value:
        return re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], value["Fn::Sub"])
    return values.get(value["Ref"], value["Ref"])


@every_function
def test_a_function_finds_all_of_its_settings(template: Template, function: str) -> None:
    settings = load(environment(template, function))
    assert settings.queue_urls == {stage.name: f"{stage.name.capitalize()}Queue" for stage in STAGES}
    assert settings.dead_urls == {stage.name: f"{stage.name.capitalize()}Dlq" for stage in STAGES}


@every_function
def test_only_a_stage_reports_failures(template: Template, function: str) -> None:
    consumes = function in {stage.name.capitalize() for stage in STAGES}
    assert load(environment(template, function)).report_failures == consumes


@every_function
def test_the_environment_holds_references_and_no_value(template: Template, function: str) -> None:
    literals = {name for name, value in template.variables(function).items() if isinstance(value, str)}
    assert literals <= {"MAILROOM_REPORT_FAILURES"}


@every_function
def test_the_environment_names_settings_that_exist(template: Template, function: str) -> None:
    known = {PREFIX + field.name.upper() for field in fields(Settings)}
    known |= {f"{PREFIX}{kind}_{stage.name.upper()}" for kind in ("QUEUE", "DLQ") for stage in STAGES}
    assert template.variables(function).keys() <= known


@pytest.mark.parametrize("name", PARAMETERS)
def test_no_parameter_carries_a_secret(name: str) -> None:
    hints = ("secret", "token", "password", "key")
    assert name == "SecretPrefix" or not any(hint in name.lower() for hint in hints)


def _choices() -> list[tuple[str, str]]:
    return [(name, choice) for name, parameter in PARAMETERS.items() for choice in parameter.get("AllowedValues", ())]


@pytest.mark.parametrize(("name", "choice"), _choices())
def test_every_value_that_a_parameter_allows_is_one_that_the_code_takes(
    template: Template, name: str, choice: str
) -> None:
    load(environment(template, "APIHandler", LlmModel="model", **{name: choice}))


def _defaults() -> list[tuple[str, Any]]:
    defaults = {variable: default for variable, default, _ in describe()}
    return [
        (parameter, defaults[variable])
        for variable, parameter in SETTINGS.items()
        if "Default" in PARAMETERS.get(parameter, {})
    ]


@pytest.mark.parametrize(("parameter", "default"), _defaults())
def test_a_parameters_default_is_that_of_its_setting(parameter: str, default: str) -> None:
    assert str(PARAMETERS[parameter]["Default"]) == default  # of a Number a number


@pytest.mark.parametrize(("variable", "meaning"), [(variable, meaning) for variable, _, meaning in describe()])
def test_every_setting_says_what_it_means(variable: str, meaning: str) -> None:
    assert len(meaning.split()) >= 2
