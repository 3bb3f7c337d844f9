"""Each function's user in Redis: what it may do, by hand as a second opinion on the table; what a thief cannot do."""

from __future__ import annotations

import pytest
import redis
from redis.exceptions import NoPermissionError

from chalicelib.adapters.redis.cache import RedisCache
from chalicelib.adapters.redis.limiter import RedisLimiter, _key
from chalicelib.bootstrap import functions
from chalicelib.bootstrap.function_types import Function
from chalicelib.core.stages import STAGES
from chalicelib.ports import Quota
from chalicelib.resilience.pacing import ALARMS
from chalicelib.resilience.rates import MemoryLimiter
from infra.cloudformation.template import ROOT
from infra.local.servers import Valkey
from infra.redis_users import USERS, acl_lines, make_users, password_of, rules, user_url

PASSWORDS = {name: f"password-of-{name}" for name in USERS}
RECEIVER = "breaker:" + "?" * 32
CACHE: dict[str, set[str]] = {
    "api": {
        *("%RW~seen:*", "%RW~event:*", "%RW~flag:*", "%RW~flag:emailengine_ingress_enabled", "%RW~rules:in_force"),
        *("%RW~{rate}:*", "%RW~session_ended:*", "%RW~account_event:*", "%R~breaker:*"),
    },
    "anonymize": {"%RW~rules:in_force", "%W~map:mail:*", "%RW~breaker:emailengine"},
    "classify": {"%R~history:*", "%RW~breaker:llm"},
    "store": {"%W~seen:*", "%W~history:*"},
    "notify": {"%RW~flag:notifications_enabled", "%RW~breaker:telegram"},
    "offload": {"%RW~rules:in_force"},
    "deliver": {"%RW~rules:in_force", "%RW~flag:webhook_sending_enabled", f"%RW~{RECEIVER}"},
    "alert": {"%RW~alarm:*", "%RW~alarm-open:*", "%RW~breaker:telegram", f"%RW~{_key(ALARMS.key)}"},
    "sweep": {
        *("%RW~sweep:after", "%RW~conditions:reported", "%R~breaker:*", "%RW~breaker:telegram"),
        *("%RW~flag:notifications_enabled", "%RW~flag:webhook_sending_enabled"),
    },
    "reconcile": {"%RW~seen:*", "%RW~flag:emailengine_ingress_enabled", "%RW~breaker:emailengine"},
    "operator": {
        *("%RW~seen:*", "%RW~rules:in_force", "%RW~flag:*", "%RW~flag:emailengine_ingress_enabled"),
        *("%RW~breaker:*", "%W~history:*", "%W~map:mail:*"),
    },
}
ATTACKS: tuple[tuple[str, ...], ...] = (
    ("SET", "flag:gmail_ingress_enabled", "0"),
    ("SET", "flag:notifications_enabled", "0"),
    ("SET", "seen:0190", "1"),
    ("DEL", "seen:0190"),
    ("SET", "rules:in_force", "old"),
    ("DEL", "rules:in_force"),
    ("GET", "rules:in_force"),
    ("GET", "map:mail:0190"),
    ("SET", "session_ended:x", "1"),
    ("DEL", "session_ended:x"),
    ("SET", "{rate}:x", "9"),
    ("SET", "breaker:emailengine", "x"),
    ("SET", "conditions:reported", "x"),
    ("EVAL", "return redis.call('SET', KEYS[1], '0')", "1", "flag:gmail_ingress_enabled"),
    ("EVAL", "return redis.call('SET', 'flag:gmail_ingress_enabled', '0')", "0"),
    ("EVAL", "return redis.call('FLUSHALL')", "0"),
    ("EVAL", "return redis.call('KEYS', '*')", "0"),
    ("KEYS", "*"),
    ("SCAN", "0"),
    ("RANDOMKEY",),
    ("FLUSHALL",),
    ("CONFIG", "GET", "*"),
    ("CONFIG", "SET", "dir", "/"),
    ("ACL", "LIST"),
    ("ACL", "SETUSER", "mailroom_alert", "+@all"),
    ("MONITOR",),
    ("CLIENT", "LIST"),
    ("MODULE", "LIST"),
    ("PUBLISH", "x", "x"),
    ("SUBSCRIBE", "x"),
    ("REPLICAOF", "127.0.0.1", "1"),
    ("SHUTDOWN", "NOSAVE"),
    ("FUNCTION", "LIST"),
)


@pytest.fixture
def users(valkey: Valkey) -> Valkey:
    """The users are made, the server is empty, and so is its list of refusals."""
    make_users(valkey.url, PASSWORDS)
    with redis.Redis.from_url(valkey.url) as owner:
        owner.flushall()
        owner.execute_command("ACL", "LOG", "RESET")
    return valkey


