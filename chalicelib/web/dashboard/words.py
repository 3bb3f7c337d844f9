"""A rule in words, for people: what it asks of a mail and what it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chalicelib.policy.document import Condition, Rule, Span
from chalicelib.policy.windows import DAYS

SHOWN = 12
"""Values of one condition that are written out."""

KINDS = {
    "subject": ("the subject", "l’objet"),
    "body": ("the text", "le texte"),
    "sender": ("the sender", "l’expéditeur"),
    "sender_name": ("the sender’s name", "le nom de l’expéditeur"),
    "recipient": ("a recipient", "un destinataire"),
    "account": ("the account", "le compte"),
    "label": ("a label", "un libellé"),
    "attachment": ("an attachment", "une pièce jointe"),
    "link": ("a link", "un lien"),
    "pattern": ("it is of the pattern", "il est du motif"),
}
TESTS = {
    "is": ("is", "est"),
    "domain": ("is of the domain", "est du domaine"),
    "matches": ("matches", "correspond à"),
    "words": ("has the word", "contient le mot"),
    "contains": ("contains", "contient"),
    "extension": ("ends in", "se termine par"),
    "provider": ("is of the provider", "est du fournisseur"),
}
WORDS = {
    "and": ("and", "et"),
    "or": ("or", "ou"),
    "not": ("not", "pas"),
    "has": ("it has", "il a"),
    "has_not": ("it has not", "il n’a pas"),
    "urgent": ("and is urgent", "et est urgent"),
    "not_urgent": ("and is not urgent", "et n’est pas urgent"),
    "more": ("{n} more", "{n} de plus"),
    "stop": ("exclude it", "l’exclure"),
    "topic": ("tell the topic {v}", "prévenir le sujet {v}"),
    "priority": ("priority {v}", "priorité {v}"),
    "category": ("category {v}", "catégorie {v}"),
    "webhooks": ("send it to {v}", "l’envoyer à {v}"),
    "offload": ("fetch the files of its links", "récupérer les fichiers de ses liens"),
    "nothing": ("nothing else", "rien d’autre"),
    "hold": ("outside {v} hold the notice", "hors de {v} retenir l’avis"),
    "skip": ("outside {v} exclude it", "hors de {v} l’exclure"),
    "refuse": ("outside {v} refuse it", "hors de {v} la refuser"),
}
DAY_NAMES = (
    ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    ("lun", "mar", "mer", "jeu", "ven", "sam", "dim"),
)


class Words:
    """`place` is 0 for English, 1 for French."""

    def __init__(self, language: str, windows: Mapping[str, Span]) -> None:
        self.place = 1 if language == "fr" else 0
        self._windows = windows

    def condition(self, condition: Condition, inner: bool = False) -> str:
        """What it asks."""
        kind = condition.kind
        if kind in ("all", "any"):
            between = f" {self._word('and' if kind == 'all' else 'or')} "
            told = between.join(self.condition(part, True) for part in condition.parts)
            return f"({told})" if inner and len(condition.parts) > 1 else told
        if kind == "not":
            return f"{self._word('not')} ({self.condition(condition.parts[0])})"
        what = KINDS.get(kind, (kind, kind))[self.place]
        if condition.test == "present":
            return f"{self._word('has' if condition.flag else 'has_not')} {what}"
        values = self._values(condition.values)
        if kind == "pattern":
            urgent = {None: "", True: " " + self._word("urgent"), False: " " + self._word("not_urgent")}
            return f"{what} {values}{urgent[condition.flag]}"
        return f"{what} {TESTS.get(condition.test, (condition.test,) * 2)[self.place]} {values}"

    def actions(self, rule: Rule) -> list[str]:
        """What it does."""
        told = [self._word("stop")] * rule.stop_processing
        for name in ("topic", "priority", "category"):
            if value := getattr(rule, name):
                told.append(self._word(name, v=f"“{value}”"))
        if rule.webhooks:
            told.append(self._word("webhooks", v=self._values(rule.webhooks, "and")))
        told += [self._word("offload")] * rule.offload
        if rule.windows and rule.outside:
            told.append(self._word(rule.outside, v=self._values(map(self.window, rule.windows))))
        return told or [self._word("nothing")]

    def window(self, name: str) -> str:
        """A window by its name and its hours."""
        span = self._windows.get(name)
        if span is None:
            return name
        days = ", ".join(DAY_NAMES[self.place][day] for day in sorted(span.days))
        days = "" if len(span.days) == len(DAYS) else f"{days} "
        hours = "–".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (span.start, span.end))
        return f"{name}: {days}{hours} {span.zone}"

    def _values(self, values: Iterable[str], between: str = "or") -> str:
        told = list(values)
        shown = [f"“{value}”" for value in told[:SHOWN]]
        if len(told) > SHOWN:
            shown.append(self._word("more", n=len(told) - SHOWN))
        return f" {self._word(between)} ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))

    def _word(self, key: str, **values: object) -> str:
        return WORDS[key][self.place].format(**values)
