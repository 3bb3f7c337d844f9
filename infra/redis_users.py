"""A user in Redis or Valkey for each function, with the keys and commands of its row in the table of functions.

On the laptop they are made in the embedded Valkey; for a server of your own `mailroom secrets apply --redis-acl FILE`
writes them as lines of an ACL file (also ElastiCache's access strings).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from urllib.parse import quote, unquote, urlsplit

from infra.database.rights import FUNCTIONS

USERS = tuple(name for name, rights in FUNCTIONS.items() if "redis_url" in rights.secret)
COMMANDS = {"r": ("get",), "w": ("set", "del"), "s": ("eval", "evalsha", "time")}
ALWAYS = ("ping", "client|setinfo")
"""A health check, and how the client library names itself."""


def user(name: str) -> str:
    """The name of a function's user."""
    return f"mailroom_{name}"


def rules(name: str) -> list[str]:
    """The ACL of a function, without its password: nothing but its keys and commands, no channel. Raises KeyError."""
    granted = FUNCTIONS[name].cache
    kinds = "".join(granted.values())
    commands = [command for kind, given in COMMANDS.items() if kind in kinds for command in given]
    keys = [_key(pattern, how) for pattern, how in sorted(granted.items())]
    return ["on", "resetkeys", "resetchannels", "-@all", *keys, *(f"+{one}" for one in (*ALWAYS, *commands))]


def acl_lines(passwords: Mapping[str, str]) -> str:
    """The users as an ACL file has them; passwords as SHA-256."""
    lines = [" ".join(["user", user(name), _digest(passwords[name]), *rules(name)]) for name in USERS]
    return "\n".join([*lines, ""])


def make_users(owner_url: str, passwords: Mapping[str, str]) -> None:
    """Make the users, or give them these passwords and rules; a restart keeps them. Raises redis-py's errors."""
    import redis

    with redis.Redis.from_url(owner_url) as connection:
        for name in USERS:
            connection.execute_command("ACL", "SETUSER", user(name), "reset", _digest(passwords[name]), *rules(name))
        connection.execute_command("ACL", "SAVE")


def user_url(owner_url: str, name: str, password: str) -> str:
    """The server's URL with a function's user in its place."""
    parts = urlsplit(owner_url)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user(name)}:{quote(password, safe='')}@{place}").geturl()


def password_of(url: str, name: str) -> str:
    """The password in a function's URL; empty where the URL is of another user."""
    parts = urlsplit(url)
    return unquote(parts.password or "") if parts.username == user(name) else ""


def _key(pattern: str, how: str) -> str:
    access = ("R" if "r" in how else "") + ("W" if "w" in how else "")
    return f"%{access}~{pattern}"


def _digest(password: str) -> str:
    return "#" + hashlib.sha256(password.encode()).hexdigest()
