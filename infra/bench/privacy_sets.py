"""The texts that the privacy bench measures on: the public sentences, and sets generated from templates and Faker.

A template file in `tests/privacy_data/` holds texts separated by `===`; `{slot}` is filled with an invented value, and
the place where it lands is gold. The same slot name means the same value. The `heldout_*` files were written before
the rules were deepened and are never looked at again; their digests are kept beside them.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.bench.privacy_score import Sample

FOLDER = Path(__file__).parents[2] / "tests" / "privacy_data"
_LOCALES = {
    "fr": ("fr_FR", "fr_FR", "fr_BE", "fr_CA", "fr_DZ", "pl_PL"),
    "it": ("it_IT", "it_IT", "it_IT", "ro_RO"),
    "en": ("en_US", "en_GB", "en_US", "en_AU", "en_IN"),
    "world": tuple(
        (
            "de_DE de_AT nl_NL sv_SE da_DK no_NO fi_FI pl_PL cs_CZ hu_HU pt_BR pt_PT "
            "es_ES es_MX en_US en_GB en_AU en_NZ en_CA fr_FR it_IT sl_SI hr_HR en_US"
        ).split()
    ),
}
_CIVILITY = {
    "fr": ("Monsieur", "Madame", "M.", "Mme"),
    "it": ("Signor", "Signora", "Sig.", "Sig.ra"),
    "en": ("Mr", "Mrs", "Ms", "Mr."),
}
_SLOT = re.compile(r"\{([A-Za-z_]+?)(_rev|_REV)?(\d?)(_lc)?\}")


def public_sentences(path: Path) -> list[Sample]:
    """presidio-research's synthetic set (MIT), as its source package ships it."""
    rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return [
        Sample(
            row["full_text"],
            tuple((s["start_position"], s["end_position"], s["entity_type"]) for s in row["spans"]),
            "en",
        )
        for row in rows
    ]


def generated(split: str, language: str, count: int, seed: int) -> list[Sample]:
    """`count` texts of `dev` or `heldout` in `language`. Needs Faker on the path."""
    blocks = (FOLDER / f"{split}_{language}.txt").read_text("utf-8").strip("\n").split("\n===\n")
    values = _Values(language, seed)
    return [values.fill(blocks[index % len(blocks)]) for index in range(count)]


class _Values:
    def __init__(self, language: str, seed: int) -> None:
        from faker import Faker

        self.language = language
        self.random = random.Random(seed)  # noqa: S311 - the same texts in every run
        self.fakers = [Faker(locale) for locale in _LOCALES[language]]
        for index, faker in enumerate(self.fakers):
            faker.seed_instance(seed * 100 + index)
        self._english = Faker("en_US")
        self._english.seed_instance(seed)

    def fill(self, template: str) -> Sample:
        people: dict[str, tuple[str, str]] = {}
        kept: dict[str, str] = {}
        pieces: list[str] = []
        spans: list[tuple[int, int, str]] = []
        position = length = 0
        for match in _SLOT.finditer(template):
            before = template[position : match.start()]
            pieces.append(before)
            length += len(before)
            slot, form, number = match.group(1), match.group(2) or match.group(4) or "", match.group(3)
            if slot.lower() in ("person", "first", "last"):
                first, last = people.setdefault(number, self._name())
                value, kind = _person(slot, form, first, last), "PERSON"
            else:
                value = kept.setdefault(f"{slot}{number}", self._value(slot))
                kind = _KINDS.get(slot, "")
            if kind:
                spans.append((length, length + len(value), kind))
            pieces.append(value)
            length += len(value)
            position = match.end()
        pieces.append(template[position:])
        return Sample("".join(pieces), tuple(spans), self.language)

    def _name(self) -> tuple[str, str]:
        faker = self.random.choice(self.fakers)
        return faker.first_name(), faker.last_name()

    def _value(self, slot: str) -> str:
        main, pick = self.fakers[0], self.random.choice
        language = self.language
        match slot:
            case "civ" | "civ2":
                return pick(_CIVILITY[language])
            case "address":
                return self._address()
            case "city" | "country" | "zip":
                return (
                    str(getattr(self._any(), {"zip": "postcode"}.get(slot, slot))())
                    if slot != "country"
                    else str(self._english.country())
                )
            case "org":
                return str(self._any().company())
            case "phone":
                return str(main.phone_number())
            case "email":
                return str(pick((main.email(), main.company_email(), main.user_name() + "@intra.local")))
            case "iban":
                return _grouped(main.iban(), 4) if pick((True, False)) else str(main.iban())
            case "card":
                number = str(main.credit_card_number(pick(("visa", "mastercard", "visa16"))))
                return _grouped(number, 4) if pick((True, False)) else number
            case "nir":
                return str(main.ssn()) if pick((True, False)) else _nir_spaced(str(main.ssn()))
            case "ssn" | "cf":
                return str(main.ssn())
            case "siret":
                return str(main.siret())
            case "siren":
                return str(main.siren())
            case "vat":
                number = str(main.siren()).replace(" ", "")
                return f"FR{(12 + 3 * (int(number) % 97)) % 97:02d}{pick(('', ' '))}{number}"
            case "piva":
                return str(main.company_vat())[pick((0, 2)) :]
            case "url":
                return str(main.url())
            case "ip":
                return str(pick((main.ipv4(), main.ipv6())))
            case "dob":
                return str(main.date_of_birth().strftime(pick(("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"))))
            case "plate":
                return str(main.license_plate())
            case "passport":
                return (
                    f"{self.random.randint(10, 99)}{pick('ACDEFHK')}{pick('BCFHKV')}{self.random.randint(10000, 99999)}"
                    if language != "it"
                    else f"Y{pick('ABC')}{self.random.randint(1000000, 9999999)}"
                )
            case "password":
                return str(main.password(length=12))
            case "nhs":
                return _nhs(self.random)
            case "nino":
                return (
                    f"{pick('ABCEGH')}{pick('ABCEGHJ')} {self.random.randint(10, 99)} {self.random.randint(10, 99)} "
                    f"{self.random.randint(10, 99)} {pick('ABCD')}"
                )
        raise KeyError(slot)

    def _any(self) -> Any:
        """The language's own values; of the world's, any."""
        return self.random.choice(self.fakers) if self.language == "world" else self.fakers[0]

    def _address(self) -> str:
        main = self.fakers[0] if self.language not in ("en", "world") else self.random.choice(self.fakers)
        if self.language == "world" and self.random.random() < 0.7:
            return self._address_in_parts(main)
        if self.language in ("en", "world"):
            return str(main.address()).replace("\n", self.random.choice((", ", "\n")))
        street, code, city = main.street_address(), main.postcode(), main.city()
        return str(
            self.random.choice(
                (f"{street}, {code} {city}", f"{street}\n{code} {city}", f"{street} - {code} {city}", street)
            )
        )

    def _address_in_parts(self, main: Any) -> str:
        """Street, town, code and country, in the orders and on the lines that forms and people use."""
        pick, us = self.random.choice, self._english
        street, city, code, country = main.street_address(), main.city(), main.postcode(), us.country()
        unit = pick((f"Apt. {self.random.randint(1, 999)}", f"Suite {self.random.randint(1, 999)}", "Flat 3"))
        return str(
            pick(
                (
                    f"{street}\n{city}\n{country} {code}",
                    f"{street}\n {unit}\n {city}\n {us.state()} {code}",
                    f"{street}, {city}, {country}",
                    f"{street}, {city}",
                    f"{street} {city}",
                    street,
                    f"{street}, {code} {city}, {country}",
                    f"{street}\n{code} {city}\n{country}",
                    f"{street} {unit}, {city}, {us.state_abbr()} {us.postcode()}",
                )
            )
        )


