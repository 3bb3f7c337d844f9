"""Mail that a machine wrote about a mail: by header trait, else by the fixed words of mail systems."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from chalicelib.core.phrases import fold

Kind = Literal["auto_reply", "read_receipt", "delivery_receipt", "delayed", "bounce", "complaint", "dmarc_report"]

CATEGORIES: dict[Kind, str] = {
    "auto_reply": "auto_reply",
    "read_receipt": "auto_reply",
    "delivery_receipt": "auto_reply",
    "delayed": "bounce",
    "bounce": "bounce",
    "complaint": "notification",
    "dmarc_report": "notification",
}
"""The category of each kind."""

TRAITS: dict[str, Kind] = {
    "dmarc_report": "dmarc_report",
    "complaint": "complaint",
    "read_receipt": "read_receipt",
    "delivery_delay": "delayed",
    "delivery_receipt": "delivery_receipt",
}
"""Traits that name the kind; the others need the words as well."""

READ_CHARACTERS = 1_500
REPLY = re.compile(r"(?:re|aw|sv|rep|r|rif|antw)\s?(?:\[\d{1,3}\])?\s?:")

AWAY_SUBJECT = re.compile(
    r"(?:automatic reply|auto-? ?reply|auto-? ?response|automatic response|out of (?:the )?office|ooo|"
    r"reponse automatique|absente? du bureau|absence du bureau|(?:message|notification|avis) d.absence|"
    r"risposta automatica|fuori (?:ufficio|sede)|abwesenheits\w{3,20}|automatische antwort|"
    r"respuesta automatica|fuera de (?:la )?oficina|resposta automatica|ausencia temporaria|"
    r"(?:fora|ausente) do escritorio|"
    r"automatisch antwoord|afwezig(?:heidsbericht)?|autosvar|<[a-z_]{2,40}_\d{1,9}> reply)"
    r"\s*(?::|-|re\b|$)"
)
"""The anonymizer may have taken the first word of "Automatic reply" for a name."""

FAILED_SUBJECT = re.compile(
    r"undeliver|delivery status notification \(failure|mail delivery failed|returned mail|failure notice|"
    r"delivery failure|"
    r"unzustellbar|non remis|non recapitabile|mancat[oa] (?:recapito|consegna)|no se puede entregar|onbestelbaar|"
    r"nao foi possivel entregar|echec de (?:la )?(?:remise|distribution)|message (?:not delivered|non distribue)"
)
FAILED = re.compile(r"action: failed|permanent(?:e|ly)? (?:error|fail|erreur)|returned|given up|abandonne|5\.\d\.\d")
DELAYED = re.compile(
    r"\(delay|action: delayed|delayed|has not yet been|not yet (?:been )?delivered|hasn.t reached|warning only|"
    r"(?:will|to) (?:keep trying|retry|be retried)|still being retried|for past \d|4\.4\.7|"
    r"remise (?:retardee|differee)|retard de remise|pas encore ete (?:remis|distribue|livre)|nouvelles tentatives|"
    r"reessaiera|"
    r"en attente de remise|consegna (?:ritardata|in ritardo)|ritardo nella consegna|stato ancora consegnato|riprovera|"
    r"verzogerte|noch nicht zugestellt|zustellversuche|entrega retrasada|aun no se ha entregado|entrega adiada|"
    r"ainda nao foi|vertraagde|nog niet bezorgd"
)
READ = re.compile(
    r"^(?:not )?(?:read|lu|non lu|gelesen|letto|leido|lida|gelezen)\s?:|(?:return|read) receipt|was (?:read|displayed)|"
    r"deleted without being read|has been displayed|disposition|accuse de lecture|a ete lu|"
    r"conferma di lettura|e stato letto|lesebestatigung|wurde gelesen|confirmacion de lectura|fue leido|foi lida|"
    r"leesbevestiging|is gelezen"
)
COMPLAINT = re.compile(
    r"feedback-type: (?!auth)|(?:e-?mail )?abuse report|feedback (?:loop )?report|feedback loop|"
    r"spam (?:complaint )?report|"
    r"complaint about (?:a )?message|reported (?:your|this) (?:message|mail) as (?:spam|junk)|"
    r"marked .{0,30}as (?:junk|spam)"
)
DMARC_SUBJECT = re.compile(r"report domain: ?.{1,255}submitter|dmarc (?:aggregate|failure) report")
DMARC_TEXT = re.compile(r"feedback-type: auth-failure")


def kind_of(traits: Collection[str], subject: str, text: str) -> Kind | None:
    """What kind of automatic mail this is, None for any other mail.

    A text decides only beside a header trait of a report; a subject that answers another proves nothing.
    """
    has = frozenset(traits)
    for trait, kind in TRAITS.items():
        if trait in has:
            return kind
    title = fold(subject[:300]).strip()
    start = title + "\n" + fold(text[:READ_CHARACTERS])
    answers = REPLY.match(title) is not None
    report = bool(has & {"bounce", "delivery_report", "null_sender", "system_sender"})
    if (DMARC_SUBJECT.search(title) and not answers) or (report and DMARC_TEXT.search(start)):
        return "dmarc_report"
    if report and COMPLAINT.search(start):
        return "complaint"
    if "delivery_report" in has and "bounce" not in has and READ.search(start):
        return "read_receipt"
    if report and DELAYED.search(start) and not FAILED.search(start):
        return "delayed"
    if has & {"bounce", "delivery_report"} or (not answers and FAILED_SUBJECT.match(title)):
        return "bounce"
    if "auto_reply" in has or (not answers and not has & {"list", "unsubscribe"} and AWAY_SUBJECT.match(title)):
        return "auto_reply"
    return None
