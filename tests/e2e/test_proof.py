"""Mail that was lost on purpose is found by its id and repaired; failed messages are redriven and discarded."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

from chalicelib.core.spool_keys import sealed_key
from chalicelib.core.stages import stage
from chalicelib.mail.identity import mail_id
from chalicelib.mail.sealed import RAW, Header, seal
from chalicelib.ports.dead_letter_records import WORKER_DIED
from infra.cli.__main__ import mailroom
from infra.cloudformation.deploy import client, stack_resource
from tests.e2e.world import World, states

ACCOUNT = "personal"
SCHEDULED = {
    "version": "0",
    "account": "000000000000",
    "region": "us-east-1",
    "detail": {},
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": "2026-01-01T00:05:00Z",
    "id": "1",
    "resources": [],
}


class Spool:
    """The bucket behind the doors."""

    def __init__(self, world: World) -> None:
        self.s3, self.bucket = client("s3", world.info.aws), stack_resource(world.info.aws, "Spool")
        self.key = stack_resource(world.info.aws, "SpoolKey")

    def put(self, key: str, data: bytes) -> None:
        sealed = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.key}
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=data, **sealed)

    def take_out(self, key: str) -> bytes:
        """Remove an object; what was in it."""
        data: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        self.s3.delete_object(Bucket=self.bucket, Key=key)
        return data


def run(world: World, *arguments: str) -> Result:
    """The operator's command on this stack."""
    return CliRunner().invoke(mailroom, ["--folder", str(world.stack.folder), *arguments])


def verified(world: World, *options: str) -> dict[str, Any]:
    """What `mailroom verify` says of a mail's time to arrive of nothing; exit code 0 exactly when balanced."""
    result = run(world, "verify", "--json", "--older-than", "0", *options)
    reported: dict[str, Any] = json.loads(result.stdout)
    assert result.exit_code == (0 if reported["balanced"] else 1), result.output
    return reported


def differs(world: World, identifier: str) -> list[str]:
    """The kinds of difference that a mail has."""
    reported = verified(world)
    return [kind for kind in ("missing", "orphaned", "unrecorded") if identifier in reported[kind]]


def sealed_only(world: World, name: str) -> str:
    """A mail whose door died between put and send; its id."""
    identifier = mail_id(ACCOUNT, f"e2e-proof:{name}")
    raw = f"From: desk@workshop.example\r\nSubject: {name}\r\nMessage-ID: <{name}@workshop.example>\r\n\r\nA note.\r\n"
    header = Header(RAW, ACCOUNT, identifier, "2026-01-02T03:04:05.678+00:00", f"trace-{name}", source="gmail")
    Spool(world).put(sealed_key(ACCOUNT, identifier), seal(header, raw.encode()))
    return identifier


def quarantined(world: World, subject: str) -> tuple[str, bytes]:
    """A mail that anonymize gave up because its sealed object was taken away; its id and that object."""
    with world.paused("anonymize"):
        identifier = world.mail(subject)
        taken = Spool(world).take_out(sealed_key(ACCOUNT, identifier))
    assert states(world.ends(identifier), [identifier]) == [("quarantined", "spool_missing")]
    return identifier, taken


def admin(world: World, method: str, path: str, body: object = None) -> dict[str, Any]:
    """A call to an operator's route."""
    token = world.info.credentials["admin_tokens"][0]
    answer = world.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})
    reported: dict[str, Any] = answer.json()
    return reported


def test_a_mail_that_was_sealed_but_never_sent_is_found_and_repaired(world: World) -> None:
    world.wait(world.idle, "the queues to run empty")
    identifier = sealed_only(world, "never-sent")
    assert differs(world, identifier) == ["missing"]
    assert verified(world, "--repair", "--dry-run")["repaired"]["requeued"] == []
    assert identifier in verified(world, "--repair")["repaired"]["requeued"]
    assert states(world.ends(identifier), [identifier]) == [("stored", "")]
    assert differs(world, identifier) == []


def test_the_mails_of_an_emptied_queue_are_found_and_repaired(world: World) -> None:
    world.wait(world.idle, "the queues to run empty")
    sqs = client("sqs", world.info.aws)
    with world.paused("anonymize"):
        both = world.send(world.sample("First of an emptied queue"), world.sample("Second of an emptied queue"))
        sqs.purge_queue(QueueUrl=sqs.get_queue_url(QueueName=stage("anonymize").queue)["QueueUrl"])
        assert [differs(world, identifier) for identifier in both] == [["missing"], ["missing"]]
    verified(world, "--repair")
    assert world.lost(*both) == []


def test_mail_that_waits_in_a_queue_is_in_flight_and_left_alone(world: World) -> None:
    world.wait(world.idle, "the queues to run empty")
    verified(world, "--repair")
    world.wait(world.idle, "the queues to run empty")
    with world.paused("anonymize"):
        identifier = world.mail("Waits in a queue")
        reported = verified(world, "--repair")
        assert identifier not in reported["repaired"]["requeued"]
        assert reported["in_flight"] >= 1
    assert world.lost(identifier) == []


