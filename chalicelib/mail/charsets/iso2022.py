"""ISO-2022-JP as mail programs write it: vendor signs, half-width kana, JIS X 0212 and 0213, Chinese and Korean sets.

Python's codecs refuse a whole text for one sign of NEC or IBM; this reads each stretch by the set its escape names.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_ESCAPE = re.compile(rb"\x1b(?:\$[@AB]|\$\([@-DGOPQ]|\$\)[ACG]|\([A-Z]|\.[AF]|&@)|[\x0e\x0f\n]")
JAPANESE = re.compile(rb"\x1b\$(?:[@B]|\([@BDOPQ])")
"""What no other text holds: an escape to a Japanese set."""


def decode(data: bytes) -> str:
    """The text; U+FFFD for pairs that no set knows. Never raises. A line starts in ASCII (RFC 1468)."""
    out: list[str] = []
    end = 0
    current: Callable[[bytes], str] = _ascii
    shifted = shift_set = current
    for sign in _ESCAPE.finditer(data):
        out.append(current(data[end : sign.start()]))
        end = sign.end()
        escape = sign[0]
        if escape == b"\n":
            out.append("\n")
            current = _ascii
        elif escape == b"\x0e":
            shifted, current = current, shift_set if shift_set is not _ascii else _kana
        elif escape == b"\x0f":
            current = shifted
        elif escape.startswith(b"\x1b$)"):
            shift_set = _SETS.get(escape[3:], _ascii)
        elif escape.startswith(b"\x1b$"):
            current = _SETS.get(escape[2:].removeprefix(b"("), _jis)
        elif escape.startswith(b"\x1b("):
            current = _kana if escape == b"\x1b(I" else _ascii
    out.append(current(data[end:]))
    return "".join(out)


def _ascii(data: bytes) -> str:
    return data.decode("cp932", "replace")  # 8-bit half-width kana, or Shift_JIS between the escapes


def _kana(data: bytes) -> str:
    return bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in data).decode("cp932", "replace")


def _high(data: bytes, name: str, lead: bytes = b"") -> str:
    """A set of pairs by the codec that has it in its upper half."""
    pairs = [data[at : at + 2] for at in range(0, len(data), 2)]
    high = [lead + bytes(byte | 0x80 for byte in pair) if len(pair) == 2 else pair for pair in pairs]
    return b"".join(high).decode(name, "replace")


def _jis(data: bytes) -> str:
    """JIS X 0208 with the rows of NEC and IBM, by way of Shift_JIS, which has them."""
    out: list[bytes] = []
    at = 0
    while at < len(data):
        row, cell = data[at] & 0x7F, data[at + 1] & 0x7F if at + 1 < len(data) else 0
        if not 0x21 <= row <= 0x7E:
            out.append(bytes((row,)))  # a blank between the pairs
            at += 1
            continue
        first = (row - 0x21) // 2 + (0x81 if row < 0x5F else 0xC1)
        second = cell + (0x1F if cell < 0x60 else 0x20) if row % 2 else cell + 0x7E
        out.append(bytes((first, second)) if cell >= 0x21 else b"?")
        at += 2
    joined = b"".join(out)
    text = joined.decode("cp932", "replace")
    return text if "\ufffd" not in text else joined.decode("shift_jis_2004", "replace")


_SETS: dict[bytes, Callable[[bytes], str]] = {
    b"@": _jis,
    b"B": _jis,
    b"A": lambda data: _high(data, "gb2312"),
    b"C": lambda data: _high(data, "euc_kr"),
    b"D": lambda data: _high(data, "euc_jp", b"\x8f"),
    b"O": lambda data: _high(data, "euc_jis_2004"),
    b"Q": lambda data: _high(data, "euc_jis_2004"),
    b"P": lambda data: _high(data, "euc_jis_2004", b"\x8f"),
}
