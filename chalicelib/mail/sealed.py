"""The object that a door seals into the spool: one JSON header line, then the payload as it came."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from chalicelib.runtime.errors import Permanent

RAW, FIELDS, EMAILENGINE, MESSAGE = "raw", "fields", "emailengine", "message"
KINDS = (RAW, FIELDS, EMAILENGINE, MESSAGE)
VERSION = 1


@dataclass(frozen=True, slots=True)
class Header:
    """What the pipeline must know to read the payload.

    `kind` is `raw` (RFC 822 bytes), `fields` (the Gmail push object as JSON), `emailengine` (the webhook's
    reference as JSON) or `message` (EmailEngine's own JSON of a message whose source it does not give).
    `provider_id` is the normalised permanent id, or empty. `source` is the door, empty in objects of before it was
    written down.
    """

    kind: str
    account: str
    mail_id: str
    received_at: str
    trace_id: str
    provider_id: str = ""
    source: str = ""
    v: int = VERSION


def seal(header: Header, payload: bytes) -> bytes:
    """Header line and payload in one piece; the spool encrypts it."""
    return json.dumps(asdict(header), separators=(",", ":")).encode("ascii") + b"\n" + payload


def unseal(data: bytes) -> tuple[Header, bytes]:
    """Read it back. Raises `Permanent("sealed_unreadable")` for anything that `seal` did not write."""
    line, _, payload = data.partition(b"\n")
    try:
        header = Header(**json.loads(line))
    except (ValueError, TypeError, RecursionError):
        raise Permanent("sealed_unreadable") from None
    if not all(isinstance(value, str) for name, value in asdict(header).items() if name != "v"):
        raise Permanent("sealed_unreadable")
    if header.v != VERSION or header.kind not in KINDS:
        raise Permanent("sealed_unreadable")
    return header, payload
