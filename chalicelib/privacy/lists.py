"""The shipped lists: first names, surnames, words that are words before they are names, and places."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from chalicelib.privacy.fold import fold

_AMBIGUOUS = (
    "petit grand blanc noir brun roux long page rose may will mark bill berger "
    "boulanger marchand leger roy roi fort bon "
    "bonnet moulin vigne prince noel juin avril grace hope faith joy green "
    "brown white black young king price bell wood "
    "stone field day rich frank art dean grant chance drew gene villa costa sole luna stella santa bruno gioia felice "
    "fiore verde verdi rossi bianchi neri april june august autumn summer dawn eve ivy iris jasmine ruby pearl amber "
    "crystal ginger rusty rocky chase pat sue rob jack don ray guy max sandy "
    "cliff cash case trace skip brook brooks lane "
    "forest heath glen dale ford lee penny star sky sunny angel destiny trinity "
    "genesis harmony melody precious treasure "
    "charity patience temple major sergeant mercy christian christmas easter sunday domenica pasqua natale jean pierre "
    "olive prune capucine marine océane victoire aimé désiré parfait prudence constance clémence france florence paris "
    "lourdes milan verona sienna siena vienna london orlando dallas austin "
    "houston madison lincoln jackson jordan israel "
    "china india asia america georgia virginia carolina dakota montana savannah "
    "charlotte chelsea brooklyn sydney holland "
    "diamond mercedes porsche lexus ok hi no an so do he me my see in on at by to la le les de du des di da san saint "
    "mon ton son ma ta sa que qui pour avec chez van den der dos das el los las ali bea val tel max min nom prenom via "
    "signor signora dott ing avv dr pr mr mrs ms mme mlle monsieur madame maitre docteur professeur oncle tante papa "
    "maman mamma nonna nonno zio zia mom dad aunt uncle server service client team support page home test data date"
)


_PEOPLE_INSIDE = (
    "mark bill will rose grace faith hope joy jack ray guy max frank grant "
    "dean chase drew gene luna stella bruno bianca chiara serena allegra gioia "
    "felice viola jasmine ruby pearl amber crystal ginger rusty rocky pat sue "
    "rob don sandy cliff penny dawn eve ivy iris april june august summer "
    "autumn jordan austin savannah charlotte chelsea brooklyn sydney dakota "
    "christian pierre jean noel olive marine capucine victoire aimé désiré "
    "florence clémence constance prudence lourdes siena florian roman ali lee "
    "ben sam dan tim tom jim joe bob ted art al ed lily daisy violet heather "
    "hazel "
    "holly robin jay bea val tel harry barry gary larry clara flora aurora "
    "silvia fabio mario dario claire clair cristiano darin elke ella francois "
    "grazia hanno "
    "jung line luce massimo mia mila mira nell rich sara sean tono uwe valere "
    "donna alla alma angela angelo beau cas chance cristian dick elle fleur "
    "floor ira leo otto"
)

_ENDING = re.compile(
    r"(?:[ts]ions?|zion[ei]|sion[ei]|ments?|ment[eio]|iques?|ances?|enc(?:es?|y)|anz[ae]|enz[ae]|ness(?:es)?|ships?|ables?|ibles?|"
    r"abil[ei]|ibil[ei]|ites?|aggi[o]?|atri?ces?|ateurs?|ologies?|ologi[aey]s?|ismes?|ism[oi]?|istes?|"
    r"ality|ility|ivity|euses?|[a-z]{4}ings?|[a-z]{4}ando|[a-z]{4}endo)$"
)
"""How words of French, English and Italian end, and names of no list seldom do."""

_ELIDED = re.compile(r"(?:[dlcjmnst]|qu|dell|all|dall|nell|sull|un|quest|quell|jusqu|lorsqu|puisqu|com|dov)'")
"""What French and Italian put before a word: "D'Ordine", "l'audience"."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Folded words: first names, surnames, names from elsewhere (which count with a capital only), words of the
    language, places, names that are words too, and those of them that are names when they have a capital inside a
    sentence."""

    first: frozenset[str]
    last: frozenset[str]
    elsewhere: frozenset[str]
    words: frozenset[str]
    places: frozenset[str]
    ambiguous: frozenset[str]
    inside: frozenset[str]

    def common(self, word: str) -> bool:
        """A word of the language (folded), which alone proves no name."""
        return word in self.ambiguous or self.word(word)

    def word(self, word: str) -> bool:
        """A word of a list (folded), or one whose ending makes it one: "Prescription", "Aggiornamento"."""
        if word in self.words or (len(word) > 6 and word.isalpha() and _ENDING.search(word) and not self._names(word)):
            return True
        if elided := _ELIDED.match(word):
            return self.common(word[elided.end() :])
        return (
            "-" in word and not self.known(word) and all(self.common(half) or len(half) < 3 for half in word.split("-"))
        )

    def _names(self, word: str) -> bool:
        return self.known(word) or word in self.places

    def known(self, word: str) -> bool:
        """A name of any list (folded)."""
        return word in self.first or word in self.last or word in self.elsewhere

    def is_first(self, word: str) -> bool:
        """A first name that is nothing else; of a double name, either half."""
        if word in self.ambiguous or len(word) < 3:
            return False
        return (word in self.first and word not in self.words) or (
            "-" in word and any(self.is_first(half) for half in word.split("-"))
        )


@lru_cache(maxsize=1)
def shipped() -> Lists:
    """The lists in `chalicelib/privacy/data/` (sources and licences: `docs/privacy.md`)."""
    return lists(
        _read("first_names"),
        _read("surnames"),
        _read("names_elsewhere"),
        [*_read("words"), *_read("things")],
        [*_read("places"), *_read("countries")],
    )


def lists(
    first: Iterable[str], last: Iterable[str], elsewhere: Iterable[str], words: Iterable[str], places: Iterable[str]
) -> Lists:
    """Lists from any words, folded here."""
    ambiguous = frozenset(fold(word) for word in _AMBIGUOUS.split())
    inside = frozenset(fold(word) for word in _PEOPLE_INSIDE.split())
    return Lists(
        first=_folded(first),
        last=_folded(last),
        elsewhere=_folded(elsewhere),
        words=_folded(words),
        places=_folded(places),
        ambiguous=ambiguous,
        inside=inside,
    )


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(fold, words))


def _read(name: str) -> list[str]:
    text = (resources.files("chalicelib.privacy") / "data" / f"{name}.txt").read_text("utf-8")
    return [line for line in text.split("\n") if line and not line.startswith("#")]