def url(valkey: Valkey, name: str) -> str:
    return user_url(valkey.url, name, PASSWORDS[name])


def refusals(valkey: Valkey) -> list[object]:
    """What the server refused."""
    with redis.Redis.from_url(valkey.url) as owner:
        found: list[object] = owner.execute_command("ACL", "LOG")
        return found


def test_every_function_with_redis_has_its_keys_written_down_here() -> None:
    assert {name: {rule for rule in rules(name) if rule.startswith("%")} for name in USERS} == CACHE


@pytest.mark.parametrize("name", USERS)
def test_no_user_has_a_category_a_channel_or_every_key(name: str) -> None:
    given = rules(name)
    assert not [rule for rule in given if rule.startswith(("+@", "&")) or rule in ("~*", "allkeys", "allcommands")]
    assert {"resetkeys", "resetchannels", "-@all"} <= set(given)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: " ".join(attack)[:40])
@pytest.mark.parametrize("name", ["classify", "alert"])
def test_who_has_the_address_of_a_function_does_nothing_else(users: Valkey, name: str, attack: tuple[str, ...]) -> None:
    with redis.Redis.from_url(url(users, name)) as thief:
        with pytest.raises(redis.ResponseError) as refused:
            thief.execute_command(*attack)
        assert isinstance(refused.value, NoPermissionError) or "permission" in str(refused.value).lower()


def test_nobody_comes_in_without_a_password(valkey: Valkey) -> None:
    place = valkey.url.rpartition("@")[2]
    for given in ("", ":wrong@", "mailroom_classify:wrong@", "default:@"):
        with redis.Redis.from_url(f"redis://{given}{place}") as stranger, pytest.raises(redis.RedisError):
            stranger.get("rules:in_force")


def test_the_library_and_the_scripts_need_nothing_that_is_refused(users: Valkey) -> None:
    cache = RedisCache(url(users, "api"))
    cache.ping()
    cache.set("seen:1", b"1", 60)
    assert cache.get("seen:1") == b"1"
    cache.delete("seen:1")
    here = MemoryLimiter(lambda: 0.0)
    assert RedisLimiter(cache, here).take([[Quota("x", 60.0, 1)], [Quota("x", 60.0, 1)]])[1] > 0
    board = RedisCache(url(users, "classify"))
    assert board.compare_and_set("breaker:llm", None, b"open", 60)
    assert board.read("breaker:llm") == b"open"
    assert RedisCache(url(users, "sweep")).read("breaker:llm") == b"open"
    assert (cache.unavailable, board.unavailable, refusals(users)) == (0, 0, [])


def test_the_users_outlive_a_restart_and_the_owner_keeps_its_password(users: Valkey) -> None:
    owner = users.url
    users.stop()
    users.start()
    assert users.url == owner
    RedisCache(url(users, "classify")).ping()


def test_a_second_time_changes_nothing(users: Valkey) -> None:
    make_users(users.url, PASSWORDS)
    RedisCache(url(users, "classify")).ping()


def test_a_server_takes_the_lines_as_they_are_written(users: Valkey) -> None:
    with redis.Redis.from_url(users.url) as owner:
        for line in acl_lines(PASSWORDS).splitlines():
            _, name, *given = line.split(" ")
            owner.execute_command("ACL", "SETUSER", f"again_{name}", "reset", *given)
            assert owner.execute_command("ACL", "DELUSER", f"again_{name}") == 1
    assert "password" not in acl_lines(PASSWORDS)


def test_a_password_is_read_back_from_its_address() -> None:
    made = user_url("rediss://:owner@cache.example:6380/0", "api", "p@ss/word")
    assert made == "rediss://mailroom_api:p%40ss%2Fword@cache.example:6380/0"
    assert (password_of(made, "api"), password_of(made, "alert")) == ("p@ss/word", "")


PARTS = {
    "parts.limiter": "{rate}:",
    "parts.rules": "rules:in_force",
    "parts.flags": "flag:",
    'parts.breaker("llm")': "breaker:llm",
    'parts.breaker("telegram")': "breaker:telegram",
    "of_destination": "breaker:????",
}
"""What a function's module takes → what its keys must begin with."""


@pytest.mark.parametrize("row", [row for row in functions.FUNCTIONS if row.module], ids=lambda row: row.name)
def test_what_a_function_takes_it_may_use(row: Function) -> None:
    source = (ROOT / "chalicelib" / f"{row.module.replace('.', '/')}.py").read_text()
    needed = [key for part, key in PARTS.items() if part in source]
    assert [key for key in needed if not any(mine.startswith(key) for mine in row.rights.cache)] == []


def test_every_stage_has_a_user() -> None:
    assert {stage.name for stage in STAGES} <= set(USERS)
