"""People by rule: civilities, greetings, signatures, words that introduce a name, and the name lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chalicelib.privacy.fold import fold
from chalicelib.privacy.lists import Lists
from chalicelib.privacy.people import CIVILITY, JOINERS, PARTICLES
from chalicelib.privacy.spans import Span

_UP = "A-ZÀ-ÖØ-ÞĂĄĆČĎĐĘĚĞİŁŃŇŐŒŘŚŞŠŢŤŮŰŹŻŽ"
_CAP = rf"(?:[{_UP}][\w'’-]{{1,30}}|[{_UP}]\.)"
_PARTICLE = r"(?:d[eu]s?|la|le|van|von|den|der|di|da|del(?:la|lo)?|dos|el|al|ben|bin|ten|ter|y)"
_NAME = rf"(?:(?:{_PARTICLE}|d'|l')[ ]?)?{_CAP}(?:[ ]{{1,2}}(?:(?:{_PARTICLE}[ ]|d'|l')){{0,2}}{_CAP}){{0,3}}"
_CIVIL = re.compile(
    rf"(?<![\w'-])((?i:{CIVILITY})|M|Me|Maître)[ ]{{1,2}}(?:(?i:{CIVILITY})[ ]{{1,2}}){{0,2}}({_NAME}|"
    r"[a-zà-ÿ'-]{3,20}(?:[ ][a-zà-ÿ'-]{3,20})?)"
)
_GREETING = re.compile(
    r"^[>|* ]{0,8}(?:re-?)?(?:bonjour|bonsoir|salut|coucou|hello|hi|hey|dear|"
    r"ch[eè]re?s?|ciao|salve|buongiorno|buonasera|gentile|gentilissim[oa]|"
    r"car[oaei]|carissim[oa]|egregi[oa]|good (?:morning|afternoon|evening)|merci|"
    r"thanks|thank you|grazie|hallo|liebe[r]?|hola|estimad[oa]|bravo|ok|yes|"
    r"oui)"
    rf"(?: (?:{CIVILITY}))?[ ]{{1,2}}((?:[^\W\d_][\w'’.-]{{1,30}}[ ]?){{1,3}})(?=[ ]?[,!;:.\n-]|$)",
    re.IGNORECASE | re.MULTILINE,
)
_CLOSING = re.compile(
    r"^[>|* ]{0,8}(?:(?:(?:bien|très) )?(?:cordialement|à (?:vous|toi))|[^\n]{0,30}salutations[^\n]{0,40}|"
    r"amicalement|amitiés|"
    r"(?:bien )?(?:con)?fraternellement|respectueusement|bien à (?:vous|toi)|"
    r"sincèrement|bises|bisous|je t'embrasse|à (?:bientôt|demain|plus)|merci(?: [^\n]{0,30})?|"
    r"(?:kind(?:est)?|best|warm(?:est)?|many)?[ ]?(?:regards|wishes|thanks)|"
    r"all the best|best|sincerely|yours[^\n]{0,12}|(?:very )?truly yours|cheers|"
    r"thanks[^\n]{0,20}|thank you[^\n]{0,20}|take care|(?:much )?love|xx?o?|"
    r"cordiali saluti|(?:distinti |cari )?saluti|cordialmente|un (?:caro )?(?:saluto|"
    r"abbraccio|bacio)|grazie[^\n]{0,20}|"
    r"a presto|buona (?:giornata|serata)|bonne (?:journée|soirée)|in fede|(?:mit )?freundlichen? grüßen?|"
    r"viele grüße|--)[ ]?[,.!;]?[ ]*$",
    re.IGNORECASE | re.MULTILINE,
)
_SIGN_LINE = re.compile(
    rf"^[>|* ]{{0,8}}(?:[-–—~][ ]?)?(?:[\w' ]{{3,24}},[ ])?(?i:{CIVILITY}[ ])?({_NAME}|"
    r"[a-zà-ÿ'-]{3,20}(?:[ ][a-zà-ÿ'-]{2,20})?)[ ]?(?:[,|(/–-][^\n]{0,80})?$"
)
_INTRODUCED = re.compile(
    r"(?i:(?<![\w'])(?:je m'appelle|je suis|c'est|moi c'est|mon nom est|nommée?|"
    r"(?:au|le|du) nom d[eu]|soussignée?|mi chiamo|sono|il sottoscritto|la sottoscritta|"
    r"a nome(?: di)?|(?:di )?nome|my name is|my name's|this is|i am|i'm|name is|"
    r"called|named|chez|demander|appelle|appeler|contatt\w+|sentire|avvisa|avvisare|"
    r"chiedere di|"
    r"prévenir|chiamare|chiama|chiamo|ask for|speak (?:to|with)|(?:son|sa|mon|"
    r"ma|ton|ta|leur|notre|votre) (?:fils|fille|mari|femme|épouse|époux|frère|"
    r"sœur|mère|père|cousine?|collègue|associée?)|"
    r"(?:il|la|mia|mio|suo|sua|tua|tuo) (?:figlio|figlia|marito|moglie|fratello|"
    r"sorella|padre|madre|collega)|(?:my|his|her|our|your) (?:son|daughter|husband|"
    r"wife|brother|sister|mother|father|colleague|boss|friend))"
    rf"[ ]{{1,2}}(?:{CIVILITY}[ ])?)({_NAME}|[a-zà-ÿ'-]{{3,20}}(?:[ ][a-zà-ÿ'-]{{3,20}})?)"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_GREETED = frozenset(
    "all everyone team tous toutes madame monsieur mesdames messieurs docteur "
    "sir madam tutti tutte everybody there pour for de per du "
    "beaucoup d'avance you so very much encore et cliente client customer collegue "
    "collegues colleagues confrere consoeur maitre colleghi "
    "clienti signora signore signori dottore dottoressa friend friends guys "
    "again ami amis amie amies collega bien oui non merci".split()
)


class Names:
    """The name rules with their lists."""

    needs = ""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists

    def find(self, text: str) -> Iterator[Span]:
        """Every find of the name rules in `text` (a reading view with its line breaks)."""
        for match in _CIVIL.finditer(text):
            end = self._end(text, match.start(2), match.end(2))
            if end:
                yield Span(match.start(2), end, "PERSON", "civility", 0.9)
        for match in _INTRODUCED.finditer(text):
            start, end = match.span(1)
            stop = self._end(text, start, end)
            if stop and (self._named(text[start:stop]) if text[start].isupper() else self._first(text[start:stop])):
                yield Span(start, stop, "PERSON", "introduced", 0.75)
        for match in _GREETING.finditer(text):
            yield from self._greeted(match.group(1), match.start(1))
        for match in _CLOSING.finditer(text):
            yield from self._signature(text, match.end())
        yield from self._listed(text)

    def _greeted(self, group: str, start: int) -> Iterator[Span]:
        name = group.rstrip(" .-")
        words = name.split()
        if not words or fold(words[0]) in _GREETED:
            return
        if name[0].isupper() or self._first(name):
            keep = [
                w
                for w in words
                if w[0].isupper() or self._first(w) or fold(w) in PARTICLES or (fold(w) in self._lists.last)
            ]
            if keep and not all(fold(w) in self._lists.words and fold(w) not in self._lists.first for w in words):
                yield Span(start, start + len(name), "PERSON", "greeting", 0.85)

    def _end(self, text: str, start: int, end: int) -> int:
        """Where a name after a civility ends; 0 when it is none. Lower-case words count unless they are words."""
        if text[start].isupper():
            return end
        stop = start
        for match in _WORD.finditer(text, start, end):
            word = fold(match.group())
            if (self._lists.common(word) and word not in self._lists.last) or word in PARTICLES:
                break
            stop = match.end()
        return stop if stop - start > 2 else 0

    def _named(self, name: str) -> bool:
        return not all(self._lists.common(fold(word)) for word in _WORD.findall(name))

    def _first(self, name: str) -> bool:
        return any(self._lists.is_first(fold(word)) for word in _WORD.findall(name)[:2])

    def _signature(self, text: str, start: int) -> Iterator[Span]:
        position, named = start, 0
        for _ in range(5):
            end = text.find("\n", position)
            end = len(text) if end < 0 else end
            match = _SIGN_LINE.match(text[position : min(end, position + 200)])
            if match:
                name, begin = match.group(1), position + match.start(1)
                if self._first(name) or (name[0].isupper() and self._named(name)):
                    yield Span(begin, begin + len(name), "PERSON", "signature", 0.8)
                    named += 1
            if named or (text[position:end].strip("> \t") and not match):
                return
            position = end + 1
            if position > len(text):
                return

    def _listed(self, text: str) -> Iterator[Span]:
        """Runs of words around a first name of the list: "Jean Dupont", "DUPONT Jean", "jean dupont", "Sophie"."""
        lists = self._lists
        words = [(m.start(), m.end(), m.group(), fold(m.group())) for m in _WORD.finditer(text)]
        index, free = 0, 0
        while index < len(words):
            _start, _end, word, folded = words[index]
            first = lists.is_first(folded)
            if not first and not (folded in lists.first and (word[0].isupper() or folded not in lists.words)):
                index += 1
                continue
            left, right = index, index
            capital = word[0].isupper()
            while right + 1 < len(words) and right - index < 4 and self._joins(text, words, right, capital, first):
                right += 1
            while words[right][3] in PARTICLES and right > index:
                right -= 1
            if left > free and self._precedes(text, words, left, capital):
                left -= 1
            size = right - left
            if (first and (capital or (size and len(folded) > 3) or len(folded) > 4)) or (
                size and self._surname(words[right][3])
            ):
                score = 0.8 if size and capital else 0.6 if capital or size else 0.5
                yield Span(words[left][0], words[right][1], "PERSON", "name_list", score)
                index = free = right + 1
            else:
                index += 1

    def _surname(self, word: str) -> bool:
        return word in self._lists.last and not self._lists.common(word)

    def _joins(self, text: str, words: list[tuple[int, int, str, str]], at: int, capital: bool, first: bool) -> bool:
        """Does the next word belong to the name?"""
        gap = text[words[at][1] : words[at + 1][0]]
        _, _, word, folded = words[at + 1]
        if gap not in (" ", "  ", ". ", " d'", "-"):
            return False
        if folded in PARTICLES:
            after = next((w for w in words[at + 2 : at + 4] if w[3] not in JOINERS), None)
            if folded not in JOINERS or after is None or "\n" in text[words[at][1] : after[0]]:
                return False
            return after[2][0].isupper() if capital else self._surname(after[3])
        if capital:
            return (
                word[0].isupper()
                and (gap != ". " or words[at][1] - words[at][0] == 1)
                and (words[at][3] in JOINERS or not self._lists.common(folded) or folded in self._lists.last)
            )
        return (self._surname(folded) and len(folded) > 3) or (first and self._lists.is_first(folded))

    def _precedes(self, text: str, words: list[tuple[int, int, str, str]], at: int, capital: bool) -> bool:
        """Does the word before belong to the name ("DUPONT Jean")?"""
        _, end, word, folded = words[at - 1]
        if text[end : words[at][0]] not in (" ", ", "):
            return False
        if not capital:
            return self._surname(folded) and len(folded) > 3 and text[end : words[at][0]] == " "
        upper = word.isupper() and len(word) > 2 and not self._lists.common(folded)
        return word[0].isupper() and (upper or (self._surname(folded) and text[end : words[at][0]] == " "))
