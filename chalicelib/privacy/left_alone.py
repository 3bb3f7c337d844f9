"""What is no personal datum although it looks like one: dates, times, amounts, and numbers behind a document's word.

Weak rules read a text where these are blanked out, so that each rule need not know them. Rules of certain
identifiers (e-mail, IBAN, checksums, international phones, dates of birth, secrets) read the text as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from chalicelib.privacy.months import MONTH

BLANK = "\x00"
"""Stands for each hidden character: no letter, digit, space or sign of any rule."""

_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:(?:18|19|20|21)\d\d)"
_CLEAR = r"(?<![\w+])(?<!\d[./-])"
_END = r"(?![\w]|[./-]\d)"
_ZONE = r"(?:[ ]?(?:utc|gmt|cest|cet|est|edt|pst|pdt|bst|z)\b|[+-]\d\d:?\d\d)?"
_CLOCK = (
    r"(?:[01]?\d|2[0-4])(?:[ ]?(?:h|heures?|uhr|o'clock)(?:[ ]?[0-5]\d)?(?!\w)|:[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?)"
)
_DATES = (
    rf"{_CLEAR}{_DAY}([./-]){_DAY}\1(?:{_YEAR}|\d\d)[ ]?[-–][ ]?{_DAY}\1{_DAY}\1(?:{_YEAR}|\d\d){_END}",
    rf"{_CLEAR}{_DAY}[ ]?[-–][ ]?{_DAY}[./]{_DAY}[./](?:{_YEAR}|\d\d){_END}",
    rf"{_CLEAR}{_DAY}[./]{_DAY}[.]?[ ]?[-–][ ]?{_DAY}[./]{_DAY}[.]?(?:[/]?{_YEAR})?{_END}",
    rf"{_CLEAR}{_DAY}([./-])[ ]?{_DAY}\1[ ]?(?:{_YEAR}|\d\d){_END}",
    rf"{_CLEAR}{_DAY}[ ]{_DAY}[ ]{_YEAR}(?![\w]|[ ./-]\d)",
    rf"{_CLEAR}(?:19|20)\d\d([./-])(?:0?[1-9]|1[0-2])\1{_DAY}"
    rf"(?:[T ]{{1,2}}[0-2]\d:?[0-5]\d(?::?[0-5]\d(?:[.,]\d{{1,9}})?)?{_ZONE})?(?!\w)",
    rf"{_CLEAR}20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    rf"(?:[T_ .-]{{1,2}}[0-2]\d[0-5]\d(?:[0-5]\d)?)?(?:\.\d)?(?!\w)",
    rf"{_CLEAR}{_DAY}(?:er|st|nd|rd|th|°)?(?:[ ]?(?:-|/|au|al|to|et|e|and|&)"
    rf"[ ]?{_DAY})?[ ](?:of[ ])?{MONTH}\.?(?:,?[ ]{_YEAR})?(?!\w)",
    rf"(?<!\w){MONTH}\.?[ ]{_DAY}(?:st|nd|rd|th)?(?:[ ]?[-–][ ]?{_DAY})?(?:,?[ ]{_YEAR})?(?!\w|[./-]\d|[ ]\d\d[ .])",
    rf"{_CLEAR}{_DAY}/{_DAY}(?![\w]|[./-]\d)",
    rf"{_CLEAR}(?:0?[1-9]|1[0-2])/{_YEAR}{_END}",
    rf"(?<!\w)(?:du|dal|from|entre|between|le|les|i)[ ]{_DAY}[ ](?:au|al|to|et|and|e)[ ](?=\x00|{_DAY}[/.])",
    rf"{_CLEAR}{_YEAR}[-/–]{_YEAR}{_END}",
    # 10:12, 9h15, 9 h 30, 10:15:22.118, 2 pm
    rf"(?<![\w:+])(?<!\d[.,]){_CLOCK}(?:[ ]?[ap]\.?m\.?(?!\w))?{_ZONE}(?![\d:])",
    r"(?<![\w:.,+])(?:0?\d|1[0-2])(?:[.:][0-5]\d)?[ ]?[ap]\.?m\.?(?!\w)",
    r"(?<!\w)(?:alle(?: ore)?|dalle|ore|at|um|vers)[ ](?:[01]?\d|2[0-4])(?:[.,][0-5]\d)?(?![\w]|[.,:/-]\d|[ ]\d)",
    # from 12 30 to 14 00
    r"(?<![\w+])(?<!\d[ .-])(?:[01]\d|2[0-4])[ ][0-5]\d[ ](?:à|au|et|to|alle|a|e|and|-|–)[ ](?:[01]\d|2[0-4])"
    r"[ ][0-5]\d(?![\w]|[ .-]\d)",
)
_UNIT = (
    r"(?:€|\$|£|%|°|¥|eur|euros?|usd|chf|gbp|dollars?|pounds?|sterline|francs?|k€|m€|ht|ttc|khz|mhz|ghz|hz|kwh|kw|mw|"
    r"kva|kg|km|cm|mm|mg|ml|cl|dl|µg|m²|m2|m3|kb|mb|gb|tb|ko|mo|go|bits?|px|dpi|bar|ppm|rpm|"
    r"mui/l|g/l|mmol/l|mmhg|kcal|heures?|hours?|ore|minutes?|minuti|jours?|days?|giorni|semaines?|weeks?|settimane|"
    r"mois|months?|mesi|ans|years?|anni|habitants?|abitanti|inhabitants|people|personnes|persone|units?|pièces?|pezzi|"
    r"pieces|cells|cellules|cellule|fois|times|volte|pages?|pagine|lignes|righe|rows|lines|tonnes?|tons|tonnellate)"
)
_AMOUNTS = (
    rf"(?<![\w+.,])(?<!\d[ .,])\d{{1,9}}(?:[ .,']\d{{2,5}}){{0,4}}[ ]{{0,2}}(?:millions?[ ]|milioni[ ]|de[ ]|"
    rf"di[ ]|d')?(?i:{_UNIT})(?![\w])",
    r"(?<!\w)(?i:€|\$|£|eur|usd|chf|gbp|budget|prix|price|prezzo|montant|importo|amount|total|totale|revenue|"
    r"chiffre d'affaires|population|popolazione|solde|saldo|balance)[ ]?(?:ttc|ht)?[ ]?[:=]?[ ]?"
    r"(?:was[ ]|de[ ]|di[ ]|of[ ]|est[ ]|is[ ])?\d{1,9}(?:[ .,']\d{2,3}){0,4}(?![\w]|[ .]\d)",
    # 23 456 789 cells: groups of three before a plural
    r"(?<![\w+.,])(?<!\d[ .,])[1-9]\d{0,2}(?:[ ]\d{3}){2,3}[ ](?=[a-zà-ÿ]{3,20}s(?!\w))",
    # degrees, coordinates
    r"(?<![\w+])[-+]?\d{1,3}[.]\d{3,8},[ ]?[-+]?\d{1,3}[.]\d{3,8}(?!\w)",
    r"(?<![\w+])\d{1,3}°[ ]?\d{1,2}['′][ ]?(?:\d{1,2}(?:[.,]\d{1,4})?[\"″])?",
    r"(?<![\w+.,/])\d{1,4}(?:[ ]\d{2,5}){1,8}[ ](?=[kMG]?Hz(?!\w))",
)
_LINK = (
    r"(?:[ ]?(?:n[°ºo.]{1,2}|nr\.?|no\.?|n(?=[ ]\d)|num[ée]ro|numero|number|id|ref\.?|code|codice|#|:|=|est|is|"
    r"è|l[ae]|il|"
    r"the|of|sous|con|de(?=[ ](?:suivi|commande|dossier)))(?![a-zà-ÿ]))"
)
_DOCUMENT = (
    r"(?:fact(?:ures?|\.)|fattur[ae]|invoices?|inv\.?|rechnung|commandes?|orders?|ordin[ei]|bestellung|p\.?o\.?|devis|"
    r"preventiv[oi]|quotes?|quotations?|offre|offerta|bons?(?: de (?:livraison|commande))?|livraison|bl|boll[ae]|ddt|"
    r"documento di trasporto|(?:delivery|credit|debit) notes?|avoir|note? de (?:crédit|débit)|nota di credito|"
    r"tickets?|case|demande|segnalazione|requests?|incidents?|intervention|tracking|suivi|colis|pacco|parcel|shipment|"
    r"spedizione|expédition|envoi|dossier|pratica|réf(?:\.|érence)?|ref(?:\.|erence)?|rif(?:\.|erimento)?|"
    r"articles?|art\.?|articol[oi]|pièces?|part|parts?|sku|items?|ean|gtin|upc|isbn|issn|doi|asin|pmid|"
    r"versions?|version[ei]|v|ver\.|builds?|releases?|firmware|kernel|noyau|rev(?:ision)?\.?|patch|update|"
    r"mise à jour|aggiornamento|pages?|pag\.|chapitre|chapter|capitolo|section|sezione|vol(?:o|ume)?|flight|"
    r"train|treno|"
    r"tgv|siège|seat|posto|salle|room|aula|voiture|coach|carrozza|place|nomenclature|norm[ea]|standard|"
    r"iso|iec|rfc|nf|din|cei|cve|loi|law|legge|decret[oi]?|décret|dpr|d\.?lgs\.?|directive|direttiva|règlement|"
    r"regulation|lots?|lotto|batch|meeting id|webinar id|conference id|réunion|riunione|channels?|canal|canale|ports?|"
    r"err(?:eur|or|ore)|quittance|reçu|receipts?|ricevut[ae]|code article|codice articolo|code produit|codice prodotto|"
    r"product code|model[eo]?l?|modèle|protocoll?[oe]?|repertorio|cerfa|formulaire|form|modulo|semaine|week|settimana|"
    r"code|codice|sinistre|sinistro|annonce|annuncio|offer|produit|prodotto|product|billet|biglietto|purchase order|"
    r"bon de commande|transaction|transazione|marché|lotto|bozza|gara|cig|cup|appel d'offres)"
)
_SHAPE = (
    r"(?!\d{4}([ -])\d{4}\2\d{4}\2\d{4}(?!\d))"
    r"[A-Z]{0,4}[-/#.]?\d[\dA-Za-z]{0,19}(?:[-/._][A-Za-z0-9]{1,16}){0,6}"
    r"(?:[ ](?:[A-Z]{1,3}(?=\d|[ ]\d)|(?=\d))[\dA-Z]{0,12}(?:[-/.][\dA-Z]{1,12}){0,3}){0,5}(?!\w)"
)
_DOCUMENTS = (
    rf"(?<![\w])(?=[^\n\d]{{1,60}}\d)(?i:{_DOCUMENT})(?![a-zà-ÿ])(?i:{_LINK}){{0,4}}[ ]?[#(]?({_SHAPE})",
    r"(?<![\w/])#[ ]?(\d{2,12})(?!\w)",
    r"(?<![\w])(10\.\d{4,9}/[\w./()-]{1,80})",
    r"(?<![\w])(97[89][- ]?(?:\d[- ]?){9}\d)(?!\w)",
    # A product and its version: Python 3.11.7
    r"(?<![\w])[A-Z][A-Za-z+#]{1,20}[ ](?:v|version[ ])?((?!\d\d(?:\.\d\d){4})[1-9]\d{0,3}(?:\.\d{1,6}){1,4})(?![\w])",
)
_FILE = (
    r"(?<![\w@/])([\w][\w().,+-]{0,100}\.(?:pdf|docx?|xlsx?|pptx?|odt|ods|odp|csv|txt|rtf|zip|rar|7z|tar|gz|png|jpe?g|"
    r"gif|heic|tiff?|svg|mp[34]|mov|avi|wav|eml|msg|ics|vcf|xml|json|html?|p7m|py|js|ts|sql|log|dwg))(?![\w.])"
)
_DATED = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _DATES)
_AMOUNT = tuple(re.compile(pattern) for pattern in _AMOUNTS)
_NUMBERED = tuple(re.compile(pattern) for pattern in _DOCUMENTS)
_FILES = re.compile(_FILE, re.IGNORECASE)
_NO_DIGIT = re.compile(r"[^\d]*\Z")


def undated(text: str) -> str:
    """`text` with dates, times, amounts and measures blanked out; the same length."""
    if _NO_DIGIT.match(text):
        return text
    for pattern in (*_DATED, *_AMOUNT):
        text = pattern.sub(_blank, text)
    return text


def unnumbered(text: str) -> str:
    """An `undated` text with the numbers of documents, articles, versions and products blanked out too."""
    if _NO_DIGIT.match(text):
        return text
    pieces, position = [], 0
    for start, end in sorted(_zones(text), key=lambda zone: (zone[0], -zone[1])):
        if start >= position:
            pieces += [text[position:start], BLANK * (end - start)]
            position = end
    return "".join([*pieces, text[position:]])


def files(text: str) -> Iterator[tuple[int, int]]:
    """Where names of files stand."""
    for match in _FILES.finditer(text) if "." in text else ():
        yield match.span(1)


def _zones(text: str) -> Iterator[tuple[int, int]]:
    for pattern in _NUMBERED:
        for match in pattern.finditer(text):
            yield match.span(1)


def _blank(match: re.Match[str]) -> str:
    return BLANK * len(match.group())
