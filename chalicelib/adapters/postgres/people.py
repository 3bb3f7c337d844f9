"""The mail of one person in PostgreSQL: found by keyed hashes, opened with the key of the originals, erased."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.postgres import store_rows as rows
from chalicelib.adapters.postgres.archive import forget
from chalicelib.adapters.postgres.database import Database
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.core.mail_ids import MailRef
from chalicelib.ports import Erasure, MailLocation

if TYPE_CHECKING:
    from chalicelib.adapters.postgres.database import Connection

HELD = """
    SELECT ledger.mail_id::text, ledger.account_id, ledger.state FROM core.ledger AS ledger
"""

OF = f"""
    WITH own AS (
        SELECT mail_id FROM ingestion.emails WHERE address_keys @> ARRAY[%(key)s]
        UNION SELECT mail_id FROM ingestion.emails WHERE sender_key = %(key)s AND sender_key <> ''
        UNION SELECT mail_id FROM core.exclusions WHERE sender_key = %(key)s AND sender_key <> ''
    ), theirs AS (
        SELECT mail_id FROM own
        UNION SELECT other.mail_id FROM own JOIN core.ledger AS other ON other.canonical_id = own.mail_id
    )
    {HELD} WHERE NOT (ledger.state = 'excluded' AND ledger.reason = 'erased')
      AND ledger.mail_id IN (SELECT mail_id FROM theirs)
    ORDER BY ledger.received_at, ledger.mail_id
"""  # noqa: S608 - constants

UNJUDGED = """
    SELECT mail_id::text FROM ingestion.emails
    WHERE address_keys IS NULL AND (%(after)s = '' OR mail_id > nullif(%(after)s, '')::uuid)
    ORDER BY mail_id LIMIT %(limit)s
"""

SOURCE = "SELECT pgp_sym_decrypt_bytea(source, %s) FROM ingestion.emails_raw WHERE mail_id = %s"

FILES = """
    SELECT coalesce(pgp_sym_decrypt(object_key, %s), ''), upload FROM ingestion.links
    WHERE mail_id = %s AND object_key IS NOT NULL ORDER BY position
"""

ERASED_ROW = """
    INSERT INTO core.ledger AS ledger (mail_id, account_id, source, state, reason, stage, received_at, expired_at)
    VALUES (%(mail_id)s, %(account)s, %(source)s, 'excluded', 'erased', 'operator', %(received_at)s, now())
    ON CONFLICT (mail_id) DO UPDATE SET
        state = 'excluded', reason = 'erased', error = '', canonical_id = NULL, expired_at = now(), updated_at = now()
"""

RECORD = """
    SELECT jsonb_build_object(
        'ledger', (SELECT to_jsonb(l) FROM core.ledger AS l WHERE l.mail_id = %(id)s),
        'mail', (SELECT to_jsonb(e) FROM ingestion.emails AS e WHERE e.mail_id = %(id)s),
        'exclusion', (SELECT to_jsonb(x) FROM core.exclusions AS x WHERE x.mail_id = %(id)s),
        'receipts', (SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.started), '[]')
                     FROM core.action_receipts AS r WHERE r.mail_id = %(id)s),
        'notices', (SELECT coalesce(jsonb_agg(to_jsonb(o) ORDER BY o.id), '[]')
                    FROM core.outbox AS o WHERE o.mail_id = %(id)s))
"""

RECEIPT = "id, address_key, author, requested_at, finished_at, counts"


BEGUN = """
    INSERT INTO core.erasures (address_key, author) VALUES (%s, %s)
    ON CONFLICT (address_key) WHERE finished_at IS NULL DO NOTHING
