"""Numbers and addresses of the net that are what they are by form or checksum, in any language."""

from __future__ import annotations

import ipaddress

from chalicelib.privacy import checks
from chalicelib.privacy.rules import Rule, rule

GAP = r"[ .\-/]?(?:\n[> ]{0,6})?"
"""What people and mail programs put between the digits of one number: a space, a dot, a dash, a quoted line break."""
DIGIT = "0123456789"


def _ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


EMAIL = r"(?<![\w.+%-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:\[[0-9a-f.:]{3,45}\]|[^\W_](?:[\w-]{0,62})(?:\.[^\W_][\w-]{0,62}){0,8})"

NET: tuple[Rule, ...] = (
    rule("email", "EMAIL_ADDRESS", EMAIL, 1.0, needs="@", rank=2),
    rule(
        "email_spelled",
        "EMAIL_ADDRESS",
        r"(?<![\w.+-])[\w.+-]{1,64} ?[\[({<] ?(?:at|arobase|chiocciola|@) ?[\])}>] ?[\w-]{1,63}(?:(?: ?[\[({<] ?(?:dot|point|punto|\.) ?[\])}>] ?|\.)[\w-]{1,63}){1,5}",
        0.95,
        needs="[({<",
    ),
    rule("url", "URL", r"(?<!\w)(?:https?|ftps?|sftp|wss?)://[^\s<>\"']{1,2000}", 0.9, needs=":"),
    rule(
        "url_www",
        "URL",
        r"(?<![\w.@])www\d?\.[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}(?:/[^\s<>\"']{0,2000})?",
        0.85,
        needs=".",
    ),
    rule(
        "host",
        "URL",
        r"(?<![\w.@/-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,6}(?:com|org|net|fr|it|de|uk|be|ch|es|eu|io|info|biz|gov|edu|lan|local|internal|corp|example|test|invalid|localhost|intranet|home|app|dev|cloud|us|nl|lu|pt|co|me|tv|ca|at|int|mil|pro|name|online|site|shop|tech|ru|cn|jp|in|br|au)(?![\w-]|\.\w)(?:/[^\s<>\"']{0,2000})?",
        0.7,
        needs=".",
    ),
    rule(
        "ipv4",
        "IP_ADDRESS",
        r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w]|\.\d)",
        0.95,
        needs=".",
    ),
    Rule(
        "ipv6",
        "IP_ADDRESS",
        rule("", "", r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", 0).pattern,
        0.9,
        needs=":",
    ),
    rule("mac", "MAC_ADDRESS", r"(?<![\w:-])[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}(?![\w:-])", 0.9, needs=":-"),
)

_IBAN = (
    "|".join(
        rf"{country}{GAP}\d{GAP}\d(?:{GAP}[A-Z0-9]){{{{{length - 4}}}}}"
        for country, length in checks.IBAN_LENGTHS.items()
    )
    .replace("{{", "{")
    .replace("}}", "}")
)

NUMBERS: tuple[Rule, ...] = (
    rule(
        "iban",
        "IBAN_CODE",
        rf"(?<![A-Za-z0-9])(?:{_IBAN})(?![A-Za-z0-9])",
        1.0,
        check=checks.iban,
        needs=DIGIT,
        rank=2,
    ),
    rule(
        "card",
        "CREDIT_CARD",
        rf"(?<![\w.])[2-6](?:{GAP}\d){{11,18}}(?!\w)",
        0.95,
        check=checks.card,
        needs=DIGIT,
        rank=2,
    ),
    rule(
        "nir",
        "FR_NIR",
        rf"(?<!\w)[1-478](?:{GAP}\d){{4}}{GAP}\d{GAP}[\dAB](?:{GAP}\d){{6}}{GAP}\d{GAP}\d(?!\w)",
        1.0,
        check=checks.nir,
        needs=DIGIT,
        rank=2,
    ),
    rule("siret", "FR_SIRET", rf"(?<!\w)\d(?:{GAP}\d){{13}}(?!\w)", 0.95, check=checks.siret, needs=DIGIT, rank=2),
)
