"""Tokens that a model damaged in an answer: repaired where exactly one is meant, named where not."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.privacy.mapping import TOKEN

_OPEN = r"(?:&(?:lt|#60|#x3c);|[<\[{«‹⟨＜〈]|\\)"
_CLOSE = r"(?:&(?:gt|#62|#x3e);|[>\]}»›⟩＞〉]|\\)"
_LETTER = r"[^\W\d_]"
_JOIN = r"(?:\\?[_＿][ ]?|[ ]|[-‐‑–])"
_DAMAGED = re.compile(
    rf"(?<![^\W_])({_OPEN}{{0,4}})[ ]{{0,2}}({_LETTER}{{1,20}}(?:{_JOIN}{{1,2}}{_LETTER}{{2,20}}){{0,2}})"
    rf"({_JOIN}{{0,2}}[:#№]?[ ]?)(\d{{1,9}})(?!\d)[ ]{{0,2}}({_CLOSE}{{0,4}})",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"(?:<|&lt;)[ ]?[A-ZÀ-Þ][A-ZÀ-Þ_ ]{2,30}[ ]?(?:>|&gt;)|"
    r"\[[ ]?[^\W\d_][^\[\]\n\d]{1,40}\](?![(\[:])|\{\{?[ ]?[^\W\d_][\w .-]{1,40}\}?\}|(?<![^\W_])[Xx]{3,12}(?![^\W_])"
)
_TRANSLATED = {
    "PERSONNE": "PERSON", "PERSONA": "PERSON", "PERSONE": "PERSON", "NOM": "PERSON", "NAME": "PERSON", "NOME": "PERSON",
    "ADRESSE": "ADDRESS", "INDIRIZZO": "ADDRESS", "LIEU": "LOCATION", "LUOGO": "LOCATION", "ENDROIT": "LOCATION",
    "TELEPHONE": "PHONE_NUMBER", "TELEFONO": "PHONE_NUMBER", "PHONE": "PHONE_NUMBER",
    "NUMERO_TELEPHONE": "PHONE_NUMBER", "NUMERO_TELEFONO": "PHONE_NUMBER", "NUMERO_DE_TELEPHONE": "PHONE_NUMBER",
    "NUMERO_DI_TELEFONO": "PHONE_NUMBER", "EMAIL": "EMAIL_ADDRESS", "MAIL": "EMAIL_ADDRESS", "E_MAIL": "EMAIL_ADDRESS",
    "ADRESSE_EMAIL": "EMAIL_ADDRESS", "ADRESSE_MAIL": "EMAIL_ADDRESS", "INDIRIZZO_EMAIL": "EMAIL_ADDRESS",
    "ORGANISATION": "ORGANIZATION", "ORGANIZZAZIONE": "ORGANIZATION", "ENTREPRISE": "ORGANIZATION",
    "DATE_DE_NAISSANCE": "DATE_OF_BIRTH", "DATA_DI_NASCITA": "DATE_OF_BIRTH", "LIEN": "URL", "LINK": "URL",
    "SEGRETO": "SECRET", "EMPLACEMENT": "LOCATION", "POSIZIONE": "LOCATION",
}  # fmt: skip
"""What models make of the kinds when they translate."""
_KINDS = frozenset(_TRANSLATED.values())


@dataclass(frozen=True, slots=True)
class Repaired:
    """`text` with every damaged token that means one known token put right; `unclear` names the others as written."""

    text: str
    unclear: tuple[str, ...] = ()


def repair(text: str, mapping: Mapping[str, str]) -> Repaired:
    """Put damaged tokens of an answer right: case, brackets, entities, spaces, a backslash, a translated kind.

    Never by likeness: `<PERSON_1>` and `<PERSON_2>` differ by one character. What still looks like a token or a
    blank to fill in is in `unclear`: ask the model again and name it, or give the answer to a person.
    """
    numbers: dict[str, list[str]] = {}
    for token in mapping:
        numbers.setdefault(token.rpartition("_")[2].rstrip(">"), []).append(token)
    kinds = {token[1:].rpartition("_")[0] for token in mapping}
    unclear: list[str] = []

    def put_right(match: re.Match[str]) -> str:
        shown = match.group(0)
        before, kind, joint, number, after = match.groups()
        lead, name = _kind(kind, kinds) if not before else ("", _named(kind))
        known = name in kinds or name in _KINDS
        marked = bool(before or after or "_" in _plain(joint) or "_" in kind)
        if not (known and (marked or kind[len(lead) :].isupper())) and not (len(number) == 9 and number in numbers):
            return shown
        meant = f"<{name}_{number}>"
        if meant not in mapping and len(number) == 9 and len(numbers.get(number, ())) == 1:
            meant = numbers[number][0]
        if meant not in mapping:
            unclear.append(shown[len(lead) :].strip())
            return shown
        return lead + meant + (" " if shown[-1].isspace() and not after else "")

    pieces, position = [], 0
    for match in TOKEN.finditer(text):
        token = match.group(0)
        pieces += [
            _DAMAGED.sub(put_right, text[position : match.start()]),
            token if token in mapping else _DAMAGED.sub(put_right, token),
        ]
        position = match.end()
    done = "".join([*pieces, _DAMAGED.sub(put_right, text[position:])])
    rest = TOKEN.sub(" ", done)
    unclear += [match.group(0) for match in _PLACEHOLDER.finditer(rest)]
    unclear += [token for token in (m.group(0) for m in TOKEN.finditer(done)) if token not in mapping]
    return Repaired(done, tuple(dict.fromkeys(unclear)))


def _kind(shown: str, kinds: set[str]) -> tuple[str, str]:
    """The words before a kind that are none of it ("Bonjour PERSON"), and the kind."""
    starts = [0, *(match.end() for match in re.finditer(r"[ ]", shown))]
    for start in starts:
        name = _named(shown[start:])
        if name in kinds or name in _KINDS:
            return shown[:start], name
    return "", _named(shown)


def _named(kind: str) -> str:
    """The kind that is meant: "Numéro de téléphone" → `PHONE_NUMBER`."""
    name = re.sub(r"[\W_]+", "_", _plain(kind)).strip("_")
    return _TRANSLATED.get(name, name)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", html.unescape(text))
    return "".join(c for c in decomposed if not unicodedata.combining(c) and c != "\\").upper()
