"""Checksums of identifiers, each from its public specification; every function takes bare upper-case characters."""

from __future__ import annotations

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24,
    "XK": 20,
}  # fmt: skip
"""Length per country, SWIFT IBAN registry (ISO 13616)."""


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit)
        if index % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def card(digits: str) -> bool:
    """Luhn, with an issuer range in use (ISO/IEC 7812 major industry 2 to 6) and the length that it has."""
    if not 12 <= len(digits) <= 19 or digits[0] not in "23456" or len(set(digits)) < 2:
        return False
    return luhn(digits)


def iban(text: str) -> bool:
    """ISO 13616: the country's length, and the rest by 97 is 1 (ISO 7064 MOD 97-10)."""
    if IBAN_LENGTHS.get(text[:2]) != len(text) or not text.isalnum() or not text[2:4].isdigit():
        return False
    moved = text[4:] + text[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def nir(text: str) -> bool:
    """French social-security number with key (13 + 2): 97 minus the rest by 97; 2A counts as 19, 2B as 18 (INSEE)."""
    if len(text) != 15 or text[0] not in "123478":
        return False
    body = text[:13].replace("2A", "19").replace("2B", "18")
    if not (body.isdigit() and text[13:].isdigit()):
        return False
    month = int(body[3:5])
    if not (1 <= month <= 12 or 20 <= month <= 42 or 50 <= month <= 99):
        return False
    return 97 - int(body) % 97 == int(text[13:])


def siren(digits: str) -> bool:
    """INSEE: nine digits, Luhn."""
    return len(digits) == 9 and digits != "000000000" and luhn(digits)


def siret(digits: str) -> bool:
    """INSEE: fourteen digits, Luhn; La Poste's establishments (356000000) sum their digits to a multiple of 5."""
    if len(digits) != 14 or digits[:9] == "000000000":
        return False
    return luhn(digits) or (digits.startswith("356000000") and sum(map(int, digits)) % 5 == 0)


def french_vat(text: str) -> bool:
    """`FR` + key + SIREN; the numeric key is (12 + 3 · SIREN mod 97) mod 97 (BOFiP)."""
    key, number = text[2:4], text[4:]
    if len(text) != 13 or not number.isdigit():
        return False
    return int(key) == (12 + 3 * (int(number) % 97)) % 97 if key.isdigit() else siren(number)


def partita_iva(digits: str) -> bool:
    """Eleven digits, Luhn (DPR 633/1972, art. 35)."""
    return len(digits) == 11 and digits != "0" * 11 and luhn(digits)


_ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", [
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10,
    22, 25, 24, 23,
], strict=True))  # fmt: skip


def codice_fiscale(text: str) -> bool:
    """Sixteen characters, the last one the check letter (DM 23/12/1976)."""
    if len(text) != 16:
        return False
    total = sum(_ODD[c] if i % 2 == 0 else (int(c) if c.isdigit() else ord(c) - 65) for i, c in enumerate(text[:15]))
    return chr(65 + total % 26) == text[15]


def nhs(digits: str) -> bool:
    """NHS Data Dictionary: ten digits, weights 10 to 2, 11 minus the rest by 11 (11 is 0, 10 is invalid)."""
    if len(digits) != 10 or len(set(digits)) == 1:
        return False
    check = 11 - sum(int(d) * (10 - i) for i, d in enumerate(digits[:9])) % 11
    return (0 if check == 11 else check) == int(digits[9])


def ssn(digits: str) -> bool:
    """US SSA: area not 000, 666 or 9xx, group not 00, serial not 0000."""
    if len(digits) != 9:
        return False
    return digits[:3] not in ("000", "666") and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"
