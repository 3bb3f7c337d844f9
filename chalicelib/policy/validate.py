"""A rule document, from JSON to its typed form; what the schema cannot say is checked here, with the same paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, TypeVar

from chalicelib.core.phrases import fold, split
from chalicelib.mail.links import DEFAULT_PROVIDERS, Provider
from chalicelib.policy import shape, values, windows
from chalicelib.policy.document import (
    Allowlist,
    Condition,
    Destination,
    Document,
    InvalidRules,
    Limits,
    Pattern,
    Rule,
    Span,
)
from chalicelib.policy.expressions import Expression, InvalidExpression
from chalicelib.policy.facts import a_labels, plain_address

MAX_ERRORS = 100
MAX_EXPRESSIONS = 1_000
"""In one document: each may hold a mebibyte of states."""
GROUPS = ("all", "any", "not")

T = TypeVar("T")
Named = Mapping[str, Mapping[str, Any]]


def parse(document: Mapping[str, Any]) -> tuple[Document, dict[str, Expression]]:
    """The typed document and its compiled expressions. Raises `InvalidRules` with every error (100 at most)."""
    found = tuple(islice(shape.errors(document), MAX_ERRORS))
    if found:  # what follows relies on the form
        raise InvalidRules(found)
    reader = _Reader(document)
    typed = reader.read()
    if reader.errors:
        raise InvalidRules(tuple(reader.errors[:MAX_ERRORS]))
    return typed, reader.expressions


class _Reader:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.errors: list[shape.Error] = []
        self.expressions: dict[str, Expression] = {}
        self.known: dict[str, frozenset[str]] = {
            part: frozenset(document.get(part, ())) for part in ("time_windows", "patterns", "destinations")
        }
        own = document.get("providers")
        self.known["providers"] = frozenset(own if own is not None else (p.name for p in DEFAULT_PROVIDERS))

    def read(self) -> Document:
        allowed = self.document.get("allowlist", {})
        limits = self.document.get("rate_limits", {})
        return Document(
            allowlist=Allowlist(
                frozenset(self._each(allowed.get("addresses", ()), "allowlist.addresses", self._address)),
                frozenset(self._each(allowed.get("domains", ()), "allowlist.domains", self._domain)),
            ),
            time_windows=self._named("time_windows", self._window),
            patterns=self._named("patterns", self._pattern),
            providers=(
                tuple(self._named("providers", self._provider).values())
                if "providers" in self.document
                else DEFAULT_PROVIDERS
            ),
            destinations=self._named("destinations", self._destination),
            limits=Limits(values.rate(limits.get("sender")), values.rate(limits.get("global"))),
            rules=self._rules(),
        )

    def fail(self, path: str, message: str) -> None:
        self.errors.append((path, message))

    def _named(self, part: str, read: Callable[[str, Mapping[str, Any], str], T]) -> dict[str, T]:
        entries: Named = self.document.get(part, {})
        return {name: read(name, entry, shape.below(part, name)) for name, entry in entries.items()}

    def _each(self, values: Iterable[str], path: str, read: Callable[[str, str], str]) -> tuple[str, ...]:
        return tuple(read(value, f"{path}[{index}]") for index, value in enumerate(values))

    def _address(self, value: str, path: str) -> str:
        address = plain_address(value)
        local, _, domain = address.rpartition("@")
        if not local or not values.is_host(domain) or any(char.isspace() for char in local):
            self.fail(path, "must be an address such as ann@example.com, without a name or <>")
        return address

    def _domain(self, value: str, path: str) -> str:
        star = "*." if value.startswith("*.") else ""
        domain = a_labels(value[len(star) :].removeprefix("@"))
        if not values.is_host(domain):
            self.fail(path, "must be a domain such as example.org, or *.example.org for its subdomains")
        return star + domain

    def _phrase(self, value: str, path: str) -> str:
        try:
            split(value)
        except ValueError as error:
            self.fail(path, f"{error}: write words; the last may end in * after 3 letters or more")
        return value

    def _fragment(self, value: str, path: str) -> str:
        if not fold(value).strip():
            self.fail(path, "is blank: write the text that the field must contain")
        return value

    def _expression(self, source: str, path: str) -> str:
        if source in self.expressions:
            return source
        if len(self.expressions) == MAX_EXPRESSIONS:
            self.fail(path, f"the document has more than {MAX_EXPRESSIONS} expressions: join some with |, or use words")
            return source
        try:
            self.expressions[source] = Expression(source)
        except InvalidExpression as error:
            self.fail(path, str(error))
        return source

    def _names(self, values: Iterable[str], path: str, part: str) -> tuple[str, ...]:
        def read(value: str, where: str) -> str:
            if value not in self.known[part]:
                self.fail(where, f"is not defined: add it to {part}, or correct the name")
            return value

        return self._each(values, path, read)

    def _window(self, _name: str, raw: Mapping[str, Any], path: str) -> Span:
        try:
            windows.zone(raw["zone"])
        except ValueError:
            self.fail(f"{path}.zone", "is no time zone that is known: use an IANA name such as Europe/Paris")
        if raw["from"] == raw["to"]:
            self.fail(f"{path}.to", "is the same as from: for a whole day write 00:00 to 24:00")
        days = frozenset(windows.DAYS.index(day) for day in raw.get("days", windows.DAYS))
        return Span(days, values.minutes(raw["from"]), values.minutes(raw["to"]), raw["zone"])

    def _pattern(self, name: str, raw: Mapping[str, Any], path: str) -> Pattern:
        if not ("words" in raw or "expressions" in raw or raw.get("link")):
            self.fail(path, "has nothing to look for: add words or expressions, or link: true")
        return Pattern(
            name=name,
            words=self._each(raw.get("words", ()), f"{path}.words", self._phrase),
            expressions=self._each(raw.get("expressions", ()), f"{path}.expressions", self._expression),
            fields=tuple(raw.get("in", ("subject", "body"))),
            every=raw.get("need") == "all",
            link=raw.get("link", False),
            urgent=self._each(raw.get("urgent", ()), f"{path}.urgent", self._phrase),
        )

    def _provider(self, name: str, raw: Mapping[str, Any], path: str) -> Provider:
        return Provider(
            name=name,
            hosts=self._each(raw["hosts"], f"{path}.hosts", self._domain),
            paths=tuple(raw["paths"]),
            drop=tuple(value.lower() for value in raw.get("drop", ())),
        )

    def _destination(self, name: str, raw: Mapping[str, Any], path: str) -> Destination:
        if not values.is_https(raw["url"]):
            self.fail(f"{path}.url", "must be https://host/path, without user, password or #fragment")
        return Destination(name, raw["url"], tuple(raw.get("clear_fields", ())), raw.get("key", ""))

    def _rules(self) -> tuple[Rule, ...]:
        found: dict[str, Rule] = {}
        for index, raw in enumerate(self.document.get("rules", ())):
            path = f"rules[{index}]"
            if raw["name"] in found:
                self.fail(f"{path}.name", "is the name of an earlier rule: give each its own")
            found[raw["name"]] = self._rule(raw, path)
        return tuple(found.values())

    def _rule(self, raw: Mapping[str, Any], path: str) -> Rule:
        then, window = raw.get("then", {}), raw.get("time_window", {})
        if not then and not window:
            self.fail(path, "does nothing: add then or time_window")
        if then.get("stop_processing") and window.get("outside") == "hold":
            self.fail(f"{path}.time_window.outside", "cannot be hold where the rule stops the mail: use skip or refuse")
        return Rule(
            name=raw["name"],
            when=self._condition(raw["when"], f"{path}.when") if "when" in raw else None,
            enabled=raw.get("enabled", True),
            webhooks=self._names(then.get("webhooks", ()), f"{path}.then.webhooks", "destinations"),
            topic=then.get("topic", ""),
            priority=then.get("priority", ""),
            category=then.get("category", ""),
            offload=then.get("offload", False),
            stop_processing=then.get("stop_processing", False),
            windows=self._names(window.get("open", ()), f"{path}.time_window.open", "time_windows"),
            outside=window.get("outside", ""),
        )

    def _condition(self, raw: Mapping[str, Any], path: str) -> Condition:
        kind, inside = next(iter(raw.items()))
        path = f"{path}.{kind}"
        if kind == "not":
            return Condition(kind, parts=(self._condition(inside, path),))
        if kind in GROUPS:
            parts = [self._condition(part, f"{path}[{index}]") for index, part in enumerate(inside)]
            return Condition(kind, parts=tuple(parts))
        if kind == "pattern":
            return self._of_pattern(inside, path)
        test, value = next(iter(inside.items()))
        path = f"{path}.{test}"
        if isinstance(value, bool):
            return Condition(kind, test, flag=value)
        if test == "matches":
            return Condition(kind, test, (self._expression(value, path),))
        if test == "provider":
            return Condition(kind, test, self._names(value, path, "providers"))
        readers = {"domain": self._domain, "words": self._phrase, "contains": self._fragment}
        read = self._address if test == "is" and kind in ("sender", "recipient") else readers.get(test, values.as_it_is)
        return Condition(kind, test, self._each(value, path, read))

    def _of_pattern(self, raw: Mapping[str, Any], path: str) -> Condition:
        name, urgent = raw["is"], raw.get("urgent")
        if name not in self.known["patterns"]:
            self.fail(f"{path}.is", "is not defined: add it to patterns, or correct the name")
        elif urgent is not None and "urgent" not in self.document["patterns"][name]:
            self.fail(f"{path}.urgent", "needs a list of urgent words in that pattern: add it there")
        return Condition("pattern", "is", (name,), urgent)
