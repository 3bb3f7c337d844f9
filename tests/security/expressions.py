"""Finds every regular expression of our code, and makes for each the strings that it could run away on."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import chalicelib

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import re._constants as sre  # type: ignore[import-not-found]
    import re._parser as parser  # type: ignore[import-not-found]

ROOT = Path(chalicelib.__file__).parent
INLINE = {"match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer", "compile"}
LEFT_OUT = ("chalicelib.privacy.presidio", "chalicelib.privacy.ner", "chalicelib.web.openapi")
"""The first two load the language models, their expressions are found in their source; the last has none of its own."""


def modules() -> Iterator[ModuleType]:
    """Every module of chalicelib that can be imported cheaply."""
    for info in pkgutil.walk_packages([str(ROOT)], "chalicelib."):
        if not info.name.startswith(LEFT_OUT):
            yield importlib.import_module(info.name)


def _held(value: Any, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth > 4 or isinstance(value, str | bytes | ModuleType):
        return
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _held(inner, depth + 1)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _held(inner, depth + 1)
    elif type(value).__module__.startswith("chalicelib") or (
        isinstance(value, type) and value.__module__.startswith("chalicelib")
    ):
        names = [*getattr(value, "__dict__", {}), *getattr(type(value), "__slots__", ())]
        for name in names:
            yield from _held(getattr(value, name, None), depth + 1)


def _inline(file: Path) -> Iterator[tuple[str, Any, str]]:
    """(place, constant expression, method) of `re.sub(r"…", …)` and the like."""
    for node in ast.walk(ast.parse(file.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in INLINE
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield f"{file.relative_to(ROOT.parent)}:{node.args[0].value!r}", node.args[0].value, node.func.attr


def expressions() -> dict[str, tuple[re.Pattern[Any], set[str]]]:
    """Where it is → (the expression, the methods that our code calls of it), each once.

    An expression that only ever searches may be ambiguous at its end; one that must match the whole may not.
    """
    found: dict[str, tuple[re.Pattern[Any], set[str]]] = {}
    known: set[tuple[Any, int]] = set()
    called: dict[str, set[str]] = {}
    for file in ROOT.rglob("*.py"):
        for name, method in re.findall(r"(\w+)(?:\[\w*\])?\.(\w+)\(", file.read_text()):
            if method in INLINE:
                called.setdefault(name, set()).add(method)
    for module in modules():
        for name, value in vars(module).items():
            for number, pattern in enumerate(_held(value)):
                if (pattern.pattern, pattern.flags) not in known:
                    known.add((pattern.pattern, pattern.flags))
                    found[f"{module.__name__}.{name}[{number}]"] = pattern, called.get(name, {"search"})
    constants = {text for text, _ in known}
    for file in ROOT.rglob("*.py"):
        for place, text, method in _inline(file):
            if text not in constants:
                found[place] = re.compile(text), {method}
    return found


def run(pattern: re.Pattern[Any], methods: set[str], text: Any) -> None:
    """As our code does."""
    if "fullmatch" in methods:
        pattern.fullmatch(text)
    if "match" in methods:
        pattern.match(text)
    if methods - {"fullmatch", "match"}:
        for _ in pattern.finditer(text):
            pass


def hostile(pattern: re.Pattern[Any], length: int) -> Iterator[Any]:
    """A string that repeats the whole, and for each repetition one that draws it out; with an end that fits or not."""
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    tree = parser.parse(text, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags)
    pumps = _Pumps(length)
    once = pumps.text(tree, None)
    count = pumps.seen
    made = [once * (length // max(1, len(once)))]
    for number in range(count):
        pumps.seen = 0
        pumped = pumps.text(tree, number)
        made.append(pumped)
    for string in made:
        for end in ("", "\0!"):
            cut = string[:length] + end
            yield cut if isinstance(pattern.pattern, str) else cut.encode("latin-1", "replace")


class _Pumps:
    """Writes a string that an expression matches, with one of its repetitions drawn out."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.seen = 0

    def text(self, tree: Any, pumped: int | None) -> str:
        return "".join(self._one(op, value, pumped) for op, value in tree)

    def _one(self, op: Any, value: Any, pumped: int | None) -> str:
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            low, high, inner = value
            number, self.seen = self.seen, self.seen + 1
            piece = self.text(inner, pumped)
            most = self.length if high is sre.MAXREPEAT else int(high)
            wanted = min(most, self.length // max(1, len(piece))) if number == pumped else max(int(low), min(most, 1))
            return piece * min(wanted, self.length)
        if op is sre.SUBPATTERN:
            return self.text(value[-1], pumped)
        if op is sre.ATOMIC_GROUP:
            return self.text(value, pumped)
        if op is sre.BRANCH:
            return self._branch(value[1], pumped)
        if op is sre.LITERAL:
            return chr(value)
        if op is sre.IN:
            return _member(value)
        if op is sre.NOT_LITERAL:
            return "a" if value != ord("a") else "b"
        return "a" if op is sre.ANY else ""

    def _branch(self, branches: Any, pumped: int | None) -> str:
        """The branch with the repetition that is drawn out, else the first; all are counted."""
        chosen = ""
        for number, branch in enumerate(branches):
            before = self.seen
            text = self.text(branch, pumped)
            if number == 0 or (pumped is not None and before <= pumped < self.seen):
                chosen = text
        return chosen


_CATEGORIES = {
    sre.CATEGORY_DIGIT: "7",
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_WORD: "a",
    sre.CATEGORY_NOT_DIGIT: "a",
    sre.CATEGORY_NOT_SPACE: "a",
    sre.CATEGORY_NOT_WORD: "-",
}


def _member(items: Any) -> str:
    """A character of a class."""
    negated = items[0][0] is sre.NEGATE
    if not negated:
        op, value = items[0]
        if op is sre.CATEGORY:
            return _CATEGORIES[value]
        return chr(value if op is sre.LITERAL else value[0])
    chosen = re.compile("|".join(re.escape(chr(v)) for op, v in items[1:] if op is sre.LITERAL) or r"(?!)")
    ranges = [v for op, v in items[1:] if op is sre.RANGE]
    taken = {_CATEGORIES[v] for op, v in items[1:] if op is sre.CATEGORY}
    for char in "a 7-.Zé":
        if (
            char not in taken
            and not chosen.fullmatch(char)
            and not any(low <= ord(char) <= high for low, high in ranges)
        ):
            return char
    return "\x01"
