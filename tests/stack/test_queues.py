"""Every stage has a queue that retries and a dead-letter queue that keeps, reports and gives back."""

from __future__ import annotations

import pytest

from chalicelib.bootstrap.function_types import Function
from chalicelib.bootstrap.functions import FUNCTIONS, function
from chalicelib.core.stages import ALERT, STAGES, Stage
from chalicelib.resilience.retry import JITTER, MAX_RECEIVE_COUNT, MAX_RECEIVES, MAX_WAIT, SCHEDULE
from infra.cloudformation.template import DAY, PARAMETERS
from tests.stack.conftest import Resource, Template

every_stage = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)


def queue(template: Template, stage: Stage) -> Resource:
    return template.properties(f"{stage.name.capitalize()}Queue")


def dead(template: Template, stage: Stage) -> Resource:
    return template.properties(f"{stage.name.capitalize()}Dlq")


@every_stage
def test_a_message_that_keeps_failing_goes_to_the_stages_own_dead_letter_queue(
    template: Template, stage: Stage
) -> None:
    target = queue(template, stage)["RedrivePolicy"]["deadLetterTargetArn"]
    assert target == {"Fn::GetAtt": [f"{stage.name.capitalize()}Dlq", "Arn"]}


@every_stage
def test_the_queue_gives_up_when_the_retry_schedule_ends(template: Template, stage: Stage) -> None:
    assert queue(template, stage)["RedrivePolicy"]["maxReceiveCount"] == MAX_RECEIVE_COUNT > MAX_RECEIVES


def test_a_message_is_tried_at_least_five_times() -> None:
    assert MAX_RECEIVES >= 5


@every_stage
def test_the_dead_letter_queue_takes_from_its_own_queue_only(template: Template, stage: Stage) -> None:
    arn = {"Fn::Sub": f"arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:{stage.queue}"}
    allowed = {"redrivePermission": "byQueue", "sourceQueueArns": [arn]}
    assert dead(template, stage)["RedriveAllowPolicy"] == allowed


@every_stage
def test_the_names_of_the_queues_are_those_of_the_stage_table(template: Template, stage: Stage) -> None:
    names = queue(template, stage)["QueueName"], dead(template, stage)["QueueName"]
    assert names == (stage.queue, stage.dead_letter_queue)


@every_stage
def test_a_message_stays_hidden_six_times_as_long_as_its_function_may_run(template: Template, stage: Stage) -> None:
    timeout = template.properties(stage.name.capitalize())["Timeout"]
    assert queue(template, stage)["VisibilityTimeout"] >= 6 * timeout


@every_stage
def test_a_function_that_dies_at_its_start_fills_no_dead_letter_queue_within_an_hour(
    template: Template, stage: Stage
) -> None:
    """An import error, a crash, a throttled invocation: each receive costs the visibility time-out."""
    found = queue(template, stage)
    assert found["VisibilityTimeout"] * found["RedrivePolicy"]["maxReceiveCount"] >= 3600


@every_stage
def test_a_stage_takes_no_more_than_it_may_run_at_once(template: Template, stage: Stage) -> None:
    """A reserved concurrency below the event source's would throttle: each throttled message costs a receive."""
    function = template.properties(stage.name.capitalize())
    [event] = [event for event in function["Events"].values() if event["Type"] == "SQS"]
    allowed = event["Properties"]["ScalingConfig"]["MaximumConcurrency"]
    assert allowed == stage.concurrency <= function.get("ReservedConcurrentExecutions", allowed)


@every_stage
def test_time_out_and_memory_are_those_of_the_row(template: Template, stage: Stage) -> None:
    row, deployed = function(stage.name), template.properties(stage.name.capitalize())
    assert (deployed["Timeout"], deployed["MemorySize"]) == (row.timeout, row.memory)


@every_stage
def test_a_queue_keeps_four_days_and_a_dead_letter_queue_fourteen(template: Template, stage: Stage) -> None:
    kept = [found["MessageRetentionPeriod"] for found in (queue(template, stage), dead(template, stage))]
    assert kept == [4 * DAY, 14 * DAY]


@every_stage
def test_the_whole_retry_schedule_fits_into_the_retention(template: Template, stage: Stage) -> None:
    runs = MAX_RECEIVE_COUNT * template.properties(stage.name.capitalize())["Timeout"]
    waits = sum(min(seconds * (1 + JITTER), MAX_WAIT) for seconds in SCHEDULE)
    assert waits + runs < queue(template, stage)["MessageRetentionPeriod"]


