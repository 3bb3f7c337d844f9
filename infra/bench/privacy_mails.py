"""The invented mails that judge the anonymizer: how they are read, and how a run over them is scored.

A file of `tests/privacy_data/mails_*.txt` holds mails that begin with `# kind`. `{P:Jean Dupont}` in a body is a
person; `KINDS` lists the letters. The `untouched` half is measured, and nobody looks at single results of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.utils import getaddresses
from pathlib import Path

from chalicelib.mail.model import Address, Mail
from chalicelib.ports.services import Anonymizer
from chalicelib.privacy.fold import fold
from chalicelib.privacy.mapping import deanonymize
from chalicelib.privacy.people import name_parts
from infra.bench.privacy_score import GoldSpan, Sample, Score

FOLDER = Path(__file__).parents[2] / "tests" / "privacy_data"
KINDS = {
    "P": "PERSON", "T": "PHONE", "A": "ADDRESS", "L": "LOCATION", "S": "SECRET", "B": "DOB", "C": "PLATE",
    "H": "HANDLE", "O": "ORG", "M": "EMAIL", "I": "IBAN", "K": "CARD", "U": "URL", "IP": "IP", "ID": "ID",
}  # fmt: skip
_MARK = re.compile(r"\{([A-Z]{1,2}):([^{}]+)\}")
_HEAD = re.compile(r"^# (\w+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Marked:
    """One mail with the spans of its text that must be hidden; `kind` says what it is about, `none` names nobody."""

    kind: str
    mail: Mail
    sample: Sample


@dataclass(slots=True)
class Totals:
    """Counts of one half in one language."""

    score: Score = field(default_factory=Score)
    header_names: list[bool] = field(default_factory=list)
    subjects_changed: list[bool] = field(default_factory=list)
    exact: list[bool] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    excess: list[str] = field(default_factory=list)

    def add(self, other: Totals) -> None:
        """Sum the counts of another run into this one."""
        for name in ("true", "found", "wanted"):
            setattr(self.score, name, getattr(self.score, name) + getattr(other.score, name))
        for name in ("hidden", "total"):
            getattr(self.score, name).update(getattr(other.score, name))
        for name in ("header_names", "subjects_changed", "exact", "leaks", "excess"):
            getattr(self, name).extend(getattr(other, name))


def read(half: str, language: str) -> Iterator[Marked]:
    """The mails of a half (`tuned`, `untouched`) in `fr`, `en` or `it`."""
    _, *rest = _HEAD.split((FOLDER / f"mails_{language}_{half}.txt").read_text("utf-8"))
    for kind, block in zip(rest[::2], rest[1::2], strict=True):
        head, _, body = block.strip("\n").partition("\n\n")
        headers = dict(line.split(": ", 1) for line in head.split("\n"))
        text, spans = _unmarked(body)
        mail = Mail(
            subject=headers["Subject"],
            sender=_addresses(headers["From"])[0],
            to=_addresses(headers["To"]),
            text=text,
        )
        yield Marked(kind, mail, Sample(text, spans, language))


def _addresses(value: str) -> tuple[Address, ...]:
    return tuple(Address(name, address) for name, address in getaddresses([value]))


def _unmarked(body: str) -> tuple[str, tuple[GoldSpan, ...]]:
    text, spans, position = "", [], 0
    for match in _MARK.finditer(body):
        text += body[position : match.start()]
        spans.append((len(text), len(text) + len(match.group(2)), KINDS[match.group(1)]))
        text += match.group(2)
        position = match.end()
    return text + body[position:], tuple(spans)


def measured(engine: Anonymizer, mails: Iterable[Marked]) -> Totals:
    """Anonymize each mail and count."""
    totals = Totals()
    for marked in mails:
        mail, sample = marked.mail, marked.sample
        done = engine.anonymize(mail)
        found = [(r.start, r.end, r.recognizer) for r in done.replacements if r.field == "text"]
        totals.score.add(sample, found, lambda _: True, lambda _: False)
        totals.exact.append(
            deanonymize(done.text, done.mapping) == mail.text
            and deanonymize(done.subject, done.mapping) == mail.subject
        )
        totals.subjects_changed.append(done.subject != mail.subject)
        _header_names(totals, mail, sample, found)
        _single(totals, sample, found)
    return totals


def _header_names(totals: Totals, mail: Mail, sample: Sample, found: list[GoldSpan]) -> None:
    addresses = [*([mail.sender] if mail.sender else []), *mail.to]
    known = {part for address in addresses for part in name_parts(address.name)}
    for start, end, kind in sample.spans:
        if kind == "PERSON" and known & set(re.findall(r"[\w'-]+", fold(sample.text[start:end]))):
            totals.header_names.append(any(a <= start and end <= b for a, b, _ in found))


def _single(totals: Totals, sample: Sample, found: list[GoldSpan]) -> None:
    """What leaked and what was hidden for nothing, in words: shown for the tuned half alone."""
    for start, end, kind in sample.spans:
        if not any(a <= start and end <= b for a, b, _ in found):
            shown = "".join(
                c if not any(a <= i < b for a, b, _ in found) else "·"
                for i, c in enumerate(sample.text[start:end], start)
            )
            totals.leaks.append(f"{kind} {shown!r} in {sample.text[max(0, start - 25) : end + 10]!r}")
    for start, end, rule in found:
        if not any(a < end and start < b for a, b, _ in sample.spans):
            totals.excess.append(f"{rule} {sample.text[start:end]!r} in {sample.text[max(0, start - 25) : end + 10]!r}")
