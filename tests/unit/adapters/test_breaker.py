"""A circuit breaker around a service: what it lets through, what it raises instead, what containers share."""

from __future__ import annotations

import pytest

from chalicelib.adapters.breaker import SERVICES, Breaker, GuardedMessenger, GuardedSource, key
from chalicelib.core.errors import ConfigurationError, NotReady, Permanent, Postponed, Retryable
from chalicelib.core.message_text import MessageText
from chalicelib.ports import Fetched, MessageReference
from chalicelib.resilience.circuit import CLOSED, HALF_OPEN, OPEN, POLICY, State
from tests.twins.cache import MemoryCache
from tests.twins.messenger import MemoryMessenger

DOWN = Retryable("emailengine_unavailable")
REFERENCE = MessageReference("practice", "id", "", "", "INBOX")


class Containers:
    """Two containers' breakers of one service over one Redis and one clock."""

    def __init__(self, name: str = "emailengine") -> None:
        self.now = 1_800_000_000.0
        self.redis = MemoryCache(lambda: self.now)
        self.reported: list[tuple[str, str]] = []
        self.calls = 0
        self.one, self.two = (
            Breaker(name, self.redis, on_change=self.tell, also=frozenset({"denied"}), clock=lambda: self.now)
            for _ in range(2)
        )

    def tell(self, name: str, state: State) -> None:
        self.reported.append((name, state.kind))

    def ask(self, breaker: Breaker, outcome: BaseException | str) -> str:
        """One call; what it answered, or the code of what was raised."""

        def action() -> str:
            self.calls += 1
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        try:
            return breaker.call(action)
        except Postponed as error:
            return f"postponed {error.code} {error.attempted}"
        except (Retryable, Permanent) as error:
            return error.code

    def fail(self, breaker: Breaker, times: int = POLICY.failures) -> list[str]:
        return [self.ask(breaker, DOWN) for _ in range(times)]


@pytest.fixture
def world() -> Containers:
    return Containers()


def test_an_answer_is_passed_on(world: Containers) -> None:
    assert world.ask(world.one, "mail") == "mail"


def test_trouble_of_one_thing_that_a_service_reports_is_an_answer(world: Containers) -> None:
    world.fail(world.one, POLICY.failures - 1)
    assert world.ask(world.one, NotReady("account_login_failed")) == "account_login_failed"
    world.fail(world.one, POLICY.failures - 1)
    assert world.one.state().kind == CLOSED


def test_trouble_of_one_thing_closes_a_half_open_breaker(world: Containers) -> None:
    world.fail(world.one)
    world.now += POLICY.rest
    for _ in range(POLICY.successes):
        assert world.ask(world.one, NotReady("account_login_failed")) == "account_login_failed"
    assert world.one.state().kind == CLOSED


def test_a_whole_service_costs_redis_one_question(world: Containers) -> None:
    looked: list[str] = []
    read = world.redis.read

    class Counting(MemoryCache):
        def read(self, key: str) -> bytes | None:
            looked.append(key)
            return read(key)

    Breaker("emailengine", Counting()).call(lambda: None)
    assert looked == ["breaker:emailengine"]


def test_failures_before_it_opens_are_those_of_the_mail(world: Containers) -> None:
    assert world.fail(world.one, 4) == ["emailengine_unavailable"] * 4


def test_the_failure_that_opens_it_is_postponed_as_one_that_was_tried(world: Containers) -> None:
    assert world.fail(world.one)[-1] == "postponed emailengine_unavailable True"


def test_an_open_one_makes_no_call(world: Containers) -> None:
    world.fail(world.one)
    assert world.ask(world.one, "mail") == "postponed emailengine_resting False"
    assert world.calls == POLICY.failures


def test_a_refused_call_gets_the_time_to_wait(world: Containers) -> None:
    world.fail(world.one)
    world.now += 10
    with pytest.raises(Postponed) as caught:
        world.one.call(lambda: None)
    assert caught.value.after == 20


