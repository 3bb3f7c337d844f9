"""How the text of a setting becomes its value; each parser raises ValueError that says what it expects."""

from __future__ import annotations

import re
from collections.abc import Callable

ACCOUNT = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def accounts(text: str) -> tuple[str, ...]:
    names = words(text)
    if not names or not all(ACCOUNT.fullmatch(name) for name in names):
        raise ValueError("expected comma-separated account ids of a-z 0-9 . _ -, at least one")
    return names


def one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return text

    return parse


def between(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise ValueError(f"expected a whole number from {low} to {high}")
        return int(text)

    return parse


def rate(text: str) -> tuple[float, int] | None:
    if text == "off":
        return None
    per_minute, colon, burst = text.partition(":")
    if not (colon and per_minute.isdecimal() and burst.isdecimal() and int(per_minute) and int(burst)):
        raise ValueError("expected mails a minute and at once, such as 600:1000, or off")
    return float(per_minute), int(burst)


def url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", text):
        raise ValueError("expected an http(s) URL without credentials, query or fragment")
    return text.rstrip("/")


def url_or_none(text: str) -> str:
    return url(text) if text else ""


def bucket(text: str) -> str:
    if text and not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", text):
        raise ValueError("expected the name of a bucket")
    return text


def targets(text: str) -> dict[str, str]:
    pairs = dict(word.partition("=")[::2] for word in words(text))
    host, place = r"[a-z0-9][a-z0-9._-]{0,252}(:[0-9]{1,5})?", r"([0-9.]{7,15}:[0-9]{1,5})?"
    if not all(re.fullmatch(host, name) and re.fullmatch(place, at) for name, at in pairs.items()):
        raise ValueError("expected comma-separated host, host:port or host:port=IPv4 address:port in lower case")
    return pairs


def hosts(text: str) -> tuple[str, ...]:
    names = words(text)
    if not all(re.fullmatch(r"(\*\.)?([a-z0-9_-]{1,63}\.)+[a-z0-9-]{1,63}", name) for name in names):
        raise ValueError("expected comma-separated hosts in small letters, such as crm.example or *.crm.example")
    return names


def topics(text: str) -> dict[str, int]:
    pairs = dict(word.split("=", 1) for word in words(text) if "=" in word)
    if len(pairs) != len(words(text)) or not all(value.isdecimal() for value in pairs.values()):
        raise ValueError("expected name=message_thread_id pairs such as email=2,system=3")
    if not {"email", "system"} <= pairs.keys():
        raise ValueError("expected at least the topics email and system")
    return {name: int(value) for name, value in pairs.items()}


def days(text: str) -> dict[str, int]:
    pairs = dict(word.split("=", 1) for word in words(text) if "=" in word)
    if len(pairs) != len(words(text)) or not all(re.fullmatch("[1-9][0-9]{0,4}", days) for days in pairs.values()):
        raise ValueError("expected account=days pairs such as practice=365,personal=90")
    return {account: int(days) for account, days in pairs.items()}
