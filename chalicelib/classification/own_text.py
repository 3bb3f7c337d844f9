"""What the sender wrote in a mail: without quotations, signatures, footers and disclaimers, which prove nothing."""

from __future__ import annotations

import re

from chalicelib.core.phrases import fold

LABELS = {
    "from": r"from|de|da|von|remitente|van",
    "other": r"sent|date|to|cc|subject|envoye|a|objet|inviato|data|oggetto|gesendet|datum|an|betreff|enviado|fecha|para"
    r"|asunto|assunto|verzonden|aan|onderwerp",
}
HEADER = re.compile(rf"\*?(?:{LABELS['from']})\*?\s?:")
NEXT_HEADER = re.compile(rf"\*?(?:{LABELS['other']})\*?\s?:")
INTRODUCTION = re.compile(
    r"(?:on|le|il|am|el|em|op|den) .{6,250}"
    r"(?:wrote|a ecrit|ha scritto|schrieb(?: .{1,100})?|escribio|escreveu|schreef(?: .{1,100})?)\s?:\s*"
)
ORIGINAL = re.compile(
    r"-{2,}\s*(?:original|message d.origine|message original|messaggio originale|ursprungliche|urspr|mensaje original"
    r"|mensagem original|oorspronkelijk)[^-]{0,30}-{2,}\s*"
)
FORWARDED = re.compile(
    r"-{2,}\s*(?:forwarded|message transfere|messaggio inoltrato|weitergeleitete|mensaje reenviado"
    r"|mensagem encaminhada|doorgestuurd)[^-]{0,30}-{2,}\s*"
    r"|(?:begin forwarded message|debut du message transfere|debut du message reexpedie|inizio messaggio inoltrato"
    r"|anfang der weitergeleiteten nachricht|inicio del mensaje reenviado|begin doorgestuurd bericht)\s?:\s*"
)
DEVICE = re.compile(
    r"(?:sent|envoye|inviato|enviado|gesendet|von meinem|verzonden|get outlook|telecharge|"
    r"obtenir outlook|scarica outlook)"
    r"\b.{0,40}(?:phone|ipad|android|mobile|outlook|samsung|galaxy|ios|handy|cellulare|telephone).{0,40}"
)
CLOSING = re.compile(
    r"(?:(?:with )?(?:(?:best|kind|warm|many|my)(?:est)? )*(?:regards|wishes|thanks)|all the best|"
    r"warmly|yours(?: \w+)?|"
    r"(?:sincerely|faithfully|respectfully)(?: yours)?|cheers|thanks(?: and bye| a lot| again| in advance)?|"
    r"(?:bien )?(?:cordialement|confraternellement|respectueusement)|bien a vous|"
    r"(?:sinceres |mes )?salutations(?: \w+)?|(?:avec )?mes remerciements|merci(?: d.avance| beaucoup)?|"
    r"bonne (?:fin de )?(?:journee|soiree)|(?:cordiali |distinti |un )?salut[io]|grazie(?: mille)?|"
    r"(?:mit )?(?:freundlichen|besten|viele) gru(?:ss|sse|ssen|ß|ße|ßen)|saludos(?: cordiales)?|atentamente|"
    r"atenciosamente|met vriendelijke groet(?:en)?)\s*[,.!]?"
)
DISCLAIMER = re.compile(
    r"intended (?:only|solely|recipient)|confidentiality notice|this (?:e-?mail|message).{0,80}confidential|"
    r"received (?:it|this).{0,40}in error|before printing|scanned for virus|registered office\s?:|"
    r"(?:message|content|e-?mail)s? do(?:es)? not constitute|never ask for your password|never share your password|"
    r"avis de confidentialite|ce (?:courriel|message|mail|e-?mail).{0,80}confidentiel|recu.{0,60}par erreur|"
    r"avant d.imprimer|(?:message|courriel|mail) ne constitue|siege(?: social)?\s?:|"
    r"ne (?:vous )?demandons jamais|ne communiquez jamais votre mot|seule? destinataire|"
    r"avviso di riservatezza|quest[oa] (?:mail|e-?mail|messaggio).{0,80}riservat|ricevuto per errore|prima di stampare|"
    r"diese (?:e-?mail|nachricht).{0,80}vertraulich|este (?:correo|mensaje|e-?mail).{0,80}confidencia|"
    r"(?:esta|este) (?:mensagem|e-?mail).{0,80}confidencia|dit bericht.{0,80}vertrouwelijk"
)
NAME = re.compile(r"<person_\d{1,9}>[,.]?")
"""A line that is a name alone, below the text."""

SIGNATURE_LINE = 70
"""A longer line below the closing words is text, not a signature."""

WRAPPED = 2
"""Lines over which "On …, X wrote:" may be wrapped."""

HEADER_LINES = 6


def own_text(text: str, forward: bool = False) -> str:
    """The part of a text that its sender wrote; of a forwarded mail, what was forwarded as well.

    The whole text where nothing else would be left: a mail of quotations alone is read as it is.
    """
    lines = text.splitlines()
    folded = [fold(line[:400]).strip() for line in lines]
    kept = _written(lines, folded, forward)
    shown = _without_disclaimers("\n".join(kept))
    return shown if re.search(r"\w", shown) else text


def _written(lines: list[str], folded: list[str], forward: bool) -> list[str]:
    kept: list[str] = []
    closed = False
    position = 0
    while position < len(lines):
        line = folded[position]
        forwarded = FORWARDED.fullmatch(line)
        if forwarded or ORIGINAL.fullmatch(line) or _is_header(folded, position):
            if not (forwarded or forward):
                break
            position, closed = _after_headers(folded, position + 1), False
            kept.append("")
            continue
        if line.startswith(">") or DEVICE.fullmatch(line):
            position += 1
            continue
        if length := _introduction(folded, position):
            if not _quoted_below(folded, position + length):
                break
            position += length
            continue
        if line in ("--", "-- ", "—") and any(part.strip() for part in kept):
            closed = True
        elif closed and line and (len(line) > SIGNATURE_LINE or line.startswith(("ps", "p.s"))):
            closed = False
        if not closed:
            kept.append(lines[position])
        closed = closed or bool(CLOSING.fullmatch(line) or (position and NAME.fullmatch(line)))
        position += 1
    return kept


def _is_header(folded: list[str], position: int) -> bool:
    """Whether the header lines of an earlier mail begin here, as Outlook writes them."""
    if not HEADER.match(folded[position]):
        return False
    block = folded[position + 1 : position + HEADER_LINES]
    return sum(NEXT_HEADER.match(line) is not None for line in block) >= 2


def _after_headers(folded: list[str], position: int) -> int:
    end = min(len(folded), position + HEADER_LINES + 2)
    while position < end and (
        not folded[position] or HEADER.match(folded[position]) or NEXT_HEADER.match(folded[position])
    ):
        position += 1
    return position


def _introduction(folded: list[str], position: int) -> int:
    """How many lines "On …, X wrote:" takes here; 0 for none."""
    for length in range(1, WRAPPED + 1):
        if INTRODUCTION.fullmatch(" ".join(folded[position : position + length])):
            return length
    return 0


def _quoted_below(folded: list[str], position: int) -> bool:
    following = next((line for line in folded[position : position + 5] if line), "")
    return following.startswith(">")


def _without_disclaimers(text: str) -> str:
    """Without the paragraphs that lawyers add; the first paragraph is always text."""
    first, *rest = re.split(r"\n[ \t]*\n", text.strip("\n"))
    return "\n\n".join([first, *(part for part in rest if not DISCLAIMER.search(fold(part[:600])))])
