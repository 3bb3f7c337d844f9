"""A deployment that breaks a stage: its mail waits, nothing is given up, and all of it continues after the fix."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.core.stages import stage
from infra.cloudformation.deploy import client, stack_resource
from infra.local.watch import lying
from tests.e2e.world import World


@contextmanager
def broken(world: World, name: str, missing: str) -> Iterator[None]:
    """A stage's function without one of its settings: it raises ConfigurationError at its start."""
    functions = client("lambda", world.info.aws)
    function = stack_resource(world.info.aws, name.capitalize())
    whole = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    rest = {variable: value for variable, value in whole.items() if variable != missing}
    assert rest != whole
    functions.update_function_configuration(FunctionName=function, Environment={"Variables": rest})
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=function, Environment={"Variables": whole})


def test_mail_waits_for_a_stage_that_cannot_start_and_is_stored_once_it_is_fixed(world: World) -> None:
    samples = [world.sample(f"Deployment of the {which} shelf") for which in ("first", "second", "third")]
    world.wait(world.idle, "the queues to run empty")
    dead = len(world.dead("classify"))

    def tried() -> bool:
        return sum(held["ReceiveCount"] >= 3 for held in lying(world.info, stage("classify").queue)) == len(samples)

    with world.soon_visible("classify", 2):
        with broken(world, "classify", "MAILROOM_BUCKET"):
            ids = world.send(*samples)
            world.wait(tried, "every mail to be tried in vain three times")
            assert len(world.dead("classify")) == dead
            assert world.ends(*ids, timeout=0) == {}
        assert world.lost(*ids) == []
