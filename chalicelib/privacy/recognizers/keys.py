"""Secrets: keys and tokens by their shape, passwords and codes by the words before them."""

from __future__ import annotations

import re

from chalicelib.privacy.fold import fold
from chalicelib.privacy.lists import shipped
from chalicelib.privacy.rules import Rule, rule

_STATE = re.compile(
    r"(?:.*(?:ed|ing|ory|ary|ible|able|ive|ful|less|ent|ial|oire|oires|é|ée|és|ées|iel|ielle|ato|ata|ati|ate|uto|uta|"
    r"ito|ita|orio|oria|bile|ale|ante|ente)|nul|trop|très|too|not|now|new|no|pas|non|old|weak|wrong|bon|mauvais|faux|"
    r"juste|unique|ici|here|below|your|the|ton|votre|mon|le|la|un|une|il|lo|sans|with|without|for|pour|per|que|che|"
    r"that|in|on|at|by|dans|nel|nella|oui|yes|si|perso|perdu|reset|safe|secret|case|kept|lost|sent|set|longue?|"
    r"court|short|long|corta|personale|troppo|più|tua|sua|mia)",
    re.IGNORECASE,
)
"""What is said about a password: "is expired", "est obligatoire", "è personale"."""
_VALUE = r"[\"'«“`(\[]?[ ]?([^\s\"'«»“”`()\[\]<>,;]{2,127}[^\s\"'«»“”`()\[\]<>,;:.])"
_IS = r"(?:[ ]{0,3}(?:[:=]|->|=>|:-)|[ ]{1,3}(?:est|is|are|è|was|sera|c'est|are|fu|era)(?!\w)[ ]?:?)[ ]{0,3}"
_WORD = (
    r"(?:mots? de passe|mdp|passwords?|passwd|passphrase|passcodes?|pwd|psw|pw|parola d'ordine|parola chiave|"
    r"chiave d'accesso|kennwort|passwort|contraseña|phrase secrète|secret|segreto)"
)
_WIFI = r"(?:wi-?fi|wlan|réseau|network|rete|box|hotspot|routeur|router|partage)"
_CODES = (
    r"(?:(?:door|gate|entry|entrance|access|alarm|building|safe|lock|padlock|garage|security|unlock|sim|puk|pin|otp|"
    r"verification|validation|confirmation|one-time|secret|login|lobby|lift|card|key ?safe|lock ?box)"
    r"[ ](?:code|pin|key)|"
    r"code[ ](?:d'accès|d'entrée|confidentiel|secret|pin|puk|wifi|wi-fi|à usage unique|d'en bas|de sécurité|"
    r"(?:de |du |de la |de l'|d')(?:validation|vérification|confirmation|porte|portail|portillon|immeuble|entrée|hall|"
    r"parking|garage|alarme|coffre|cadenas|cave|bas|déverrouillage))|"
    r"codice[ ](?:segreto|pin|puk|otp|portone|(?:di |del |della |dell'|d')(?:accesso|verifica|conferma|"
    r"sicurezza|portone|"
    r"cancello|ingresso|allarme|garage|cassaforte|sotto|sblocco|porta))|"
    r"digicode|digicodes|pin(?:[ ]code)?|puk|otp)"
)
_PLACES = (
    r"(?:portail|porte d'entrée|portillon|alarme|boîte à clés?|coffre(?:-fort)?|cadenas|antivol|gate|alarm|key ?safe|"
    r"lock ?box|padlock|bike lock|safe|vault|portone|cancello|allarme|cassetta delle chiavi|lucchetto|"
    r"cassaforte|digicode)"
)
_PRESS = (
    r"(?:tu fais|vous faites|faire|fais|tapez|tape|composez|compose|fai|digita|digitate|premi|press|dial|enter|type)"
)
_CODE = r"([A-Z*#]?\d[A-Z\d*#-]{2,14}(?<!-)|[A-Z]{1,3}\d{2,10}[A-Z]?[#*]?)(?![\w]|[:.,/]\d)"
_GAVE = (
    r"(?:you (?:gave|sent|told|texted) (?:me|us)|(?:que )?(?:tu m'as|vous m'avez|vous nous avez) (?:donné|envoyé|"
    r"communiqué)e?|(?:che )?(?:mi|ci) (?:hai|ha|avete|hanno) (?:dato|inviato|mandato|comunicato))"
)


