"""Any sequence of pushes, webhooks, switches and work on failed messages: answers are promised, no mail is lost."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chalicelib.core.messages import decode
from tests.app.world import ADMIN, World, installed
from tests.fuzz.effort import SEED, rounds

NUMBERS = st.integers(0, 4)
STAGES = st.sampled_from(["anonymize", "classify", "store", "notify"])


class Operator(RuleBasedStateMachine):
    """The doors, an operator, and a pipeline that gives up on some mails. `World.request` judges every answer."""

    def __init__(self) -> None:
        super().__init__()
        self.context = installed(World())
        self.world = self.context.__enter__()
        self.accepted: set[str] = set()
        self.discarded: set[str] = set()

    def teardown(self) -> None:
        self.context.__exit__(None, None, None)

    def took(self, answer: Any) -> None:
        assert answer.status_code < 500 or answer.json_body["status"].endswith("_disabled")
        if answer.json_body["status"] == "accepted":
            self.accepted.add(answer.json_body["mail_id"])

    @rule(number=NUMBERS)
    def push(self, number: int) -> None:
        self.took(self.world.push({"sender": "a@example.com", "body": f"mail {number}"}))

    @rule(number=NUMBERS)
    def webhook(self, number: int) -> None:
        event = {"account": "praxis", "event": "messageNew", "path": "INBOX", "data": {"id": str(number)}}
        self.took(self.world.hook(event))

    @rule(name=st.sampled_from(["gmail_ingress_enabled", "emailengine_ingress_enabled"]), value=st.booleans())
    def switch(self, name: str, value: bool) -> None:
        body = json.dumps({"value": value, "author": "ann"}).encode()
        assert self.world.request("PUT", f"/admin/flags/{name}", body, ADMIN).status_code == 200

    @rule(stage=STAGES)
    def give_up(self, stage: str) -> None:
        waiting = self.world.queues.queues["anonymize"]
        if waiting:
            message = waiting.pop(0)
            self.world.queues.send_dead(stage, message.body, {"reason": "spool_missing", "attempts": "3"})

    def chosen(self) -> list[str]:
        failed = self.world.request("GET", "/admin/dlq", headers=ADMIN).json_body["messages"]
        return sorted({one["mail_id"] for one in failed})[:2]

    @rule()
    def show(self) -> None:
        for mail_id in self.chosen():
            assert self.world.request("GET", f"/admin/dlq/{mail_id}", headers=ADMIN).status_code == 200

    @rule(what=st.sampled_from(["redrive", "discard"]), dry_run=st.booleans())
    def work(self, what: str, dry_run: bool) -> None:
        body: dict[str, Any] = {"author": "ann", "mail_ids": self.chosen() or ["0" * 8], "dry_run": dry_run}
        body |= {"reason": "spam"} if what == "discard" else {}
        answer = self.world.request("POST", f"/admin/dlq/{what}", json.dumps(body).encode(), ADMIN)
        assert answer.status_code in (200, 400)
        if what == "discard" and answer.status_code == 200 and not dry_run:
            self.discarded |= {one["mail_id"] for one in answer.json_body["discarded"]}

    @invariant()
    def every_mail_is_somewhere(self) -> None:
        queues = self.world.queues
        held = [message.body for queue in queues.queues.values() for message in queue]
        held += [one.body for queue in queues.dead.values() for one in queue]
        assert self.accepted <= self.discarded | {decode(body).mail_id for body in held}


def test_no_sequence_is_answered_wrongly_or_loses_a_mail() -> None:
    limits = settings(max_examples=rounds(25), stateful_step_count=12, deadline=None, database=None)
    run_state_machine_as_test(seed(SEED)(Operator), settings=limits)
