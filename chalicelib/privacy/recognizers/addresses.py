"""Postal addresses by their words: French, Italian, British and American forms, and the common European ones."""

from __future__ import annotations

from chalicelib.privacy.rules import DIGITS, Rule, rule

_UP = "A-ZÀ-ÖØ-ÞŒĀ-Ž"
_WORD = rf"[{_UP}][\w'’.-]{{0,24}}"
_SEP = r"(?:[ ]?,[ ]?|[ ]?-[ ]|[ ]?\n[> ]{0,8}|[ ])"
_NO = r"\d{1,5}(?:[ ]?(?:bis|ter|quater|[A-Da-d](?![\w'’]))|[/-]\d{1,4}[A-Za-z]?)?"

_FR_WAY = (
    r"(?:rue|r\.|avenue|av\.?|ave|boulevard|bd\.?|bld|blvd|place|pl\.|chemin|"
    r"ch\.|impasse|imp\.|allées?|all\.|quai|route|rte\.?|cours|square|"
    r"sq\.|passage|sentier|sente|ruelle|venelle|faubourg|fg|fbg|esplanade|hameau|"
    r"lieu[- ]dit|lotissement|lot\.|résidence|rés\.|cité|villa|voie|"
    r"promenade|rond-point|montée|parvis|clos|traverse|mail|domaine|quartier|"
    r"zone|za|zi|zac|port|pont|galerie|carrefour|côte|descente|"
    r"rang|chaussée|drève|clos)"
)
_FR_LINK = r"(?:de la|des|du|de|la|le|les|à la|à|aux?|en|sur|sous|et|lès)"
_FR_NAME = (
    rf"[ ]?(?:(?:{_FR_LINK})[ ]|d'|l'|de l'){{0,3}}(?:{_WORD}|\d{{1,4}}(?!\d))"
    rf"(?:[ ](?:(?:{_FR_LINK})[ ]|d'|l'|de l'){{0,2}}(?:{_WORD}|\d{{4}}(?!\d))){{0,5}}"
)
_FR_LOWER = (
    r"(?:[ ](?:de la|des|du|de|la|le|les)|[ ](?:de )?l'|[ ]d')[ ]?[a-zà-ÿ'-]{3,20}(?:[ ][a-zà-ÿ'-]{3,20}(?=[ ]?,|"
    r"[ ]?\n|$|[ ]\d{5}))?"
)
_CITY = (
    rf"{_WORD}(?:(?<![a-zà-ÿ'’]{{3}}\.)[ -](?:{_FR_LINK}[ -]?)?(?:{_WORD}|cedex)(?![\w]*:)){{0,4}}(?:[ ](?:cedex|"
    r"CEDEX)(?:[ ]\d{1,2})?)?(?:[ ]\([A-Z]{2}\)|[ ][A-Z]{2}(?![\w]))?"
)
_ZIP_CITY = rf"(?:[A-Z]{{1,3}}[- ])?\d{{4,5}}[ ]{{1,2}}{_CITY}"
_UNIT = (
    rf"(?:{_SEP}(?:appartement|appt?\.?|apt\.?|bât(?:iment)?\.?|bat\.?|esc(?:alier)?\.?|"
    r"étage|porte|résidence|rés\.|interno|int\.?|scala|piano|"
    r"appartamento|palazzina|edificio|bp|cs|boîte|bte|bus)[ ]?[\w°'-]{1,20}){0,3}"
)
_FRENCH_TAIL = rf"(?:{_UNIT}(?:{_SEP}{_ZIP_CITY}|{_SEP}{_WORD}(?=\s*(?:[.\n,;)]|$)))?)"

_IT_WAY = (
    r"(?:via(?:le)?|v\.le|v\.|p\.?zza|piazz(?:a|ale|etta)|p\.le|corso|c\.so|"
    r"largo|vicolo|strada|contrada|c\.da|borgo|lungomare|lungotevere|lungarno|"
    r"salita|rotonda|canale|stretto|incrocio|località|loc\.|frazione|fraz\.|"
    r"galleria|calle|campo|fondamenta|rione|traversa|vico|ripa|rampa|discesa|"
    r"passeggiata|spalto|circonvallazione|autostrada|quartiere)"
)
_IT_LINK = r"(?:della|dello|delle|degli|dei|del|dell'|di|da|la|le|lo|il|i|e|a|al|alla|ai|san|d')"
_IT_NAME = (
    rf"(?:[ ]{_IT_LINK}){{0,2}}[ ]?(?:{_WORD}|[IVXL]{{1,5}}|\d{{1,2}})(?:[ ](?:{_IT_LINK}[ ]?){{0,2}}{_WORD}){{0,4}}"
)
_IT_NO = (
    r"(?:[ ]?,?[ ]?(?:n\.?[°º]?|nr\.?|num\.)?[ ]?\d{1,4}(?:[ ]?/[ ]?\w{1,3}|[ ]?[a-zA-Z](?!\w))?(?:[ ](?:bis|rosso))?)"
)

