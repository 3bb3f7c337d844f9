"""Invented mails full of seeded identifiers with valid checksums, for the leak test; reserved domains only."""

from __future__ import annotations

import random
from dataclasses import dataclass
from email.message import EmailMessage

FIRST = (
    "Anaïs Zoltan Giulia Fiona Bertrand Oumar Kateryna Ludovic Priya Svetlana Matteo Ingrid Rachid Solène Wojciech"
).split()
LAST = (
    "Quellenec Vandermeer Bianchetti Okonkwo Lefèvre Zaharia Thistlewood Duchâteau "
    "Kowalczyk Marchetti Oyelaran Brisebarre"
).split()
WORDS = {
    "fr": ("Bonjour {other},", "Voici les informations du patient pour le rendez-vous de mardi.", "Cordialement,"),
    "en": ("Dear {other},", "Here is what you asked for about the appointment on Tuesday.", "Kind regards,"),
    "it": ("Gentile {other},", "ecco le informazioni per l'appuntamento di martedì.", "Cordiali saluti,"),
}


@dataclass(frozen=True, slots=True)
class Seeded:
    """A raw mail and every secret that it holds, each as it would be recognised."""

    raw: bytes
    secrets: tuple[str, ...]


def mails(count: int, seed: int = 5) -> list[Seeded]:
    """`count` mails in three languages, about a dozen secrets each."""
    source = random.Random(seed)
    return [_mail(source, index) for index in range(count)]


def _mail(source: random.Random, index: int) -> Seeded:
    sender, other = _name(source), _name(source)
    language = source.choice(sorted(WORDS))
    addresses = [
        f"{_plain(name)}.{index}@{source.choice(('mail.example', 'corp.test', 'example.org'))}"
        for name in (sender, other)
    ]
    values = {
        "IBAN": _iban(source), "card": _card(source), "NIR": _nir(source), "SIRET": _luhn(source, 13, "7"),
        "tel": f"0{source.choice('67')} " + " ".join(f"{source.randint(0, 99):02d}" for _ in range(4)),
        "mobile": f"+39 3{source.randint(20, 99)} {source.randint(1000000, 9999999)}",
        "phone": f"({source.randint(201, 989)}) 555-{source.randint(100, 199):04d}",
        "e-mail": f"{source.choice('abcdef')}{index}.{source.randint(10, 99)}@intra.corp.test",
        "IP": f"203.0.113.{source.randint(1, 254)}", "password": f"Zq{source.randint(1000, 9999)}!x",
    }  # fmt: skip
    opening, middle, closing = WORDS[language]
    chosen = source.sample(sorted(values), 8)
    lines = [f"{kind} : {values[kind]}" for kind in chosen]
    mention = source.choice((other.upper(), " ".join(reversed(other.split())), other))
    body = "\n".join([opening.format(other=other.split()[0]), "", middle, *lines, f"cc {mention}", "", closing, sender])
    message = EmailMessage()
    message["From"], message["To"] = f"{sender} <{addresses[0]}>", f"{other} <{addresses[1]}>"
    message["Subject"] = f"{sender} / {values['tel']}"
    message["Message-ID"] = f"<{index}@mail.example>"
    message.set_content(body)
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename=f"dossier {other}.pdf")
    secrets = [sender, other, *addresses, values["tel"], *(values[kind] for kind in chosen)]
    return Seeded(message.as_bytes(), tuple(dict.fromkeys(secrets)))


def _name(source: random.Random) -> str:
    return f"{source.choice(FIRST)} {source.choice(LAST)}"


def _plain(name: str) -> str:
    return ".".join(name.encode("ascii", "ignore").decode().lower().split())


def _luhn(source: random.Random, length: int, first: str) -> str:
    body = first + "".join(str(source.randint(0, 9)) for _ in range(length - len(first)))
    total = sum(
        (int(d) * 2 - 9 if int(d) > 4 else int(d) * 2) if i % 2 == 0 else int(d) for i, d in enumerate(reversed(body))
    )
    return body + str(-total % 10)


def _card(source: random.Random) -> str:
    number = _luhn(source, 15, "4")
    return " ".join(number[i : i + 4] for i in range(0, 16, 4)) if source.random() < 0.5 else number


def _nir(source: random.Random) -> str:
    head = f"{source.choice('12')}{source.randint(30, 99)}{source.randint(1, 12):02d}{source.randint(10, 95)}"
    body = f"{head}{source.randint(100, 999)}{source.randint(100, 999)}"
    key = f"{97 - int(body) % 97:02d}"
    return (
        (f"{body[0]} {body[1:3]} {body[3:5]} {body[5:7]} {body[7:10]} {body[10:]} {key}")
        if source.random() < 0.5
        else body + key
    )


def _iban(source: random.Random) -> str:
    account = "".join(str(source.randint(0, 9)) for _ in range(23))
    check = 98 - int(account + "152700") % 97
    text = f"FR{check:02d}{account}"
    return " ".join(text[i : i + 4] for i in range(0, 27, 4)) if source.random() < 0.5 else text
