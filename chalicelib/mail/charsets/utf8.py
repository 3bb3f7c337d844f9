"""UTF-8 by evidence: how many sequences are good, and a reading of a text in which some are not."""

from __future__ import annotations

import re

_NOT_ASCII = re.compile(rb"[\x80-\xff]+")
_LONG = re.compile(rb"[\xe1-\xf4][\x80-\xbf]{2}")


def counts(data: bytes) -> tuple[int, int]:
    """(good sequences of several bytes, places that are none)."""
    text = data.decode("utf_8", "replace")
    bad = text.count("\ufffd") - data.count(b"\xef\xbf\xbd")
    return len(text) - len(data.translate(None, bytes(range(128, 256)))) - bad, bad


def is_certain(data: bytes, good: int) -> bool:
    """Whether valid UTF-8 is no accident of a text in an East Asian charset of pairs."""
    return good >= 4 or _LONG.search(data) is not None


def mixed(data: bytes) -> str:
    """UTF-8, and Windows-1252 for bytes that stand alone: a footer or a signature of another program.

    A sequence that was cut becomes U+FFFD: nobody can read it.
    """
    out: list[str] = []
    end = 0
    for run in _NOT_ASCII.finditer(data):
        out.append(data[end : run.start()].decode("ascii"))
        out.append(_run(run[0], last=run.end() == len(data)))
        end = run.end()
    return "".join(out) + data[end:].decode("ascii")


def _run(run: bytes, last: bool) -> str:
    try:
        return run.decode("utf_8")
    except UnicodeDecodeError as error:
        head = run[: error.start].decode("utf_8")
        rest = run[error.start :]
    cut = rest[0] >= 0xC2 and all(0x80 <= byte <= 0xBF for byte in rest[1:])
    if cut and (len(rest) > 1 or last):
        return head + "\ufffd"
    if len(rest) <= 2 and not head:
        return rest.decode("cp1252", "replace")
    return head + rest.decode("utf_8", "replace")