def test_what_one_container_learned_the_other_knows(world: Containers) -> None:
    world.fail(world.one)
    assert world.ask(world.two, "mail") == "postponed emailengine_resting False"


def test_failures_of_all_containers_count_together(world: Containers) -> None:
    world.fail(world.one, 3)
    assert world.fail(world.two, 2)[-1] == "postponed emailengine_unavailable True"


def test_half_open_one_container_asks_and_the_other_waits(world: Containers) -> None:
    world.fail(world.one)
    world.now += POLICY.rest
    other: list[str] = []
    world.one.call(lambda: other.append(world.ask(world.two, "mail")))
    assert other == ["postponed emailengine_resting False"]


def test_three_successes_of_any_container_close_it(world: Containers) -> None:
    world.fail(world.one)
    world.now += POLICY.rest
    for breaker in (world.one, world.two, world.one):
        world.ask(breaker, "mail")
    assert world.reported == [("emailengine", OPEN), ("emailengine", HALF_OPEN), ("emailengine", CLOSED)]


def test_a_mail_that_is_gone_is_an_answer(world: Containers) -> None:
    for _ in range(3):
        world.fail(world.one, 4)
        assert world.ask(world.one, Permanent("message_gone")) == "message_gone"
    assert world.one.state().kind == CLOSED


def test_a_permanent_failure_of_the_service_is_one(world: Containers) -> None:
    for _ in range(POLICY.failures):
        assert world.ask(world.one, Permanent("denied")) == "denied"
    assert world.one.state().kind == OPEN


def test_a_rate_limit_opens_nothing_and_is_obeyed_by_all(world: Containers) -> None:
    limited = Retryable("telegram_rate_limited", after=7)
    assert [world.ask(world.one, limited), world.ask(world.two, "mail")] == [
        "telegram_rate_limited",
        "postponed emailengine_resting False",
    ]
    world.now += 7
    assert world.ask(world.two, "mail") == "mail"


def test_a_rate_limit_that_names_no_pause_counts(world: Containers) -> None:
    for _ in range(POLICY.failures):
        world.ask(world.one, Retryable("llm_rate_limited"))
    assert world.one.state().kind == OPEN


@pytest.mark.parametrize("error", [ValueError("ours"), KeyboardInterrupt(), ConfigurationError("a", "b", "c")])
def test_our_own_failure_is_not_the_service_s(world: Containers, error: BaseException) -> None:
    for _ in range(POLICY.failures + 1):
        with pytest.raises(type(error)):
            world.ask(world.one, error)
    assert world.one.state().kind == CLOSED


def test_our_own_failure_gives_the_turn_back(world: Containers) -> None:
    world.fail(world.one)
    world.now += POLICY.rest
    with pytest.raises(ValueError, match="ours"):
        world.ask(world.one, ValueError("ours"))
    assert world.ask(world.two, "mail") == "mail"


def test_without_redis_a_container_goes_by_what_it_saw_itself(world: Containers) -> None:
    world.redis.down = True
    world.fail(world.one)
    assert [world.ask(breaker, "mail") for breaker in (world.one, world.two)] == [
        "postponed emailengine_resting False",
        "mail",
    ]


def test_a_redis_that_goes_away_does_not_close_it(world: Containers) -> None:
    world.fail(world.one)
    world.redis.down = True
    assert world.ask(world.one, "mail") == "postponed emailengine_resting False"


def test_an_emptied_redis_closes_it(world: Containers) -> None:
    world.fail(world.one)
    world.redis.values.clear()
    assert world.ask(world.one, "mail") == "mail"


def test_without_redis_it_heals_all_the_same(world: Containers) -> None:
    world.redis.down = True
    world.fail(world.one)
    world.now += POLICY.rest
    assert [world.ask(world.one, "mail") for _ in range(3)] == ["mail"] * 3
    assert world.reported[-1] == ("emailengine", CLOSED)