def _random(text: str) -> bool:
    """Mixed letters and digits, as no word is: a key, a hash, an encoded block."""
    digits = sum(c.isdigit() for c in text)
    return digits >= 3 and len(text) - digits >= 6


def _value(text: str) -> bool:
    """A secret, and not what is said about one: signs of its own, or a word that tells no state."""
    bare = text.strip(".,;:!?*")
    if len(bare) < 3:
        return False
    return _mixed(bare) or not (_STATE.fullmatch(bare) or shipped().common(fold(bare)))


def _announced(text: str) -> bool:
    """After a colon even a plain word is one, unless it tells a state."""
    bare = text.strip(".,;:!?*")
    return len(bare) > 2 and (_mixed(bare) or not _STATE.fullmatch(bare))


def _mixed(text: str) -> bool:
    return not text.isalpha() and (
        any(c.isdigit() for c in text) or any(not c.isalnum() and c not in "-'’" for c in text)
    )


def _digits(text: str) -> bool:
    return sum(c.isdigit() for c in text) >= 2 and not re.fullmatch(r"(?:19|20)\d\d", text)


def _secret(name: str, pattern: str, score: float = 0.9, **more: object) -> Rule:
    options = {"group": 1, "rank": 3, "whole": True, **more}
    return rule(name, "SECRET", pattern, score, **options)  # type: ignore[arg-type]


