"""When a word of every day is a header's name: "I hope" is a verb, "bonjour rose" is not a flower."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chalicelib.privacy.spans import Span

EVERYDAY = frozenset(
    "hope will may can might mark bill art grant chance drew rich long page price day field young king green "
    "brown white "
    "black grand petit petite bon bonne fort noir noire blanc blanche roux bell wood rose pat sue rob don guy max ray "
    "frank dean case trace skip brook lane forest dale ford star sky sunny summer autumn dawn eve april june august "
    "joy faith grace patience temple mercy major sergeant cash cliff stone wise best good small little big short sharp "
    "swift bush hill banks rivers waters church bishop abbot pope cook baker butcher smith miller fisher hunter taylor "
    "leger roi roy moulin vigne prince noel juin avril marin olive prune capucine victoire constance prudence clemence "
    "france aime desire parfait marchand boulanger berger boucher charpentier fournier tailleur chevalier "
    "dumoulin lune "
    "soleil fleur ange parent cousin voisin ami loup lion renard poisson oiseau perle luna stella sole gioia "
    "felice fiore "
    "verde verdi rossi bianchi neri costa villa serena allegra chiara bianca viola alba aurora letizia vera vero santa "
    "leone lupo volpe gatto monte valle fonte campo porta serra conti conte barone greco romano lombardo "
    "ferrari fabbri "
    "line lea ava eva lola mona ada ida iris ivy lou jo al ed si do re sol la le les de du des et ou mais donc "
    "or ni car "
    "un une il elle on je tu nous vous ils elles me te se ne pas plus en y au aux ce ces cet cette mon ma mes "
    "ton ta tes "
    "son sa ses notre nos votre vos leur leurs qui que quoi dont pour par sur sous avec sans chez dans est "
    "sont a ai as "
    "the and is are was were of to in for on with you your we our he she it this that not but my at as be have "
    "has from "
    "would could please by if does there their they them its so just any all no yes hi an me "
    "lo gli uno e ho ha sono nel nella per con su voi noi io lei lui che non ma di del della dei delle al alla questo "
    "suo sua mio mia come da dal dalla ci si piu anche ed o dan van den der ben tim tom gene jean jack pierre marie "
    "angel destiny star client test home data date support".split()
) - frozenset("tim tom jean jack pierre marie lola mona ada ida iris ivy eva ava lea".split())
"""Words that a lower-case text means as words unless somebody is addressed: "I hope", "un petit mot"."""
_CALLED = re.compile(
    r"(?:^[>|* ]{0,8}|(?:^|\W)(?:bonjour|bonsoir|salut|coucou|hello|hi|hey|dear|cher|chere|ciao|salve|caro|"
    r"cara|gentile|"
    r"merci|thanks|grazie|bises|bisous|love|cheers|yo|slt|cc|ok|oui|yes|si|non|no|"
    r"m\.|mr\.?|mrs\.?|mme\.?|mlle|ms\.?|monsieur|madame|signora?|sig\.(?:ra)?|dr\.?|dott\.(?:ssa)?)[ ,]{1,2}|"
    r"(?:^|\W)(?:pour|avec|chez|for|with|to|from|by|per|con|da|di|de|d'|a|et|and|e)[ ])$"
)
_AFTER_CALL = re.compile(r"[ ]?(?:[,!?:;.]|\n|$)|[ ](?:and|et|e)[ ](?:i|moi|me|io)(?![a-z])")
_MET = re.compile(
    r"(?<![a-z])(?:avec|chez|with|vu|vois|rencontre|rencontrer|appelle|appeler|appelez|contacter|contactez|prevenir|previens|"
    r"demande a|demander a|dis a|met|saw|see|meet|call|ask|asked|tell|told|visto|vista|incontrato|sentito|"
    r"chiama|chiamare|"
    r"chiamato|chiedi a|dillo a)[ ]$"
)


def addressed(folded: str, start: int, end: int) -> bool:
    """A lower-case word is a name where it is greeted, called or signs, and a sign or a line's end follows."""
    line = folded.rfind("\n", 0, start) + 1
    before = folded[max(line, start - 24) : start]
    if _MET.search(before):
        return True
    return bool(_CALLED.search(before)) and bool(_AFTER_CALL.match(folded, end))


def apart(text: str, start: int, end: int) -> Iterator[Span]:
    """A mention, cut at line breaks: two lines of a list are two people. One name may be broken between its parts."""
    lines = [m.span() for m in re.finditer(r"[^\n>]+", text[start:end])]
    if len(lines) == 2 and all(" " not in text[start + a : start + b].strip() for a, b in lines):
        lines = [(0, end - start)]
    for a, b in lines:
        shown = text[start + a : start + b]
        at = start + a + len(shown) - len(shown.lstrip())
        if shown.strip():
            yield Span(at, at + len(shown.strip()), "PERSON", "header_list", 1.0, 2)
