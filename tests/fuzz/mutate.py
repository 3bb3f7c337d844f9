"""Seeded damage to bytes: cut, doubled, swapped, spliced, repeated, and salted with what parsers stumble over."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

LARGEST = 256 * 1024
SALT = (
    *(b"\0", b"\r", b"\n", b"\r\n\r\n", b"\xff\xfe", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\x1b[2J", b"\xe2\x80\xae"),
    *(
        b"=?",
        b"?=",
        b"=?utf-8?b?",
        b"=?utf-7?q?",
        b"=?x?q?=?=",
        b"*0*=''%",
        b'"',
        b'\\"',
        b"(",
        b"((",
        b"<",
        b">",
        b"<>",
    ),
    *(
        b"--",
        b"--b",
        b"--b--",
        b";",
        b":",
        b",",
        b"@",
        b"%00",
        b"%s%n",
        b"../",
        b"..\\",
        b"&#x0;",
        b"&#1114112;",
        b"]]>",
    ),
    *(b"\nContent-Type: multipart/mixed; boundary=b\n\n--b\n", b"\nContent-Type: message/rfc822\n\n"),
    *(b"\nContent-Transfer-Encoding: base64\n", b"\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 x\n"),
    *(
        b"<!--",
        b"-->",
        b"<script",
        b"</script",
        b"<style",
        b"</style",
        b"<p style='display:none'",
        b"<svg/onload=",
        b"<a ",
    ),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b"null",
        b"true",
        b"-1e999",
        b"9" * 400,
        b'"\\ud800"',
        b"\\u0000",
        b'":{"',
        b'":[',
        b'""',
    ),
    *(b"On On On ", b"2026-01-02T03:04:05Z", b"Mon, 31 Feb 2025 25:61:61 +9999", b"charset=unknown-8bit"),
)
Damage = Callable[[bytes, Random, Sequence[bytes]], bytes]


def _span(data: bytes, random: Random, longest: int = 4_000) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.randint(0, random.choice((1, 8, 64, longest))))


def flip(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """Some bytes become others."""
    out = bytearray(data)
    for _turn in range(random.randint(1, 8)):
        if out:
            out[random.randrange(len(out))] = random.randrange(256)
    return bytes(out)


def cut(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """A piece is missing, perhaps the rest."""
    start, end = _span(data, random)
    return data[:start] if random.random() < 0.2 else data[:start] + data[end:]


def salt(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """Something nasty goes in, perhaps often."""
    start, _end = _span(data, random)
    grain = random.choice(SALT) * random.choice((1, 1, 1, 2, 17, 1_000))
    return data[:start] + grain + data[start:]


def again(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """A piece is repeated, perhaps to the limit."""
    start, end = _span(data, random, 400)
    return data[:start] + data[start:end] * random.choice((2, 3, 50, 2_000)) + data[end:]


def splice(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """The beginning of one and the end of another."""
    other = random.choice(others)
    return data[: random.randrange(len(data) + 1)] + other[random.randrange(len(other) + 1) :]


def compare_and_set(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """Lines change places."""
    lines = data.split(b"\n")
    one, two = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"\n".join(lines)


KINDS: tuple[Damage, ...] = (flip, cut, salt, salt, again, splice, compare_and_set)


def mutant(seeds: Sequence[bytes], random: Random) -> bytes:
    """One of the seeds after one to six kinds of damage, never longer than `LARGEST`."""
    data = random.choice(seeds)
    for _turn in range(random.randint(1, 6)):
        data = random.choice(KINDS)(data, random, seeds)[:LARGEST]
    return data


NASTY: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**63, 10**400, 1e308, -0.0, float("inf"), float("nan")),
    *("", " ", "\0", "\ud800", "\u202e", "a" * 70_000, "<" * 5_000, "@" * 5_000, "=?utf-8?b?" * 500, "On " * 5_000),
    *("9999-99-99T99:99:99Z", "0001-01-01T00:00:00+23:59", "Mon, 31 Feb 2025 25:61:61 +9999", "%s%n", "../../etc"),
    *([], {}, [[]], [None], [{}], {"": ""}, ["x"] * 600, {"\ud800": {"a": []}}),
)


def other_json(value: Any, random: Random) -> Any:
    """JSON values with some replaced, missing, doubled or nested: what gets past the parser and tries the checks."""
    chance = random.random()
    if chance < 0.06:
        return random.choice(NASTY)
    if chance < 0.09:
        return [value, value]
    if isinstance(value, dict):
        kept = {key: other_json(held, random) for key, held in value.items() if random.random() > 0.06}
        return kept | ({str(random.choice(NASTY))[:50]: random.choice(NASTY)} if random.random() < 0.05 else {})
    if isinstance(value, list):
        return [other_json(held, random) for held in value if random.random() > 0.06] * random.choice((1, 1, 1, 1, 3))
    if isinstance(value, str) and random.random() < 0.15:
        data = mutant([value.encode("utf-8", "replace")], random)
        return data.decode("utf-8", random.choice(("replace", "surrogateescape")))
    return value


def mutant_json(seeds: Sequence[bytes], random: Random) -> bytes:
    """One of the seeds, itself JSON, with other values in it; sometimes it is no longer JSON."""
    if random.random() < 0.3:
        return mutant(seeds, random)
    return json.dumps(other_json(json.loads(random.choice(seeds)), random)).encode()
