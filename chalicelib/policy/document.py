"""The operator's rule document, typed: what `policy.validate` makes of the JSON, and what everything else reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chalicelib.mail.links import DEFAULT_PROVIDERS, Provider


@dataclass(frozen=True, slots=True)
class Rate:
    """An average number of mails per minute, and `burst` at once."""

    per_minute: float
    burst: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Rate limits of the endpoints: `sender` counts each address apart, `total` all mail; None = unlimited."""

    sender: Rate | None = None
    total: Rate | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a webhook goes. `url` is https; `clear_fields` (of sender, subject, body, recipients) are sent in clear,
    all else anonymized; `key` names the signing key, empty for the default one."""

    name: str
    url: str
    clear_fields: tuple[str, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Allowlist:
    """Addresses and domains that may send, normalised; both empty = all senders."""

    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.addresses or self.domains)


@dataclass(frozen=True, slots=True)
class Span:
    """A time window: `days` (0 = Monday) on which it begins, minutes of the day `start` to `end` (excluded) in
    local time of `zone`; `end` at or below `start` is on the next day."""

    days: frozenset[int]
    start: int
    end: int
    zone: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """Named words and expressions, looked for in `fields` (subject, body). `every`: all of them, else any. `link`
    asks for a provider's link besides. `urgent` words mark a mail of the pattern as urgent."""

    name: str
    words: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()
    fields: tuple[str, ...] = ("subject", "body")
    every: bool = False
    link: bool = False
    urgent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One node: `all`, `any` and `not` have `parts`; the others name what is looked at (`kind`), how (`test`) and for
    what (`values`)."""

    kind: str
    test: str = ""
    values: tuple[str, ...] = ()
    flag: bool | None = None
    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One routing rule; without `when` it concerns every mail. `windows` names the windows in which it is open
    (any of them), `outside` what happens else: hold, skip or refuse."""

    name: str
    when: Condition | None = None
    enabled: bool = True
    webhooks: tuple[str, ...] = ()
    topic: str = ""
    priority: str = ""
    category: str = ""
    offload: bool = False
    stop_processing: bool = False
    windows: tuple[str, ...] = ()
    outside: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """The whole document, validated: every name that is used exists."""

    allowlist: Allowlist = field(default_factory=Allowlist)
    time_windows: dict[str, Span] = field(default_factory=dict)
    patterns: dict[str, Pattern] = field(default_factory=dict)
    providers: tuple[Provider, ...] = DEFAULT_PROVIDERS
    destinations: dict[str, Destination] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    rules: tuple[Rule, ...] = ()


class InvalidRules(ValueError):
    """A rule document that cannot be used. `errors` are (path, what to do), never values of the document."""

    def __init__(self, errors: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(f"{path or 'document'}: {message}" for path, message in errors[:3]))
        self.errors = errors


Raw = dict[str, Any]
"""A JSON object as it was read."""
