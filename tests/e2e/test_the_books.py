"""After everything that the other tests did to it: every mail that a door accepted has one visible end."""

from __future__ import annotations

from infra.local.watch import TERMINAL
from tests.e2e.world import World


def test_every_accepted_mail_is_in_exactly_one_visible_state(world: World) -> None:
    mail_ids = world.accepted or [world.mail("The only mail of the day")]
    ends = world.ends(*mail_ids)
    assert sorted(ends) == sorted(set(mail_ids))
    assert {fate.state for fate in ends.values()} <= set(TERMINAL)


def test_no_message_is_left_in_a_queue(world: World) -> None:
    world.wait(world.idle, "the queues to run empty")
