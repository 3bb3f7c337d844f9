"""What the emulator cannot deploy must not be in the template: it says so only when the whole stack fails."""

from __future__ import annotations

from infra.cloudformation.template import template


def test_no_alarm_is_on_metric_mathematics() -> None:
    resources = template()["Resources"].values()
    alarms = [one["Properties"] for one in resources if one.get("Type") == "AWS::CloudWatch::Alarm"]
    assert alarms
    assert [one["AlarmName"] for one in alarms if "Metrics" in one] == []