def test_no_wait_is_longer_than_sqs_can_hide_a_message() -> None:
    assert MAX_WAIT <= 12 * 3600


@every_stage
def test_both_queues_are_encrypted_at_rest(template: Template, stage: Stage) -> None:
    assert queue(template, stage)["SqsManagedSseEnabled"] is True
    assert dead(template, stage)["SqsManagedSseEnabled"] is True


def test_there_is_no_other_queue(template: Template) -> None:
    assert len(template.of("SQS::Queue")) == 2 * len(STAGES)


@every_stage
def test_one_message_in_a_dead_letter_queue_raises_its_alarm(template: Template, stage: Stage) -> None:
    alarm = template.properties(f"{stage.name.capitalize()}DlqAlarm")
    judged = alarm["MetricName"], alarm["ComparisonOperator"], alarm["Threshold"], alarm["Dimensions"]
    dimension = {"Name": "QueueName", "Value": stage.dead_letter_queue}
    assert judged == ("ApproximateNumberOfMessagesVisible", "GreaterThanThreshold", 0, [dimension])


@pytest.mark.parametrize("row", FUNCTIONS, ids=lambda row: row.name)
def test_an_invocation_that_lambda_drops_as_a_loop_raises_an_alarm(template: Template, row: Function) -> None:
    alarm = template.properties(f"{row.name.capitalize()}RecursionAlarm")
    judged = alarm["Namespace"], alarm["MetricName"], alarm["Statistic"], alarm["Threshold"], alarm["Dimensions"]
    dimensions = [{"Name": "FunctionName", "Value": {"Ref": row.logical}}]
    assert judged == ("AWS/Lambda", "RecursiveInvocationsDropped", "Sum", 0, dimensions)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_stage_may_send_copies_to_itself(template: Template, stage: Stage) -> None:
    assert template.properties(stage.name.capitalize())["RecursiveLoop"] == "Allow"


def test_every_alarm_reports_its_beginning_and_its_end(template: Template) -> None:
    actions = [(alarm["AlarmActions"], alarm["OKActions"]) for alarm in template.of("CloudWatch::Alarm").values()]
    assert actions == [([{"Ref": "AlarmTopic"}], [{"Ref": "AlarmTopic"}])] * len(actions)


every_working_stage = pytest.mark.parametrize(
    "stage", [stage for stage in STAGES if stage is not ALERT], ids=lambda stage: stage.name
)


@every_working_stage
@pytest.mark.parametrize(
    ("kind", "metric", "parameter", "default"),
    [
        ("Backlog", "ApproximateNumberOfMessagesVisible", "BacklogMessages", 100),
        ("Oldest", "ApproximateAgeOfOldestMessage", "BacklogSeconds", 900),
    ],
)
def test_a_queue_that_is_not_worked_off_raises_an_alarm(
    template: Template, stage: Stage, kind: str, metric: str, parameter: str, default: int
) -> None:
    alarm = template.properties(f"{stage.name.capitalize()}{kind}Alarm")
    judged = alarm["MetricName"], alarm["ComparisonOperator"], alarm["Threshold"], alarm["Dimensions"]
    assert judged == (metric, "GreaterThanThreshold", {"Ref": parameter}, [{"Name": "QueueName", "Value": stage.queue}])
    assert PARAMETERS[parameter]["Default"] == default


def test_the_alert_stage_does_not_report_its_own_backlog(template: Template) -> None:
    assert not [name for name in template.of("CloudWatch::Alarm") if name in ("AlertBacklogAlarm", "AlertOldestAlarm")]


def test_the_alarm_topic_is_read_by_the_alert_queue(template: Template) -> None:
    [subscription] = template.of("SNS::Subscription").values()
    queue_arn = {"Fn::GetAtt": [f"{ALERT.name.capitalize()}Queue", "Arn"]}
    wanted = {"TopicArn": {"Ref": "AlarmTopic"}, "Protocol": "sqs", "Endpoint": queue_arn}
    assert subscription == wanted


def test_only_the_alarm_topic_may_send_to_the_alert_queue(template: Template) -> None:
    policy = template.properties("AlertQueuePolicy")
    [statement] = policy["PolicyDocument"]["Statement"]
    assert policy["Queues"] == [{"Ref": "AlertQueue"}]
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": "AlarmTopic"}}}
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}


def test_the_subscription_waits_for_the_policy_that_lets_it_send(template: Template) -> None:
    assert template.resources["AlarmSubscription"]["DependsOn"] == ["AlertQueuePolicy"]