_US_WAY = (
    r"(?:Street|Str?\.?|Avenue|Ave?\.?|Road|Rd\.?|Lane|Ln\.?|Drive|Dr\.?|Boulevard|"
    r"Blvd\.?|Court|Ct\.?|Place|Pl\.?|Square|Sq\.?|Terrace|Ter\.?|Way|Wy|"
    r"Parkway|Pkwy\.?|Highway|Hwy\.?|Circle|Cir\.?|Close|Crescent|Cres\.?|Gardens?|"
    r"Gdns|Grove|Hill|Mews|Park|Row|Walk|Rise|Green|Quay|Wharf|Trail|Trl|"
    r"Alley|Aly|Plaza|Plz|Loop|Pike|Turnpike|Tpke|Run|Path|Pass|Point|Ridge|"
    r"View|Vista|Valley|Crossing|Xing|Cove|Creek|Center|Centre|Ctr|Estates?|"
    r"Expressway|"
    r"Extension|Falls|Ferry|Fields?|Flats?|Ford|Forest|Forge|Fork|Fort|Freeway|"
    r"Gateway|Glen|Harbors?|Haven|Heights|Hollow|Inlet|Island|Isle|Junction|"
    r"Keys?|"
    r"Knolls?|Lakes?|Landing|Light|Lock|Lodge|Manor|Meadows?|Mill|Mission|Motorway|"
    r"Mount|Mountain|Neck|Orchard|Oval|Overpass|Passage|Pines?|Plains?|Port|"
    r"Prairie|Radial|Ramp|Ranch|Rapids?|Rest|River|Route|Shoals?|Shores?|Skyway|"
    r"Springs?|Spurs?|Station|Stream|Summit|Throughway|Trace|Track|Tunnel|"
    r"Underpass|Unions?|Viaduct|Village|Ville|Walks|Wall|Ways|Wells?|Streets|"
    r"Roads|Drives|Courts|Parkways|Parks|Mews|Yard|Broadway|Esplanade|Parade|"
    r"Circlet|"
    r"Boardwalk|Chase|Common|Concourse|Corner|Driveway|End|Entrance|Nook|Promenade|"
    r"Reserve|Retreat|Strand|Strip|Subway|Waters|Bypass|Crest|Bend|Bluff|Burg|"
    r"Branch|Bridge|"
    r"Brook|Camp|Canyon|Cape|Causeway|Cliffs?|Club|Curve|Dale|Dam|Divide|Stravenue|"
    r"Garden|Track|Arcade|Access|Brace|Break|Circuit|Cl|Pde|Tce)"
)
_DIR = r"(?:[NSEW]{1,2}\.?|North|South|East|West|Northeast|Northwest|Southeast|Southwest)"
_US_NAME = rf"(?:{_DIR}[ ])?(?:(?:{_WORD}|\d{{1,3}}(?:st|nd|rd|th)|of|the|de|la|del)[ ]){{1,4}}"
_US_UNIT = (
    r"(?:(?:[ ]?,[ ]?|[ ]|\n)(?:Apt|Apartment|Suite|Ste|Unit|Floor|Fl|Room|Rm|"
    r"Flat|Building|Bldg|Lot|PO Box|#)\.?[ ]?#?[\w-]{1,8}){0,2}"
)
_STATES = (
    "A[LKZRAEP]|C[AOT]|D[EC]|F[LM]|G[AU]|HI|I[DLNA]|K[SY]|LA|M[EHDAINSOTP]|N[EVHJMYCDT]|O[HKR]|P[WAR]|RI|"
    "S[CDA]|T[NX]|UT|V[TIA]|W[AVIY]|NSW|VIC|QLD|TAS|ACT|ON|QC|BC|AB|MB|SK|NS|NB|NL"
)
_UK_CODE = r"(?:GIR[ ]?0AA|[A-Z]{1,2}\d[A-Z\d]?[ ]?\d[A-Z]{2})"
_US_CITY = rf"(?!(?:IBAN|BIC|SWIFT|VAT|TVA)(?!\w)){_WORD}(?:[ -]{_WORD}){{0,3}}"
_US_STATE = rf"(?:(?:{_STATES})(?![a-z])|{_WORD}(?:[ ]{_WORD})?)"
_US_CODE = rf"(?:\d{{5}}(?:-\d{{4}})?|{_UK_CODE}|\d{{4}}|[A-Z]\d[A-Z][ ]?\d[A-Z]\d|\d{{6}})(?!\w)"
_US_TAIL = (
    rf"(?:{_SEP}{_US_CITY}(?:{_SEP}{_US_CITY})?(?:{_SEP}{_US_STATE})?{_SEP}{_US_CODE}|"
    rf"{_SEP}{_US_CITY},[ ]?(?:{_STATES})(?!\w))?"
)
_COUNTRY = rf"(?:[ ]?,?[ ]?\n[> ]{{0,8}}{_WORD}(?:[ ]{_WORD}){{0,2}}(?=[ ]?(?:\n|$|[?.!,])))?"

