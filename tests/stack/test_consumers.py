"""The guard of `design.md`: batch size, partial answers and the handler's setting change together or not at all."""

from __future__ import annotations

import pytest

from chalicelib.core.stages import STAGES, Stage
from tests.stack.conftest import Template

every_stage = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)


@every_stage
def test_batches_partial_answers_and_the_handlers_setting_go_together(template: Template, stage: Stage) -> None:
    function = stage.name.capitalize()
    source = template.event_source(function)
    batched = source["BatchSize"] > 1
    partial = source.get("FunctionResponseTypes") == ["ReportBatchItemFailures"]
    reports = template.variables(function).get("MAILROOM_REPORT_FAILURES") == "true"
    assert partial == reports
    assert partial or not batched


@every_stage
def test_the_batch_is_that_of_the_stage_table(template: Template, stage: Stage) -> None:
    assert template.event_source(stage.name.capitalize())["BatchSize"] == stage.batch


@every_stage
def test_the_concurrency_is_that_of_the_stage_table(template: Template, stage: Stage) -> None:
    assert template.event_source(stage.name.capitalize())["ScalingConfig"] == {"MaximumConcurrency": stage.concurrency}


@every_stage
def test_the_concurrency_is_one_that_lambda_takes(stage: Stage) -> None:
    assert 2 <= stage.concurrency <= 1000


@every_stage
def test_an_event_source_is_made_after_its_queue(template: Template, stage: Stage) -> None:
    assert f"{stage.name.capitalize()}Queue" in template.resources[stage.name.capitalize()]["DependsOn"]


@every_stage
def test_a_stage_reads_its_own_queue(template: Template, stage: Stage) -> None:
    arn = template.event_source(stage.name.capitalize())["Queue"]["Fn::Sub"]
    assert arn.rpartition(":")[2] == stage.queue


@every_stage
def test_without_the_merge_every_message_comes_alone(unmerged: Template, stage: Stage) -> None:
    assert unmerged.event_source(stage.name.capitalize())["BatchSize"] == 1


@every_stage
def test_without_the_merge_a_failure_is_raised_and_not_reported(unmerged: Template, stage: Stage) -> None:
    function = stage.name.capitalize()
    assert "FunctionResponseTypes" not in unmerged.event_source(function)
    assert "MAILROOM_REPORT_FAILURES" not in unmerged.properties(function).get("Environment", {}).get("Variables", {})


def test_the_merge_adds_no_function_and_drops_none(template: Template, unmerged: Template) -> None:
    assert template.of("Serverless::Function").keys() == unmerged.of("Serverless::Function").keys()


def test_the_api_answers_before_api_gateway_gives_up(template: Template) -> None:
    assert template.properties("APIHandler")["Timeout"] <= 29


def test_every_function_runs_the_same_code(template: Template) -> None:
    code = {function["CodeUri"] for function in template.of("Serverless::Function").values()}
    assert code == {"./deployment.zip"}
