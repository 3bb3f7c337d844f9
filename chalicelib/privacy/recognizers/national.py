"""National identifiers with letters: codice fiscale, VAT, NINO, passports, plates, BIC."""

from __future__ import annotations

from chalicelib.privacy.recognizers import checks
from chalicelib.privacy.rules import DIGITS, Rule, has_digit, rule

_B, _E = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
_OMO = "[0-9LMNPQRSTUV]"


def _vat(text: str) -> bool:
    return checks.french_vat(text) if text.startswith("FR") else True


def _nino(text: str) -> bool:
    return text[:2] not in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ")


NATIONAL: tuple[Rule, ...] = (
    rule(
        "codice_fiscale",
        "IT_FISCAL_CODE",
        rf"{_B}[A-Z]{{3}}[ -]?[A-Z]{{3}}[ -]?{_OMO}{{2}}[ -]?[A-EHLMPRST][ -]?"
        rf"{_OMO}{{2}}[ -]?[A-Z][ -]?{_OMO}{{3}}[ -]?[A-Z]{_E}",
        1.0,
        check=checks.codice_fiscale,
        needs=DIGITS,
        rank=2,
    ),
    # Sixteen characters of the right form with a wrong check letter: a typing error is still a person.
    rule(
        "codice_fiscale_form",
        "IT_FISCAL_CODE",
        rf"{_B}[A-Z]{{6}}\d\d[A-EHLMPRST]\d\d[A-Z]\d{{3}}[A-Z]{_E}",
        0.8,
        needs=DIGITS,
    ),
    rule(
        "vat_fr",
        "VAT_NUMBER",
        rf"{_B}FR[ ]?[A-HJ-NP-Z0-9]{{2}}(?:[ .]?\d{{3}}){{3}}{_E}",
        1.0,
        check=_vat,
        needs=DIGITS,
        rank=2,
    ),
    rule("vat_it", "IT_VAT", rf"{_B}IT[ ]?\d{{11}}{_E}", 0.9, needs=DIGITS, rank=2),
    rule(
        "vat_eu",
        "VAT_NUMBER",
        rf"{_B}(?:ATU\d{{8}}|BE[ ]?[01]?(?:[ .]?\d{{3}}){{3}}|DE[ ]?\d{{9}}|ES[ ]?[A-Z0-9]\d{{7}}[A-Z0-9]|"
        r"LU[ ]?\d{8}|"
        r"NL[ ]?\d{9}B\d\d|GB[ ]?\d{3}[ ]?\d{4}[ ]?\d\d|CHE[- ]?\d{3}\.?\d{3}\.?\d{3}|"
        r"PT[ ]?\d{9}|IE\d[A-Z0-9]\d{5}[A-Z]{1,2}|"
        rf"PL\d{{10}}|DK\d{{8}}|FI\d{{8}}|SE\d{{12}}|EL\d{{9}}|RO\d{{2,10}}|CZ\d{{8,10}}|HU\d{{8}}){_E}",
        0.8,
        needs=DIGITS,
    ),
    rule(
        "nino",
        "UK_NINO",
        rf"{_B}[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?:[ -]?\d\d){{3}}[ -]?[A-D]{_E}",
        0.9,
        check=_nino,
        needs=DIGITS,
    ),
    rule("ssn", "US_SSN", r"(?<![\w-])\d{3}-\d\d-\d{4}(?![\w-])", 0.85, needs="-"),
    rule("passport_fr", "PASSPORT", rf"{_B}\d\d[A-Z]{{2}}\d{{5}}{_E}", 0.8, flags=0, needs=DIGITS),
    rule(
        "id_card_it",
        "PASSPORT",
        rf"{_B}(?:[A-Z]{{2}}[ ]?\d{{5}}[A-Z]{{2}}|[A-Z]{{2}}[ ]?\d{{7}}){_E}",
        0.7,
        flags=0,
        needs=DIGITS,
    ),
    rule(
        "passport_near",
        "PASSPORT",
        rf"{_B}(?=[A-Z]{{0,11}}\d)[A-Z0-9]{{5,12}}{_E}",
        0.85,
        check=has_digit,
        near=r"passe?ports?|passaporto|reisepass|pasaporte|carte (?:nationale )?d'identité|"
        r"cni|carta d'identità|identity card|"
        r"driv(?:er|ing)(?:'?s)? licen[cs]e|permis(?: de conduire)?|patente(?: di guida)?|"
        r"titre de séjour|permesso di soggiorno|licen[cs]e",
        needs=DIGITS,
    ),
    rule(
        "plate_fr_it",
        "LICENSE_PLATE",
        rf"{_B}(?:[A-HJ-NP-TV-Z]{{2}}[ ]?\d{{3}}[ ]?[A-HJ-NP-TV-Z]{{2}}|[A-Z]{{2}}-\d{{3}}-[A-Z]{{2}}){_E}",
        0.8,
        flags=0,
        needs=DIGITS,
    ),
    rule(
        "plate_fni",
        "LICENSE_PLATE",
        rf"{_B}\d{{2,4}}[ -][A-Z]{{2,3}}[ -](?:\d\d|2[AB]|97\d){_E}",
        0.7,
        flags=0,
        needs=DIGITS,
    ),
    rule("plate_uk", "LICENSE_PLATE", rf"{_B}[A-Z]{{2}}\d\d[ ]?[A-Z]{{3}}{_E}", 0.7, flags=0, needs=DIGITS),
    rule("plate_be", "LICENSE_PLATE", rf"{_B}[1-9]-[A-Z]{{3}}-\d{{3}}{_E}", 0.7, flags=0, needs=DIGITS),
    rule(
        "plate_near",
        "LICENSE_PLATE",
        rf"{_B}(?=[A-Z0-9 -]{{0,6}}\d)[A-Z0-9]{{1,4}}(?:[ -]?[A-Z0-9]{{1,4}}){{1,2}}{_E}(?!\.\d)",
        0.75,
        check=has_digit,
        near=r"immatricul\w*|plaques?|targa\w*|(?:licen[cs]e |number )?plates?|registration|kennzeichen|matrícula",
        flags=0,
        needs=DIGITS,
    ),
    rule(
        "bic",
        "BIC",
        (
            rf"{_B}[A-Z]{{4}}(?:{'|'.join(sorted(checks.IBAN_LENGTHS))}|US|CA|JP|CN|AU|"
            rf"IN|ZA|MA)[A-Z0-9]{{2}}(?:[A-Z0-9]{{3}})?{_E}"
        ),
        0.8,
        flags=0,
        near=r"bic|swift|bic/swift|code banque|iban",
    ),
)
