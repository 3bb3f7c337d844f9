"""Redis away, PostgreSQL away: mail is accepted all the same, and nothing is lost or doubled."""

from __future__ import annotations

from tests.e2e.world import World


def test_without_redis_a_repeated_mail_is_accepted_and_stored_once(world: World) -> None:
    draft = world.sample("Redis is unavailable during the inventory")
    world.stack.valkey.stop()
    first, again = world.send(draft), world.send(draft)
    assert first == again
    assert world.lost(*first) == []


def test_with_redis_back_a_repeated_mail_is_known_at_the_door(world: World) -> None:
    world.stack.valkey.stop()
    draft = world.sample("Redis is back after the inventory")
    [mail_id] = world.send(draft)
    world.stack.valkey.start()
    # The door lets a Redis that failed rest for some seconds; until then a repeat is stopped by the database.
    world.wait(lambda: world.send(draft) == [], "the endpoint to know the mail", timeout=15)
    assert world.lost(mail_id) == []


def test_a_stack_without_redis_says_that_it_is_degraded_and_still_accepts(world: World) -> None:
    world.stack.valkey.stop()
    answer = world.request("GET", "/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


def test_mails_that_come_while_postgresql_is_away_are_stored_when_it_is_back(world: World) -> None:
    world.stack.postgres.stop()
    ids = [world.mail("Database is away, first shelf"), world.mail("Database is away, second shelf", "emailengine")]
    world.wait(lambda: world.retried("store"), "the store stage to try in vain")
    world.stack.postgres.start()
    assert world.lost(*ids) == []


def test_the_outbox_outlives_a_restart_of_postgresql(world: World) -> None:
    world.fail("telegram", times=None, status=500, path="/sendMessage")
    mail_id = world.mail("Outbox is kept over the restart")
    unsent = "SELECT 1 FROM core.outbox WHERE mail_id = %s AND sent_at IS NULL"
    world.wait(lambda: len(world.rows(unsent, mail_id)) == 1, "the notice in the outbox")
    world.stack.postgres.stop()
    world.stack.postgres.start()
    assert len(world.rows(unsent, mail_id)) == 1
    world.restore()
    assert world.lost(mail_id) == []