"""
OPEN = f"SELECT {RECEIPT} FROM core.erasures WHERE address_key = %s AND finished_at IS NULL"  # noqa: S608


class PostgresPeople:
    """`ports.People`; each method is one transaction. `raw_key` opens the originals, and is asked for when one is."""

    def __init__(self, database: Database, raw_key: Callable[[], str]) -> None:
        self._database = database
        self._raw_key = raw_key

    def begin(self, address_key: str, author: str) -> Erasure:
        def work(connection: Connection) -> Erasure:
            connection.execute(BEGUN, (address_key, author))
            row = connection.execute(OPEN, (address_key,)).fetchone()
            if row is None:  # another operator finished it between the two statements
                raise Retryable("database_busy")
            return Erasure(*row)

        return self._database.run(work)

    def finished(self, address_key: str) -> Erasure | None:
        query = f"""SELECT {RECEIPT} FROM core.erasures WHERE address_key = %s AND finished_at IS NOT NULL
                    ORDER BY finished_at DESC, id DESC LIMIT 1"""  # noqa: S608
        row = self._database.one(query, (address_key,))
        return Erasure(*row) if row else None

    def progress(self, erasure: Erasure, counts: Mapping[str, int]) -> None:
        query = "UPDATE core.erasures SET counts = %s::jsonb WHERE id = %s"
        self._database.execute(query, (json.dumps(dict(counts)), erasure.id))

    def finish(self, erasure: Erasure, counts: Mapping[str, int]) -> Erasure:
        query = f"""UPDATE core.erasures SET counts = %s::jsonb, finished_at = clock_timestamp()
                    WHERE id = %s RETURNING {RECEIPT}"""  # noqa: S608
        row = self._database.one(query, (json.dumps(dict(counts)), erasure.id))
        if row is None:
            raise Permanent("database_rejected")
        return Erasure(*row)

    def of(self, address_key: str) -> list[MailLocation]:
        return self._held(OF, {"key": address_key})

    def held(self, mail_ids: Sequence[str]) -> list[MailLocation]:
        return self._held(f"{HELD} WHERE ledger.mail_id = ANY(%(ids)s::uuid[])", {"ids": list(mail_ids)})

    def unjudged(self, after: str, limit: int) -> list[str]:
        return [mail_id for (mail_id,) in self._database.all(UNJUDGED, {"after": after, "limit": limit})]

    def judged(self, mail_ids: Sequence[str]) -> frozenset[str]:
        query = """SELECT mail_id::text FROM ingestion.emails
                   WHERE mail_id = ANY(%s::uuid[]) AND address_keys IS NOT NULL"""
        return frozenset(mail_id for (mail_id,) in self._database.all(query, (list(mail_ids),)))

    def source(self, mail_id: str) -> bytes | None:
        row = self._database.one(SOURCE, (self._raw_key(), mail_id))
        return bytes(row[0]) if row else None

    def remember(self, mail_id: str, address_keys: Sequence[str]) -> None:
        query = "UPDATE ingestion.emails SET address_keys = %s WHERE mail_id = %s"
        self._database.execute(query, (list(address_keys), mail_id))

    def files(self, mail_id: str) -> list[tuple[str, str]]:
        return [(key, upload) for key, upload in self._database.all(FILES, (self._raw_key(), mail_id))]

    def erase(self, mail: MailLocation, source: str, received_at: str) -> Mapping[str, int]:
        place = mail.place
        (lock,) = rows.lock_keys(place.account, (place.mail_id,))
        values = {"mail_id": place.mail_id, "account": place.account, "source": source, "received_at": received_at}

        def work(connection: Connection) -> dict[str, int]:
            # The store stage holds it while it writes this mail: it comes before, and is erased, or after, and stops.
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (lock,))
            counts = forget(connection, [place.mail_id])
            connection.execute(ERASED_ROW, values)
            return counts

        return self._database.run(work)

    def record(self, mail_id: str) -> dict[str, Any]:
        row = self._database.one(RECORD, {"id": mail_id})
        return dict(row[0]) if row else {}

    def rules_naming(self, text: str) -> list[int]:
        query = "SELECT version FROM core.rule_versions WHERE strpos(lower(document::text), lower(%s)) > 0 ORDER BY 1"
        return [version for (version,) in self._database.all(query, (text,))]

    def _held(self, query: str, values: Mapping[str, Any]) -> list[MailLocation]:
        found = self._database.all(query, values)
        return [MailLocation(MailRef(mail_id, account), state) for mail_id, account, state in found]
