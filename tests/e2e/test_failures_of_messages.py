"""Messages that no stage can process: quarantined at once and reported, while all other mail goes on."""

from __future__ import annotations

import json

import pytest

from chalicelib.core.spool_keys import sealed_key
from chalicelib.core.stages import stage
from infra.cloudformation.deploy import client, stack_resource
from infra.local.rehearsal import telegram
from tests.e2e.world import World, reason, states


@pytest.mark.parametrize("name", ["anonymize", "classify", "store", "notify", "alert"])
def test_garbage_in_a_queue_goes_to_its_dlq_with_the_reason(world: World, name: str) -> None:
    garbage = f'{{"not": "ours", "at": "{name}"}}'
    world.put(name, garbage)
    world.wait(lambda: any(held["Body"] == garbage for held in world.dead(name)), "the failed message")
    [message] = [held for held in world.dead(name) if held["Body"] == garbage]
    expected = "malformed_alarm" if name == "alert" else "malformed_message"
    assert (reason(message), message["MessageAttributes"]["stage"]["StringValue"]) == (expected, name)


def test_a_mail_whose_sealed_object_is_gone_is_quarantined_and_its_neighbours_are_stored(world: World) -> None:
    samples = [world.sample(f"Sealed object of the {which} shelf") for which in ("first", "second", "third")]
    with world.paused("anonymize"):  # so that all come in one batch, and not before the object is gone
        first, gone, third = world.send(*samples)
        bucket = stack_resource(world.info.aws, "Spool")
        client("s3", world.info.aws).delete_object(Bucket=bucket, Key=sealed_key("personal", gone))
    assert world.lost(first, third) == []
    assert states(world.ends(gone), [gone]) == [("quarantined", "spool_missing")]
    [message] = [held for held in world.dead("anonymize") if gone in held["Body"]]
    assert reason(message) == "spool_missing"


def test_a_failed_message_alarms_the_operator_and_its_removal_resolves_the_alarm(world: World) -> None:
    alarm = f"{stage('classify').dead_letter_queue}-not-empty"
    garbage = '{"not": "ours either"}'
    world.put("classify", garbage)
    world.wait(lambda: any(held["Body"] == garbage for held in world.dead("classify")), "the failed message")
    world.wait(lambda: heard(world, f"Problem: {alarm}"), "the alarm in Telegram")
    world.forget_the_dead()
    world.wait(lambda: heard(world, f"Resolved: {alarm}"), "the all-clear in Telegram")


def test_the_deployed_sweep_reports_the_cause_of_failed_messages(world: World) -> None:
    garbage = '{"no": "alarm"}'
    world.put("alert", garbage)
    world.wait(lambda: any(held["Body"] == garbage for held in world.dead("alert")), "the failed message")
    world.wait(lambda: look(world) and heard(world, "(malformed_alarm)"), "the cause in Telegram")


def look(world: World) -> bool:
    """What the schedule does every fifth minute."""
    event = {"time": "2026-01-02T03:05:00Z", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
    event |= {"version": "0", "id": "e2e", "account": "000000000000", "region": "us-east-1", "resources": []}
    function = stack_resource(world.info.aws, "Sweep")
    answer = client("lambda", world.info.aws).invoke(FunctionName=function, Payload=json.dumps(event).encode())
    assert not answer.get("FunctionError"), answer["Payload"].read()
    return True


def heard(world: World, text: str) -> bool:
    """Whether the operator's topic (System) tells it."""
    return any(text in message["text"] and message["message_thread_id"] == 3 for message in telegram(world.info))
