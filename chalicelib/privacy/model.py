"""What the anonymizer takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Replacement:
    """One replaced span. Carries no original text: safe to log by type and recognizer.

    `field` is `subject`, `text`, `sender`, `recipients` or `attachment`; `start` and `end`
    are offsets into that field of the *original*; `score` is 0.0 to 1.0.
    """

    field: str
    start: int
    end: int
    entity: str
    token: str
    recognizer: str
    score: float


@dataclass(frozen=True, slots=True)
class Anonymized:
    """A mail without personal data.

    Tokens look like `<PERSON_1>`. `mapping` is token → original, for originals of this mail alone: personal data,
    which leaves the process only encrypted and for minutes. `language` is the main one
    (`fr`, `en`, `it`, …, `und` when unknown). `text` is what the sender wrote, then what is quoted, which starts at
    character `quoted_at`.
    """

    subject: str
    sender: str
    recipients: tuple[str, ...]
    text: str
    attachments: tuple[str, ...]
    language: str
    mapping: Mapping[str, str]
    replacements: tuple[Replacement, ...] = ()
    quoted_at: int | None = None
