"""The composition root: every dependency is made here, once a container, on first use.

Imports of drivers and models stay inside the properties, so that the doors load only what they use
(design invariant 8).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from chalicelib.adapters.aws import Aws
from chalicelib.adapters.secrets import Secrets
from chalicelib.pipeline import stages
from chalicelib.rules.flags import Flags
from chalicelib.runtime import observability as o11y
from chalicelib.runtime.errors import ConfigurationError
from chalicelib.runtime.settings import DOOR_SHORTEST, Settings, load

if TYPE_CHECKING:
    from chalicelib.adapters.guard import Guard
    from chalicelib.adapters.llm_prompt import Model
    from chalicelib.adapters.postgres import Database
    from chalicelib.ingress.failures import Failures
    from chalicelib.ingress.gate import Gate
    from chalicelib.ingress.intake import Intake
    from chalicelib.ingress.uploads import UploadDesk
    from chalicelib.pipeline.dead_letters import DeadLetterDesk
    from chalicelib.pipeline.notify import NotifyWorker
    from chalicelib.pipeline.prover import Prover
    from chalicelib.pipeline.reconsider import ReconsiderDesk
    from chalicelib.pipeline.retention import Retention
    from chalicelib.ports import (
        Cache,
        Classifier,
        DeadLetters,
        Exclusions,
        FlagStore,
        Ledger,
        Limiter,
        MailStore,
        Messenger,
        Outbox,
        Queues,
        Reports,
        RuleStore,
        Spool,
    )
    from chalicelib.rules.book import RuleBook
    from chalicelib.rules.document import Limits
    from chalicelib.runtime.batch import Worker
    from chalicelib.runtime.breakers import Breakers


class Container:
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
        from chalicelib.adapters.s3_spool import S3Spool

        return S3Spool(self.aws.client, self.settings.bucket, self.settings.kms_key)

    @cached_property
    def queues(self) -> Queues:
        from chalicelib.adapters.queue_ages import QueueAges
        from chalicelib.adapters.sqs_queues import SqsQueues

        urls, dead = self.settings.queue_urls, self.settings.dead_urls
        return SqsQueues(self.aws.client, urls, dead, QueueAges(self.aws.client))

    @cached_property
    def dead_letters(self) -> DeadLetters:
        from chalicelib.adapters.sqs_dead_letters import SqsDeadLetters

        return SqsDeadLetters(self.aws.client, self.settings.queue_urls, self.settings.dead_urls)

    @cached_property
    def cache(self) -> Cache:
        from chalicelib.adapters.redis_cache import RedisCache

        return RedisCache(self.backend_secrets.text("redis_url"), on_unavailable=lambda: o11y.count("CacheUnavailable"))

    @cached_property
    def database(self) -> Database:
        from chalicelib.adapters.postgres import Database

        return Database(self.backend_secrets.text("database_url"))

    @cached_property
    def store(self) -> MailStore:
        from chalicelib.adapters.postgres_store import PostgresMailStore

        # Read when a mail is stored: of the functions that ask this store something, one has the key.
        return PostgresMailStore(self.database, lambda: self.backend_secrets.text("raw_key"))

    @cached_property
    def ledger(self) -> Ledger:
        from chalicelib.adapters.postgres_ledger import PostgresLedger

        return PostgresLedger(self.database)

    @cached_property
    def reports(self) -> Reports:
        """What the operator's pages show of the mail."""
        from chalicelib.adapters.postgres_reports import PostgresReports

        return PostgresReports(self.database)

    @cached_property
    def outbox(self) -> Outbox:
        from chalicelib.adapters.postgres_outbox import PostgresOutbox

        return PostgresOutbox(self.database)

    @cached_property
    def flags(self) -> Flags:
        def durable() -> FlagStore:
            from chalicelib.adapters.postgres_flags import PostgresFlagStore

            return PostgresFlagStore(self.database)

        return Flags(self.cache, durable, time.monotonic)

    @cached_property
    def rules(self) -> RuleBook:
        """The operator's rules in force."""
        from chalicelib.rules.book import RuleBook

        def durable() -> RuleStore:
            from chalicelib.adapters.postgres_rules import PostgresRuleStore

            return PostgresRuleStore(self.database)

        return RuleBook(
            self.cache,
            durable,
            key=lambda: _key(self.backend_secrets, "mapping_key"),
            clock=time.monotonic,
            on_unavailable=lambda code: o11y.count("RulesUnavailable", code=code),
        )

    @cached_property
    def limiter(self) -> Limiter:
        """Redis counts; while it is away every container counts for itself."""
        from chalicelib.adapters.redis_cache import RedisCache
        from chalicelib.adapters.redis_limiter import RedisLimiter
        from chalicelib.rules.rates import MemoryLimiter

        here = MemoryLimiter(time.monotonic)
        return RedisLimiter(self.cache, here) if isinstance(self.cache, RedisCache) else here

    @cached_property
    def failures(self) -> Failures:
        """Of callers whose credential was wrong."""
        from chalicelib.ingress.failures import Failures

        return Failures(lambda: self.limiter, self.pseudonym_key, time.monotonic)

    @cached_property
    def gate(self) -> Gate:
        """What the operator decides of each mail at the doors."""
        from chalicelib.ingress.gate import Gate

        return Gate(self.limiter, lambda: self.rules.current(), self._limits(), self.pseudonym_key)

    def _limits(self) -> Limits:
        from chalicelib.rules.document import Limits, Rate

        settings = self.settings
        sender, total = (Rate(*rate) if rate else None for rate in (settings.rate_sender, settings.rate_total))
        return Limits(sender, total)

    def pseudonym_key(self) -> bytes:
        """The key of the keyed hashes."""
        return _key(self.backend_secrets, "pseudonym_key")

    @cached_property
    def upload_desk(self) -> UploadDesk:
        """Where mail goes in that no push can carry."""
        from chalicelib.adapters.s3_uploads import S3Uploads
        from chalicelib.ingress.uploads import UploadDesk

        settings = self.settings
        uploads = S3Uploads(self.aws.client, settings.bucket, settings.kms_key)
        return UploadDesk(uploads, self.spool, settings.max_source)

    @cached_property
    def reconsider_desk(self) -> ReconsiderDesk:
        """The operator's desk for excluded mail."""
        from chalicelib.pipeline.reconsider import Allowed, ReconsiderDesk

        def allowed() -> Allowed:
            listed = self.rules.current().parsed.allowlist
            return Allowed(listed.addresses, listed.domains)

        return ReconsiderDesk(self.exclusions, self.spool, self.queues, self.pseudonym_key, allowed)

    @cached_property
    def exclusions(self) -> Exclusions:
        from chalicelib.adapters.postgres_exclusions import PostgresExclusions

        return PostgresExclusions(self.database)

    @cached_property
    def intake(self) -> Intake:
        from chalicelib.ingress.intake import Intake

        return Intake(self.spool, self.queues, self.cache)

    @cached_property
    def breaker(self) -> Breakers:
        """Circuit breakers by name."""
        from chalicelib.runtime.breakers import Breakers

        return Breakers(self.cache)

    @cached_property
    def messenger(self) -> Messenger:
        from chalicelib.adapters.breaker import GuardedMessenger
        from chalicelib.adapters.telegram import Telegram

        settings = self.settings
        token = self.backend_secrets.text("telegram_token")
        telegram = Telegram(settings.telegram_url, token, settings.telegram_chat, settings.telegram_topics)
        return GuardedMessenger(telegram, self.breaker("telegram"))

    @cached_property
    def classifier(self) -> Classifier:
        from chalicelib.rules.categories import load as load_categories
        from chalicelib.rules.classifier import RulesClassifier

        rules = RulesClassifier(load_categories(), self._history)
        if self.settings.classifier == "rules":
            return rules
        from chalicelib.adapters.breaker import GuardedModel
        from chalicelib.adapters.llm_classifier import LlmClassifier

        return LlmClassifier(GuardedModel(self._llm(), self.breaker("llm")), rules)

    def _history(self, sender_key: str) -> Mapping[str, int]:
        """How often this sender's mail was of which category; the store stage writes it."""
        from chalicelib.rules.history import read_history

        return read_history(self.cache, sender_key)

    def _llm(self) -> Model:
        settings = self.settings
        if settings.classifier == "bedrock":
            from chalicelib.adapters.llm_bedrock import BedrockModel

            return BedrockModel(self.aws.client("bedrock-runtime"), settings.llm_model)
        from chalicelib.adapters.llm_anthropic import AnthropicModel

        secrets = self.backend_secrets
        return AnthropicModel(lambda: secrets.text("anthropic_key"), settings.llm_model, settings.llm_url)

    def anonymize_worker(self) -> Worker:
        """Loads the language models: only the anonymize function ever calls this."""
        # A function has less than two processors: more threads of the matrix library only cost it time at the start.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        from chalicelib.adapters.breaker import GuardedSource
        from chalicelib.adapters.emailengine import EmailEngine
        from chalicelib.pipeline.anonymize import AnonymizeWorker
        from chalicelib.privacy.engine import PresidioAnonymizer

        secrets, settings = self.backend_secrets, self.settings
        token = secrets.text("emailengine_token")
        emailengine = EmailEngine(settings.emailengine_url, token, source_limit=settings.max_source)
        return AnonymizeWorker(
            spool=self.spool,
            messages=GuardedSource(emailengine, self.breaker("emailengine")),
            anonymizer=PresidioAnonymizer(time_limit=25.0),
            cache=self.cache,
            telemetry=o11y,
            mapping_key=_key(secrets, "mapping_key"),
            pseudonym_key=_key(secrets, "pseudonym_key"),
            mapping_ttl=settings.mapping_minutes * 60,
            rules=lambda: self.rules.current(),
        )

    def classify_worker(self) -> Worker:
        from chalicelib.pipeline.classify import ClassifyWorker

        return ClassifyWorker(self.classifier, self.spool)

    def store_worker(self) -> Worker:
        from chalicelib.pipeline.store import StoreWorker

        return StoreWorker(self.store, self.spool, self.cache, o11y)

    def notify_worker(self) -> NotifyWorker:
        from chalicelib.pipeline.notify import NotifyWorker

        return NotifyWorker(
            outbox=self.outbox,
            store=self.store,
            messenger=self.messenger,
            enabled=lambda: self.flags.on("notifications_enabled"),
            language=self.settings.language,
            telemetry=o11y,
            resting=lambda: self.breaker("telegram").resting(),
        )

    @cached_property
    def guard(self) -> Guard:
        """The only way to an address that a mail or a rule names."""
        from chalicelib.runtime import compose_side

        return compose_side.guard(self)

    def offload_worker(self) -> Worker:
        from chalicelib.runtime import compose_side

        return compose_side.offload_worker(self)

    def deliver_worker(self) -> Worker:
        from chalicelib.runtime import compose_side

        return compose_side.deliver_worker(self)

    def prover(self) -> Prover:
        """What compares spool, queues and ledger, for the sweep and the operator's `verify`."""
        from chalicelib.pipeline.prover import Prover

        return Prover(
            spool=self.spool,
            queues=self.queues,
            dead=self.dead_letters,
            store=self.store,
            ledger=self.ledger,
            patience=timedelta(minutes=self.settings.missing_minutes),
            notifying=lambda: self.flags.on("notifications_enabled"),
        )

    def retention(self) -> Retention:
        """What removes mail that is over its time."""
        from chalicelib.adapters.postgres_archive import PostgresArchive
        from chalicelib.pipeline.retention import Retention

        settings = self.settings
        archive = PostgresArchive(self.database)
        return Retention(archive, self.spool, o11y, settings.retention, settings.original_retention)

    @cached_property
    def desk(self) -> DeadLetterDesk:
        """The operator's desk for dead letters."""
        from chalicelib.pipeline.dead_letters import DeadLetterDesk

        return DeadLetterDesk(self.dead_letters, self.queues, self.ledger)

    def alert_worker(self) -> Worker:
        from chalicelib.pipeline.alert import AlertWorker

        return AlertWorker(self.messenger, self.cache)

    @cached_property
    def worker(self) -> Callable[[str], Worker]:
        """The worker of a stage, made once a container."""
        makers: dict[str, Callable[[], Worker]] = {
            "anonymize": self.anonymize_worker,
            "classify": self.classify_worker,
            "store": self.store_worker,
            "notify": self.notify_worker,
            "offload": self.offload_worker,
            "deliver": self.deliver_worker,
            "alert": self.alert_worker,
        }
        assert set(makers) == {stage.name for stage in stages.STAGES}
        return lru_cache(maxsize=None)(lambda name: makers[name]())


def _key(secrets: Secrets, name: str) -> bytes:
    """A 256-bit key written as 64 hex digits. Raises `ConfigurationError`."""
    try:
        key = bytes.fromhex(secrets.text(name))
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ConfigurationError(name, "the field of the secret is not 64 hex digits", "Write `openssl rand -hex 32`")
    return key


_current: list[Container] = []


def container() -> Container:
    """The container of this process, made at the first call. Logs the effective settings once, masked."""
    if not _current:
        _current.append(Container(os.environ))
        o11y.log("settings", settings=_current[0].settings.masked())
    return _current[0]


@contextmanager
def use(made: Container) -> Iterator[Container]:
    """Work with this container instead, for tests: its cached properties can be set to other adapters before."""
    before = _current[:]
    _current[:] = [made]
    try:
        yield made
    finally:
        _current[:] = before
