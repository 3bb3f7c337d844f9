"""Repairs the header of a mail, so that one odd line does not end it: bytes in, bytes that a strict parser reads out.

What is odd: blank lines or a byte order mark before it, `To : x` (RFC 5322 section 4.5), a line without a colon, mbox
lines (`From `, `>From `), foreign bytes in a field name, a continuation without its blank, NUL and bare CR.
"""

from __future__ import annotations

import re

MAX_REPAIRED_LINES = 200_000

_KNOWN = frozenset(
    b"from to cc bcc subject date sender reply-to message-id in-reply-to references mime-version received "
    b"return-path delivered-to envelope-to errors-to precedence importance priority sensitivity "
    b"organization organisation user-agent comments keywords encrypted status lines auto-submitted "
    b"authentication-results dkim-signature domainkey-signature thread-topic thread-index "
    b"return-receipt-to disposition-notification-to feedback-id mailing-list newsgroups path delivery-date approved "
    b"autocrypt original-recipient followup-to apparently-to resent-from".split()
)
_FAMILIES = (b"x-", b"content-", b"list-", b"resent-", b"arc-", b"received-", b"ms-")
_FIELD = re.compile(rb"([^\x00-\x20:\x7f]++)[ \t]*+:")
_ODD_NAME = re.compile(rb"[^!-9;-~]")
_LEADING = re.compile(rb"(?:\xef\xbb\xbf|[ \t\r]*\n)*")
_JOINED = (
    b"subject",
    b"references",
    b"in-reply-to",
    b"content-type",
    b"content-disposition",
    b"to",
    b"cc",
    b"received",
)
"""Fields whose value goes on in a line that lost its blank; any other odd line is left out."""


def repaired(data: bytes) -> tuple[bytes, bool]:
    """(the mail with a header that a parser reads whole, whether anything was odd). Line ends are LF; linear."""
    start = _LEADING.match(data)
    opened = data[start.end() :] if start and start.end() else data
    head, blank, body = _divided(opened)
    lines = head.replace(b"\0", b"").split(b"\n", MAX_REPAIRED_LINES)
    last = max((index for index, line in enumerate(lines) if _known(line)), default=-1)
    if last < 0:
        return data, False
    out: list[bytes] = []
    changed = opened is not data or b"\0" in head
    for index, line in enumerate(lines):
        fixed = _line(line, out, index < last)
        if fixed is None:  # the header ends here without a blank line: the rest is the body
            return b"\n".join([*out, b"", *lines[index:]]) + blank + body, True
        changed = changed or (fixed != [line] and not (index == 0 and line.startswith(b"From ")))
        if len(fixed) == 1 and fixed[0] != line and not _FIELD.match(line) and out:
            out[-1] += fixed[0]  # a continuation
        else:
            out += fixed
    return b"\n".join(out) + blank + body, changed


def has_field(data: bytes) -> bool:
    """Whether the first block of lines holds a header field that mail knows."""
    return any(_known(line) for line in data.partition(b"\n\n")[0][:100_000].split(b"\n"))


def _divided(data: bytes) -> tuple[bytes, bytes, bytes]:
    """(header, blank line, body); a first block that says nothing of sender or subject goes on after its blank line."""
    head, blank, body = data.partition(b"\n\n")
    first = body.partition(b"\n")[0]
    if blank and len(head) < 100_000 and _known(first) and not _says(head) and _says(body.partition(b"\n\n")[0]):
        further, blank, body = body.partition(b"\n\n")
        head = head + b"\n" + further
    return head, blank, body


def _says(head: bytes) -> bool:
    names = {found[1].lower() for line in head[:100_000].split(b"\n") if (found := _FIELD.match(line[:200]))}
    return bool(names & {b"from", b"subject", b"content-type", b"date"})


def _known(line: bytes) -> bool:
    found = _FIELD.match(line[:200])
    if not found:
        return False
    name = found[1].lower()
    return name in _KNOWN or name.startswith(_FAMILIES)


def _line(line: bytes, before: list[bytes], inside: bool) -> list[bytes] | None:
    """What becomes of one line of the header; None when the header has ended before it."""
    if line.startswith((b" ", b"\t")):
        return [line] if before else ([line.lstrip()] if _known(line.lstrip()) else [])
    if line.startswith((b"From ", b">From ")) and not _FIELD.match(line):
        return [] if inside or not before else None
    clean = line.replace(b"\r", b" ")
    found = _FIELD.match(clean)
    if found and (inside or _known(clean) or (found[1].isascii() and clean[found.end(1) :][:1] == b":")):
        return [_ODD_NAME.sub(b"?", found[1]) + b":" + clean[found.end() :]]
    if not inside:
        return None if line.strip() else []
    return [b"\n " + clean] if _goes_on(clean, before) else []


def _goes_on(line: bytes, before: list[bytes]) -> bool:
    if not before:
        return False
    previous = before[-1].rpartition(b"\n")[2].rstrip()
    field = _FIELD.match(before[-1])
    lost = field is not None and field[1].lower() in _JOINED
    return lost or previous.endswith((b";", b",")) or line.startswith((b"<", b"=?", b'"'))
