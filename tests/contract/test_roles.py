"""What each function's login may do in a real PostgreSQL, and what it is refused."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest

from chalicelib.adapters.postgres.archive import PostgresArchive
from chalicelib.adapters.postgres.chats import PostgresChatBook
from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.deliveries import PostgresDeliveryStore
from chalicelib.adapters.postgres.flags import PostgresFlagStore
from chalicelib.adapters.postgres.ledger import PostgresLedger
from chalicelib.adapters.postgres.links import PostgresLinkStore
from chalicelib.adapters.postgres.outbox import PostgresOutbox
from chalicelib.adapters.postgres.overdue import PostgresOpenDeliveries
from chalicelib.adapters.postgres.reports import PostgresReports
from chalicelib.adapters.postgres.rules import PostgresRuleStore
from chalicelib.adapters.postgres.store import PostgresMailStore
from chalicelib.core.clock import utc_now
from chalicelib.core.messages import Routing
from chalicelib.ports import Progress, Sent
from infra.database.rights import LOGINS
from infra.database.roles import login_url, make_logins
from infra.local.servers import Postgres
from tests.contract.mails import ORIGINAL, RECEIPT, envelope, mail_id, note
from tests.contract.person_world import ADA, BOB, World, raw
from tests.stack.functions import GRANTS as EXPECTED

KEY = "a key of this test only"
PASSWORDS = {name: f"pässword/of {name}@" for name in LOGINS}

READ_RAW = frozenset({"operator", "deliver"})
"""Who may open originals: only the operator, and the function that sends clear text where a rule asks for it."""

GRANTS = """
    SELECT substr(holder.rolname, 10), schema.nspname || '.' || relation.relname, given.privilege_type
    FROM pg_class AS relation JOIN pg_namespace AS schema ON schema.oid = relation.relnamespace,
         aclexplode(relation.relacl) AS given JOIN pg_roles AS holder ON holder.oid = given.grantee
    WHERE holder.rolname LIKE 'mailroom\\_%%'
    UNION ALL
    SELECT substr(holder.rolname, 10), schema.nspname || '.' || relation.relname,
           given.privilege_type || '(' || columns.attname || ')'
    FROM pg_attribute AS columns JOIN pg_class AS relation ON relation.oid = columns.attrelid
         JOIN pg_namespace AS schema ON schema.oid = relation.relnamespace,
         aclexplode(columns.attacl) AS given JOIN pg_roles AS holder ON holder.oid = given.grantee
    WHERE holder.rolname LIKE 'mailroom\\_%%'
"""
FOR_EVERYBODY = """
    SELECT table_schema || '.' || table_name FROM information_schema.role_table_grants
    WHERE grantee = 'PUBLIC' AND table_schema IN ('core', 'ingestion')
"""


@pytest.fixture(scope="module")
def logins(postgres: Postgres) -> Postgres:
    """The server with a login for each function, as the stack makes them."""
    make_logins(postgres.start(), PASSWORDS)
    return postgres


@contextmanager
def as_login(server: Postgres, name: str) -> Iterator[Database]:
    """A function's own connection."""
    own = Database(login_url(server.url, name, PASSWORDS[name]))
    try:
        yield own
    finally:
        own.close()