def test_a_container_that_loses_every_race_asks_no_half_open_service() -> None:
    class Contended(MemoryCache):
        def compare_and_set(self, key: str, old: bytes | None, new: bytes, ttl: int) -> bool:
            return False

    redis = Contended()
    redis.set(key("emailengine"), State(OPEN, until=1.0).encode(), 60)
    with pytest.raises(Postponed, match="emailengine_resting"):
        Breaker("emailengine", redis).call(lambda: None)


def test_a_change_is_reported_once(world: Containers) -> None:
    world.fail(world.one, POLICY.failures + 3)
    assert world.reported == [("emailengine", OPEN)]


@pytest.mark.parametrize("name", SERVICES)
def test_our_own_services_are_named_in_redis(name: str) -> None:
    assert key(name) == f"breaker:{name}"


def test_the_name_of_a_destination_is_in_no_key() -> None:
    assert "dupont" not in key("webhook:jean.dupont")


@pytest.mark.parametrize("name", ["", "Webhook:a", "webhook:a b", "webhook:" + "a" * 101, "webhook:a\n"])
def test_a_name_has_the_form_of_a_code(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Breaker(name, MemoryCache())


def test_destinations_have_breakers_of_their_own() -> None:
    redis = MemoryCache()
    one, other = Breaker("webhook:archive", redis), Breaker("webhook:crm", redis)
    world = Containers()
    world.fail(one)
    assert [world.ask(one, "sent"), world.ask(other, "sent")] == ["postponed webhook_resting False", "sent"]


def test_a_guarded_source_fetches_through_its_breaker(world: Containers) -> None:
    class Away:
        def fetch(self, reference: MessageReference) -> Fetched:
            raise DOWN

    source = GuardedSource(Away(), world.one)
    for _ in range(POLICY.failures):
        with pytest.raises(Retryable):
            source.fetch(REFERENCE)
    with pytest.raises(Postponed, match="emailengine_resting"):
        source.fetch(REFERENCE)


def test_a_guarded_messenger_sends_through_its_breaker(world: Containers) -> None:
    inner = MemoryMessenger()
    inner.failures.extend([DOWN] * POLICY.failures)
    messenger = GuardedMessenger(inner, world.one)
    for _ in range(POLICY.failures):
        with pytest.raises(Retryable):
            messenger.send("email", MessageText.inert("text"))
    with pytest.raises(Postponed, match="emailengine_resting"):
        messenger.send("email", MessageText.inert("text"))
    assert inner.sent == []


def test_a_chat_that_cannot_be_written_to_opens_the_breaker() -> None:
    world, inner = Containers("telegram"), MemoryMessenger()
    inner.failures.extend([Retryable("telegram_chat_refused")] * POLICY.failures)
    messenger = GuardedMessenger(inner, world.one)
    for _ in range(POLICY.failures):
        with pytest.raises(Retryable, match="telegram_chat_refused"):
            messenger.send("email", MessageText.inert("text"))
    with pytest.raises(Postponed, match="telegram_resting"):
        messenger.send("email", MessageText.inert("text"))


def test_a_text_that_is_refused_does_not_open_the_breaker() -> None:
    world, inner = Containers("telegram"), MemoryMessenger()
    inner.failures.extend([Permanent("telegram_refused")] * POLICY.failures)
    messenger = GuardedMessenger(inner, world.one)
    for _ in range(POLICY.failures):
        with pytest.raises(Permanent):
            messenger.send("email", MessageText.inert("text"))
    assert messenger.send("email", MessageText.inert("text")).message_id == 1


def test_a_pause_of_two_hours_is_kept_to_its_end_by_all_containers() -> None:
    world, inner = Containers("telegram"), MemoryMessenger()
    inner.failures.append(Retryable("telegram_rate_limited", after=7200))
    messenger = GuardedMessenger(inner, world.one)
    with pytest.raises(Retryable, match="telegram_rate_limited"):
        messenger.send("email", MessageText.inert("text"))
    world.now += 7199
    with pytest.raises(Postponed, match="telegram_resting"):
        GuardedMessenger(inner, world.two).send("email", MessageText.inert("text"))
    world.now += 2
    assert messenger.send("email", MessageText.inert("text")).message_id == 1
