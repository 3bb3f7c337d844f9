"""The composition root's common part: settings, secrets, and the adapters that doors and stages share."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.adapters.aws.secrets import Secrets
from chalicelib.adapters.aws.session import Aws
from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.settings import DOOR_SHORTEST, Settings, load
from chalicelib.core.errors import ConfigurationError
from chalicelib.policy.flags import Flags

if TYPE_CHECKING:
    from chalicelib.adapters.postgres.database import Database
    from chalicelib.bootstrap.breakers import Breakers
    from chalicelib.policy.book import RuleBook
    from chalicelib.ports import (
        Cache,
        DeadLetters,
        Exclusions,
        FlagStore,
        Ledger,
        MailStore,
        Outbox,
        Queues,
        Reports,
        RuleStore,
        Spool,
    )


class Base:
    """What one function's container holds. `environ` is read once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.settings: Settings = load(environ)
        self.aws = Aws()

    @cached_property
    def door_secrets(self) -> Secrets:
        return Secrets(self.aws.client, self.settings.door_secret, shortest=DOOR_SHORTEST)

    @cached_property
    def backend_secrets(self) -> Secrets:
        return Secrets(self.aws.client, self.settings.backend_secret)

    @cached_property
    def spool(self) -> Spool:
        from chalicelib.adapters.aws.s3_spool import S3Spool

        return S3Spool(self.aws.client, self.settings.bucket, self.settings.kms_key)

    @cached_property
    def queues(self) -> Queues:
        from chalicelib.adapters.aws.queue_ages import QueueAges
        from chalicelib.adapters.aws.sqs_queues import SqsQueues

        urls, dead = self.settings.queue_urls, self.settings.dead_urls
        return SqsQueues(self.aws.client, urls, dead, QueueAges(self.aws.client))

    @cached_property
    def dead_letters(self) -> DeadLetters:
        from chalicelib.adapters.aws.sqs_dead_letters import SqsDeadLetters

        return SqsDeadLetters(self.aws.client, self.settings.queue_urls, self.settings.dead_urls)

    @cached_property
    def cache(self) -> Cache:
        from chalicelib.adapters.redis.cache import RedisCache

        return RedisCache(
            self.backend_secrets.text("redis_url"), on_unavailable=lambda: telemetry.count("CacheUnavailable")
        )

    @cached_property
    def database(self) -> Database:
        from chalicelib.adapters.postgres.database import Database

        return Database(lambda: self.backend_secrets.text("database_url"))

    @cached_property
    def store(self) -> MailStore:
        from chalicelib.adapters.postgres.store import PostgresMailStore

        # Read when a mail is stored: of the functions that ask this store something, one has the key.
        return PostgresMailStore(self.database, lambda: self.backend_secrets.text("raw_key"))

    @cached_property
    def ledger(self) -> Ledger:
        from chalicelib.adapters.postgres.ledger import PostgresLedger

        return PostgresLedger(self.database)

    @cached_property
    def reports(self) -> Reports:
        """What the operator's pages show of the mail."""
        from chalicelib.adapters.postgres.reports import PostgresReports

        return PostgresReports(self.database)

    @cached_property
    def outbox(self) -> Outbox:
        from chalicelib.adapters.postgres.outbox import PostgresOutbox

        return PostgresOutbox(self.database)

    @cached_property
    def flags(self) -> Flags:
        def durable() -> FlagStore:
            from chalicelib.adapters.postgres.flags import PostgresFlagStore

            return PostgresFlagStore(self.database)

        return Flags(self.cache, durable, time.monotonic)

    @cached_property
    def rules(self) -> RuleBook:
        """The operator's rules in force."""
        from chalicelib.policy.book import RuleBook

        def durable() -> RuleStore:
            from chalicelib.adapters.postgres.rules import PostgresRuleStore

            return PostgresRuleStore(self.database)

        return RuleBook(
            self.cache,
            durable,
            key=lambda: key_of(self.backend_secrets, "mapping_key"),
            clock=time.monotonic,
            on_unavailable=lambda code: telemetry.count("RulesUnavailable", code=code),
        )

    def pseudonym_key(self) -> bytes:
        """The key of the keyed hashes."""
        return key_of(self.backend_secrets, "pseudonym_key")

    @cached_property
    def exclusions(self) -> Exclusions:
        from chalicelib.adapters.postgres.exclusions import PostgresExclusions

        return PostgresExclusions(self.database)

    @cached_property
    def breaker(self) -> Breakers:
        """Circuit breakers by name."""
        from chalicelib.bootstrap.breakers import Breakers

        return Breakers(self.cache)


def key_of(secrets: Secrets, name: str) -> bytes:
    """A 256-bit key written as 64 hex digits. Raises `ConfigurationError`."""
    try:
        key = bytes.fromhex(secrets.text(name))
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ConfigurationError(name, "the field of the secret is not 64 hex digits", "Write `openssl rand -hex 32`")
    return key
