"""What automatic mail calls itself in its subject, in English, French, German, Italian, Spanish and Dutch."""

from __future__ import annotations

import re

_PREFIX = re.compile(r"^(?:(?:re|aw|sv|tr|fwd?|wg|r|rif|rv|antw)\s{0,3}:\s{0,3}){0,3}", re.IGNORECASE)
_END = r"(?=\s{0,3}(?:[:\-–—|(\[!.,#]|$))"
_AUTO_REPLY = re.compile(
    r"\W{0,3}(?:"
    r"(?:automatic|automated|auto)[ -]?(?:reply|response|answer)|auto-?reply|autoresponder"
    r"|réponse automatique|reponse automatique|réponse auto|message d['’]absence|notification d['’]absence"
    r"|automatische antwort|automatische rückantwort|abwesenheitsnotiz|abwesenheitsmeldung|abwesenheitsnachricht"
    r"|autoantwort|automatische abwesenheit\w{0,12}"
    r"|risposta automatica|risponditore automatico|avviso di assenza"
    r"|respuesta automática|respuesta automatica|aviso de ausencia|mensaje de ausencia"
    r"|automatisch antwoord|automatische reactie|automatische beantwoording|afwezigheidsbericht|afwezigheidsmelding"
    r")\b"
    r"|\W{0,3}(?:out of (?:the )?office(?: auto-?reply| message| notification)?|ooo|away from (?:the "
    r"|my )?(?:office|desk|mail)"
    r"|vacation (?:message|notice|reply)|on vacation|on annual leave"
    r"|absence du bureau|absente? du bureau|hors du bureau|en congés?|absence"
    r"|nicht im büro|außer haus|ausser haus|abwesenheit|abwesend|im urlaub"
    r"|fuori ufficio|fuori sede|assente dall['’]ufficio|assenza dall['’]ufficio|in ferie"
    r"|fuera de (?:la )?oficina|ausente de la oficina|ausencia de la oficina|de vacaciones"
    r"|niet op kantoor|buiten kantoor|afwezig|afwezigheid|met vakantie)" + _END,
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"delivery (?:status notification \(delay|delayed|incomplete|is delayed)|delayed mail|message delayed"
    r"|still being retried"
    r"|warning: (?:message|could not send|mail|delayed)|remise (?:retardée|différée)|message (?:retardé|différé)"
    r"|livraison retardée|zustellung (?:verzögert|verzögerung)|verzögerte (?:zustellung|nachricht)"
    r"|übermittlung verzögert"
    r"|consegna (?:ritardata|in ritardo)|messaggio ritardato|ritardo (?:di|nella) consegna"
    r"|entrega (?:retrasada|demorada)|mensaje retrasado|retraso en la entrega|vertraagde bezorging"
    r"|bezorging vertraagd",
    re.IGNORECASE,
)
_FAILED = re.compile(
    r"undeliver(?:able|ed)|delivery (?:status notification \(failure|failure|has failed|failed)|failure notice"
    r"|mail delivery (?:failed|failure|error)|returned mail|returned to sender|could ?n[o']t be delivered"
    r"|mail system error"
    r"|delivery notification: delivery has failed|non remis|échec de (?:la )?(?:remise|livraison|distribution)"
    r"|non distribuable|retour(?:né)? à l['’]expéditeur|unzustellbar|zustellung fehlgeschlagen|nicht zustellbar"
    r"|fehler bei der zustellung|non recapitabile|mancata consegna|impossibile (?:consegnare|recapitare)"
    r"|consegna non riuscita"
    r"|no se puede entregar|no entregado|error de entrega|entrega fallida|onbestelbaar|niet bezorgd"
    r"|bezorging mislukt",
    re.IGNORECASE,
)
_RECEIPT = re.compile(
    r"(?:read|not read|lu|non lu|gelesen|ungelesen|letto|non letto|leído|no leído|gelezen|niet gelezen)\s{0,3}:\s"
    r"|(?:return|read|reading) receipt\b|accusé de (?:lecture|réception)\b|lesebestätigung\b"
    r"|empfangsbestätigung \(angezeigt"
    r"|conferma di lettura\b|ricevuta di (?:lettura|ritorno)\b|confirmación de lectura\b"
    r"|acuse de (?:lectura|recibo)\b"
    r"|leesbevestiging\b|ontvangstbevestiging \(weergegeven",
    re.IGNORECASE,
)
_DMARC = re.compile(r"report domain:\s{0,3}\S{1,253}\s{1,3}submitter:", re.IGNORECASE)
_DMARC_FILE = re.compile(r"[\w.-]{1,253}![\w.-]{1,253}!\d{8,12}!\d{8,12}(?:![\w.-]{1,60})?\.(?:xml|xml\.gz|zip|gz)")


def is_auto_reply(subject: str) -> bool:
    """Whether an absence or another automatic answer announces itself; a sentence about one does not."""
    return _AUTO_REPLY.match(_PREFIX.sub("", subject, count=1)) is not None


def says_delayed(subject: str) -> bool:
    """Whether a mail system goes on trying."""
    return _DELAYED.search(subject[:300]) is not None


def says_failed(subject: str) -> bool:
    """Whether a mail system gave up."""
    return _FAILED.search(subject[:300]) is not None


def says_read(subject: str) -> bool:
    """Whether a mail program reports that a mail was shown."""
    return _RECEIPT.match(subject) is not None


def is_dmarc(subject: str, filenames: tuple[str, ...]) -> bool:
    """Whether a mail brings an aggregate report (RFC 7489 section 7.2.1.1)."""
    return _DMARC.search(subject[:400]) is not None or any(_DMARC_FILE.fullmatch(name) for name in filenames)