def _nhs(source: random.Random) -> str:
    while True:
        digits = [source.randint(0, 9) for _ in range(9)]
        check = (11 - sum(d * (10 - i) for i, d in enumerate(digits)) % 11) % 11
        if check != 10:
            text = "".join(map(str, [*digits, check]))
            return f"{text[:3]} {text[3:6]} {text[6:]}"


def _person(slot: str, form: str, first: str, last: str) -> str:
    lower = slot.lower()
    if lower != "person":
        text = first if lower == "first" else last
        return text.lower() if form == "_lc" else text
    if form == "_REV" or (slot == "PERSON" and form == "_rev"):
        return f"{last.upper()} {first}"
    if form == "_rev":
        return f"{last} {first}"
    full = f"{first} {last}"
    return full.lower() if form == "_lc" else full.upper() if slot == "PERSON" else full


def _grouped(text: str, size: int) -> str:
    return " ".join(text[i : i + size] for i in range(0, len(text), size))


def _nir_spaced(text: str) -> str:
    t = "".join(text.split())
    return f"{t[0]} {t[1:3]} {t[3:5]} {t[5:7]} {t[7:10]} {t[10:13]} {t[13:]}"


_KINDS = {
    "address": "STREET_ADDRESS",
    "city": "GPE",
    "country": "GPE",
    "zip": "ZIP_CODE",
    "org": "ORGANIZATION",
    "phone": "PHONE_NUMBER",
    "email": "EMAIL_ADDRESS",
    "iban": "IBAN_CODE",
    "card": "CREDIT_CARD",
    "nir": "FR_NIR",
    "ssn": "US_SSN",
    "cf": "IT_FISCAL_CODE",
    "siret": "FR_SIRET",
    "siren": "FR_SIREN",
    "vat": "VAT",
    "piva": "IT_VAT",
    "url": "DOMAIN_NAME",
    "ip": "IP_ADDRESS",
    "dob": "DATE_OF_BIRTH",
    "plate": "LICENSE_PLATE",
    "passport": "PASSPORT",
    "password": "PASSWORD",
    "nhs": "UK_NHS",
    "nino": "UK_NINO",
}


def unknown_third(names: frozenset[str]) -> Iterator[str]:
    """The names of a list that stay when a third of them (by digest) is taken away: names no list can know."""
    import hashlib

    for name in names:
        if hashlib.sha256(name.encode()).digest()[0] % 3:
            yield name
