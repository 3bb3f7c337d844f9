"""What is personal by the words before it: dates of birth, ages, record, account and order references."""

from __future__ import annotations

from chalicelib.privacy.months import MONTH
from chalicelib.privacy.rules import DIGITS, Rule, has_digit, rule

_DATE = (
    r"(?:\d{1,2}[ ]?[./-][ ]?\d{1,2}[ ]?[./-][ ]?\d{2,4}|\d{4}[./-]\d\d?[./-]\d\d?|"
    rf"\d{{1,2}}(?:er|st|nd|rd|th|°)?[ ](?:of )?{MONTH}\.?,?[ ]\d{{4}}|{MONTH}\.?[ ]\d{{1,2}}(?:st|"
    r"nd|rd|th)?,?[ ]\d{4})"
)
_LINK = r"[ ]?(?:n[°ºo.]{0,2}|no\.?|num[ée]ro|number|numero|id|ref\.?|#|:|est|is|è|=|le|la|il|de|du|the|of|,|\(|-)"
_CODE = r"((?=[A-Z./_-]{0,12}\d)[A-Z0-9][A-Z0-9./_-]{2,28}[A-Z0-9](?:[ ]\d{2,9}){0,4})(?![A-Z0-9])"


def _after(words: str) -> str:
    """The words, some linking signs, then a code."""
    return rf"(?<!\w)(?:{words})(?:{_LINK}){{0,4}}[ ]?{_CODE}"


