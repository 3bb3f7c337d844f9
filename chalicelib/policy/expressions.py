"""Operators' regular expressions: RE2, so that none takes more than a time linear in the text (ADR 0041).

Text and expression are compared without case and accents (`phrases.fold`), which also makes `\\w` and `\\b`, that mean
ASCII in RE2, right for French. The library is loaded by the first expression, not by the module.
"""

from __future__ import annotations

from typing import Any

from chalicelib.core.phrases import fold

MAX_CHARS = 1_000
MAX_PROGRAM = 1_000
"""RE2 instructions: the worst expression costs about 15 ns for each one and each byte of text."""
MAX_TEXT_BYTES = 32 * 1024
MEMORY = 1024 * 1024
"""Bytes that one expression may use for its states; beyond, RE2 goes on slower."""


class InvalidExpression(ValueError):
    """The text says what to do; it holds nothing of the expression but RE2's own words about it."""


def prepare(text: str, cut: bool = False) -> bytes:
    """What expressions read of a folded text: its first `MAX_TEXT_BYTES`; `cut`: it was longer."""
    read = text[:MAX_TEXT_BYTES].encode("utf-8", "replace")
    if cut or len(read) > MAX_TEXT_BYTES or len(text) > MAX_TEXT_BYTES:
        return read[: MAX_TEXT_BYTES - 1] + b"\0"  # else `$` would match where the text only seems to end
    return read


class Expression:
    """One compiled expression. Raises `InvalidExpression`."""

    __slots__ = ("_search",)

    def __init__(self, source: str) -> None:
        if len(source) > MAX_CHARS:
            raise InvalidExpression(f"an expression has at most {MAX_CHARS} characters: split it")
        self._search = _compile("".join(char if char.isascii() else fold(char) for char in source)).search

    def found(self, text: bytes) -> bool:
        """Does it match somewhere in a prepared text?"""
        return self._search(text) is not None


def _compile(source: str) -> Any:
    import re2  # a C++ library: only documents with expressions need it

    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    options.case_sensitive = False
    options.never_capture = True
    try:
        compiled = re2.compile(b"(?m)" + source.encode("utf-8", "surrogatepass"), options)
    except re2.error as error:
        raise InvalidExpression(_advice(error.args[0] if error.args else b"")) from None
    if compiled.programsize > MAX_PROGRAM:
        raise InvalidExpression("the expression is too large: make its counted repetitions ({m,n}) smaller or split it")
    return compiled


def _advice(error: object) -> str:
    words = error.decode("utf-8", "replace") if isinstance(error, bytes) else str(error)
    problem = words.partition(":")[0][:100]
    if problem in ("invalid perl operator", "invalid named capture group", "invalid escape sequence"):
        return f"{problem}: the syntax is RE2's, without look-around and back-references; rewrite that part"
    if problem.startswith("pattern too large"):
        return "the expression is too large: make its counted repetitions ({m,n}) smaller or split it"
    return f"not a regular expression ({problem}): correct its syntax (RE2)"