SECRETS: tuple[Rule, ...] = (
    _secret(
        "private_key",
        (
            r"-----BEGIN [A-Z ]{0,30}(?:KEY|CERTIFICATE|MESSAGE)[A-Z ]{0,10}-----[^-]{0,20000}(?:-----END [A-Z ]{0,40}"
            r"-----)?"
        ),
        1.0,
        flags=0,
        needs="-",
        group=0,
    ),
    _secret(
        "known_key",
        r"(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{30,255}|"
        r"github_pat_\w{22,255}|glpat-[\w-]{20,64}|"
        r"sk-[\w-]{16,200}|[sr]k_(?:live|test)_[A-Za-z0-9]{10,120}|xox[abeoprs]-[A-Za-z0-9-]{10,250}|AIza[\w-]{35}|"
        r"ya29\.[\w-]{20,400}|SG\.[\w-]{16,64}\.[\w-]{16,64}|npm_[A-Za-z0-9]{36}|"
        r"pypi-[\w-]{20,255}|hf_[A-Za-z0-9]{30,64}|"
        r"eyJ[\w-]{8,4000}\.[\w-]{4,4000}(?:\.[\w-]{0,1000})?|\d{8,10}:AA[\w-]{33})",
        1.0,
        flags=0,
        group=0,
    ),
    _secret(
        "password",
        rf"(?<!\w){_WORD}(?:[ ][^\W\d][\w'’-]{{0,19}}){{0,4}}?{_IS}(?:now |désormais |maintenant |ora )?{_VALUE}",
        check=_value,
        hints="passe mdp pass pwd psw pw parola chiave wort contras phrase secret segret",
    ),
    _secret(
        "password_label",
        rf"(?<!\w){_WORD}(?:[ ][^\W\d][\w'’-]{{0,19}}){{0,5}}?[ ]{{0,3}}[:=][ ]{{0,3}}{_VALUE}",
        check=_announced,
        hints="passe mdp pass pwd psw pw parola chiave wort contras phrase secret segret",
    ),
    _secret(
        "password_bare",
        rf"(?<!\w){_WORD}[ ]{{1,2}}{_VALUE}",
        check=_mixed,
        hints="passe mdp pass pwd psw pw parola chiave wort contras phrase secret segret",
    ),
    _secret(
        "network_key",
        rf"(?<!\w){_WIFI}(?!\w)[^\n]{{0,40}}?(?<!\w)(?:clé|clef|key|chiave|code|pass|mdp|pwd)(?!\w)[ ]?(?:[:=]|"
        rf"est|is|è)?[ ]{{0,2}}{_VALUE}",
        check=_mixed,
        hints="wifi wi-fi wlan réseau network rete box hotspot rout partage",
    ),
    _secret(
        "access_code",
        rf"(?<!\w){_CODES}(?!\w)(?:[ ][\w'’-]{{1,15}}){{0,4}}?(?:{_IS}|[ ])(?:now |désormais )?{_CODE}",
        check=_digits,
        hints="code codice pin puk otp key",
    ),
    _secret(
        "place_code_is",
        rf"(?<!\w){_PLACES}(?!\w)(?:[ ][\w'’-]{{1,15}}){{0,4}}?(?:{_IS}|[ ,]{{1,2}}{_PRESS}[ ](?:le |the |il )?){_CODE}"
        r"(?![ ](?:m|km|cm|mètres?|metres?|metri|ans|years|anni|jours|days|giorni|euros?)\b)",
        check=_digits,
        hints="porta porte alarm coffre clés cadenas antivol gate safe lock vault porto cancello allarme chiavi "
        "lucchetto cassaforte digicode",
    ),
    _secret(
        "code_is",
        r"(?<![\w-])(?:le |the |il |mon |my )?(?:code|codice|combination|combinaison|combinazione)"
        r"(?![ ](?:de |di |d'|du |del )?(?:postal|postale|article|articolo|produit|prodotto|product|promo\w*|"
        r"sconto|discount|"
        r"coupon|réduction|remise|ape|naf|erreur|error|errore|source|barres?|fiscale|client|cliente|customer|zip|area|"
        r"booking|réservation|prenotazione|country|pays|status|civil|civile|swift|bic|cours|course|dress|iban|ateco|cpv|"
        r"cig|cup|univoco|insee|commune|iso|qr))"
        rf"(?:[ ][\w'’-]{{1,15}}){{0,5}}?{_IS}{_CODE}",
        check=_digits,
        hints="code codice combin",
    ),
    _secret(
        "given_code",
        rf"(?<!\w){_GAVE}[ ]?[,:(]{{0,2}}[ ]{{0,2}}{_VALUE}",
        check=lambda text: _value(text) and not text.istitle(),
        hints="you m'a m'ave nous hai ha hanno avete",
    ),
    _secret(
        "card_check_value",
        r"(?<!\w)(?:cvv2?|cvc2?|cvn|csc|cryptogramme(?: visuel)?|security code|code (?:de sécurité|visuel)|"
        r"codice di sicurezza|"
        r"check value|three digits|3 digits|trois (?:derniers )?chiffres)(?!\w)(?:[ ](?!\d)"
        r"[\w'’-]{1,12}){0,4}[ ]?[:=,(]?[ ]?(\d{3,4})(?!\w)",
        hints="cv crypto code codice check digits chiffres csc",
    ),
    _secret(
        "announced_key",
        r"(?<![A-Za-z])(?:api[ _-]?keys?|apikey|(?:access|refresh|auth|bearer|api|"
        r"secret)[ _-]?tokens?|tokens?|secrets?(?:[ _-]?(?:access[ _-]?)?key)?|"
        r"client[ _-]?secret|access[ _-]?key(?:[ _-]?id)?|bearer|clé (?:api|d'api|"
        r"secrète|privée)|chiave (?:api|segreta)|licen[cs]e key|clé de licence|recovery code|code de récupération)"
        r"(?:[ ]{0,3}(?:[:=]|(?<!\w)(?:is|est|è)(?!\w)))?[ ]{0,3}[\"'`]?([A-Za-z0-9_\-./+=]{8,512})",
        check=lambda text: any(c.isdigit() for c in text),
        hints="key token secret bearer clé chiave récup recovery",
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
