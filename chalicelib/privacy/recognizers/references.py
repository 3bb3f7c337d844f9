"""What is personal by the words before it: dates of birth, ages, record, account and order references."""

from __future__ import annotations

from chalicelib.privacy.rules import DIGITS, Rule, has_digit, rule

_MONTH = (
    r"(?:janv(?:ier|\.)?|févr?(?:ier|\.)?|fevrier|mars|avr(?:il|\.)?|mai|juin|"
    r"juil(?:let|\.)?|août|aout|sept(?:embre|\.)?|oct(?:obre|\.)?|"
    r"nov(?:embre|\.)?|déc(?:embre|\.)?|decembre|jan(?:uary)?|feb(?:ruary)?|"
    r"mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sep(?:tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|gennaio|febbraio|"
    r"marzo|aprile|maggio|giugno|luglio|agosto|settembre|"
    r"ottobre|novembre|dicembre)"
)
_DATE = (
    r"(?:\d{1,2}[ ]?[./-][ ]?\d{1,2}[ ]?[./-][ ]?\d{2,4}|\d{4}[./-]\d\d?[./-]\d\d?|"
    rf"\d{{1,2}}(?:er|st|nd|rd|th|°)?[ ](?:of )?{_MONTH}\.?,?[ ]\d{{4}}|{_MONTH}\.?[ ]\d{{1,2}}(?:st|"
    r"nd|rd|th)?,?[ ]\d{4})"
)
_LINK = r"[ ]?(?:n[°ºo.]{0,2}|no\.?|num[ée]ro|number|numero|id|ref\.?|#|:|est|is|è|=|le|la|il|de|du|the|of|,|\(|-)"
_CODE = r"([A-Z0-9][A-Z0-9./_-]{2,28}[A-Z0-9])(?![A-Z0-9])"


def _after(words: str) -> str:
    """The words, some linking signs, then a code."""
    return rf"(?<!\w)(?:{words})(?:{_LINK}){{0,4}}[ ]?{_CODE}"


REFERENCES: tuple[Rule, ...] = (
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
    ),
    rule(
        "medical_record",
        "MEDICAL_RECORD",
        _after(
            r"ipp|nip|nda|mrn|medical record|patient (?:id|number|no\.?)|hospital (?:number|"
            r"no\.?)|dossier (?:médical|patient)|"
            r"(?:n[°o]|num[ée]ro) (?:de )?(?:dossier|patient)|cartella(?: clinica)?|"
            r"tessera sanitaria|numero paziente|dossier n[°o]"
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
            r"d'|di |du )?(?:client|cliente|commande|compte|contrat|"
            r"adhérent|abonnée?|abonnement|allocataire|sinistre|réservation|ordine|contratto|"
            r"pratica|conto|prenotazione|polizza|police|membre|étudiant)|"
            r"(?:client|commande|compte|contrat|adhérent|abonné|sinistre|réservation|"
            r"cliente|ordine|contratto|pratica|polizza)[ ](?=n[°ºo.]|num|:|#)|"
            r"(?:account|customer|client|order|booking|policy|member(?:ship)?|contract|"
            r"claim|employee|student|tracking)[ ](?:number|no\.?|id|ref(?:erence)?|code|"
            r"#)|"
            r"(?:account|order|booking|policy) ?#|kundennummer|vertragsnummer|acct\.?(?: no\.?)?|routing number"
        ),
        0.75,
        group=1,
        check=has_digit,
        needs=DIGITS,
    ),
)
