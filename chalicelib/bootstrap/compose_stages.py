"""The composition root's part for what comes behind the doors: the stages' workers, the proof, retention."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.compose_base import Base, key_of
from chalicelib.core import stages

if TYPE_CHECKING:
    from chalicelib.adapters.http.guard import Guard
    from chalicelib.classification.llm_prompt import Model
    from chalicelib.data_rights.retention import Retention
    from chalicelib.operations.auditor import Auditor
    from chalicelib.operations.overdue_webhooks import OverdueWebhooks
    from chalicelib.operations.repair_lost_mail import LostMailRepair
    from chalicelib.operations.report_conditions import ConditionReporter
    from chalicelib.pipeline.notify import NotifyWorker
    from chalicelib.pipeline.runner import Worker
    from chalicelib.ports import Classifier, Messenger, OpenDeliveries


class Stages(Base):
    """What the queue and schedule functions ask for; each worker loads what it needs itself."""

    @cached_property
    def messenger(self) -> Messenger:
        from chalicelib.adapters.breaker import GuardedMessenger
        from chalicelib.adapters.telegram.messenger import Telegram

        settings = self.settings
        token = self.backend_secrets.text("telegram_token")
        telegram = Telegram(settings.telegram_url, token, settings.telegram_chat, settings.telegram_topics)
        return GuardedMessenger(telegram, self.breaker("telegram"))

    @cached_property
    def classifier(self) -> Classifier:
        from chalicelib.classification.categories import load as load_categories
        from chalicelib.classification.classifier import RulesClassifier

        rules = RulesClassifier(load_categories())
        if self.settings.classifier == "rules":
            return rules
        from chalicelib.adapters.breaker import GuardedModel
        from chalicelib.adapters.llm.classifier import LlmClassifier

        return LlmClassifier(GuardedModel(self._llm(), self.breaker("llm")), rules)

    def _llm(self) -> Model:
        settings = self.settings
        if settings.classifier == "bedrock":
            from chalicelib.adapters.llm.bedrock import BedrockModel

            return BedrockModel(self.aws.client("bedrock-runtime"), settings.llm_model)
        from chalicelib.adapters.llm.anthropic import AnthropicModel

        secrets = self.backend_secrets
        return AnthropicModel(lambda: secrets.text("anthropic_key"), settings.llm_model, settings.llm_url)

    def anonymize_worker(self) -> Worker:
        """Loads the language models: only the anonymize function ever calls this."""
        # A function has less than two processors: more threads of the matrix library only cost it time at the start.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        from chalicelib.adapters.breaker import GuardedSource
        from chalicelib.adapters.emailengine.messages import EmailEngine
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
            telemetry=telemetry,
            mapping_key=key_of(secrets, "mapping_key"),
            pseudonym_key=key_of(secrets, "pseudonym_key"),
            mapping_ttl=settings.mapping_minutes * 60,
            rules=lambda: self.rules.current(),
        )

    def classify_worker(self) -> Worker:
        from chalicelib.pipeline.classify import ClassifyWorker

        return ClassifyWorker(self.classifier, self.spool, self.cache)

    def store_worker(self) -> Worker:
        from chalicelib.pipeline.store import StoreWorker

        return StoreWorker(self.store, self.spool, self.cache, telemetry)

    def notify_worker(self) -> NotifyWorker:
        from chalicelib.pipeline.notify import NotifyWorker
        from chalicelib.telegram.notice import NoticeRenderer

        return NotifyWorker(
            outbox=self.outbox,
            store=self.store,
            messenger=self.messenger,
            enabled=lambda: self.flags.on("notifications_enabled"),
            render=NoticeRenderer(self.settings.language),
            telemetry=telemetry,
            resting=lambda: self.breaker("telegram").resting(),
        )

    @cached_property
    def guard(self) -> Guard:
        """The only way to an address that a mail or a rule names."""
        from chalicelib.bootstrap import compose_side

        return compose_side.guard(self)

    def offload_worker(self) -> Worker:
        from chalicelib.bootstrap import compose_side

        return compose_side.offload_worker(self)

    def deliver_worker(self) -> Worker:
        from chalicelib.bootstrap import compose_side

        return compose_side.deliver_worker(self)

    def prover(self) -> Auditor:
        """What compares spool, queues and ledger, for the sweep and the operator's `verify`."""
        from chalicelib.operations.auditor import Auditor

        return Auditor(
            spool=self.spool,
            queues=self.queues,
            dead=self.dead_letters,
            store=self.store,
            ledger=self.ledger,
            patience=timedelta(minutes=self.settings.missing_minutes),
            notifying=lambda: self.flags.on("notifications_enabled"),
        )

    @cached_property
    def open_deliveries(self) -> OpenDeliveries:
        from chalicelib.adapters.postgres.overdue import PostgresOpenDeliveries

        return PostgresOpenDeliveries(self.database)

    def overdue_webhooks(self) -> OverdueWebhooks:
        """What finds webhooks whose message was lost, for the sweep and the operator's `verify`."""
        from chalicelib.operations.overdue_webhooks import OverdueWebhooks

        return OverdueWebhooks(
            self.open_deliveries, self.queues, sending=lambda: self.flags.on("webhook_sending_enabled")
        )

    def condition_reporter(self) -> ConditionReporter:
        """What reports problems that begin and end."""
        from chalicelib.operations.report_conditions import ConditionReporter

        return ConditionReporter(
            prover=self.prover(),
            queues=self.queues,
            breakers=lambda: self.breaker.shown(),
            cache=self.cache,
            messenger=lambda: self.messenger,
            telemetry=telemetry,
            backlog=self.settings.backlog_messages,
            language=self.settings.language,
        )

    def lost_mail_repair(self) -> LostMailRepair:
        """What finds and repairs lost mail and webhooks."""
        from chalicelib.operations.repair_lost_mail import LostMailRepair

        return LostMailRepair(self.prover(), self.overdue_webhooks(), self.cache, self.condition_reporter(), telemetry)

    def retention(self) -> Retention:
        """What removes mail that is over its time."""
        from chalicelib.adapters.postgres.archive import PostgresArchive
        from chalicelib.data_rights.retention import Retention

        settings = self.settings
        archive = PostgresArchive(self.database)
        return Retention(archive, self.spool, telemetry, settings.retention, settings.original_retention)

    def alert_worker(self) -> Worker:
        from chalicelib.operations.alert import AlertWorker

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