REFERENCES: tuple[Rule, ...] = (
    rule(
        "vin",
        "ID_NUMBER",
        r"(?<![A-Za-z0-9])(?=[A-HJ-NPR-Z0-9]{0,8}[A-HJ-NPR-Z][A-HJ-NPR-Z0-9]{0,8}[A-HJ-NPR-Z])[A-HJ-NPR-Z0-9]{9}[A-HJ-NPR-Z0-9]{4}\d{4}(?![A-Za-z0-9])",
        0.8,
        flags=0,
        needs=DIGITS,
    ),
    rule(
        "birth_date",
        "DATE_OF_BIRTH",
        rf"(?<![\w/.-]){_DATE}(?![\w])",
        0.95,
        near=r"née?s?(?:\(e\))?|naissance|ddn|n\.? le|nat[oaie](?:/a)?|nascita|born|birth(?:day|"
        r"date)?|d\.?o\.?b\.?|birthday|"
        r"anniversaire|compleanno|geboren|geburtsdatum|nacid[oa]|nacimiento",
        needs=DIGITS,
    ),
    rule(
        "post_code",
        "ADDRESS",
        (
            r"(?<![\w/.-])(?:\d{4,6}(?:-\d{3,4})?|\d{2}-\d{3}|\d{3}[ -]\d{2,4}|\d{4} ?[A-Z]{2}|"
            r"\d{7,8}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}-?\d{4,5}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})(?!\w|"
            r"[.,]\d)"
        ),
        0.7,
        near=r"zip(?: ?codes?)?|post(?:al)? ?codes?|code postal|cp|c\.a\.p\.|cap|plz|postleitzahl|código postal",
        needs=DIGITS,
    ),
    rule(
        "age",
        "AGE",
        (
            r"(?<![\w.,-])(?:1[01]\d|[1-9]?\d)(?=[ -](?:years?|yrs?|year|months?)[ -]old|"
            r"[ ]?y/?o\b|[ ]?ans\b(?![ ](?:d'|de|après|plus))|[ ]anni\b)"
        ),
        0.7,
        needs=DIGITS,
    ),
    rule(
        "age_aged",
        "AGE",
        (
            r"(?:\baged|\bage(?: of)?:?|\bâgée? de|\bâge ?:?|\bet[àa] ?:?|\bturn(?:s|"
            r"ed|ing)?) (1[01]\d|[1-9]?\d)(?![\w.,/%-]|[ ]?[%€$])"
        ),
        0.7,
        group=1,
        needs=DIGITS,
    ),
    rule(
        "age_im",
        "AGE",
        (
            r"\b(?:I'm|I am|he is|she is|he's|she's) (1[01]\d|[1-9]\d)(?![\w/%:-]|[.,]\d|"
            r"[ ]?[%€$]| (?:minutes?|hours?|days?|km|miles|percent))"
        ),
        0.6,
        group=1,
        needs=DIGITS,
    ),
    rule(
        "age_of",
        "AGE",
        r"(?<![\w.,-])(1[01]\d|[1-9]?\d)(?=[ ](?:years? of age|y\.o\.|yo\b|-?year-old))",
        0.7,
        group=1,
        needs=DIGITS,
    ),
    rule(
        "age_is",
        "AGE",
        r"\b(?:he|she|I|who|they|mother|father|son|daughter|wife|husband|patient|"
        r"girl|boy|man|woman)(?:'s|'m|[ ](?:is|am|was|are))[ ](?:now |only |already |"
        r"almost )?"
        r"([1-9]\d)(?=[ ]?(?:[.,;!?]|$|and\b|years?\b|now\b))(?![.,]\d)",
        0.6,
        group=1,
        needs=DIGITS,
    ),
    rule(
        "origin",
        "NRP",
        r"(?<![\w-])(?:Afghan|Albanian|Algerian|American|Argentin(?:e|ian)|Armenian|"
        r"Australian|Austrian|Bangladeshi|Belgian|Bolivian|Bosnian|Brazilian|British|"
        r"Bulgarian|"
        r"Cambodian|Cameroonian|Canadian|Chilean|Chinese|Colombian|Congolese|Croatian|"
        r"Cuban|Czech|Danish|Dutch|Ecuadorian|Egyptian|English|Estonian|Ethiopian|"
        r"Finnish|French|Georgian|German|Ghanaian|Greek|Guatemalan|Haitian|Hungarian|"
        r"Icelandic|Indian|Indonesian|Iranian|Iraqi|Irish|Israeli|Italian|Jamaican|"
        r"Japanese|Jordanian|Kenyan|Korean|Kurdish|Kuwaiti|Latvian|Lebanese|Libyan|"
        r"Lithuanian|Macedonian|Malaysian|Maltese|Mexican|Moldovan|Moroccan|Nepal(?:i|"
        r"ese)|"
        r"Nigerian|Norwegian|Pakistani|Palestinian|Peruvian|Philippine|Filipino|"
        r"Polish|Portuguese|Romanian|Russian|Rwandan|Saudi|Scottish|Senegalese|Serbian|"
        r"Singaporean|Slovak(?:ian)?|Slovenian|Somali|Spanish|Sudanese|Swedish|Swiss|"
        r"Syrian|Taiwanese|Thai|Tunisian|Turkish|Ugandan|Ukrainian|Uruguayan|Venezuelan|"
        r"Vietnamese|Welsh|Yemeni|Zimbabwean|Catholic|Protestant|Muslim|Jewish|Buddhist|"
        r"Hindu|Sikh|Orthodox|Mormon|Democrat|Republican)s?(?![\w-])",
        0.5,
        flags=0,
        unless=r"speak|speaks|speaking|spoke|in|into|from|learn|learning|teach|teaches|translate\w*|translation|language|know|"
        r"(?:French|English|Italian|German|Spanish|Chinese|Arabic|Russian|Portuguese|Dutch|Japanese),?(?: and| or)?",
    ),
    rule(
        "medical_record",
        "MEDICAL_RECORD",
        _after(
            r"ipp|nip|nda|mrn|medical record|patient (?:id|number|no\.?)|hospital (?:number|"
            r"no\.?)|dossier (?:médical|patient)|"
            r"(?:n[°o]|num[ée]ro) (?:de )?(?:dossier|patient)|cartella(?: clinica)?|"
            r"tessera sanitaria|numero paziente"
        ),
        0.85,
        group=1,
        check=has_digit,
        needs=DIGITS,
    ),
    rule(
        "account_reference",
        "ACCOUNT_REFERENCE",
        _after(
            r"(?:n[°ºo.]{1,2}|num[ée]ro|numero|codice|code|référence|réf\.?|rif\.?|id)[ ](?:de |"
            r"d'|di |du )?(?:client|cliente|compte|contrat|"
            r"adhérent|abonnée?|abonnement|allocataire|contratto|conto|polizza|police|membre|étudiante?|étranger|salariée?|candidate?|agent|dipendente|studente|"
            r"matricola|fidélité|fedeltà|tessera|assurée?|bénéficiaire|assicurato|utente|châssis|telaio)|"
            r"(?:client|compte|contrat|adhérente?|abonnée?|mutuelle|salariée?|dipendente|étudiante?|candidate?|assurée?|"
            r"cliente|contratto|polizza|police|tessera|customer|staff|member|policy|agent)(?![ ]?\w*[ ](?:du|"
            r"le|of|del)[ ])|"
            r"(?:account|customer|client|policy|member(?:ship)?|contract|claim|employee|student|staff|candidate|loyalty|"
            r"file|passenger|insurance|badge|case)[ ](?:number|no\.?|id|ref(?:erence)?|code|#)|"
            r"(?:account|policy) ?#|vin|telaio|châssis|chassis|matricule|matricola|ine|(?:carte|carta|card)"
            r"[ ](?:de |di )?"
            r"(?:fidélité|fedeltà|loyalty)|badge|licence n[°o]|passeport|passaporto|passport|"
            r"kundennummer|vertragsnummer|acct\.?(?: no\.?)?|routing number"
        ),
        0.75,
        group=1,
        check=has_digit,
        needs=DIGITS,
    ),
)
