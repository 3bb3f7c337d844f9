"""People by rule: civilities, greetings, signatures, and names whose first name is on the list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources

from chalicelib.privacy.people import CIVILITY, COMMON, fold
from chalicelib.privacy.spans import Span

_UP = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĢĪĮİĶĹĻŁŃŅŇŌŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽ"
_CAP = rf"(?:[{_UP}][\w'’-]{{1,30}}|[{_UP}]\.)"
_PARTICLE = r"(?:d[eu]s?|la|le|van|von|den|der|di|da|del(?:la|lo)?|dos|el|al|ben|bin|mc|ten|ter|y|d'|l')"
_NAME = rf"(?:{_PARTICLE} )?{_CAP}(?:[ ]{{1,2}}(?:{_PARTICLE} ){{0,2}}{_CAP}){{0,3}}"
_CIVIL = re.compile(rf"(?<!\w)(?:{CIVILITY})[ ]{{1,2}}(?:{CIVILITY}[ ]{{1,2}})?({_NAME})".replace("(?:M(", "(?:[Mm]("))
_GREETING = re.compile(
    r"^[> ]{0,8}(?:bonjour|bonsoir|salut|coucou|hello|hi|hey|dear|ch[eè]re?s?|ciao|salve|buongiorno|buonasera|gentile|"
    r"gentilissim[oa]|car[oaei]|egregi[oa]|spett\.?(?:le)?|good (?:morning|afternoon|evening)|merci|thanks|thank you|grazie|"
    rf"hallo|liebe[r]?|hola|estimad[oa])(?: (?:{CIVILITY}))?[ ]{{1,2}}((?:[^\W\d_][\w'’.-]{{1,30}}[ ]?){{1,3}})(?=[ ]?[,!;:\n-]|$)",
    re.IGNORECASE | re.MULTILINE,
)
_CLOSING = re.compile(
    r"^[> ]{0,8}(?:(?:bien |très )?(?:cordialement|à vous)|(?:meilleures |sincères )?salutations[^\n]{0,40}|amicalement|"
    r"respectueusement|bien à (?:vous|toi)|sincèrement|bises|à bientôt|merci(?: d'avance| beaucoup)?|"
    r"(?:kind|best|warm|many)?[ ]?(?:regards|wishes|thanks)|best|sincerely|yours (?:sincerely|faithfully|truly)|cheers|"
    r"thanks|thank you|take care|love|cordiali saluti|(?:distinti |cari )?saluti|cordialmente|un (?:caro )?saluto|grazie(?: mille)?|a presto|"
    r"mit freundlichen grüßen|viele grüße|--)[ ]?[,.!]?[ ]*\n",
    re.IGNORECASE | re.MULTILINE,
)
_SIGN_LINE = re.compile(rf"^[> ]{{0,8}}(?:{CIVILITY}\s)?((?:{_NAME}|[a-zà-ÿ]{{2,20}}(?: [a-zà-ÿ-]{{2,20}})?))[ ]?$")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@lru_cache(maxsize=2)
def listed(name: str) -> frozenset[str]:
    """A shipped list (`first_names`, `surnames`): folded names."""
    file = resources.files("chalicelib.privacy") / "data" / f"{name}.txt"
    return frozenset(line for line in file.read_text("utf-8").split("\n") if line and not line.startswith("#"))


def find_names(text: str) -> Iterator[Span]:
    """Every find of the name rules in `text` (a reading view with its line breaks)."""
    for match in _CIVIL.finditer(text):
        yield Span(*match.span(1), "PERSON", "civility", 0.9)
    for match in _GREETING.finditer(text):
        name = match.group(1).rstrip()
        start = match.start(1)
        words = name.split()
        if words and (name[0].isupper() or fold(words[0]) in listed("first_names")) and fold(words[0]) not in _GREETED:
            yield Span(start, start + len(name), "PERSON", "greeting", 0.85)
    for match in _CLOSING.finditer(text):
        yield from _signature(text, match.end())
    yield from _listed(text)


_GREETED = frozenset(
    "all everyone team tous toutes madame monsieur mesdames messieurs docteur sir madam à a tutti tutte everybody there "
    "pour for de per du beaucoup d'avance you so very much encore et cliente client customer collegue collegues colleagues "
    "confrere consoeur maitre colleghi clienti signora signore signori dottore dottoressa friend friends guys again".split()
)


def _signature(text: str, start: int) -> Iterator[Span]:
    position = start
    for _ in range(4):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end]
        if line.strip("> \t"):
            match = _SIGN_LINE.match(line)
            if match:
                name = match.group(1)
                if not name[0].islower() or fold(name.split()[0]) in listed("first_names"):
                    yield Span(position + match.start(1), position + match.end(1), "PERSON", "signature", 0.8)
            return
        position = end + 1
        if position > len(text):
            return


def _listed(text: str) -> Iterator[Span]:
    """First name of the list next to a capitalised word or a listed surname."""
    first, last = listed("first_names"), listed("surnames")
    words = [(m.start(), m.end(), m.group()) for m in _WORD.finditer(text)]
    folded = [fold(word) for _, _, word in words]
    index = 0
    while index + 1 < len(words):
        start, end, word = words[index]
        next_start, next_end, following = words[index + 1]
        if text[end:next_start] == " " and (folded[index] in first or folded[index + 1] in first):
            known = (folded[index] in first and folded[index + 1] in last) or (
                folded[index] in last and folded[index + 1] in first
            )
            capital = word[0].isupper() and following[0].isupper()
            if (capital and known) or (
                known
                and word[0].islower()
                and following[0].islower()
                and not {folded[index], folded[index + 1]} & COMMON
                and len(word) > 3
                and len(following) > 3
                and _rare(folded[index])
                and _rare(folded[index + 1])
            ):
                yield Span(start, next_end, "PERSON", "name_list", 0.8 if capital else 0.6)
                index += 2
                continue
        index += 1


def _rare(word: str) -> bool:
    return len(word) > 3
