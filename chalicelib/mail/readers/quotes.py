"""Parts what the sender wrote from the earlier mail below it: marks of mail programs in six languages, by lines."""

from __future__ import annotations

import re

ATTRIBUTION_LINES = 3
"""An attribution is folded over so many lines at most."""
HEADER_LINES = 8
"""A header block shows its labels within so many lines: a list of recipients may take several."""
LONGEST = 400

_LABELS = {
    "from": "from de von da van expéditeur afzender mittente remitente",
    "date": "date sent envoyé envoyée gesendet datum inviato data enviado fecha verzonden",
    "to": "to à a an para aan destinataire cc bcc cci copie",
    "subject": "subject objet sujet betreff oggetto asunto onderwerp",
}
_KIND = {label: kind for kind, labels in _LABELS.items() for label in labels.split()}
_OPENING = tuple("on le am il el op den em a da de".split())
_VERBS = ("wrote", "a écrit", "à écrit", "schrieb", "ha scritto", "escribió", "escribio", "schreef", "ecrit")
_SEPARATOR = frozenset(
    (
        "original message", "original appointment", "message d'origine", "message original", "message initial",
        "ursprüngliche nachricht", "originalnachricht", "messaggio originale", "mensaje original",
        "oorspronkelijk bericht", "oorspronkelijke bericht",
    )
)  # fmt: skip
_RULE = re.compile(r"[_-]{10,}")


def split_quotation(text: str, forwarded: bool = False) -> tuple[str, str]:
    """(what the sender wrote, what is quoted), each without blank lines around it; linear in the text.

    A quotation between the lines of an answer stays where it stands, with its `>` marks. `forwarded` says that a
    block of header lines opens what the sender passes on, which is no quotation. A text that only quotes is returned
    whole as the first.
    """
    lines = text.split("\n")
    cut = len(lines) if forwarded else _block_start(lines)
    begin = _leading_end(lines[:cut])  # an answer may stand below the quotation
    end = begin + _tail_start(lines[begin:cut])
    own, quoted = lines[begin:end], [*lines[:begin], *lines[end:]]
    if not _says_something(own):
        return text.strip("\n"), ""
    return "\n".join(own).strip("\n"), "\n".join(quoted).strip("\n")


def _quotes(line: str) -> bool:
    """Whether a line carries the mark; mbox writes `>From ` for a sentence that begins with From."""
    return line.startswith(">") and not line.startswith(">From ")


def _says_something(lines: list[str]) -> bool:
    return any(line.strip() and not _quotes(line) for line in lines)


def _block_start(lines: list[str]) -> int:
    """The line where a mail program's separator, attribution or header block opens the quotation."""
    for index, line in enumerate(lines):
        if (
            _separates(line)
            or _header_block(lines, index)
            or (_attribution(lines, index) and not _marked(lines, index))
        ):
            while index and (not lines[index - 1].strip() or _RULE.fullmatch(lines[index - 1].strip())):
                index -= 1
            return index
    return len(lines)


def _separates(line: str) -> bool:
    shown = line.strip()
    if not shown.startswith("--") or not shown.endswith("--") or len(shown) > LONGEST:
        return False
    return shown.strip("- ").lower().replace("’", "'") in _SEPARATOR


def _attribution(lines: list[str], index: int) -> bool:
    """On …, A. Person <a@example.com> wrote: over one line or a few."""
    line = lines[index]
    if line.startswith(">") or not line[:3].strip() or line.split(" ", 1)[0].lower().strip("*_") not in _OPENING:
        return False
    whole = ""
    for following in lines[index : index + ATTRIBUTION_LINES]:
        whole += " " + following.strip().lower()
        if len(whole) > LONGEST or not following.strip():
            return False
        if whole.endswith(":"):
            return any(verb in whole for verb in _VERBS) and any(sign.isdigit() for sign in whole)
    return False


def _marked(lines: list[str], index: int) -> bool:
    """Whether the lines below an attribution carry `>`: then an answer may stand between them."""
    below = lines[index + 1 : index + 1 + 2 * ATTRIBUTION_LINES]
    return any(_quotes(line) for line in below)


def _label(line: str) -> str:
    """The kind of header that a line shows (`from`, `date`, `to`, `subject`), or an empty string."""
    label, colon, value = line.strip()[:LONGEST].replace("*", "").partition(":")
    return _KIND.get(label.strip().lower(), "") if colon and value.strip() else ""


def _header_block(lines: list[str], index: int) -> bool:
    if _label(lines[index]) != "from":
        return False
    kinds = set()
    others = 0
    for line in lines[index : index + 2 * HEADER_LINES]:  # HTML may have made a paragraph of each
        if line.strip():
            kinds.add(_label(line))
            others += not _label(line)
            if others > 2:
                break
    return len(kinds - {""}) >= 3


def _attributed(lines: list[str], start: int) -> int:
    """Where the attribution above a line marked `>` begins, or that line."""
    above = start
    while above and not lines[above - 1].strip():
        above -= 1
    if not above or not lines[above - 1].rstrip().endswith(":"):
        return start
    for index in range(max(0, above - ATTRIBUTION_LINES), above - 1):
        if _attribution(lines, index):
            return index
    return above - 1


def _tail_start(lines: list[str]) -> int:
    """Where the marked lines begin that nothing follows."""
    start = len(lines)
    while start and (not lines[start - 1].strip() or _quotes(lines[start - 1])):
        start -= 1
    marked = next((index for index in range(start, len(lines)) if _quotes(lines[index])), None)
    return len(lines) if marked is None else _attributed(lines, marked)


def _leading_end(lines: list[str]) -> int:
    """Where the marked lines end that nothing but their attribution precedes; 0 when there are none."""
    first = next((index for index, line in enumerate(lines) if _quotes(line)), None)
    if first is None or _says_something(lines[: _attributed(lines, first)]):
        return 0
    end = first
    while end < len(lines) and (not lines[end].strip() or _quotes(lines[end])):
        end += 1
    return end