def rows(url: str, query: str) -> list[tuple[str, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def refused(server: Postgres, name: str, statement: str) -> bool:
    """Whether PostgreSQL refuses a statement to a login for want of the right, and for nothing else."""
    with psycopg.connect(login_url(server.url, name, PASSWORDS[name])) as connection:
        try:
            connection.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            return True
        finally:
            connection.rollback()
    return False


def test_every_role_has_the_expected_grants_and_no_other(postgres: Postgres) -> None:
    found: dict[str, dict[str, list[str]]] = {name: {} for name in EXPECTED}
    for name, table, privilege in rows(postgres.start(), GRANTS):
        if not table.startswith(("core.", "ingestion.")):
            continue
        found.setdefault(name, {}).setdefault(table, []).append(privilege)
    granted = {name: {table: tuple(sorted(held)) for table, held in tables.items()} for name, tables in found.items()}
    assert granted == {name: dict(tables) for name, tables in EXPECTED.items()}


def test_nothing_is_granted_to_everybody(postgres: Postgres) -> None:
    assert rows(postgres.start(), FOR_EVERYBODY) == []


def test_a_login_is_a_member_of_its_role_and_of_nothing_else(logins: Postgres) -> None:
    query = """SELECT member.rolname, role.rolname FROM pg_auth_members JOIN pg_roles AS member ON member.oid = member
               JOIN pg_roles AS role ON role.oid = roleid WHERE member.rolname LIKE 'mailroom\\_%'"""
    assert sorted(rows(logins.url, query)) == [
        (f"mailroom_{name}_login", f"mailroom_{name}") for name in sorted(LOGINS)
    ]


def test_no_role_is_more_than_a_role(logins: Postgres) -> None:
    query = """SELECT rolname FROM pg_roles WHERE rolname LIKE 'mailroom\\_%'
               AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)"""
    assert rows(logins.url, query) == []


def test_nobody_logs_in_as_a_role(logins: Postgres) -> None:
    query = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'mailroom\\_%' AND rolcanlogin ORDER BY 1"
    assert rows(logins.url, query) == [(f"mailroom_{name}_login",) for name in sorted(LOGINS)]


def test_the_roles_expected_are_those_of_the_functions_that_reach_the_database() -> None:
    assert set(EXPECTED) == set(LOGINS)


def test_a_grant_beyond_the_table_is_taken_away_by_the_next_migration(postgres: Postgres) -> None:
    from infra.database.migrate import migrate

    with psycopg.connect(postgres.start()) as connection:
        connection.execute("GRANT SELECT ON ingestion.emails_raw TO mailroom_notify")
    migrate(postgres.url)
    test_every_role_has_the_expected_grants_and_no_other(postgres)


@pytest.mark.parametrize("name", sorted(set(LOGINS) - READ_RAW))
def test_raw_mail_is_not_read_by(logins: Postgres, name: str) -> None:
    columns = ("source", "body", "subject", "sender", "*")
    assert [one for one in columns if not refused(logins, name, f"SELECT {one} FROM ingestion.emails_raw")] == []


@pytest.mark.parametrize("name", LOGINS)
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE core.mine (a int)",
        "CREATE TABLE public.mine (a int)",
        "DROP TABLE core.flags",
        "ALTER TABLE core.ledger DISABLE TRIGGER ALL",
        "TRUNCATE core.ledger",
        "SELECT secret FROM ingestion.email_accounts",
        "UPDATE core.action_receipts SET outcome = ''",
        "COPY core.flags TO PROGRAM 'true'",
    ],
)
def test_every_login_is_refused(logins: Postgres, name: str, statement: str) -> None:
    assert refused(logins, name, statement)


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("anonymize", "SELECT 1 FROM core.ledger"),
        ("anonymize", "INSERT INTO core.rule_versions (version, document, author) VALUES (1, '{}', 'a')"),
        ("api", "UPDATE core.rule_versions SET document = '{}'"),
        ("anonymize", "SELECT 1 FROM ingestion.emails"),
        ("notify", "SELECT body FROM ingestion.emails"),
        ("notify", "UPDATE core.outbox SET fields = '{}'"),
        ("notify", "INSERT INTO core.outbox (dedup_key, topic, fields) VALUES ('a', 'system', '{}')"),
        ("notify", "UPDATE core.flags SET value = true"),
        ("notify", "UPDATE core.ledger SET state = 'stored'"),
        ("store", "SELECT body FROM ingestion.emails"),
        ("store", "SELECT fields FROM core.outbox"),
        ("store", "UPDATE ingestion.emails SET body = ''"),
        ("store", "UPDATE core.flags SET value = true"),
        ("sweep", "SELECT body FROM ingestion.emails"),
        ("sweep", "UPDATE core.deliveries SET state = 'delivered'"),
        ("store", "SELECT 1 FROM core.deliveries"),
        ("sweep", "UPDATE core.ledger SET state = 'stored'"),
        ("operator", "UPDATE ingestion.emails SET body = ''"),
        ("operator", "UPDATE core.erasures SET address_key = ''"),
        ("operator", "DELETE FROM core.ledger"),
        ("operator", "SELECT sender FROM ingestion.emails_raw"),
        ("retention", "SELECT body FROM ingestion.emails"),
        ("retention", "UPDATE core.ledger SET state = 'stored'"),
        ("retention", "DELETE FROM core.ledger"),
        ("retention", "DELETE FROM core.erasures"),
        ("store", "INSERT INTO core.erasures (address_key, author) VALUES ('', 'nobody')"),
        ("api", "SELECT fields FROM core.outbox"),
        ("api", "DELETE FROM core.decisions"),
        ("deliver", "SELECT source FROM ingestion.emails_raw"),
        ("deliver", "UPDATE ingestion.links SET reason = ''"),
        ("offload", "SELECT body FROM ingestion.emails"),
        ("offload", "SELECT 1 FROM core.deliveries"),
        ("offload", "SELECT 1 FROM core.ledger"),
        ("api", "UPDATE core.flag_changes SET author = 'nobody'"),
    ],
)
def test_a_login_is_refused_what_is_another_functions(logins: Postgres, name: str, statement: str) -> None:
    assert refused(logins, name, statement)


