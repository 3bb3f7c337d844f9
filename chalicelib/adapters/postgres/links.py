"""Links and the progress of their files in PostgreSQL; source, key and name are sealed by pgcrypto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.store_rows import clean
from chalicelib.ports import Progress

if TYPE_CHECKING:
    from chalicelib.adapters.postgres.database import Connection

ROW = """
    INSERT INTO ingestion.links (mail_id, position, provider, source)
    SELECT mail_id, %(position)s, %(provider)s, pgp_sym_encrypt(%(url)s, %(key)s, 'cipher-algo=aes256')
    FROM ingestion.emails WHERE mail_id = %(mail_id)s
    ON CONFLICT (mail_id, position) DO NOTHING
"""

HELD = """tries, coalesce(pgp_sym_decrypt(object_key, %(key)s), ''), upload, parts, validator,
    coalesce(pgp_sym_decrypt(name, %(key)s), ''), content_type, size, whole"""

TRY = f"""
    UPDATE ingestion.links SET tries = tries + 1, updated_at = now()
    WHERE mail_id = %(mail_id)s AND position = %(position)s AND state = 'waiting' RETURNING {HELD}
"""  # noqa: S608 - put together from constants

SEALED = "CASE WHEN %({0})s = '' THEN NULL ELSE pgp_sym_encrypt(%({0})s, %(key)s, 'cipher-algo=aes256') END"

# Parts are only ever added, so their number and the upload's id show whether another worker was faster.
SAVE = f"""
    UPDATE ingestion.links SET
        tries = %(tries)s, object_key = {SEALED.format("object_key")}, name = {SEALED.format("name")},
        upload = %(upload)s, parts = %(parts)s, validator = %(validator)s, content_type = %(content_type)s,
        size = %(size)s, whole = %(whole)s, updated_at = now()
    WHERE mail_id = %(mail_id)s AND position = %(position)s AND state = 'waiting'
      AND upload = %(before_upload)s AND cardinality(parts) = %(before_parts)s
"""  # noqa: S608 - put together from constants

STORED = f"""
    UPDATE ingestion.links SET
        state = 'stored', reason = '', object_key = {SEALED.format("object_key")}, name = {SEALED.format("name")},
        content_type = %(content_type)s, size = %(size)s, upload = '', parts = '{{}}', updated_at = now()
    WHERE mail_id = %(mail_id)s AND position = %(position)s AND state = 'waiting'
"""  # noqa: S608 - put together from constants

GIVEN_UP = f"""
    UPDATE ingestion.links SET state = 'original', reason = %(reason)s, updated_at = now()
    WHERE mail_id = %(mail_id)s AND position = %(position)s AND state = 'waiting' RETURNING {HELD}
"""  # noqa: S608 - put together from constants


class PostgresLinkStore:
    """`ports.LinkStore`; each method is one transaction. `raw_key` as for the sealed originals."""

    def __init__(self, database: Database, raw_key: str) -> None:
        self._database = database
        self._raw_key = raw_key

    def begin(self, mail_id: str, position: int, provider: str, url: str) -> Progress | None:
        values = self._values(mail_id, position) | {"provider": clean(provider, 100), "url": clean(url, 4_096)}

        def work(connection: Connection) -> Progress | None:
            connection.execute(ROW, values)
            return _progress(connection.execute(TRY, values).fetchone())

        return self._database.run(work)

    def save(self, mail_id: str, position: int, progress: Progress, before: Progress) -> bool:
        values = self._values(mail_id, position) | _columns(progress)
        values |= {"before_upload": before.upload, "before_parts": len(before.parts)}
        return self._database.execute(SAVE, values) == 1

    def stored(self, mail_id: str, position: int, progress: Progress) -> None:
        self._database.execute(STORED, self._values(mail_id, position) | _columns(progress))

    def given_up(self, mail_id: str, position: int, reason: str) -> Progress:
        values = self._values(mail_id, position) | {"reason": clean(reason, 200)}
        return _progress(self._database.one(GIVEN_UP, values)) or Progress()

    def _values(self, mail_id: str, position: int) -> dict[str, Any]:
        return {"mail_id": mail_id, "position": position, "key": self._raw_key}


def _progress(row: tuple[Any, ...] | None) -> Progress | None:
    if row is None:
        return None
    tries, key, upload, parts, validator, name, content_type, size, whole = row
    return Progress(tries, key, upload, tuple(parts), validator, name, content_type, size, whole)


def _columns(progress: Progress) -> dict[str, Any]:
    return {
        "tries": progress.tries,
        "object_key": clean(progress.key),
        "name": clean(progress.name),
        "upload": progress.upload,
        "parts": list(progress.parts),
        "validator": clean(progress.validator, 500),
        "content_type": clean(progress.content_type, 200),
        "size": progress.total,
        "whole": progress.whole,
    }
