"""The catalogue: both languages say the same, no text is missing, no text is left over, French is set as French."""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from chalicelib.classification.categories import Urgency, load
from chalicelib.core.doors import DOORS
from chalicelib.core.stages import STAGES
from chalicelib.core.texts import catalogue, formats
from chalicelib.core.texts.catalogue import AREAS, LANGUAGES, TEXTS, counted, label, reason, text
from chalicelib.intake.arrival import Status
from chalicelib.policy.flags import DEFAULTS
from chalicelib.resilience.circuit import CLOSED, HALF_OPEN, OPEN

ROOT = Path(__file__).parents[3] / "chalicelib"
SOURCES = [path for path in sorted(ROOT.rglob("*.py")) if "texts" not in path.parts]
SCHEMA = json.loads((ROOT / "policy" / "schema.json").read_text("utf-8"))["properties"]
CONDITIONS = json.dumps(json.loads((ROOT / "policy" / "schema.json").read_text("utf-8"))["$defs"])
RECEIPTS = re.compile(r'"((?:email|links)\.[a-z]+)"')
CODES = re.compile(r'(?:Permanent|Retryable|Postponed|NotReady)\(\s*"([a-z_]+)"|^[A-Z_]+ = "([a-z_]+)"', re.MULTILINE)
SOURCE = "\n".join(path.read_text("utf-8") for path in SOURCES)
RAISED = {one or two for one, two in CODES.findall(SOURCE)}

FAMILIES = {
    "stage": {stage.name for stage in STAGES},
    "flag": set(DEFAULTS),
    "result": {str(status) for status in Status},
    "state": {"stored", "excluded", "quarantined", "in_flight"},
    "breaker": {CLOSED, OPEN, HALF_OPEN, "failures.one", "failures.other"},
    "category": set(load().categories),
    "language": {"en", "fr", "it", "de", "es", "und"},
    "urgency": set(get_args(Urgency)),
    "service": {"emailengine", "telegram", "llm"},
    "source": {door.name for door in DOORS},
    "receipt": set(RECEIPTS.findall(SOURCE)),
    "part": {*SCHEMA, *SCHEMA["allowlist"]["properties"], *SCHEMA["rate_limits"]["properties"]},
    "weekday": set("0123456"),
    "action": {"redriven", "discarded", "reconsidered"},
    "alert.swept": {"missing", "orphaned", "failed", "unproven"},
    "rule.has": {"attachment", "link"},
    "rule.has_not": {"attachment", "link"},
    "does": {"stop", "topic", "priority", "category", "webhooks", "offload", "nothing", "hold", "skip", "refuse"},
}
"""Families whose codes are known: the words of each, no fewer and no more."""

OPEN_FAMILIES = ("reason", "subject", "test", "classifier")
"""Families of codes that may have no words; each of their keys must be a code that the source names."""


def placeholders(template: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(template) if name)


