"""After everything that the other tests did: every accepted mail has one visible end, and the searches do find."""

from __future__ import annotations

import redis

from infra.cloudformation.deploy import client, stack_resource
from infra.local.leaks import leaks
from infra.local.watch import TERMINAL
from tests.e2e.world import World


def test_every_accepted_mail_is_in_exactly_one_visible_state(world: World) -> None:
    mail_ids = world.accepted or [world.mail("The only mail of the day")]
    ends = world.ends(*mail_ids)
    assert sorted(ends) == sorted(set(mail_ids))
    assert {fate.state for fate in ends.values()} <= set(TERMINAL)


def test_no_message_is_left_in_a_queue(world: World) -> None:
    world.wait(world.idle, "the queues to run empty")


def test_the_search_for_leaks_sees_where_an_anonymized_mail_may_be_read_and_no_further(world: World) -> None:
    assert world.lost(world.mail("Wheelbarrow behind the greenhouse")) == []
    seen = {line.partition(":")[0] for line in leaks(world.info, ["Wheelbarrow"], world.stack.folder)}
    assert seen == {"Telegram", "requests to Telegram", "mail", "outbox"}


def test_the_search_for_leaks_sees_queues_redis_and_the_spool(world: World) -> None:
    with redis.Redis.from_url(world.info.redis_url) as cache:
        cache.set("planted:Wheelbarrow", "Wheelbarrow", ex=30)
    bucket = stack_resource(world.info.aws, "Spool")
    planted = {"Bucket": bucket, "Key": "text/personal/planted"}
    client("s3", world.info.aws).put_object(**planted, Body=b"Wheelbarrow")
    with world.paused("alert"):
        world.put("alert", "Wheelbarrow")
        found = leaks(world.info, ["Wheelbarrow"], world.stack.folder)
    client("s3", world.info.aws).delete_object(**planted)
    seen = {line.partition(":")[0] for line in found}
    assert seen >= {"queue mailroom-alert", "anonymized text", "Redis key", "Redis value"}
