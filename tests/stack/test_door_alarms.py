"""The alarms of the endpoints are on metrics that the endpoints write."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app import app
from chalicelib.adapters import observability as o11y
from chalicelib.bootstrap.functions import API
from tests.app.world import JSON, World, installed
from tests.stack.conftest import Template

ALARMS = tuple(f"{alarm.name}Alarm" for alarm in API.alarms)


def written(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str, frozenset[tuple[str, str]]]]:
    """(namespace, metric, its dimensions) of everything that the answers of all endpoints for mail wrote."""
    with installed(World()) as world:
        world.push({"sender": "a@example.com", "body": ""})
        for path in (path for path in app.routes if path.startswith("/api/")):
            world.client.http.post(path.replace("{account_id}", "praxis"), headers=JSON, body=b"{}")
    o11y.flush()
    found = []
    for line in map(json.loads, capsys.readouterr().out.splitlines()):
        for block in line.get("_aws", {}).get("CloudWatchMetrics", []):
            dimensions = frozenset((name, line[name]) for name in block["Dimensions"][0])
            found += [(block["Namespace"], metric["Name"], dimensions) for metric in block["Metrics"]]
    return found


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_is_on_a_metric_that_is_written(
    template: Template, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    alarm: dict[str, Any] = template.properties(name)
    dimensions = frozenset((one["Name"], one["Value"]) for one in alarm["Dimensions"])
    assert (alarm["Namespace"], alarm["MetricName"], dimensions) in written(capsys)


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_of_an_endpoint_reports_its_beginning_and_its_end(template: Template, name: str) -> None:
    alarm = template.properties(name)
    assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopic"}]


def test_silence_is_an_alarm_only_where_heartbeats_are_sent(template: Template) -> None:
    assert template.resources["GmailSilenceAlarm"]["Condition"] == "HasGmailHeartbeat"
    assert template.json["Parameters"]["GmailHeartbeat"]["Default"] == "no"


def test_no_data_is_silence(template: Template) -> None:
    alarm = template.properties("GmailSilenceAlarm")
    assert (alarm["TreatMissingData"], alarm["Period"] * alarm["EvaluationPeriods"]) == ("breaching", 900)


def test_an_unused_endpoint_has_no_errors(template: Template) -> None:
    assert template.properties("GmailErrorsAlarm")["TreatMissingData"] == "notBreaching"
