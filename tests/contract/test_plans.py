"""What runs per mail, per minute or per page reads few rows of a large database: plans of the statements really sent.

Each public method of the PostgreSQL adapters is called here, and a cursor explains every statement before it runs: a
new one without an index fails.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import psycopg
import pytest

from chalicelib.adapters.postgres.archive import PostgresArchive
from chalicelib.adapters.postgres.chats import PostgresChatBook
from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.deliveries import PostgresDeliveryStore
from chalicelib.adapters.postgres.exclusions import PostgresExclusions
from chalicelib.adapters.postgres.flags import PostgresFlagStore
from chalicelib.adapters.postgres.ledger import PostgresLedger
from chalicelib.adapters.postgres.links import PostgresLinkStore
from chalicelib.adapters.postgres.outbox import PostgresOutbox
from chalicelib.adapters.postgres.overdue import PostgresOpenDeliveries
from chalicelib.adapters.postgres.people import PostgresPeople
from chalicelib.adapters.postgres.reconciliations import PostgresReconciliations
from chalicelib.adapters.postgres.reports import PostgresReports
from chalicelib.adapters.postgres.rules import PostgresRuleStore
from chalicelib.adapters.postgres.store import PostgresMailStore
from chalicelib.core.clock import utc_now
from chalicelib.core.mail_ids import MailRef
from chalicelib.core.messages import Routing
from chalicelib.ports import Excluded, ExclusionQuery, MailLocation, Progress, ReconciliationRun, Sent
from infra.database.migrate import migrate
from infra.local.servers import Postgres
from tests.contract.mails import ORIGINAL, RECEIPT, envelope, exclusion, mail_id, note

KEY = "a key of this test only"
MAILS = 200_000
MOST_BLOCKS = 2_000
"""8 KiB blocks that one statement may touch, of the 20,000 and more that these tables have."""
SMALL = frozenset({"flags", "chats", "ledger_totals", "rule_versions", "reconciliations", "erasures"})
"""Tables of a few rows (accounts, flags, changes by hand), where PostgreSQL rightly uses no index."""

INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace IN ('core'::regnamespace, 'ingestion'::regnamespace))
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""

FILL = """
    CREATE TEMP TABLE mails AS
    SELECT n, lpad(to_hex(n), 32, '0')::uuid AS mail_id, now() - n * interval '3 minutes' AS at,
           CASE WHEN n % 5000 = 0 THEN 'quarantined' WHEN n % 10 = 0 THEN 'excluded' ELSE 'stored' END AS state
    FROM generate_series(1, {mails}) AS n;

    INSERT INTO core.ledger (mail_id, account_id, source, state, reason, stage, canonical_id, received_at, created_at,
                             updated_at, last_at)
    SELECT mail_id, 'account-' || n % 4, 'gmail', state,
           CASE state WHEN 'stored' THEN '' WHEN 'quarantined' THEN 'mime_unreadable'
                      ELSE CASE WHEN n % 20 = 0 THEN 'duplicate' ELSE 'sender_not_allowed' END END,
           'store', CASE WHEN state = 'excluded' AND n % 20 = 0 THEN lpad(to_hex(n - 1), 32, '0')::uuid END,
           at, at, at, at FROM mails;

    INSERT INTO core.action_receipts (mail_id, module, action, started, duration, outcome)
    SELECT mail_id, 'ingress', 'email.receive', at, 0.1, 'accepted' FROM mails;

    INSERT INTO core.exclusions (mail_id, account_id, reason, rules_version, sender_key, domain_key, decided_at)
    SELECT mail_id, 'account-' || n % 4, 'sender_not_allowed', 1, md5('s' || n % 5000), md5('d' || n % 500), at
    FROM mails WHERE state = 'excluded' AND n % 20 <> 0;

    INSERT INTO ingestion.emails (mail_id, account_id, sender, subject, body, recipients, attachments, language,
        category, urgency, confidence, reason, classifier, traits, defects, thread_key, sender_key, address_keys,
        received_at)
    SELECT mail_id, 'account-' || n % 4, '<PERSON_1>', 'subject', 'body', '{{}}', '{{}}', 'en', 'patient', 'normal',
           0.9, '', 'rules', '{{}}', '{{}}', md5('t' || n), md5('s' || n % 5000), ARRAY[md5('s' || n % 5000)], at
    FROM mails WHERE state = 'stored';

    INSERT INTO ingestion.email_identities (account_id, identity, mail_id)
    SELECT 'account-' || n % 4, md5('i' || n), mail_id FROM mails WHERE state = 'stored';

    INSERT INTO core.outbox (dedup_key, topic, mail_id, fields, created_at, sent_at)
    SELECT 'email:' || mail_id, 'email', mail_id, '{{}}', at, CASE WHEN n > 100 THEN at END
    FROM mails WHERE state = 'stored';

    INSERT INTO core.deliveries (mail_id, destination, state, last_at, delivered_at, routing)
    SELECT mail_id, 'desk', CASE WHEN n > 50 THEN 'delivered' ELSE 'waiting' END, at,
           CASE WHEN n > 50 THEN at END, '{{"version": 1}}' FROM mails WHERE state = 'stored';

    INSERT INTO core.decisions (mail_id, stage, decision, reason, author)
    SELECT mail_id, 'store', 'redriven', '', 'ann' FROM mails WHERE n % 4 = 0;

    INSERT INTO ingestion.emails_raw (mail_id, sender, subject, body, source)
    SELECT mail_id, sealed, sealed, sealed, sealed
    FROM mails, (SELECT pgp_sym_encrypt('text', '{key}', 'cipher-algo=aes256') AS sealed) AS one
    WHERE state = 'stored' AND n BETWEEN 20001 AND 60000;

    INSERT INTO ingestion.links (mail_id, position, provider, source)
    SELECT mail_id, 0, 'files', sealed FROM mails, (SELECT '\\xc30d0409'::bytea AS sealed) AS one
    WHERE state = 'stored' AND n BETWEEN 60001 AND 90000;

    INSERT INTO core.flag_changes (name, new_value, author)
    SELECT 'flag-' || n % 4, true, 'ann' FROM mails WHERE n < 20000;
    INSERT INTO core.flags (name, value, author) SELECT 'flag-' || n, true, 'ann' FROM generate_series(0, 3) AS n;

    INSERT INTO ingestion.mail_before (mail_id, account_id) SELECT mail_id, 'account-1' FROM mails WHERE n < 50000;
    INSERT INTO core.chats (chat) VALUES ('default');
