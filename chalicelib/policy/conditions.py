"""Conditions and patterns, compiled to functions of a `View`: whether they hold, and why, without mail content."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chalicelib.core.phrases import fold, split
from chalicelib.policy.document import Condition, Pattern
from chalicelib.policy.expressions import Expression
from chalicelib.policy.view import View

Answer = tuple[bool, str]
Test = Callable[[View], Answer]
Plain = Callable[[View], bool]


class Compiler:
    """Compiles the conditions of one document; `expressions` are all of its expressions, compiled."""

    def __init__(self, patterns: Mapping[str, Pattern], expressions: Mapping[str, Expression]) -> None:
        self._expressions = expressions
        self._patterns = {name: self._pattern(pattern) for name, pattern in patterns.items()}

    def test(self, condition: Condition) -> Test:
        """The test of a condition."""
        kind = condition.kind
        if kind == "all":
            return _every([self.test(part) for part in condition.parts])
        if kind == "any":
            return _some([self.test(part) for part in condition.parts])
        if kind == "not":
            return _none(self.test(condition.parts[0]))
        yes, no = _words(condition)
        if kind == "pattern":
            return self._of_pattern(condition, yes, no)
        return _told(self._plain(condition), yes, no)

    def _plain(self, condition: Condition) -> Plain:
        kind, test, values = condition.kind, condition.test, condition.values
        if test == "matches":
            expression = self._expressions[values[0]]
            return lambda view: view.matches(expression, kind)
        if test == "words":
            return _any_word(values, (kind,))
        if test == "contains":
            folded = tuple(fold(value) for value in values)
            return lambda view: any(value in getattr(view, kind).folded for value in folded)
        if kind in ("sender", "recipient"):
            return _address(kind, test, values)
        return _listed(condition)

    def _pattern(self, pattern: Pattern) -> Callable[[View], tuple[bool, bool]]:
        """(matched, urgent) of a mail, worked out once for each mail."""
        tests: list[Plain] = [self._found(source, pattern.fields) for source in pattern.expressions]
        if pattern.every:
            tests = [_any_word((word,), pattern.fields) for word in pattern.words] + tests
        elif pattern.words:
            tests.insert(0, _any_word(pattern.words, pattern.fields))
        together = all if pattern.every else any
        urgent = _any_word(pattern.urgent, pattern.fields)

        def matched(view: View) -> tuple[bool, bool]:
            held = view.patterns.get(pattern.name)
            if held is None:
                found = not tests or together(test(view) for test in tests)
                found = found and (not pattern.link or bool(view.link_providers))
                held = view.patterns[pattern.name] = (found, found and urgent(view))
            return held

        return matched

    def _found(self, source: str, fields: tuple[str, ...]) -> Plain:
        expression = self._expressions[source]
        return lambda view: any(view.matches(expression, field) for field in fields)

    def _of_pattern(self, condition: Condition, yes: str, no: str) -> Test:
        pattern, wanted = self._patterns[condition.values[0]], condition.flag

        def test(view: View) -> Answer:
            matched, urgent = pattern(view)
            if matched and wanted is not None and urgent is not wanted:
                return False, no + (": not urgent" if wanted else ": urgent")
            return matched, yes if matched else no

        return test


def _told(plain: Plain, yes: str, no: str) -> Test:
    right, wrong = (True, yes), (False, no)
    return lambda view: right if plain(view) else wrong


def _every(tests: list[Test]) -> Test:
    def test(view: View) -> Answer:
        reasons = []
        for part in tests:
            answer = part(view)
            if not answer[0]:
                return answer
            reasons.append(answer[1])
        return True, "; ".join(reasons)

    return test


def _some(tests: list[Test]) -> Test:
    def test(view: View) -> Answer:
        answer = (False, "")
        for part in tests:
            answer = part(view)
            if answer[0]:
                return answer
        return (False, "none of: " + answer[1] + " …") if len(tests) > 1 else answer

    return test


def _none(part: Test) -> Test:
    def test(view: View) -> Answer:
        matched, why = part(view)
        return not matched, f"not wanted: {why}" if matched else f"rightly not: {why}"

    return test


def _any_word(phrases: tuple[str, ...], fields: tuple[str, ...]) -> Plain:
    """Whether one of the fields contains one of the phrases; `word*` matches every word with this beginning."""
    single: set[str] = set()
    longer: list[str] = []
    for phrase in phrases:
        words = split(phrase)
        stem = words[-1][1]
        joined = " ".join(word for word, _ in words)
        if len(words) == 1 and not stem:
            single.add(joined)
        else:
            longer.append(f" {joined}" if stem else f" {joined} ")
    listed = frozenset(single)

    def plain(view: View) -> bool:
        for field in fields:
            text = getattr(view, field)
            if listed and not listed.isdisjoint(text.vocabulary):
                return True
            if longer and any(phrase in text.words for phrase in longer):
                return True
        return False

    return plain


def _address(kind: str, test: str, values: tuple[str, ...]) -> Plain:
    if test == "is":
        wanted = frozenset(values)
        if kind == "sender":
            return lambda view: view.facts.sender in wanted
        return lambda view: not wanted.isdisjoint(view.recipient_addresses)
    covers = domains(values)
    if kind == "sender":
        return lambda view: covers(view.sender_domain)
    return lambda view: any(map(covers, view.recipient_domains))


def domains(values: tuple[str, ...] | frozenset[str]) -> Callable[[str], bool]:
    """Whether a domain is in the list. `*.example.org` covers the subdomains of example.org, not example.org itself."""
    exact = frozenset(value for value in values if not value.startswith("*."))
    under = frozenset(value[2:] for value in values if value.startswith("*."))

    def covers(domain: str) -> bool:
        if domain in exact:
            return True
        if under:
            labels = domain[-255:].split(".")
            return any(".".join(labels[start:]) in under for start in range(1, len(labels)))
        return False

    return covers


def _listed(condition: Condition) -> Plain:
    kind, values, flag = condition.kind, condition.values, condition.flag
    if kind == "account":
        accounts = frozenset(values)
        return lambda view: view.facts.account in accounts
    if kind == "label":
        labels = frozenset(fold(value) for value in values)
        return lambda view: not labels.isdisjoint(view.labels)
    if kind == "link":
        if condition.test == "present":
            return lambda view: bool(view.link_providers) is flag
        wanted = frozenset(values)
        return lambda view: not wanted.isdisjoint(view.link_providers)
    if condition.test == "present":
        return lambda view: bool(view.facts.attachments) is flag
    endings = tuple("." + fold(value).lstrip(".") for value in values)
    return lambda view: any(line.endswith(endings) for line in view.attachment.folded.split("\n"))


def _words(condition: Condition) -> tuple[str, str]:
    """Why it matched or did not: the operator's names, never mail content."""
    what, test = condition.kind.replace("_", " "), condition.test
    if test == "present":
        has, lacks = f"has a {what}", f"has no {what}"
        return (has, lacks) if condition.flag else (lacks, has)
    if condition.kind == "pattern":
        return f"pattern {condition.values[0]}", f"not pattern {condition.values[0]}"
    said = {
        "is": "is listed",
        "domain": "is of a listed domain",
        "matches": "matches the expression",
        "words": "has a listed word",
        "contains": "contains a listed text",
        "extension": "has a listed extension",
        "provider": "is of a listed provider",
    }[test]
    denied = said.replace("is ", "is not ", 1).replace("has a", "has no", 1)
    denied = denied.replace("matches", "does not match").replace("contains a", "does not contain a")
    return f"{what} {said}", f"{what} {denied}"
