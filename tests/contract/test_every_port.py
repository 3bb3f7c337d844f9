"""Each Protocol of `chalicelib.ports` has a contract suite, which runs its twin as well where there is one."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import chalicelib.ports
from chalicelib import ports
from chalicelib.ports import delivery, governance, messaging, reconciliation, records, reports, services, transport

HERE = Path(__file__).parent
MODULES = (delivery, governance, messaging, reconciliation, records, reports, services, transport)

SUITES = {
    "Anonymizer": "test_anonymizer",
    "Archive": "test_retention",
    "Board": "test_cache",
    "Cache": "test_cache",
    "ChatBook": "test_chats",
    "Classifier": "test_classifier",
    "DeadLetterQueues": "test_dead_letters",
    "DeliveryStore": "test_links",
    "Downloads": "test_outside",
    "Exclusions": "test_exclusions",
    "FileTarget": "test_bucket",
    "FlagStore": "test_flags",
    "Ledger": "test_ledger",
    "Limiter": "test_limiter",
    "LinkStore": "test_links",
    "Listing": "test_listing",
    "MailStore": "test_store",
    "MessageSource": "test_source",
    "Messenger": "test_messenger",
    "OpenDeliveries": "test_overdue",
    "Outbox": "test_outbox",
    "People": "test_person",
    "Queues": "test_queues",
    "Receiver": "test_outside",
    "ReconciliationStore": "test_looks",
    "Reports": "test_reports",
    "RuleStore": "test_rule_store",
    "Spool": "test_spool",
    "Uploads": "test_uploads",
}
"""Protocol → the suite of its cases."""
WITHOUT = {"Telemetry": "its twin keeps what it is given, and has no answers that could differ"}

TWINS = {
    "Anonymizer": "RulesAnonymizer",
    "Board": "MemoryCache",
    "Cache": "MemoryCache",
    "ChatBook": "MemoryChatBook",
    "DeadLetterQueues": "MemoryDeadLetterQueues",
    "DeliveryStore": "MemoryDeliveryStore",
    "Downloads": "MemoryDownloads",
    "Exclusions": "MemoryExclusions",
    "FileTarget": "MemoryBucket",
    "FlagStore": "MemoryFlagStore",
    "Ledger": "MemoryLedger",
    "LinkStore": "MemoryLinkStore",
    "Listing": "MemorySource",
    "MailStore": "MemoryMailStore",
    "MessageSource": "MemorySource",
    "Messenger": "MemoryMessenger",
    "OpenDeliveries": "MemoryOpenDeliveries",
    "Outbox": "MemoryOutbox",
    "Queues": "MemoryQueues",
    "Receiver": "MemoryReceiver",
    "ReconciliationStore": "MemoryLooks",
    "Reports": "MemoryReports",
    "RuleStore": "MemoryRuleStore",
    "Spool": "MemorySpool",
    "Uploads": "MemoryUploads",
}
"""Protocol → its twin in `tests/twins`; whatever has none is tested with the real thing alone."""


def protocols() -> set[str]:
    found = set()
    for module in MODULES:
        for name, one in inspect.getmembers(module, inspect.isclass):
            if one.__module__ == module.__name__ and getattr(one, "_is_protocol", False):
                found.add(name)
    return found


def names_in(file: Path) -> set[str]:
    """Names that a module uses, other than in comments and texts."""
    tree = ast.parse(file.read_text())
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def test_every_module_of_the_ports_is_looked_through() -> None:
    files = {file.stem for file in Path(chalicelib.ports.__path__[0]).glob("*.py")} - {"__init__"}
    with_protocols = {stem for stem in files if "(Protocol)" in (Path(ports.__path__[0]) / f"{stem}.py").read_text()}
    assert with_protocols <= {module.__name__.rpartition(".")[2] for module in MODULES}


def test_every_protocol_has_a_suite() -> None:
    assert protocols() == SUITES.keys() | WITHOUT.keys()


@pytest.mark.parametrize("port", SUITES)
def test_the_suite_has_cases_and_runs_the_twin(port: str) -> None:
    suite = HERE / f"{SUITES[port]}.py"
    assert "def test_" in suite.read_text()
    assert port not in TWINS or TWINS[port] in names_in(suite)


def test_every_twin_is_a_known_one() -> None:
    twins = set()
    for file in (HERE.parent / "twins").glob("*.py"):
        classes = [node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.ClassDef)]
        twins |= {name for name in classes if name.startswith("Memory")}
    assert twins <= set(TWINS.values())