"""


@dataclass(frozen=True)
class Plan:
    """How a statement was run: the tables that were read from front to end, and the blocks that it touched."""

    statement: str
    scanned: frozenset[str]
    blocks: int

    @property
    def slow(self) -> bool:
        return bool(self.scanned - SMALL) or self.blocks > MOST_BLOCKS


def plan_of(statement: str, answer: Mapping[str, Any]) -> Plan:
    """From what EXPLAIN says in JSON."""
    nodes, scanned = [answer["Plan"]], set()
    for node in nodes:
        nodes += node.get("Plans", [])
        if node["Node Type"] == "Seq Scan":
            scanned.add(str(node["Relation Name"]))
    blocks = sum(answer["Plan"][f"Shared {kind} Blocks"] for kind in ("Hit", "Read"))
    return Plan(" ".join(statement.split()), frozenset(scanned), blocks)


class Explainer(psycopg.Cursor[Any]):
    """Explains what it is asked to run, which runs it, undoes that, and then runs it for good."""

    plans: ClassVar[list[Plan]] = []

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        self._explain(query, params)
        return super().execute(query, params, **options)

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        rows = list(params_seq)
        for params in rows[:1]:
            self._explain(query, params)
        super().executemany(query, rows, **options)

    def _explain(self, query: Any, params: Any) -> None:
        text = query.decode() if isinstance(query, bytes) else str(query)
        if text.startswith("LOCK TABLE"):  # PostgreSQL explains no such statement, and it reads nothing
            return
        with self.connection.transaction(force_rollback=True), psycopg.Cursor(self.connection) as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {text}".encode(), params)
            [[answers]] = cursor.fetchall()
        self.plans.append(plan_of(text, answers[0]))


@pytest.fixture(scope="module")
def large(postgres: Postgres) -> Iterator[Database]:
    """A database of its own with two hundred thousand mails of a year and more."""
    with psycopg.connect(postgres.start(), autocommit=True) as owner:
        owner.execute("CREATE DATABASE large")
        url = postgres.url.rpartition("/")[0] + "/large"
        migrate(url)
        with psycopg.connect(url) as filler:
            filler.execute("SET LOCAL session_replication_role = replica")  # no triggers: the rows fit by themselves
            made = filler.execute(INDEXES).fetchall()
            for name, _ in made:  # built at the end, all rows at once: that takes a third of the time
                filler.execute(f"DROP INDEX {name}".encode())
            filler.execute(FILL.format(mails=MAILS, key=KEY).encode())
            for _, definition in made:
                filler.execute(definition.encode())
            filler.commit()
            filler.autocommit = True
            filler.execute("VACUUM ANALYZE")
        database = Database(url)
        database.run(lambda connection: setattr(connection, "cursor_factory", Explainer))
        yield database
        database.close()
        owner.execute("DROP DATABASE large WITH (FORCE)")


def uuid_of(number: int) -> str:
    """The id of a mail of the large database; the smaller, the younger."""
    return str(UUID(int=number))


STORED, EXCLUDED, DUPLICATE, QUARANTINED = (uuid_of(n) for n in (40_001, 40_010, 40_020, 40_000))
HERS = hashlib.md5(b"s77", usedforsecurity=False).hexdigest()
ROUTED = Routing(1, webhooks=("desk",))
NOW = utc_now()
LONG_AGO = NOW - timedelta(minutes=3 * (MAILS - 500))
EXCLUDED_MAIL = Excluded(EXCLUDED, "account-2", "gmail", "", NOW, "", "sender_not_allowed", "", "s" * 32, "d" * 32)
RUN = ReconciliationRun("account-1", NOW, "complete")


def people(database: Database) -> PostgresPeople:
    return PostgresPeople(database, lambda: KEY)


def erased(database: Database) -> None:
    """An erasure from its begin to its end."""
    begun = people(database).begin(HERS, "ann")
    people(database).progress(begun, {"mails": 1})
    people(database).finish(begun, {"mails": 1})
    assert people(database).finished(HERS) is not None


def noticed(database: Database) -> None:
    """A claim, and all that may become of it."""
    outbox = PostgresOutbox(database)
    ids = [notice.id for notice in outbox.claim(40, 60).notices]
    assert len(ids) == 40
    outbox.release(ids[:5], 0)
    outbox.refused(ids[5:10], 0, 60)
    outbox.unknown(ids[10:15], 0)
    outbox.chat_refused(ids[15:20])
    outbox.mark_sent(ids[20:], Sent(1, "-100"))


def moved(database: Database) -> None:
    """A group that moves and loses a topic."""
    book = PostgresChatBook(database)
    book.moved("-1", "-2")
    book.remade("-1", "email=2", 2, 7)
    assert book.changes("-1").chat == "-2"


def delivered(database: Database) -> None:
    """Webhooks that are delivered, that fail, and that are given up."""
    deliveries = PostgresDeliveryStore(database, KEY)
    for destination in ("desk", "shop", "else"):
        assert deliveries.claim(STORED, destination, ["sender"], links=True).mail is not None
    deliveries.delivered(STORED, "desk", 200, RECEIPT)
    deliveries.failed(STORED, "shop", "webhook_failed", final=False)
    deliveries.given_up(STORED, "else", "webhook_gone")


def linked(database: Database) -> None:
    """A link from its first try to its end."""
    links, far = PostgresLinkStore(database, KEY), Progress(1, key="k", name="n", total=1)
    for position in (0, 1):
        assert links.begin(STORED, position, "files", "https://files.example/") is not None
    links.save(STORED, 0, far, Progress(1))
    links.stored(STORED, 0, far)
    links.given_up(STORED, 1, "late")


CASES: dict[str, Callable[[Database], object]] = {
    "PostgresMailStore store": lambda d: store(d).store(envelope("new", routing=ROUTED), "text", ORIGINAL, [RECEIPT]),
    "PostgresMailStore store a repeat": lambda d: store(d).store(envelope("new"), "text", ORIGINAL, [RECEIPT]),
    "PostgresMailStore store a duplicate": lambda d: store(d).store(
        envelope("other", identities=("identity-new",)), "text", ORIGINAL, []
    ),
    "PostgresMailStore quarantine": lambda d: store(d).quarantine(note("broken")),
    "PostgresMailStore exclude": lambda d: store(d).exclude(exclusion("kept out")),
    "PostgresMailStore sender_history": lambda d: store(d).sender_history("account-1", HERS),
    "PostgresMailStore ledger_state": lambda d: store(d).ledger_state([uuid_of(n) for n in range(1, 101)]),
    "PostgresMailStore ledger_counts": lambda d: store(d).ledger_counts(),
    "PostgresMailStore add_receipts": lambda d: store(d).add_receipts([(STORED, RECEIPT), (EXCLUDED, RECEIPT)]),
    "PostgresMailStore ping": lambda d: store(d).ping(),
    "PostgresOutbox claim mark_sent release unknown chat_refused refused": noticed,
    "PostgresChatBook changes moved remade": moved,
    "PostgresOutbox sent": lambda d: PostgresOutbox(d).sent([uuid_of(n) for n in range(1, 41)]),
    "PostgresOutbox add_system": lambda d: PostgresOutbox(d).add_system("alarm", {"text": "x"}),
    "PostgresLedger quarantined": lambda d: PostgresLedger(d).quarantined(),
    "PostgresLedger unsent": lambda d: PostgresLedger(d).unsent(NOW, 1_000),
    "PostgresLedger redriven": lambda d: PostgresLedger(d).redriven("store", [QUARANTINED], "ann"),
    "PostgresLedger redriven of a stage": lambda d: PostgresLedger(d).redriven("store", None, "ann"),
    "PostgresLedger discard": lambda d: PostgresLedger(d).discard(note("broken"), "spam", "ann"),
    "PostgresLedger write_off": lambda d: PostgresLedger(d).write_off(QUARANTINED, "spam", "ann"),
    "PostgresDeliveryStore claim delivered failed given_up": delivered,
    "PostgresOpenDeliveries count": lambda d: PostgresOpenDeliveries(d).count(NOW, (60.0,)),
    "PostgresOpenDeliveries due": lambda d: PostgresOpenDeliveries(d).due(NOW, (60.0,), (60.0,), 20),
    "PostgresOpenDeliveries resent": lambda d: PostgresOpenDeliveries(d).resent([(STORED, "shop")], NOW),
    "PostgresLinkStore begin save stored given_up": linked,
    "PostgresReports totals": lambda d: PostgresReports(d).totals(),
    "PostgresReports day": lambda d: PostgresReports(d).day(NOW - timedelta(days=1)),
    "PostgresReports latest": lambda d: PostgresReports(d).latest(50),
    "PostgresReports latest further back": lambda d: PostgresReports(d).latest(50, before=STORED),
    "PostgresReports latest of one state": lambda d: PostgresReports(d).latest(20, state="quarantined"),
    "PostgresReports latest of one state further back": lambda d: PostgresReports(d).latest(
        20, before=STORED, state="quarantined"
    ),
    "PostgresReports story": lambda d: PostgresReports(d).story(EXCLUDED),
    "PostgresFlagStore flags": lambda d: PostgresFlagStore(d).flags(),
    "PostgresFlagStore set_flag": lambda d: PostgresFlagStore(d).set_flag("flag-1", False, "ann"),
    "PostgresFlagStore history": lambda d: PostgresFlagStore(d).history(5),
    "PostgresRuleStore save": lambda d: PostgresRuleStore(d).save({}, "ann", "", 0),
    "PostgresRuleStore current": lambda d: PostgresRuleStore(d).current(),
    "PostgresRuleStore version": lambda d: PostgresRuleStore(d).version(1),
    "PostgresRuleStore versions": lambda d: PostgresRuleStore(d).versions(20),
    "PostgresReconciliations latest": lambda d: PostgresReconciliations(d).latest(),
    "PostgresReconciliations older": lambda d: PostgresReconciliations(d).older([STORED, EXCLUDED]),
    "PostgresReconciliations note": lambda d: PostgresReconciliations(d).note(RUN, [mail_id("before")]),
    "PostgresExclusions find by sender": lambda d: find(d, ExclusionQuery(sender_key=HERS)),
    "PostgresExclusions find by domain": lambda d: find(d, ExclusionQuery(domain_key="d" * 32)),
    "PostgresExclusions find by reason": lambda d: find(d, ExclusionQuery(reason="sender_not_allowed")),
    "PostgresExclusions find by rule": lambda d: find(d, ExclusionQuery(rule="newsletters")),
    "PostgresExclusions reconsidered": lambda d: PostgresExclusions(d).reconsidered([EXCLUDED_MAIL], "ann"),
    "PostgresPeople begin progress finish finished": erased,
    "PostgresPeople of": lambda d: people(d).of(HERS),
    "PostgresPeople held": lambda d: people(d).held([STORED, EXCLUDED]),
    "PostgresPeople unjudged": lambda d: people(d).unjudged(STORED, 100),
    "PostgresPeople judged": lambda d: people(d).judged([STORED]),
    "PostgresPeople source": lambda d: people(d).source(STORED),
    "PostgresPeople files": lambda d: people(d).files(STORED),
    "PostgresPeople remember": lambda d: people(d).remember(STORED, [HERS]),
    "PostgresPeople record": lambda d: people(d).record(STORED),
    "PostgresPeople rules_naming": lambda d: people(d).rules_naming("ada@example.org"),
    "PostgresPeople erase": lambda d: people(d).erase(
        MailLocation(MailRef(DUPLICATE, "account-0"), "excluded"), "gmail", NOW.isoformat()
    ),
    "PostgresArchive expired": lambda d: PostgresArchive(d).expired("account-1", LONG_AGO, 100),
    "PostgresArchive originals": lambda d: PostgresArchive(d).originals("account-1", LONG_AGO, 100),
    "PostgresArchive returned": lambda d: PostgresArchive(d).returned(NOW - timedelta(days=1), 100),
    "PostgresArchive drop_originals": lambda d: PostgresArchive(d).drop_originals([uuid_of(101)]),
    "PostgresArchive expire": lambda d: PostgresArchive(d).expire([uuid_of(n) for n in (102, 103, 104)]),
}
"""The methods that a case calls, and what is special about it → the call."""


def store(database: Database) -> PostgresMailStore:
    return PostgresMailStore(database, KEY)


def find(database: Database, query: ExclusionQuery) -> list[Excluded]:
    return PostgresExclusions(database).find(query, uuid_of(1_000), 100)


@pytest.mark.parametrize("case", CASES)
def test_no_statement_reads_a_large_table_through(large: Database, case: str) -> None:
    Explainer.plans.clear()
    CASES[case](large)
    assert Explainer.plans
    assert [plan for plan in Explainer.plans if plan.slow] == []


def adapters() -> Iterator[type[object]]:
    """Every class of the PostgreSQL adapters that sends statements."""
    import chalicelib.adapters.postgres as package

    for found in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{found.name}")
        yield from (
            one
            for name, one in inspect.getmembers(module, inspect.isclass)
            if name.startswith("Postgres") and one.__module__ == module.__name__
        )


def test_every_method_of_the_adapters_is_explained() -> None:
    methods = {(one.__name__, name) for one in adapters() for name, _ in inspect.getmembers(one, inspect.isfunction)}
    public = {(owner, name) for owner, name in methods if not name.startswith("_")}
    explained = {(words[0], word) for words in map(str.split, CASES) for word in words[1:]}
    assert public - explained == set()


def test_a_statement_without_an_index_would_be_seen(large: Database) -> None:
    Explainer.plans.clear()
    large.all("SELECT count(*) FROM core.ledger WHERE trace_id = 'x'")
    large.all("SELECT body FROM ingestion.emails ORDER BY received_at OFFSET 100000 LIMIT 1")
    assert [plan.slow for plan in Explainer.plans] == [True, True]


UNINDEXED = """
    SELECT bound.conrelid::regclass::text, bound.conname FROM pg_constraint AS bound
    WHERE bound.contype = 'f' AND bound.connamespace IN ('core'::regnamespace, 'ingestion'::regnamespace)
      AND NOT EXISTS (
        SELECT FROM pg_index AS made WHERE made.indrelid = bound.conrelid AND made.indkey[0] = bound.conkey[1]
          AND (made.indpred IS NULL OR pg_get_expr(made.indpred, made.indrelid) LIKE '%%IS NOT NULL%%'))
"""


def test_what_refers_to_a_mail_is_found_by_an_index_when_the_mail_goes(large: Database) -> None:
    """PostgreSQL looks for references itself, in triggers that no plan shows."""
    assert large.all(UNINDEXED) == [("core.rule_versions", "rule_versions_restores_fkey")], "no version is ever removed"
