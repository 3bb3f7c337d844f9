"""The operator's conditions in words: one short message in French or English that lists what began and what ended."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.core.plain_text import plain
from chalicelib.operations.conditions import Condition, News, split

WORDS = {
    "en": {
        "began": "🔴 Begun",
        "ended": "🟢 Over",
        "waiting": "… and {n} more in the next message",
        "dead": "In quarantine at stage {place}, {code}: {n}",
        "backlog": "Messages at stage {place}, those postponed and in work included: {n}",
        "stalled": "Mails under way for over an hour: {n}",
        "breaker": "{place} is not well: its circuit breaker is not closed",
        "swept:missing": "Mails lost on their way and sent again: {n}",
        "swept:orphaned": "Mails in quarantine that lost their dead letter and are sent again where that can be: {n}",
        "swept:failed": "Mails that could not be repaired, {code}: {n}",
        "swept:unproven": "The balance is not proven: a dead-letter queue could not be read whole",
        "expiring": "Dead letters of stage {place} that SQS deletes within four days: {n}",
        "letter_gone": "Mails in quarantine whose dead letter is gone: {n}",
    },
    "fr": {
        "began": "🔴 Début",
        "ended": "🟢 Fin",
        "waiting": "… et {n} de plus dans le prochain message",
        "dead": "En quarantaine à l'étape {place}, {code} : {n}",
        "backlog": "Messages à l'étape {place}, y compris reportés et en cours : {n}",
        "stalled": "Messages en route depuis plus d'une heure : {n}",
        "breaker": "{place} ne va pas bien : son disjoncteur n'est pas fermé",
        "swept:missing": "Messages perdus en route et renvoyés : {n}",
        "swept:orphaned": "Messages en quarantaine sans lettre morte, renvoyés si possible : {n}",
        "swept:failed": "Messages qui n'ont pas pu être réparés, {code} : {n}",
        "swept:unproven": "Le bilan n'est pas prouvé : une file de lettres mortes n'a pas pu être lue en entier",
        "expiring": "Lettres mortes de l'étape {place} que SQS efface dans moins de quatre jours : {n}",
        "letter_gone": "Messages en quarantaine dont la lettre morte a disparu : {n}",
    },
}

COMMANDS = {
    "dead": "mailroom dlq list --stage {place}",
    "backlog": "mailroom status",
    "stalled": "mailroom verify",
    "breaker": "mailroom status",
    "swept": "mailroom verify",
    "expiring": "mailroom dlq list --stage {place}",
    "letter_gone": "mailroom dlq discard ID --reason CODE",
}
"""Where to look first, by kind."""


def message(news: News, language: str) -> str:
    """The text; empty when nothing began and nothing ended. At most 4,000 UTF-16 units (`watch.LINES`)."""
    words = WORDS[language]
    blocks = []
    if news.began:
        blocks.append("\n".join([words["began"], *(_begun(condition, words) for condition in news.began)]))
    if news.ended:
        blocks.append("\n".join([words["ended"], *(f"• {_said(key, words, '')}" for key in news.ended)]))
    if blocks and news.waiting:
        blocks.append(words["waiting"].format(n=news.waiting))
    return "\n\n".join(blocks)


def _begun(condition: Condition, words: dict[str, str]) -> str:
    number = f"{'≥ ' if condition.more else ''}{condition.number}"
    ids = _listed(condition.ids, condition.number)
    kind, place, _ = condition.parts
    command = COMMANDS.get(kind, "").format(place=plain(place))
    return "\n".join(filter(None, [f"• {_said(condition.key, words, number)}", ids, command and f"→ {command}"]))


def _said(key: str, words: dict[str, str], number: str) -> str:
    """A condition's words; those of one that is over are without its number."""
    kind, place, code = split(key)
    text = words.get(f"{kind}:{place}") or words.get(kind)
    if text is None:  # remembered by another version
        return plain(key)
    return text.format(place=plain(place), code=plain(code), n=number).rstrip(": ")


def _listed(ids: Sequence[str], number: int) -> str:
    return ", ".join(ids) + (" …" if ids and number > len(ids) else "")
