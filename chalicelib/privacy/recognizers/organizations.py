"""Organisations by the words that end or begin their names."""

from __future__ import annotations

from chalicelib.privacy.rules import Rule, rule

_CAP = r"[A-ZÀ-ÖØ-Þ][\w'’&.-]{0,30}"
_JOIN = r"(?:[ ]?,[ ]|[ ]&[ ]|[ ](?:et|and|e|und|y|de|du|des|della?|di)[ ]|[ ]-[ ]|[ ])"
_NAME = rf"{_CAP}(?:{_JOIN}{_CAP}){{0,5}}?"
_FORM = (
    r"(?:S\.?A\.?R\.?L\.?|S\.?A\.?S\.?(?:U\.?)?|S\.A\.|SA|E\.?U\.?R\.?L\.?|SCI|"
    r"SCOP|SNC|S\.?N\.?C\.?|s\.?n\.?c\.?|S\.?p\.?A\.?|SPA|s\.?p\.?a\.?|"
    r"S\.?r\.?l\.?s?|SRL|s\.?r\.?l\.?s?|S\.?a\.?s\.?|s\.?a\.?s\.?|Inc\.?|Incorporated|"
    r"L\.?L\.?C\.?|L\.?L\.?P\.?|Ltd\.?|Limited|P\.?L\.?C\.?|Plc|plc|Corp\.?|"
    r"Corporation|"
    r"Co\.|Company|GmbH|AG|KG|B\.?V\.?|N\.?V\.?|A/S|ApS|AB|Oy|Group|Groupe|Gruppo|"
    r"Holdings?|Partners|Associates|Solutions|Industries|Enterprises|"
    r"Technologies|Consulting|s\.r\.o\.|k\.s\.|v\.o\.s\.|a\.s\.|o\.p\.s\.|d\.o\.o\.|"
    r"d\.d\.|s\.p\.|Sp\.[ ]z[ ]o\.?o\.?|S\.?L\.?(?:U\.?)?|S\.?C\.?|S\. Coop\.|"
    r"Ltda\.?|Lda\.?|S/A|VOF|Kft\.?|Zrt\.?|Nyrt\.?|Bt\.?|Oyj|ASA?|HB|KB|OHG|"
    r"mbH|e\.V\.|eG|Stiftung|Bank|Insurance|University|Foundation)"
)
_HEAD = (
    r"(?:Université|University of|Università|Universidad|Lycée|Collège|École|"
    r"Institut|Istituto|Hôpital|Ospedale|Clinique|Clinica|Cabinet|Studio|"
    r"Société|Banque|Banca|Crédit|Mairie de|Comune di|Pharmacie|Farmacia|Laboratoire|"
    r"Fondation|Fondazione|Association|Associazione)"
)
_LED = (
    r"(?:work(?:s|ed|ing)?[ ](?:at|for|with|as[ ]an?[ ]\w{2,20}[ ](?:at|for))|"
    r"employed[ ](?:by|at)|hired[ ]by|joined|joining|[Cc]ompany|[Ff]irm|[Ss]tartup|"
    r"CEO[ ]of|founder[ ]of|"
    r"manager[ ](?:at|of)|director[ ](?:at|of)|customer[ ]of|employee[ ](?:at|"
    r"of)|travaill\w{1,6}[ ](?:chez|pour)|employée?[ ](?:chez|par)|lavor\w{1,5}[ ](?:da|"
    r"presso|per)|presso)[ ]"
)
_END = r"(?![\w'’-])"

ORGANIZATIONS: tuple[Rule, ...] = (
    rule("organization_form", "ORGANIZATION", rf"(?<![\w'’.-]){_NAME}[ ,]{{1,2}}{_FORM}{_END}", 0.7, flags=0, needs=""),
    rule(
        "organization_family",
        "ORGANIZATION",
        (
            rf"(?<![\w'’.-]){_NAME}[ ](?:and|&|et|e|y|und|og|och|en)[ ](?:Sons|Sønner|"
            r"Söhne|Söner|Hijos|Filhos|Zonen|asociados|Asociados|Co|Fils|Frères|Associés|"
            rf"Figli|figli|Associati|Cie){_END}"
        ),
        0.7,
        flags=0,
    ),
    rule(
        "organization_led",
        "ORGANIZATION",
        rf"(?<!\w){_LED}({_CAP}(?:(?:[ ]&[ ]|[ ](?:and|et|e)[ ]|, |[ ]){_CAP}){{0,4}}){_END}",
        0.6,
        group=1,
        flags=0,
    ),
    rule(
        "organization_three",
        "ORGANIZATION",
        rf"(?<![\w'’.-]){_CAP}, {_CAP} (?:and|et|e|&) {_CAP}{_END}",
        0.5,
        flags=0,
        needs=",",
    ),
    rule(
        "organization_head",
        "ORGANIZATION",
        rf"(?<![\w'’.-]){_HEAD}[ ](?:(?:de|du|des|della?|di|d'|Saint|San)[ ]?){{0,2}}{_CAP}(?:[ -]{_CAP}){{0,3}}{_END}",
        0.6,
        flags=0,
    ),
)
