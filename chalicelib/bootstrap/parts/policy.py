"""What the operator decides: flags and rules."""

from __future__ import annotations

import time

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.container import Container
from chalicelib.policy.book import RuleBook
from chalicelib.policy.flags import Flags


def flags(parts: Container) -> Flags:
    """The runtime flags."""
    return Flags(parts.cache, lambda: parts.flag_store, time.monotonic)


def rules(parts: Container) -> RuleBook:
    """The operator's rules in force."""
    return RuleBook(
        parts.cache,
        lambda: parts.rule_store,
        key=parts.mapping_key,
        clock=time.monotonic,
        on_unavailable=lambda code: telemetry.count("RulesUnavailable", code=code),
    )
