"""People by a word of relation: "my son Hunter", "mes enfants maël et line", "sono lia", also in lower case."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chalicelib.privacy.fold import fold
from chalicelib.privacy.lists import Lists
from chalicelib.privacy.spans import Span

_OWNER = (
    r"(?:mon|ma|mes|ton|ta|tes|son|sa|ses|notre|nos|votre|vos|leurs?|my|your|his|her|our|their|"
    r"(?:(?:il|la|i|le|al|alla|dal|dalla|del|della|con i|con le)[ ])?(?:mi[oae]|miei|tu[oae]|tuoi|su[oae]|suoi|"
    r"nostr[oaie]|vostr[oaie]|loro))"
)
_NUMBER = (
    r"(?:(?:deux|trois|two|three|due|tre|petits?|petites?|grande?s?|jeune|ex|elder|older|younger|little|"
    r"big|new|best|old|meilleure?|nouvelle|nouveau|migliore|piccol[oaie]|futur[oae]?)[ -])"
)
_KIN = (
    r"(?:fils|filles?|garçons?|enfants?|bébé|mari|femme|épouse|époux|compagne|compagnon|conjointe?|copain|copine|fiancée?|"
    r"frères?|s(?:œ|oe)urs?|mère|père|maman|papa|belle-mère|beau-père|belle-sœur|beau-frère|belle-fille|gendre|"
    r"cousine?s?|oncle|tante|neveux?|nièces?|marraine|parrain|filleule?|grand-mère|grand-père|mamie|papi|tata|tonton|"
    r"voisine?s?|collègues?|associée?|amie?s?|pote|patronne?|chef|cheffe|responsable|assistante?|chien|chienne|"
    r"médecin|kiné|avocate?|nounou|coloc|locataire|"
    r"sons?|daughters?|boys?|girls?|kids?|children|child|baby|husband|wife|partner|spouse|boyfriend|girlfriend|fiancée?|"
    r"brothers?|sisters?|mother|father|mum|mom|dad|mummy|daddy|uncle|aunt(?:ie)?|nephews?|nieces?|cousins?|grandma|"
    r"grandpa|grandmother|grandfather|gran|godmother|godfather|neighbou?rs?|colleagues?|friends?|boss|manager|flatmate|"
    r"roommate|assistant|landlord|landlady|tenant|tutor|client|dog|nanny|twins?|mother-in-law|father-in-law|"
    r"fratell[oi]|sorell[ae]|figli[oae]?|bambin[oaie]|ragazz[oaie]|marito|moglie|compagn[oa]|fidanzat[oa]|madre|padre|"
    r"mamma|papà|babbo|zi[oa]|nipot[ei]|cugin[oaie]|nonn[oa]|suocer[oa]|cognat[oa]|vicin[oa]|collegh?[aei]|soci[oa]|"
    r"amic[oahie]{1,3}|capo|madrina|padrino|cane|coinquilin[oa]|responsabile)"
)
_SELF_SURE = (
    r"(?:je m'appelle|tu t'appelles|s'appelle(?:nt)?|moi c'est|mon nom est|mon prénom est|my name is|my name's|name's|"
    r"his name is|her name is|nommée?|prénommée?|mi chiamo|si chiama(?:no)?|il mio nome è|called|named|"
    r"(?:son|le) prénom est)"
)
_SELF = (
    r"(?:c'est|ici|sono(?: sempre| ancora)?|sono io|it's|its|it is|this is|here is|i'm|i am|je suis(?: "
    r"toujours)?|still|qui è|qui)"
)
_TITLE = (
    r"(?:oncle|tante|tata|tonton|mamie|papi|papy|uncle|aunt|auntie|granny|grandma|grandpa|zio|zia|nonno|"
    r"nonna|cugin[oa])"
)
_PARENT = (
    r"(?:(?:maman|papa|mère|père|parents|mamma|papà|madre|padre|mother|father|mum|mom|dad)[ ](?:de|d'|di|of)[ ]?|"
    r"(?:nouvelles|prénom|anniversaire|fête|birthday|news)[ ](?:de|d'|of)[ ]?)"
)
_WORD = r"[^\W\d_][^\W\d_'’-]{1,24}(?:-[^\W\d_]{2,20})?"
_AND = r"(?:,[ ]|[ ](?:et|and|e|ed|&|ou|or|o)[ ])"
_NEXT = re.compile(rf"{_AND}({_WORD})(?![\w'’])")
_MORE = re.compile(rf"[ ]({_WORD})(?![\w'’])")
_RULES = tuple(
    (re.compile(pattern, re.IGNORECASE), sure)
    for pattern, sure in (
        (
            rf"(?<![\w'-]){_OWNER}[ ]{_NUMBER}{{0,2}}{_KIN}(?:[ ]?[,:]|[ ](?:est|is|è|sono|are|sont|aussi|also)"
            rf")?[ ]+({_WORD})(?![\w'’])",
            1,
        ),
        (rf"(?<![\w'-]){_SELF_SURE}[ ]+({_WORD})(?![\w'’])", 2),
        (rf"(?<![\w'-]){_SELF}[ ]+({_WORD})(?![\w'’])", 0),
        (rf"(?<![\w'-]){_TITLE}[ ]+({_WORD})(?![\w'’])", 1),
        (rf"(?<![\w'-]){_PARENT}({_WORD})(?![\w'’])", 1),
    )
)
_POSSESSED = re.compile(
    r"(?<![\w'’])([A-Z][a-zà-ÿ]{2,20})['’]s[ ](?:mother|father|mum|mom|dad|parents|brother|sister|wife|husband|"
    r"son|daughter|birthday)\b"
)
_NEVER = frozenset(
    "est a va ont sont sera ira aura avait etait peut doit veut vient fait dit que qui et ou de du des la le "
    "les l un une "
    "pas tres trop bien en au aux avec pour par sur chez dans ne se me te nous vous il elle on je tu ils elles y si "
    "is was has had will would can could may might must does did do said says and or of the a an to in on at with for "
    "from by not who that which also still very so too as if when while but than then i you he she we they it "
    "e ha va puo deve vuole era sara non di da del della in con per su che chi anche ancora molto troppo ed o "
    "io tu lui lei "
    "noi voi loro si ci ne mi ti vi abbiamo hanno arriva viene sta gia piu".split()
)


class Relations:
    """`PERSON` behind a word of relation or of introduction."""

    needs = ""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists

    def find(self, text: str) -> Iterator[Span]:
        """Every find in `text`."""
        for pattern, sure in _RULES:
            for match in pattern.finditer(text):
                if self._names(match.group(1), sure, _follows(text, match.end(1))):
                    yield from self._person(text, match.start(1), match.end(1), sure)
        for match in _POSSESSED.finditer(text):
            if self._names(match.group(1), 1, ""):
                yield Span(match.start(1), match.end(1), "PERSON", "relation", 0.75)

    def _person(self, text: str, start: int, end: int, sure: int) -> Iterator[Span]:
        for _ in range(8):
            more = _MORE.match(text, end)
            if more and self._surname(more.group(1), text[start]):
                end = more.end()
            yield Span(start, end, "PERSON", "relation", 0.75)
            following = _NEXT.match(text, end)
            if not following or not self._names(following.group(1), max(1, sure - 1), ""):
                return
            start, end = following.span(1)

    def _names(self, shown: str, sure: int, after: str) -> bool:
        """Is this word a name here? `sure`: 0 known names alone, 1 names that are words too, 2 any word but a few."""
        word, lists = fold(shown), self._lists
        if word in _NEVER or len(word) < 2:
            return False
        listed = lists.known(word) or word in lists.inside or word in lists.ambiguous
        if shown[0].isupper():
            return (sure > 0 and (listed or not lists.word(word))) or lists.is_first(word)
        if sure == 0:
            return lists.is_first(word) and (len(word) > 3 or after in ",.!?;\n")
        if sure == 2:
            return listed or not lists.word(word)
        return (word in lists.first and len(word) > 2) or (word in lists.ambiguous and word in lists.inside)

    def _surname(self, shown: str, first: str) -> bool:
        word = fold(shown)
        if word in _NEVER:
            return False
        if first.isupper():
            return shown[0].isupper() and not (self._lists.word(word) and not self._lists.known(word))
        return word in self._lists.last and not self._lists.common(word)


def _follows(text: str, end: int) -> str:
    return text[end : end + 1] or "\n"
