"""Parses a folder of public mails: unreadable characters, exceptions, lost texts, processor time. `make bench-mail`.

`python -m infra.bench.mail FOLDER [--out FILE]` prints a table and fails below the limits. It shows totals, never a
sentence of a mail: rules are not made from what they are measured with.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from pathlib import Path
from time import process_time

from chalicelib.mail.charset import codec
from chalicelib.mail.model import Mail
from chalicelib.mail.parse import parse
from chalicelib.mail.traits import traits

PAIRS = frozenset({"big5hkscs", "gb18030", "cp949", "cp932", "euc_jp"})
UNKNOWN = "\ufffd"
MOST_UNKNOWN = 0
MOST_EXCEPTIONS = 0
MOST_SECONDS_PER_MAIL = 1.0
SHOWN_DEFECTS = (
    "charset_guessed",
    "wrong_charset",
    "no_charset",
    "unknown_charset",
    "broken_headers",
    "parts_after_end",
)
SHOWN_TRAITS = ("bounce", "delivery_delay", "read_receipt", "complaint", "dmarc_report", "auto_reply", "list")


def mails(folder: Path) -> Iterator[bytes]:
    """Every file below the folders of the set, in a fixed order."""
    for path in sorted(folder.glob("*/*.txt")):
        yield path.read_bytes()


def halves(raw: bytes) -> int:
    """Characters of East Asian pairs of which one byte was lost on the way: nobody can read them."""
    found = 0
    message = message_from_bytes(raw)
    for part in message.walk():
        data = part.get_payload(decode=True) if part.get_content_maintype() == "text" else None
        if isinstance(data, bytes) and (name := codec(str(part.get_content_charset("")))) in PAIRS:
            found += data.decode(name, "replace").count(UNKNOWN)
    with suppress(ValueError, HeaderParseError):  # a header that cannot be taken apart has no such halves
        for text, charset in decode_header(str(message.get("subject", ""))):
            if isinstance(text, bytes) and (name := codec(charset or "")) in PAIRS:
                found += text.decode(name, "replace").count(UNKNOWN)
    return found


def unknown(mail: Mail, raw: bytes) -> int:
    """Characters that became U+FFFD though the mail holds bytes for them: neither its own nor halves."""
    shown = (mail.subject, mail.full_text, *(f"{box.name}{box.address}" for box in (mail.sender, *mail.to) if box))
    literal = raw.count(UNKNOWN.encode()) + raw.count(b"&#65533;") + raw.count(b"=EF=BF=BD")
    found = sum(text.count(UNKNOWN) for text in shown) - literal
    return max(0, found - halves(raw)) if found > 0 else 0


def measure(folder: Path) -> dict[str, float]:
    """Totals over all mails."""
    totals: Counter[str] = Counter()
    slowest = 0.0
    began = process_time()
    for raw in mails(folder):
        totals["mails"] += 1
        started = process_time()
        try:
            mail = parse(raw)
            found = traits(mail)
        except Exception as error:  # noqa: BLE001 - counted by type, and the bench fails
            totals["exceptions"] += 1
            print(f"exception: {type(error).__name__}", file=sys.stderr)
            continue
        slowest = max(slowest, process_time() - started)
        lost = unknown(mail, raw)
        totals["unknown_characters"] += lost
        totals["mails_with_unknown_characters"] += lost > 0
        totals["mails_without_text"] += not mail.text
        totals["mails_with_quotation"] += bool(mail.quoted)
        for name in set(mail.defects) & set(SHOWN_DEFECTS) | set(found) & set(SHOWN_TRAITS):
            totals[name] += 1
    return {**totals, "cpu_seconds": round(process_time() - began, 2), "slowest_mail_seconds": round(slowest, 3)}


def table(found: dict[str, float]) -> str:
    """The totals, a line each, with the limits that they must keep."""
    limits = {
        "unknown_characters": MOST_UNKNOWN,
        "exceptions": MOST_EXCEPTIONS,
        "slowest_mail_seconds": MOST_SECONDS_PER_MAIL,
    }
    names = ("mails", *limits, "cpu_seconds", "mails_with_unknown_characters", "mails_without_text")
    rows = [*names, "mails_with_quotation", *SHOWN_DEFECTS, *SHOWN_TRAITS]
    return "\n".join(
        f"{name:32} {found.get(name, 0):>10}" + (f"   at most {limits[name]}" if name in limits else "")
        for name in rows
    )


def main() -> int:
    """Measure, print, and return 1 where a limit is not kept or the set is not there."""
    parser = argparse.ArgumentParser(description="Parse a folder of public mails and count what went wrong.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    found = measure(options.folder)
    print(table(found))
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    kept = (
        found.get("mails", 0) >= 6_000
        and found.get("unknown_characters", 0) <= MOST_UNKNOWN
        and found.get("exceptions", 0) <= MOST_EXCEPTIONS
        and found["slowest_mail_seconds"] <= MOST_SECONDS_PER_MAIL
    )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
