"""Transfer encodings (RFC 2045 section 6) as they are found, undone: never raises, time in proportion to the bytes."""

from __future__ import annotations

import binascii
import hashlib
import re
from bisect import bisect_right

_BASE64 = bytes(set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
_PURE = re.compile(rb"[A-Za-z0-9+/]*+={0,3}")
_FOREIGN = bytes(set(range(256)) - set(_BASE64))
_SOFT_BREAK = re.compile(rb"=[ \t]++\n")
_ESCAPES = re.compile(rb"=(?:[0-9A-F]{2}|\n)")
_UUENCODED = re.compile(r"begin [0-7]{3,4} (\S.{0,200})")
MAX_UU_FILES = 20


def decoded(data: bytes, encoding: str) -> tuple[bytes, bytes, bool]:
    """(the bytes, text that stands below base64, whether the encoding was a known one)."""
    name = re.sub(r"[^a-z0-9]", "", encoding.partition(";")[0].lower())[:40]
    if name in ("base64", "b64"):
        return *base64_lines(data), True
    if name in ("quotedprintable", "qp"):
        return quoted_printable(data), b"", True
    if name in ("xuuencode", "uuencode", "uue", "xuue"):
        return uudecoded(data), b"", True
    if name in ("", "7bit", "8bit", "binary", "7bits", "8bits"):
        return data, b"", True
    head = data[:20_000]
    if len(head) > 200 and all(_PURE.fullmatch(line.strip()) for line in head.split(b"\n")[:-1]) and b"\n" in head:
        return *base64_lines(data), False
    if len(_ESCAPES.findall(head)) > 3:
        return quoted_printable(data), b"", False
    return data, b"", False


def quoted_printable(data: bytes) -> bytes:
    """Also with blanks behind a soft break, which gateways add; a broken escape stays as it is."""
    return binascii.a2b_qp(_SOFT_BREAK.sub(b"=\n", data))


def base64_bytes(data: bytes) -> bytes:
    """Base64 without mercy for rules: foreign bytes are skipped, missing padding is added, pieces are joined."""
    whole = []
    for piece in data.split(b"=") if data.count(b"=") < 1_000 else [data.replace(b"=", b"")]:
        letters = piece.translate(None, _FOREIGN)
        if len(letters) % 4 == 1:
            letters = letters[:-1]
        whole.append(binascii.a2b_base64(letters + b"=" * (-len(letters) % 4)))
    return b"".join(whole)


def base64_lines(data: bytes) -> tuple[bytes, bytes]:
    """(the bytes, the text below them): a list's software adds its footer to what is encoded."""
    pure = not data.translate(None, _BASE64 + b"=\r\n \t")
    if pure and data.count(b" ") <= data.count(b"\n") and not _ends_with_words(data[-2_000:].split(b"\n")[1:]):
        return base64_bytes(data), b""
    taken = letters = 0
    lines = data.split(b"\n")
    for line in lines:
        if letters and letters % 4 == 0 and _is_text(line.strip()):
            break
        letters += len(line) - len(line.translate(None, _BASE64 + b"="))
        taken += 1
    return base64_bytes(b"\n".join(lines[:taken])), b"\n".join(lines[taken:]).strip()


def _ends_with_words(lines: list[bytes]) -> bool:
    return any(_is_text(line.strip()) for line in lines[-20:])


def _is_text(line: bytes) -> bool:
    """Words, or a line drawn above them; a stray sign within long runs of letters is no text."""
    if _PURE.fullmatch(line):
        return False
    if line.startswith((b"--", b"__", b"==")):
        return True
    words = line.split()
    prose = len(words) > 1 and max(len(word) for word in words) < 24
    return prose or len(line.translate(None, _BASE64)) * 2 > len(line)


def uudecoded(data: bytes) -> bytes:
    """The first uuencoded file; a broken line costs itself, not the rest."""
    out: list[bytes] = []
    for line in data.partition(b"begin ")[2].split(b"\n")[1:]:
        if line.strip() == b"end":
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            continue
    return b"".join(out)


def without_uuencoded(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """(the text without uuencoded files, [(name, content)]): how Outlook puts files into plain text."""
    if "\nend" not in text or "begin " not in text:
        return text, []
    files: list[tuple[str, bytes]] = []
    kept: list[str] = []
    lines = text.split("\n")
    ends = [index for index, line in enumerate(lines) if line.strip() == "end"]
    at = 0
    while at < len(lines):
        opened = _UUENCODED.fullmatch(lines[at].strip()) if len(files) < MAX_UU_FILES else None
        after = bisect_right(ends, at) if opened else len(ends)
        end = ends[after] if after < len(ends) else 0
        if opened and end and all(_is_uu(lines[index]) for index in range(at + 1, end)):
            files.append((opened[1].strip(), uudecoded("\n".join(lines[at : end + 1]).encode("ascii", "replace"))))
            at = end + 1
        else:
            kept.append(lines[at])
            at += 1
    return "\n".join(kept), files


def _is_uu(line: str) -> bool:
    line = line.rstrip("\r")
    return not line or (" " <= line[0] <= "`" and len(line) >= (ord(line[0]) - 32 & 63) * 4 // 3)


def measure(data: bytes, kind: str, encoding: str = "") -> tuple[int, str]:
    """(size, digest) of a file. Text in any transfer encoding and with any line ends has the same digest, and size.

    Line ends were made LF for parsing; on the wire each is two bytes unless it came encoded.
    """
    text = data.replace(b"\r\n", b"\n").rstrip(b"\n") if b"\0" not in data else data
    digest = hashlib.sha256(text).hexdigest()
    if kind.startswith(("text/", "message/")):
        return len(text) + text.count(b"\n"), digest
    return len(data) + (0 if encoding.strip().lower() == "base64" else data.count(b"\n")), digest
