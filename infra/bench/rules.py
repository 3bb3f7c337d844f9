"""The rule engine: loading a document and deciding about one ordinary mail, with 10, 100 and 1,000 rules."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from chalicelib.policy.decision import Facts
from chalicelib.policy.ruleset import load
from infra.bench.machine import spread

SIZES = (10, 100, 1_000)
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
MAIL = Facts(
    account="personal",
    sender="ann@partner.example",
    sender_name="Ann Ånder",
    recipients=("press@media.example", "desk@media.example"),
    subject="Votre demande concernant le dossier 4711",
    body="Bonjour, nous avons bien reçu votre demande concernant la référence 12 et le dossier d'été. " * 22,
    labels=("INBOX",),
    attachments=("facture.pdf",),
)
"""French, 2 kB, matched by none of the rules below: the worst case, since no rule ends the evaluation."""


def document(number: int) -> dict[str, Any]:
    """A document of so many rules: by turns on sender, subject's words, subject's expression, a pattern of words and an
    expression, and two of these together; a tenth of them bound to a time window."""
    rules = []
    for index in range(number):
        conditions: tuple[dict[str, Any], ...] = (
            {"sender": {"domain": [f"customer{index}.example", f"*.customer{index}.example"]}},
            {"subject": {"words": [f"project {index}", "invoice*", "rappel"]}},
            {"subject": {"matches": rf"\b(order|commande) n?°? ?{index}\d+"}},
            {"pattern": {"is": f"pattern {index % 100}"}},
            {
                "any": [
                    {"body": {"matches": rf"contract {index}-[a-z]+"}},
                    {"all": [{"account": {"is": ["personal"]}}, {"body": {"words": [f"ticket {index}"]}}]},
                ]
            },
        )
        rule: dict[str, Any] = {"name": f"rule {index}", "when": conditions[index % 5], "then": {"topic": "t"}}
        if index % 10 == 0:
            rule["time_window"] = {"open": ["office"], "outside": "hold"}
        rules.append(rule)
    patterns = {
        f"pattern {index}": {"words": [f"offer {index}", "devis"], "expressions": [rf"quote:? {index}\d*"]}
        for index in range(min(number, 100))
    }
    window = {"zone": "Europe/Paris", "from": "08:00", "to": "18:00"}
    return {"patterns": patterns, "time_windows": {"office": window}, "rules": rules}


def measure(rounds: int = 300) -> dict[str, Any]:
    """Rules → milliseconds of a decision (spread) and of loading the document."""
    results: dict[str, Any] = {}
    for number in SIZES:
        made = document(number)
        began = time.perf_counter()
        rules = load(made)
        loading = time.perf_counter() - began
        times = []
        for _ in range(rounds):
            before = time.perf_counter()
            answer = rules.decide(MAIL, NOW)
            times.append(time.perf_counter() - before)
        assert len(answer.matches) == number
        assert not answer.routing.rules
        results[str(number)] = {**spread(times), "load_ms": round(loading * 1000, 1)}
    return results
