"""The composition root's part for the doors and the operator's routes."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.bootstrap import telemetry
from chalicelib.bootstrap.compose_base import Base

if TYPE_CHECKING:
    from chalicelib.intake.auth_failures import AuthFailureLimiter
    from chalicelib.intake.gate import Gate
    from chalicelib.intake.intake import Intake
    from chalicelib.operations.dead_letters import DeadLetterDesk
    from chalicelib.operations.reconsider import ReconsiderDesk
    from chalicelib.policy.document import Limits
    from chalicelib.ports import Limiter, Listing, ReconciliationStore, Uploads


class Doors(Base):
    """What the HTTP routes ask for."""

    @cached_property
    def limiter(self) -> Limiter:
        """Redis counts; while it is away every container counts for itself."""
        from chalicelib.adapters.redis.cache import RedisCache
        from chalicelib.adapters.redis.limiter import RedisLimiter
        from chalicelib.resilience.rates import MemoryLimiter

        here = MemoryLimiter(time.monotonic)
        return RedisLimiter(self.cache, here) if isinstance(self.cache, RedisCache) else here

    @cached_property
    def auth_failures(self) -> AuthFailureLimiter:
        """Of callers whose credential was wrong."""
        from chalicelib.intake.auth_failures import AuthFailureLimiter

        return AuthFailureLimiter(lambda: self.limiter, self.pseudonym_key, time.monotonic)

    @cached_property
    def gate(self) -> Gate:
        """What the operator decides of each mail at the doors."""
        from chalicelib.intake.gate import Gate

        return Gate(self.limiter, lambda: self.rules.current(), self._limits(), self.pseudonym_key)

    def _limits(self) -> Limits:
        from chalicelib.policy.document import Limits, Rate

        settings = self.settings
        sender, total = (Rate(*rate) if rate else None for rate in (settings.rate_sender, settings.rate_total))
        return Limits(sender, total)

    @cached_property
    def uploads(self) -> Uploads:
        """Where mail goes in that no push can carry."""
        from chalicelib.adapters.aws.s3_uploads import S3Uploads

        return S3Uploads(self.aws.client, self.settings.bucket, self.settings.kms_key)

    @cached_property
    def reconsider_desk(self) -> ReconsiderDesk:
        """The operator's desk for excluded mail."""
        from chalicelib.operations.reconsider import Allowed, ReconsiderDesk

        def allowed() -> Allowed:
            listed = self.rules.current().parsed.allowlist
            return Allowed(listed.addresses, listed.domains)

        return ReconsiderDesk(self.exclusions, self.spool, self.queues, self.pseudonym_key, allowed)

    @cached_property
    def intake(self) -> Intake:
        from chalicelib.intake.intake import Intake

        return Intake(self.spool, self.queues, self.cache, telemetry)

    @cached_property
    def looks(self) -> ReconciliationStore:
        """What the last comparison of each mailbox found."""
        from chalicelib.adapters.postgres.reconciliations import PostgresReconciliations

        return PostgresReconciliations(self.database)

    @cached_property
    def listing(self) -> Listing:
        """What the mailboxes hold."""
        from chalicelib.adapters.emailengine.listing import EmailEngineListing

        token = self.backend_secrets.text("emailengine_token")
        return EmailEngineListing(self.settings.emailengine_url, token, self.breaker("emailengine"))

    @cached_property
    def desk(self) -> DeadLetterDesk:
        """The operator's desk for dead letters."""
        from chalicelib.operations.dead_letters import DeadLetterDesk

        return DeadLetterDesk(self.dead_letters, self.queues, self.ledger)
