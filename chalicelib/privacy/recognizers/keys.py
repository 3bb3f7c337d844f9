"""Passwords, keys and tokens that leak by mail: known shapes, words that announce one, and long random strings."""

from __future__ import annotations

from chalicelib.privacy.rules import Rule, rule


def _random(text: str) -> bool:
    """Mixed letters and digits, as no word is: a key, a hash, an encoded block."""
    digits = sum(c.isdigit() for c in text)
    return digits >= 3 and len(text) - digits >= 6


SECRETS: tuple[Rule, ...] = (
    rule(
        "private_key",
        "SECRET",
        (
            r"-----BEGIN [A-Z ]{0,30}(?:KEY|CERTIFICATE|MESSAGE)[A-Z ]{0,10}-----[^-]{0,20000}(?:-----END [A-Z ]{0,40}"
            r"-----)?"
        ),
        1.0,
        flags=0,
        needs="-",
        rank=2,
    ),
    rule(
        "known_key",
        "SECRET",
        r"(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{30,255}|"
        r"github_pat_\w{22,255}|glpat-[\w-]{20,64}|"
        r"sk-[\w-]{16,200}|[sr]k_(?:live|test)_[A-Za-z0-9]{10,120}|xox[abeoprs]-[A-Za-z0-9-]{10,250}|AIza[\w-]{35}|"
        r"ya29\.[\w-]{20,400}|SG\.[\w-]{16,64}\.[\w-]{16,64}|npm_[A-Za-z0-9]{36}|"
        r"pypi-[\w-]{20,255}|hf_[A-Za-z0-9]{30,64}|"
        r"eyJ[\w-]{8,4000}\.[\w-]{4,4000}(?:\.[\w-]{0,1000})?|\d{8,10}:AA[\w-]{33})",
        1.0,
        flags=0,
        rank=2,
    ),
    rule(
        "password",
        "SECRET",
        r"(?<!\w)(?:mots? de passe|mdp|passwords?|passwd|passphrase|passcode|pwd|"
        r"pass|parola d'ordine|chiave d'accesso|kennwort|passwort|"
        r"contraseña|code (?:d'accès|confidentiel|secret|pin|wifi|wi-fi)|digicode|"
        r"pin(?: code)?|codice (?:segreto|pin|di accesso)|cvv2?|cvc|cryptogramme|"
        r"otp|"
        r"code de (?:validation|vérification|confirmation)|verification code|one-time code|codice di verifica)"
        r"(?:[ ][\w'’-]{1,20}){0,3}?"
        r"[ ]{0,3}(?:[:=]|est|is|è|was|sera|->|:-)[ ]{0,3}(?:now |désormais |maintenant |"
        r": ?)?[\"'«“]?[ ]?([^\s\"'«»”]{3,128})",
        0.9,
        group=1,
        check=lambda text: bool(text.strip(".,;:!?*")),
        whole=True,
        rank=2,
    ),
    rule(
        "announced_key",
        "SECRET",
        r"(?<![A-Za-z])(?:api[ _-]?keys?|apikey|(?:access|refresh|auth|bearer|api|"
        r"secret)[ _-]?tokens?|tokens?|secrets?(?:[ _-]?(?:access[ _-]?)?key)?|"
        r"client[ _-]?secret|access[ _-]?key(?:[ _-]?id)?|bearer|clé (?:api|d'api|"
        r"secrète|privée)|chiave (?:api|segreta)|licen[cs]e key|clé de licence)"
        r"[ ]{0,3}(?:[:=]|is|est|è)?[ ]{0,3}[\"'`]?([A-Za-z0-9_\-./+=]{8,512})",
        0.9,
        group=1,
        check=lambda text: any(c.isdigit() for c in text),
        rank=2,
    ),
    rule(
        "random_block",
        "SECRET",
        r"(?<![\w+/=.-])[A-Za-z0-9+/]{60,20000}={0,2}(?:\n[A-Za-z0-9+/]{1,20000}={0,2}(?=\n|$)){0,5000}",
        0.6,
        flags=0,
    ),
    rule(
        "random", "SECRET", r"(?<![\w+/=.@-])[A-Za-z0-9_+/-]{24,2000}={0,2}(?![\w+/=@-])", 0.5, check=_random, flags=0
    ),
)