def test_store_stores_and_reads_what_it_must(logins: Postgres, database: Database) -> None:
    with as_login(logins, "store") as own:
        store = PostgresMailStore(own, KEY)
        store.store(envelope("a"), "text", ORIGINAL, [RECEIPT])
        store.store(envelope("a"), "text", ORIGINAL, [RECEIPT])
        store.store(envelope("b", identities=("identity-a",)), "text", ORIGINAL, [RECEIPT])
        store.quarantine(note("c"))
        assert store.sender_history("practice", "s" * 32) == {envelope("a").classification.category: 1}  # type: ignore[union-attr]
    assert PostgresMailStore(database, KEY).ledger_counts() == {"stored": 1, "excluded": 1, "quarantined": 1}


@pytest.mark.parametrize("name", ["notify", "sweep"])
def test_notices_are_claimed_marked_and_given_back_by(logins: Postgres, database: Database, name: str) -> None:
    PostgresMailStore(database, KEY).store(envelope("a"), "text", ORIGINAL, [])
    with as_login(logins, name) as own:
        outbox = PostgresOutbox(own)
        [notice] = outbox.claim(5, 60).notices
        outbox.release([notice.id], 0)
        outbox.refused([notice.id], 0, 60)
        outbox.unknown([notice.id], 0)
        outbox.chat_refused([notice.id])
        outbox.mark_sent([notice.id], Sent(1, "-100"))
        book = PostgresChatBook(own)
        book.moved("-1", "-2")
        assert (book.remade("-1", "email=2", 2, 7), book.changes("-1").chat) == (7, "-2")
        PostgresMailStore(own, KEY).add_receipts([(mail_id("a"), RECEIPT)])
        PostgresFlagStore(own).flags()
        assert outbox.sent([mail_id("a")]) == {mail_id("a")}


@pytest.mark.parametrize("name", ["sweep", "operator"])
def test_the_proof_is_gathered_by(logins: Postgres, database: Database, name: str) -> None:
    PostgresMailStore(database, KEY).quarantine(note("a"))
    with as_login(logins, name) as own:
        ledger, store = PostgresLedger(own), PostgresMailStore(own, KEY)
        assert (list(ledger.quarantined()), ledger.unsent(utc_now(), 5)) == ([mail_id("a")], [])
        assert store.ledger_state([mail_id("a")]).keys() == {mail_id("a")}
        assert (store.ledger_counts(), PostgresFlagStore(own).flags()) == ({"quarantined": 1}, {})


def test_a_webhook_is_made_waiting_by_store(logins: Postgres, database: Database) -> None:
    with as_login(logins, "store") as own:
        PostgresMailStore(own, KEY).store(envelope("a", routing=Routing(1, webhooks=("desk",))), "text", ORIGINAL, [])
    assert PostgresOpenDeliveries(database).count(utc_now(), (60.0,)) == (1, 0)


@pytest.mark.parametrize("name", ["sweep", "operator"])
def test_an_overdue_webhook_is_found_and_marked_by(logins: Postgres, database: Database, name: str) -> None:
    routed = envelope("a", routing=Routing(1, webhooks=("desk",)))
    PostgresMailStore(database, KEY).store(routed, "text", ORIGINAL, [])
    with as_login(logins, name) as own:
        waiting, now = PostgresOpenDeliveries(own), utc_now() + timedelta(hours=1)
        assert (waiting.count(now, (60.0,)), len(waiting.due(now, (60.0,), (60.0,), 5))) == ((1, 1), 1)
        waiting.resent([(mail_id("a"), "desk")], now)
        assert waiting.due(now, (60.0,), (60.0,), 5) == []


@pytest.mark.parametrize("name", ["api", "operator"])
def test_failed_messages_are_decided_by(logins: Postgres, database: Database, name: str) -> None:
    PostgresMailStore(database, KEY).quarantine(note("a"))
    with as_login(logins, name) as own:
        ledger = PostgresLedger(own)
        ledger.redriven("store", [mail_id("a")], "ann")
        ledger.redriven("store", None, "ann")
        assert ledger.discard(note("b"), "spam", "ann") == "excluded"
        assert ledger.write_off(mail_id("a"), "spam", "ann")


