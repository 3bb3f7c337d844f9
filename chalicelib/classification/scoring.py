"""The compiled form of the categories: points per category, language and urgency of one mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.classification.categories import LANGUAGE, URGENCY_LISTS, Categories
from chalicelib.classification.own_text import own_text
from chalicelib.core.phrases import BREAK, Phrases, fold, tokens

UNKNOWN = "und"
"""ISO 639-2's code for a language that is not known."""

LONE = 0.6
"""Of the minimum of `Decision`: the most that a single word gives that is not strong. It never beats the fallback."""

NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the mail as words, and the factor of a phrase found in it."""

    words: list[str]
    factor: float


@dataclass(slots=True)
class Score:
    """Points of one category and what gave them, as configured phrases and codes."""

    points: float = 0.0
    reasons: list[tuple[float, str]] = field(default_factory=list)

    def add(self, points: float, reason: str) -> None:
        self.points += points
        self.reasons.append((points, reason))


@dataclass(frozen=True, slots=True)
class _Entry:
    category: str
    phrase: str
    languages: Mapping[str, float]
    """language → points"""


class Scorer:
    """Built once from the configuration; holds no state of a mail."""

    def __init__(self, file: Categories) -> None:
        self._file = file
        self._entries = _entries(file)
        self._phrases = Phrases(entry.phrase for entry in self._entries)
        self._function_words = {name: frozenset(words) for name, words in file.languages.items()}
        self.function_words = frozenset(fold(word) for words in file.languages.values() for word in words)
        urgency = [
            (kind, phrase)
            for kind in URGENCY_LISTS
            for group in getattr(file.urgency, kind).values()
            for phrase in group
        ]
        self._urgency = urgency
        self._strong = {
            name: {phrase for groups in category.words.values() for phrase in groups.get("strong", ())}
            for name, category in file.categories.items()
        }
        self._urgency_phrases = Phrases(phrase for _, phrase in urgency)

    def zones(self, subject: str, text: str, names: Sequence[str], forward: bool = False) -> list[Zone]:
        """The mail as words, bounded by the configured limits: subject, beginning, rest, names; see `own_text`."""
        limits, weights = self._file.limits, self._file.weights
        text = own_text(text[: limits.characters], forward)
        shown = " . ".join(name[:NAME_CHARACTERS] for name in names[: limits.attachments])
        return [
            Zone(tokens(subject, limits.subject), weights.subject),
            Zone(tokens(text[: limits.lead], limits.lead), 1.0),
            Zone(tokens(text[limits.lead :], limits.characters), weights.tail),
            Zone(tokens(shown, NAME_CHARACTERS * limits.attachments), weights.names),
        ]

    def language(self, claimed: str, zones: Sequence[Zone]) -> str:
        """The mail's language as two letters: as claimed, else by function words, else `und`."""
        if LANGUAGE.fullmatch(claimed):
            return claimed
        words = [word for zone in zones[:2] for word in zone.words]
        counts = sorted(
            ((sum(word in known for word in words), name) for name, known in self._function_words.items()), reverse=True
        )
        if not counts or counts[0][0] < 2 or (len(counts) > 1 and counts[0][0] == counts[1][0]):
            return UNKNOWN
        return counts[0][1]

    def scores(
        self, zones: Sequence[Zone], language: str, traits: Sequence[str], history: Mapping[str, int]
    ) -> dict[str, Score]:
        """Points of every category but the fallback.

        A phrase counts once, where it weighs most: repeating it a hundred times proves nothing more.
        """
        scores = {name: Score() for name in self._file.categories if name != self._file.fallback}
        best: dict[int, float] = {}
        for zone in zones:
            for hit in self._phrases.find(zone.words):
                best[hit.index] = max(best.get(hit.index, 0.0), zone.factor)
        for index, factor in sorted(best.items()):
            entry = self._entries[index]
            points = factor * self._language_points(entry, language)
            scores[entry.category].add(points, entry.phrase)
        for name, score in scores.items():
            self._limit_lone_word(name, score)
        for name, score in scores.items():
            known = self._file.categories[name].traits
            for trait in sorted(set(traits) & known.keys()):
                score.add(known[trait], f"+{trait}" if known[trait] >= 0 else f"-{trait}")
        total = sum(count for count in history.values() if count > 0)
        for name, score in scores.items():
            if (count := history.get(name, 0)) > 0:
                score.add(self._file.weights.history * count / (total + 2), "history")
        return scores

    def _limit_lone_word(self, name: str, score: Score) -> None:
        """One word that is not strong is no reason: "audience" alone makes no lawsuit."""
        phrases = {reason for _, reason in score.reasons}
        if len(phrases) == 1 and not phrases & self._strong[name]:
            points = min(score.points, LONE * self._file.decision.minimum)
            score.points, score.reasons = points, [(points, phrases.pop())]

    def _language_points(self, entry: _Entry, language: str) -> float:
        if language in entry.languages:
            return entry.languages[language]
        # A mail of unknown or unlisted language gets every list in full: there is nothing to prefer.
        foreign = self._file.weights.foreign if language in self._function_words else 1.0
        return foreign * max(entry.languages.values())

    def urgency(self, zones: Sequence[Zone]) -> tuple[str | None, str]:
        """`high`, `low` or None where the mail says nothing, and the configured phrase that says it.

        Only the subject and the beginning of the text are read: what stands below is footers.
        """
        found: dict[str, str] = {}
        for zone in zones[:2]:
            hits = [(hit, *self._urgency[hit.index]) for hit in self._urgency_phrases.find(zone.words)]
            quiet = {
                place for hit, kind, _ in hits if kind in ("neutral", "low") for place in range(hit.start, hit.end)
            }
            negated = {hit.end for hit, kind, _ in hits if kind == "negators"}
            for hit, kind, phrase in hits:
                if kind == "low":
                    found.setdefault("low", phrase)
                elif kind == "high" and hit.start not in quiet and not self._negated(zone.words, hit.start, negated):
                    found.setdefault("high", phrase)
        return next(((kind, found[kind]) for kind in ("high", "low") if kind in found), (None, ""))

    def _negated(self, words: Sequence[str], start: int, negator_ends: set[int]) -> bool:
        for place in range(start, max(-1, start - self._file.urgency.reach - 1), -1):
            if place in negator_ends:
                return True
            if place == 0 or words[place - 1] == BREAK:
                return False
        return False


def _entries(file: Categories) -> list[_Entry]:
    collected: dict[tuple[str, str], dict[str, float]] = {}
    for name, category in file.categories.items():
        if name == file.fallback:
            continue
        for language, groups in category.words.items():
            for strength, phrases in groups.items():
                points: float = getattr(file.weights, strength)
                for phrase in phrases:
                    collected.setdefault((name, phrase), {})[language] = points
    return [_Entry(name, phrase, languages) for (name, phrase), languages in collected.items()]