def patterns(node: ast.expr) -> Iterator[str]:
    """Regular expressions of the keys that an argument may be; what is filled in is a group."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.escape(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(re.escape(part.value) if isinstance(part, ast.Constant) else "(.+)" for part in node.values)
    elif isinstance(node, ast.IfExp):
        yield from patterns(node.body)
        yield from patterns(node.orelse)


def looked_up(path: Path) -> tuple[set[str], set[str]]:
    """The patterns of all keys that a module looks up; and its strings and numbers, which may be filled in."""
    tree = ast.parse(path.read_text("utf-8"))
    found, strings = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | int):
            strings.add(str(node.value))
        if not isinstance(node, ast.Call):
            continue
        function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if function.lstrip("_") in ("text", "counted"):
            ending = r"\.(?:one|other)" if function == "counted" else ""
            found |= {pattern + ending for argument in node.args[:2] for pattern in patterns(argument)}
    return found, strings


USES = [looked_up(path) for path in SOURCES if "core.texts" in path.read_text("utf-8") or "dashboard" in path.parts]
FILLED_IN = set().union(*(strings for _, strings in USES))
LITERAL = {pattern for found, _ in USES for pattern in found if "(" not in pattern}


def used(key: str) -> bool:
    """Whether some module asks for the key: by its name, or by a pattern that it can fill in to that name."""
    for found, strings in USES:
        if key in strings:
            return True
        for pattern in found:
            match = re.fullmatch(pattern, key)
            if match and FILLED_IN.issuperset(match.groups()):
                return True
    return False


def test_keys_of_the_areas_are_distinct() -> None:
    assert sum(len(area.TEXTS) for area in AREAS) == len(TEXTS)


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_have_the_same_placeholders(key: str) -> None:
    english, french = TEXTS[key]
    assert placeholders(english) == placeholders(french)
    assert english.strip() == english != ""
    assert french.strip() == french != ""


def test_every_literal_key_that_is_looked_up_exists() -> None:
    keys = {re.sub(r"\\(.)", r"\1", pattern) for pattern in LITERAL}
    keys = {key for key in keys if "." in key}
    assert len(keys) > 100
    assert keys - TEXTS.keys() == set()


def test_no_text_is_left_over() -> None:
    closed = tuple(f"{family}." for family in (*FAMILIES, *OPEN_FAMILIES))
    assert [key for key in TEXTS if not key.startswith(closed) and not used(key)] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_words_for_each_of_its_codes_and_no_others(family: str) -> None:
    assert {key.removeprefix(f"{family}.") for key in TEXTS if key.startswith(f"{family}.")} == FAMILIES[family]


def test_no_reason_is_left_over() -> None:
    """Decisions are not raised as errors."""
    decisions = {"duplicate", "erased", "discarded", "retries_exhausted"}
    assert {key.removeprefix("reason.") for key in TEXTS if key.startswith("reason.")} - RAISED - decisions == set()


@pytest.mark.parametrize("family", ["subject", "test"])
def test_no_word_of_a_condition_is_left_over(family: str) -> None:
    codes = [key.removeprefix(f"{family}.") for key in TEXTS if key.startswith(f"{family}.")]
    assert [code for code in codes if f'"{code}"' not in CONDITIONS] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_key_is_an_error(language: str) -> None:
    with pytest.raises(KeyError):
        text(language, "no.such.key")


def test_a_missing_value_and_an_unknown_language_are_errors() -> None:
    with pytest.raises(KeyError):
        text("en", "signed_in")
    with pytest.raises(ValueError, match="de"):
        text("de", "refresh")


def test_a_value_is_not_a_template() -> None:
    assert text("fr", "signed_in", author="{author} : %") == "Connecté\xa0: {author} : %"


@pytest.mark.parametrize(
    ("language", "n", "words"),
    [
        *[("en", 0, "0 failures in a row"), ("en", 1, "1 failure"), ("en", 1_200, "1,200 failures in a row")],
        *[("fr", 0, "0 échec"), ("fr", 1, "1 échec"), ("fr", 1_200, "1\u202f200 échecs d’affilée")],
    ],
)
def test_a_number_chooses_singular_or_plural(language: str, n: int, words: str) -> None:
    assert counted(language, "breaker.failures", n) == words


def test_a_code_without_words_is_itself() -> None:
    assert (label("fr", "category", "invoice"), label("fr", "category", "own_one")) == ("facture", "own_one")
    assert reason("fr", "retries_exhausted:database_busy") == "tous les essais ont échoué (base de données occupée)"
    assert reason("en", "discarded:spam") == "discarded (spam)"


@pytest.mark.parametrize("key", TEXTS)
def test_french_punctuation_stays_on_its_line(key: str) -> None:
    values = dict.fromkeys(placeholders(TEXTS[key][1]), "x")
    assert not re.search(r" [:;!?%»]|« ", text("fr", key, **values))


ENGLISH = re.compile(r"(?i)\b(the|is|are|was|and|of|to|with|from|mail|failed|stage|queue|when|flag|off)\b")


@pytest.mark.parametrize("key", [key for key in TEXTS if key not in ("other_language", "age.days")])
def test_no_english_word_stands_in_a_french_text(key: str) -> None:
    untranslated = re.compile(r"« mailroom [^»]*»|docs/\w+\.md, .*|\{\w+\}")
    french = untranslated.sub("", TEXTS[key][1])
    assert ENGLISH.findall(french) == []


DIALECT = r"(?i)\b(ane[w]|awa[y]|barre[d]|doors?|let{2}ers?|men[d](ed)?|strayed|t(ell|old)|portes?)\b"


@pytest.mark.parametrize("key", TEXTS)
def test_the_dialect_of_the_first_version_is_gone(key: str) -> None:
    assert not [template for template in TEXTS[key] if re.search(DIALECT, template.replace("dead-letter", ""))]


def test_numbers_and_times_are_written_as_in_each_language() -> None:
    at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert [formats.moment(language, at) for language in LANGUAGES] == ["2026-03-04 05:06:07", "04/03/2026 05:06:07"]
    assert [formats.seconds(language, 0.044) for language in LANGUAGES] == ["0.04\xa0s", "0,04\xa0s"]
    assert [formats.percent(language, 0.876) for language in LANGUAGES] == ["88%", "88\u202f%"]
    assert [formats.clock(language, 510) for language in LANGUAGES] == ["08:30", "8\xa0h\xa030"]
    assert formats.clock("fr", 480) == "8\xa0h"
    assert [formats.quoted(language, "x") for language in LANGUAGES] == ["“x”", "«\xa0x\xa0»"]


def test_no_area_is_too_long_to_review() -> None:
    files = sorted((ROOT / "core" / "texts").glob("*.py"))
    assert len(files) > len(AREAS)
    assert [file.name for file in files if len(file.read_text("utf-8").splitlines()) > 250] == []


def test_every_area_is_in_the_catalogue() -> None:
    areas = {file.stem for file in (ROOT / "core" / "texts").glob("*.py")} - {"__init__", "catalogue", "formats"}
    assert areas == {area.__name__.rpartition(".")[2] for area in catalogue.AREAS}