def test_files_are_off_loaded_by_offload_and_reported_by_deliver(logins: Postgres, database: Database) -> None:
    PostgresMailStore(database, lambda: KEY).store(envelope("a"), "text", ORIGINAL, [])
    with as_login(logins, "offload") as own:
        links, held = PostgresLinkStore(own, KEY), Progress(1, key="k", name="n", total=1)
        assert links.begin(mail_id("a"), 0, "files", "https://files.example/") == Progress(1)
        assert links.save(mail_id("a"), 0, held, Progress(1))
        links.stored(mail_id("a"), 0, held)
        assert links.given_up(mail_id("a"), 0, "late") == Progress()
        PostgresMailStore(own, lambda: KEY).add_receipts([(mail_id("a"), RECEIPT)])
    with as_login(logins, "deliver") as own:
        deliveries = PostgresDeliveryStore(own, KEY)
        claim = deliveries.claim(mail_id("a"), "desk", ["sender", "recipients"], links=True)
        assert (claim.mail is not None, claim.delivered, len(claim.links)) == (True, False, 1)
        assert claim.clear.keys() == {"sender", "recipients"}
        deliveries.failed(mail_id("a"), "desk", "webhook_failed", final=False)
        deliveries.delivered(mail_id("a"), "desk", 200, RECEIPT)
        assert PostgresFlagStore(own).flags() == {}
        assert PostgresRuleStore(own).current() is None


def test_rules_are_saved_by_the_api_and_read_by_anonymize(logins: Postgres, database: Database) -> None:
    with as_login(logins, "api") as own:
        saved = PostgresRuleStore(own).save({"rules": []}, "ann", "first", 0)
        assert [change.version for change in PostgresRuleStore(own).versions(5)] == [1]
    with as_login(logins, "anonymize") as own:
        assert PostgresRuleStore(own).current() == saved


def test_mail_that_is_over_its_time_is_removed_by_retention(logins: Postgres, database: Database) -> None:
    PostgresMailStore(database, KEY).store(envelope("a"), "text", ORIGINAL, [RECEIPT])
    with as_login(logins, "retention") as own:
        archive = PostgresArchive(own)
        [place] = archive.originals("practice", utc_now(), 5)
        archive.drop_originals([place.mail_id])
        assert (archive.expired("practice", utc_now(), 5), archive.returned(utc_now(), 5)) == ([place], [])
        archive.expire([place.mail_id])
        assert archive.expired("practice", utc_now(), 5) == []


def test_a_persons_mail_is_found_written_out_and_erased_by_the_operator(logins: Postgres, database: Database) -> None:
    world = World(database)
    world.mail("a", raw(ADA, BOB), hashed=False)
    world.quarantined("b", raw(ADA, BOB))
    with as_login(logins, "operator") as own:
        theirs = World(own, world.spool, world.cache, world.queues)
        assert theirs.takeout.write(ADA, io.BytesIO())["originals"] == 2
        assert theirs.eraser.erase(ADA, "ann").counts["mails"] == 2
        assert theirs.eraser.erase(ADA, "ann").author == "ann"
        assert PostgresArchive(own).expired("practice", utc_now(), 5) == []


def test_the_dashboard_is_read_by_the_api(logins: Postgres, database: Database) -> None:
    PostgresMailStore(database, KEY).store(envelope("a"), "text", ORIGINAL, [RECEIPT])
    with as_login(logins, "api") as own:
        reports = PostgresReports(own)
        numbers = (len(reports.totals()), len(reports.latest(5)), len(PostgresFlagStore(own).history(5)))
        story = reports.story(mail_id("a"))
        assert reports.day(utc_now()).urgent == 0
    assert (numbers, story is not None and len(story.receipts)) == ((1, 1, 0), 1)


def test_flags_are_switched_by_the_api(logins: Postgres, database: Database) -> None:
    with as_login(logins, "api") as own:
        flags = PostgresFlagStore(own)
        flags.set_flag("notifications_enabled", False, "ann")
        flags.set_flag("notifications_enabled", True, "ann")
        assert flags.flags() == {"notifications_enabled": True}


def test_a_login_with_another_password_stays_out(logins: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(login_url(logins.url, "notify", "another"), connect_timeout=5)


def test_a_new_password_is_the_only_one_from_then_on(logins: Postgres) -> None:
    make_logins(logins.url, PASSWORDS | {"notify": "newer"})
    try:
        psycopg.connect(login_url(logins.url, "notify", "newer")).close()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(login_url(logins.url, "notify", PASSWORDS["notify"]), connect_timeout=5)
    finally:
        make_logins(logins.url, PASSWORDS)


def test_no_password_is_kept_in_clear(logins: Postgres) -> None:
    query = "SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'mailroom\\_%\\_login'"
    assert all(kept.startswith("SCRAM-SHA-256$") for (kept,) in rows(logins.url, query))