_EU_SUFFIX = (
    r"(?:stra(?:ß|ss)e|str\.|gasse|weg|platz|allee|ufer|ring|damm|gatan|vägen|"
    r"väg|gata|gränd|vej|gade|allé|gate|gata|veien|vegen|straat|laan|plein|"
    r"gracht|kade|dijk|katu|tie|kuja|polku|utca|tér)"
)
_EU_WORD = (
    r"(?:calle|c/|avenida|avda\.?|paseo|plaza|ronda|camino|carrer|travesía|rúa|"
    r"rua|av\.|praça|travessa|largo|estrada|alameda|ulica|ul\.|aleja|al\.|"
    r"plac|pl\.|osiedle|os\.|náměstí|třída|strada|str\.|bulevardul|bd\.|calea|"
    r"şoseaua|piața|utca|trg|cesta|ulitsa|bul\.)"
)


def _address(name: str, pattern: str, score: float, *, group: int = 0, flags: int = 0, needs: str = DIGITS) -> Rule:
    return rule(name, "ADDRESS", pattern, score, group=group, flags=flags, needs=needs)


_I = "(?i:"

ADDRESSES: tuple[Rule, ...] = (
    _address("address_fr", rf"(?<![\w]){_NO}{_SEP}{_I}{_FR_WAY})(?![\w]){_FR_NAME}{_FRENCH_TAIL}", 0.9),
    _address("address_fr_lower", rf"(?<![\w]){_NO}[ ,]{{1,2}}{_I}{_FR_WAY}{_FR_LOWER})(?:{_SEP}{_ZIP_CITY})?", 0.8),
    _address(
        "address_fr_plain",
        (
            r"(?<![\w])(?i:\d{1,4},?[ ](?:rue|avenue|boulevard|bd|av|place|chemin|"
            r"impasse|allée|quai|route)[ ][\w'’-]{2,20}(?:[ ][\w'’-]{2,20}){0,3}[ ,]{1,3}\d{5}[ ][\w'’-]{2,30})"
        ),
        0.75,
    ),
    _address(
        "address_fr_way",
        (
            r"(?<![\w])(?i:rue|avenue|boulevard|bd|place|chemin|impasse|allée|quai|route|"
            rf"ruelle|chaussée)(?![\w]){_FR_NAME}(?:{_UNIT}{_SEP}{_ZIP_CITY})?"
        ),
        0.7,
        needs="",
    ),
    _address(
        "address_fr_box", rf"(?<![\w])(?:BP|CS|B\.P\.)[ ]?(?:n°[ ]?)?\d{{1,6}}(?:[ ,\n-]{{1,3}}{_ZIP_CITY})?", 0.8
    ),
    _address("zip_city", rf"(?<![\w/.-]){_ZIP_CITY}", 0.6),
    _address(
        "address_it",
        (
            rf"(?<![\w]){_I}{_IT_WAY})(?![\w]){_IT_NAME}{_IT_NO}{_UNIT}(?:{_SEP}{_ZIP_CITY}|"
            rf"{_SEP}{_CITY}(?=\s*(?:[.\n;)]|$)))?"
        ),
        0.9,
    ),
    _address(
        "address_it_way",
        (
            rf"(?<![\w]){_I}(?:via|viale|piazza|piazzale|corso|largo|vicolo|contrada|"
            rf"borgo|lungomare))[ ]{_IT_NAME}(?:{_SEP}{_ZIP_CITY})?"
        ),
        0.65,
        needs="",
    ),
    _address(
        "address_us",
        (
            r"(?<![\w.,/-])(?:(?:Flat|Unit|Studio|Suite|Apt)\.?[ ]\w{1,5}[ ,\n]{1,2})?\d{1,6}[A-Za-z]?(?:[-/]"
            rf"\d{{1,5}})?,?[ ]{_US_NAME}{_US_WAY}(?![\w])(?:[ ]{_DIR}(?!\w))?{_US_UNIT}{_US_TAIL}{_COUNTRY}"
        ),
        0.9,
    ),
    _address(
        "street_name",
        rf"(?<![\w'’.-])(?:{_DIR}[ ])?{_WORD}(?:[ ]{_WORD}){{0,2}}[ ](?:Street|St\.|"
        r"Avenue|Ave\.?|Road|Rd\.?|Lane|Ln\.?|Drive|Boulevard|Blvd\.?|Court|Terrace|"
        r"Crescent|"
        rf"Parkway|Pkwy|Highway|Hwy|Turnpike|Mews|Square|Circle|Alley|Freeway|Expressway)(?![\w])(?:[ ]{_DIR}(?!\w))?",
        0.6,
        needs="",
    ),
    _address(
        "street_name_eu",
        (
            r"(?<![\w'’.-])[A-ZÀ-Þ][\w'’-]{2,24}(?:stra(?:ß|ss)e|gasse|weg|platz|allee|"
            r"gatan|vägen|vej|gade|veien|gata|straat|laan|plein|gracht|singel|steeg|"
            r"katu|tie)(?![\w])(?:[ ]\d{1,4}[A-Za-z]?(?!\w))?"
        ),
        0.6,
        needs="",
    ),
    _address("unit", r"(?<![\w])(?:Apt|Apartment|Suite|Ste|Flat|Studio|Unit)\.?[ ]#?\d{1,5}[A-Za-z]?(?!\w)", 0.6),
    _address(
        "state_code", rf"(?<![\w])(?:{_US_CITY}[ ,]{{1,2}})?(?:{_STATES})[ ]{{1,2}}\d{{5}}(?:-\d{{4}})?(?!\w)", 0.7
    ),
    _address(
        "place_code",
        (
            rf"(?<=[\n,])[ ]{{0,2}}{_WORD}(?:[ ]{_WORD}){{0,2}}[ ]\d{{4,5}}(?:-\d{{3,4}})?(?=[ ]?(?:\n|"
            r"$|[.?!,]))"
        ),
        0.55,
    ),
    _address(
        "address_us_lower",
        (
            r"(?<![\w.,/-])(?i:\d{1,6}[ ](?:[\w'-]{2,20}[ ]){1,3}(?:street|avenue|"
            r"road|lane|drive|boulevard|court|blvd|ave|rd|st|dr|ln))(?![\w])"
        ),
        0.7,
    ),
    _address(
        "address_us_box",
        (
            r"(?<![\w])(?i:p\.?[ ]?o\.?[ ]?box|post office box|casella postale|apartado|"
            rf"postfach)[ ]?(?:n\.?[ ]?)?\d{{1,7}}{_US_TAIL}"
        ),
        0.85,
    ),
    _address(
        "address_us_tail",
        rf"(?<![\w]){_WORD}(?:[ ]{_WORD}){{0,2}},?[ ](?:{_STATES})[ ]{{1,2}}\d{{5}}(?:-\d{{4}})?(?!\w)",
        0.8,
    ),
    _address("address_uk_tail", rf"(?<![\w]){_UK_CODE}(?!\w)", 0.75),
    _address(
        "address_block",
        (
            rf"(?<![\w.,/-])\d{{1,5}}[A-Za-z]?,?[ ]{_WORD}(?:[ ]{_WORD}){{0,3}}(?:{_SEP}(?:{_US_CITY}{_SEP}){{1,2}}"
            rf"(?:{_US_STATE}{_SEP}"
            rf")?{_US_CODE}|{_SEP}{_ZIP_CITY}){_COUNTRY}"
        ),
        0.8,
    ),
    _address(
        "address_eu",
        (
            rf"(?<![\w]){_WORD}(?:[ -]{_WORD}){{0,2}}?(?:(?<=[a-zß]){_EU_SUFFIX}|[ -](?i:{_EU_SUFFIX}))"
            rf"[ ]\d{{1,4}}(?:[ ]?[a-zA-Z]"
            rf"(?!\w))?(?:{_SEP}{_ZIP_CITY}){{0,1}}{_COUNTRY}"
        ),
        0.85,
    ),
    _address(
        "address_eu_word",
        (
            rf"(?<![\w])(?i:{_EU_WORD})[ ]?(?:(?:de|do|da|dos|das|del|la|las|los|el|e|"
            rf"y)[ ]){{0,2}}{_WORD}(?:[ ](?:(?:de|do|da|dos|das|del|la|e|y)[ ]){{0,2}}{_WORD}){{0,3}}[ ,]{{1,2}}"
            rf"(?:nº?[ ]?)?\d{{1,5}}(?:[ ]?[a-zA-Z]"
            rf"(?!\w)|/\d{{1,4}})?(?:{_SEP}{_ZIP_CITY})?{_COUNTRY}"
        ),
        0.85,
    ),
    _address(
        "address_name_no",
        rf"(?<![\w]){_WORD}(?:[ ]{_WORD}){{0,2}}[ ]\d{{1,4}}[A-Za-z]?{_SEP}{_ZIP_CITY}{_COUNTRY}",
        0.8,
    ),
)
