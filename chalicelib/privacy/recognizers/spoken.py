"""Numbers in words: telephone numbers that are spoken, and dates and years of birth that are written out."""

from __future__ import annotations

import re

from chalicelib.privacy.months import MONTH
from chalicelib.privacy.rules import Rule, rule

_FR = (
    r"zéro|zero|un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingts?|"
    r"trente|quarante|cinquante|soixante|septante|huitante|nonante"
)
_EN = (
    r"zero|oh|o|double|triple|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
    r"fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
)
_IT_TENS = r"vent|trent|quarant|cinquant|sessant|settant|ottant|novant"
_IT_ONES = r"uno|due|tre|tré|quattro|cinque|sei|sette|otto|nove"
_IT = (
    rf"zero|un|{_IT_ONES}|dieci|undici|dodici|tredici|quattordici|quindici|sedici|diciassette|diciotto|diciannove|"
    rf"(?:{_IT_TENS})[ia]?(?:{_IT_ONES})?|doppio"
)
_SCALE = (
    r"cents?|mille|mil|hundred|thousand|(?:due|tre|quattro|cinque|sei|sette|otto|nove)?(?:cento|mila|mille)\w{0,40}"
)
_GAP = r"(?:[ ]?[-,.][ ]?|[ ]|[ ](?:et|and|e)[ ])"
NUMBER_WORD = rf"(?:{_FR}|{_EN}|{_IT})"
"""A number below a hundred, or a part of one, in French, English or Italian."""
_LONG = rf"(?:{_IT_ONES}|un)?(?:mila|mille|cento)[a-z]{{3,40}}"
_ORDINAL = (
    r"premier|première|first|primo|second|secondo|third|terzo|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|"
    r"twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|"
    r"twenty-(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|thirtieth|thirty-first"
)
_DAY = rf"(?:\d{{1,2}}(?:er|st|nd|rd|th|°)?|{_ORDINAL}|{NUMBER_WORD}(?:[ -](?:et[ -])?{NUMBER_WORD})?)"
_YEAR = rf"(?:\d{{4}}|(?:{NUMBER_WORD}|{_SCALE}|{_LONG})(?:{_GAP}(?:{NUMBER_WORD}|{_SCALE}|{_LONG})){{0,9}})"
_BORN = (
    r"née?s?(?:\(e\))?|naissance|ddn|nat[oaie](?:/a)?|nascita|born|birth(?:day|date)?|d\.?o\.?b\.?|anniversaire|"
    r"compleanno|geboren"
)
_HOUSE = rf"{NUMBER_WORD}(?:[ -](?:et[ -])?{NUMBER_WORD}){{0,3}}"

SPOKEN: tuple[Rule, ...] = (
    rule(
        "phone_spoken",
        "PHONE_NUMBER",
        rf"(?<![\w-])(?:\+[ ]?)?(?:{NUMBER_WORD}|0\d)(?:{_GAP}(?:{NUMBER_WORD}|hundred|\d\d?)){{5,30}}(?![\w-])"
        r"(?![ ](?:euros?|dollars?|pounds?|personnes|people|persone|ans|years|anni)\b)",
        0.85,
        check=lambda text: sum(c.isalpha() for c in text) > 12,
        hints="zéro zero oh trente quarante vingt cinquante soixante seven five nine cinque quattro sette trenta "
        "quaranta double",
    ),
    rule(
        "birth_in_words",
        "DATE_OF_BIRTH",
        rf"(?<![\w-])(?:the[ ])?{_DAY}[ ](?:of[ ]|de[ ])?{MONTH}(?:,?[ ](?:de[ ]|del[ ])?{_YEAR})(?![\w-])",
        0.95,
        near=_BORN,
    ),
    rule(
        "birth_year",
        "DATE_OF_BIRTH",
        rf"(?<!\w)(?:née?s?(?:\(e\))?[ ]en|born[ ](?:back[ ])?in|nat[oaie][ ]nel|geboren[ ](?:im jahr|in)?|"
        rf"birth year|année de naissance|anno di nascita|year of birth)[ ]?:?[ ]?((?:{MONTH}[ ])?{_YEAR})(?![\w-])",
        0.9,
        group=1,
        hints="né né( ned nat nasc born birth naiss geboren",
    ),
)
HOUSE_IN_WORDS = re.compile(rf"(?<![\w-])(?:au[ ])?({_HOUSE}),?[ ]$", re.IGNORECASE)
"""A house number in words, right before a street."""
