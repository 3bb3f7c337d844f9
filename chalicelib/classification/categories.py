"""The categories, their words and weights: the typed form of `categories.json`, validated when read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from chalicelib.core.errors import ConfigurationError
from chalicelib.core.phrases import split

DEFAULT_FILE = Path(__file__).with_name("categories.json")
NAME = re.compile(r"[a-z][a-z_]{1,31}")
LANGUAGE = re.compile(r"[a-z]{2}")

Urgency = Literal["low", "normal", "high"]
Strength = Literal["strong", "medium", "weak"]
URGENCY_LISTS = ("high", "low", "negators", "neutral")
Words = dict[str, dict[str, list[str]]]
"""language → strength → phrases; a phrase is described at `core.phrases.Phrases`."""

Factor = Annotated[float, Meta(ge=0, le=10)]
Points = Annotated[float, Meta(ge=-20, le=20)]


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """Characters read of the text, and how many of them are its beginning (the rest weighs `tail`)."""

    characters: Annotated[int, Meta(ge=100, le=100_000)]
    lead: Annotated[int, Meta(ge=50, le=100_000)]
    subject: Annotated[int, Meta(ge=50, le=10_000)]
    attachments: Annotated[int, Meta(ge=0, le=100)]


class Weights(Struct, frozen=True, forbid_unknown_fields=True):
    """Points of a phrase by strength, then the factors for where it stands.

    `subject`, `tail` (behind the first `limits.lead` characters), `names` (sender and attachment
    names), `foreign` (a phrase of a language that is not the mail's). `history` is the most that
    the sender's earlier mails can add.
    """

    strong: Factor
    medium: Factor
    weak: Factor
    subject: Factor
    tail: Factor
    names: Factor
    foreign: Factor
    history: Factor


class Decision(Struct, frozen=True, forbid_unknown_fields=True):
    """`minimum`: points that a category needs to beat the fallback. `temperature`: points that
    make a category e times likelier than the next. `certain`: confidence above which a category
    with `llm_may_overrule: false` is not put to an LLM at all."""

    minimum: Factor
    temperature: Annotated[float, Meta(gt=0, le=10)]
    certain: Annotated[float, Meta(ge=0, le=1)]


class UrgencyWords(Struct, frozen=True, forbid_unknown_fields=True):
    """By language: words that make a mail urgent, words that say that it can wait, words that turn
    an urgent word into its contrary up to `reach` words before it, and phrases in which an urgent
    word means something else (a hospital's emergency room, the signature's emergency number)."""

    high: dict[str, list[str]]
    low: dict[str, list[str]]
    negators: dict[str, list[str]]
    neutral: dict[str, list[str]]
    reach: Annotated[int, Meta(ge=0, le=10)]


class Category(Struct, frozen=True, forbid_unknown_fields=True):
    """`description` goes into the LLM's prompt. `urgency` holds without an urgent word, `ceiling` whatever
    the mail says (an advertisement is never urgent). `traits` gives points for a header trait."""

    description: Annotated[str, Meta(min_length=5, max_length=300)]
    urgency: Urgency = "normal"
    ceiling: Urgency = "high"
    llm_may_overrule: bool = True
    traits: dict[str, Points] = {}
    words: Words = {}


class Categories(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. `fallback` names the category of a mail that nothing matches; `languages`
    gives the function words by which the language of a mail that claims none is found. The order of
    `categories` breaks ties."""

    version: Literal[1]
    about: str
    fallback: str
    limits: Limits
    weights: Weights
    decision: Decision
    languages: dict[str, list[str]]
    urgency: UrgencyWords
    categories: dict[str, Category]

    def clip_urgency(self, category: str, urgency: str) -> str:
        """The urgency, no higher than the category's ceiling."""
        order = ("low", "normal", "high")
        return order[min(order.index(urgency), order.index(self.categories[category].ceiling))]


def load(path: Path = DEFAULT_FILE) -> Categories:
    """Read and validate a file. Raises `ConfigurationError` naming the file and the path in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(
            path.name, "cannot be read as UTF-8 text", "Check the file's path and encoding"
        ) from None
    return parse(text, path.name)


def parse(text: str, name: str = DEFAULT_FILE.name) -> Categories:
    """Validate a configuration text; errors read `name: $.path: problem`."""
    try:
        raw = json.loads(text, object_pairs_hook=_no_duplicates)
        result = _typed(raw)
        _check(result)
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno}: not JSON ({error.msg})"
    except (_Invalid, RecursionError) as error:
        problem = str(error)
    else:
        return result
    raise ConfigurationError(
        name, problem, "Correct it there; chalicelib/classification/categories.py documents every field"
    )


class _Invalid(ValueError):
    """A problem with its path, as `$.path: problem`."""


T = TypeVar("T")


def _convert(value: object, kind: type[T], path: str) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        problem, _, where = str(error).partition(" - at `$")
        raise _Invalid(f"{path}{where.rstrip('`')}: {problem}") from None


def _typed(raw: object) -> Categories:
    """Convert piece by piece: msgspec itself does not name the key of a mapping in its path."""
    top = _convert(raw, dict[str, Any], "$")
    for name, category in _items(top, "categories", "$"):
        path = f"$.categories.{name}"
        for trait, points in _items(category, "traits", path):
            _convert(points, Points, f"{path}.traits.{trait}")
        for language, _ in _items(category, "words", path):
            for strength, phrases in _items(category["words"], language, f"{path}.words"):
                _convert(phrases, list[str], f"{path}.words.{language}.{strength}")
        _convert(category, Category, path)
    for language, words in _items(top, "languages", "$"):
        _convert(words, list[str], f"$.languages.{language}")
    for kind in URGENCY_LISTS:
        for language, words in _items(top.get("urgency"), kind, "$.urgency"):
            _convert(words, list[str], f"$.urgency.{kind}.{language}")
    return _convert(top, Categories, "$")


def _items(parent: object, key: str, path: str) -> Iterator[tuple[str, Any]]:
    """The entries of the mapping at `parent[key]`, none where there is no such thing."""
    inside = _convert(parent if parent is not None else {}, dict[str, Any], path)
    yield from _convert(inside.get(key, {}), dict[str, Any], f"{path}.{key}").items()


def _check(file: Categories) -> None:
    if file.fallback not in file.categories:
        raise _Invalid(f"$.fallback: {file.fallback!r} is not one of the categories")
    for name, category in file.categories.items():
        path = f"$.categories.{name}"
        _name(name, path)
        for trait in category.traits:
            _name(trait, f"{path}.traits.{trait}")
        for language, groups in category.words.items():
            for strength, phrases in groups.items():
                if strength not in ("strong", "medium", "weak"):
                    raise _Invalid(f"{path}.words.{language}.{strength}: a strength is strong, medium or weak")
                _phrases({language: phrases}, f"{path}.words", f".{strength}", file.languages)
    for kind in URGENCY_LISTS:
        _phrases(getattr(file.urgency, kind), f"$.urgency.{kind}", "", file.languages)
    _phrases(file.languages, "$.languages", "", file.languages)


def _name(name: str, path: str) -> None:
    if not NAME.fullmatch(name):
        raise _Invalid(f"{path}: a name is 2 to 32 characters a-z and _")


def _phrases(words: Mapping[str, list[str]], path: str, suffix: str, languages: Mapping[str, object]) -> None:
    for language, phrases in words.items():
        where = f"{path}.{language}{suffix}"
        if not LANGUAGE.fullmatch(language) or language not in languages:
            raise _Invalid(f"{where}: the language is not in $.languages")
        for position, phrase in enumerate(phrases):
            try:
                split(phrase)
            except ValueError as error:
                raise _Invalid(f"{where}[{position}]: {error}") from None


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _Invalid(f"$..{twice}: the key stands twice in one object")
    return result