def test_a_mail_whose_workers_all_died_is_noted_and_redriven(world: World) -> None:
    sqs = client("sqs", world.info.aws)
    url = sqs.get_queue_url(QueueName=stage("anonymize").queue)["QueueUrl"]
    world.wait(world.idle, "the queues to run empty")
    with world.paused("anonymize"):
        identifier = world.mail("Nobody survives it")

        def died_often_enough() -> bool:
            """One more receive without an answer, as when a worker is killed; SQS moves the message after the last."""
            sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)
            return any(identifier in held["Body"] for held in world.dead("anonymize"))

        world.wait(died_often_enough, "the native move")
        assert differs(world, identifier) == ["unrecorded"]
        assert identifier in verified(world, "--repair")["repaired"]["noted"]
    assert states(world.ends(identifier), [identifier]) == [("quarantined", WORKER_DIED)]
    assert differs(world, identifier) == []
    assert run(world, "dlq", "redrive", identifier, "--yes", "--author", "e2e").exit_code == 0
    world.wait(lambda: states(world.ends(identifier), [identifier]) == [("stored", "")], "the mail to be stored")


def test_a_mail_is_redriven_once_its_cause_is_fixed_and_quarantined_again_if_not(world: World) -> None:
    identifier, taken = quarantined(world, "To be redriven")
    [before] = admin(world, "GET", f"/admin/dlq/{identifier}")["messages"]
    order = {"mail_ids": [identifier], "author": "e2e"}
    assert admin(world, "POST", "/admin/dlq/redrive", order)["status"] == "ok"

    def fresh() -> list[dict[str, Any]]:
        records = [
            record for record in admin(world, "GET", "/admin/dlq")["messages"] if record["mail_id"] == identifier
        ]
        return [record for record in records if record["last_at"] > before["last_at"]]

    world.wait(lambda: bool(fresh()), "the mail to be quarantined again")
    assert [(one["reason"], one["attempts"]) for one in fresh()] == [("spool_missing", 1)]
    Spool(world).put(sealed_key(ACCOUNT, identifier), taken)
    assert admin(world, "POST", "/admin/dlq/redrive", order)["status"] == "ok"
    world.wait(lambda: states(world.ends(identifier), [identifier]) == [("stored", "")], "the mail to be stored")
    assert differs(world, identifier) == []


def test_all_failed_messages_of_a_stage_are_redriven(world: World) -> None:
    world.forget_the_dead()
    identifier, taken = quarantined(world, "To be redriven with its stage")
    Spool(world).put(sealed_key(ACCOUNT, identifier), taken)
    assert admin(world, "POST", "/admin/dlq/redrive", {"stage": "anonymize", "all": True, "author": "e2e"}) == {
        "status": "move_unsupported"  # the emulator has no StartMessageMoveTask: then the command does it
    }
    result = run(world, "dlq", "redrive", "--stage", "anonymize", "--yes", "--author", "e2e")
    assert (result.exit_code, "redriven 1" in result.output) == (0, True)
    world.wait(lambda: states(world.ends(identifier), [identifier]) == [("stored", "")], "the mail to be stored")


def test_a_discarded_mail_is_excluded_with_reason_and_author(world: World) -> None:
    identifier, _ = quarantined(world, "To be discarded")
    discard = ("dlq", "discard", identifier, "--reason", "e2e_test", "--author", "ann")
    assert run(world, *discard, "--dry-run").exit_code == 0
    assert any(identifier in held["Body"] for held in world.dead("anonymize"))
    assert run(world, *discard, "--yes").exit_code == 0
    assert states(world.ends(identifier), [identifier]) == [("excluded", "discarded:e2e_test")]
    assert not any(identifier in held["Body"] for held in world.dead("anonymize"))
    decided = world.rows("SELECT decision, reason, author FROM core.decisions WHERE mail_id = %s", identifier)
    assert decided == [("discarded", "e2e_test", "ann")]
    assert differs(world, identifier) == []


def test_nothing_is_discarded_without_a_yes(world: World) -> None:
    identifier, _ = quarantined(world, "Not to be discarded")
    result = run(world, "dlq", "discard", identifier, "--reason", "e2e_test")  # an empty answer
    assert result.exit_code == 1
    assert states(world.ends(identifier), [identifier]) == [("quarantined", "spool_missing")]
    assert run(world, "dlq", "discard", identifier, "--reason", "e2e_test", "--yes").exit_code == 0


def test_the_deployed_sweep_looks_for_lost_mail(world: World) -> None:
    function = stack_resource(world.info.aws, "Sweep")
    answer = client("lambda", world.info.aws).invoke(FunctionName=function, Payload=json.dumps(SCHEDULED).encode())
    reported = json.loads(answer["Payload"].read())
    assert answer.get("FunctionError") is None, reported
    assert {"notified", "missing", "requeued", "unproven"} <= reported.keys()
