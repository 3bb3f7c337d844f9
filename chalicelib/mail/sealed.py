"""The object that intake seals into the spool: one JSON header line, then the payload as it came."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

from chalicelib.core.errors import Permanent

RAW, FIELDS, EMAILENGINE, MESSAGE, UPLOAD = "raw", "fields", "emailengine", "message", "upload"
ERASED = "erased"
KINDS = (RAW, FIELDS, EMAILENGINE, MESSAGE, UPLOAD, ERASED)
VERSION = 1


@dataclass(frozen=True, slots=True)
class Header:
    """What the pipeline must know to read the payload.

    `kind` is `raw` (RFC 822 bytes), `fields` (the Gmail push object as JSON), `emailengine` (the webhook's
    reference as JSON), `message` (EmailEngine's own JSON of a message whose source it does not give) or `upload`
    (`{"upload": …}`, the name of the uploaded object that holds the RFC 822 bytes).
    `provider_id` is the normalised permanent id, or empty. `source` is the source, empty in objects of before it was
    written down. `labels` are the mailbox's, one a line (`labels_text`). `date` is when the mailbox says that the
    mail came (ISO 8601), for a mail without a date of its own; empty where it gives none. `erased` stands in the
    place of a mail that was erased on its way; it has no payload.
    """

    kind: str
    account: str
    mail_id: str
    received_at: str
    trace_id: str
    provider_id: str = ""
    source: str = ""
    labels: str = ""
    date: str = ""
    v: int = VERSION


FIELD_NAMES = frozenset(field.name for field in fields(Header))

LABEL_CHARS = 1_000
"""Characters of all labels: the header stays small, because the sweep reads headers alone."""

HEADER_BYTES = 20 * 1024
"""Bytes at the front of an object that hold its whole header line, and the payload of a seal of kind `upload`. JSON in
ASCII takes up to 12 bytes for a character: a label in Cyrillic 6, one in emoji 12."""

UPLOAD_BYTES = 1024
"""Bytes of the payload of kind `upload` at most."""


def labels_text(labels: Iterable[str]) -> str:
    """Labels in one text; those that no longer fit are left out."""
    text = ""
    for label in labels:
        line = " ".join(label.split())
        if line and len(text) + len(line) < LABEL_CHARS:
            text += f"{line}\n"
    return text


def seal(header: Header, payload: bytes) -> bytes:
    """Header line and payload in one piece; the spool encrypts it.

    Raises ValueError for a header that `HEADER_BYTES` do not hold: who reads headers alone could not read it.
    """
    line = json.dumps(asdict(header), separators=(",", ":")).encode("ascii") + b"\n"
    if len(line) > HEADER_BYTES - UPLOAD_BYTES:
        raise ValueError(f"the header of {header.mail_id} has {len(line)} bytes")
    return line + payload


def unseal(data: bytes) -> tuple[Header, bytes]:
    """Read it back. Raises `Permanent("sealed_unreadable")` for anything that `seal` did not write.

    A field that a newer endpoint wrote is ignored: during a deployment endpoints are ahead of the stages, and a
    field that the stages must know comes with another `v`.
    """
    line, _, payload = data.partition(b"\n")
    try:
        given = json.loads(line)
        header = Header(**{name: given[name] for name in FIELD_NAMES.intersection(given)})
    except (ValueError, TypeError, RecursionError):
        raise Permanent("sealed_unreadable") from None
    if not all(isinstance(value, str) for name, value in asdict(header).items() if name != "v"):
        raise Permanent("sealed_unreadable")
    if header.v != VERSION or header.kind not in KINDS:
        raise Permanent("sealed_unreadable")
    return header, payload
