"""The container: every part that a function may need, made once a process, on first use.

A part is one line here and one function of the same name that makes it, in the module that the line names. That module
is imported on first use, so that the endpoints load only what they use (design invariant 10).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.aws.secrets import Secrets
from chalicelib.adapters.aws.session import Aws
from chalicelib.bootstrap import functions, telemetry
from chalicelib.bootstrap.settings import DOOR_SHORTEST, Settings, load
from chalicelib.core.errors import ConfigurationError

if TYPE_CHECKING:
    from chalicelib.adapters.postgres.database import Database
    from chalicelib.bootstrap.breakers import Breakers
    from chalicelib.intake.auth_failures import AuthFailureLimiter
    from chalicelib.intake.gate import Gate
    from chalicelib.intake.intake import Intake
    from chalicelib.operations.dead_letters import DeadLetterDesk
    from chalicelib.operations.reconsider import ReconsiderDesk
    from chalicelib.operations.sweep import Sweep
    from chalicelib.pipeline.notify import NotifyWorker
    from chalicelib.pipeline.runner import Worker
    from chalicelib.policy.book import RuleBook
    from chalicelib.policy.flags import Flags
    from chalicelib.ports import (
        Archive,
        Cache,
        DeadLetterQueues,
        Exclusions,
        FlagStore,
        Ledger,
        Limiter,
        Listing,
        MailStore,
        Messenger,
        OpenDeliveries,
        Outbox,
        Queues,
        ReconciliationStore,
        Reports,
        RuleStore,
        Spool,
        Uploads,
    )


class _Part:
    """An attribute that a function of its name makes: `<module>.<name>(container)`.

    It gives way to what stands in the container's `__dict__`: the part once it is made, or a test's own.
    """

    def __init__(self, module: str) -> None:
        self.module = f"chalicelib.bootstrap.{module}"

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, container: Container | None, owner: type) -> Any:
        if container is None:
            return self
        made = getattr(import_module(self.module), self.name)(container)
        container.__dict__[self.name] = made
        return made


def part(module: str) -> Any:
    """A part that `bootstrap/<module>` makes."""
    return _Part(module)


class Container:
    """What one function has: its settings, its secrets and its parts. `environ` is read once.

    Raises `ConfigurationError` that names every broken setting.
    """

    spool: Spool = part("parts.aws")
    queues: Queues = part("parts.aws")
    dead_letters: DeadLetterQueues = part("parts.aws")
    uploads: Uploads = part("parts.aws")

    cache: Cache = part("parts.redis")
    limiter: Limiter = part("parts.redis")

    database: Database = part("parts.postgres")
    store: MailStore = part("parts.postgres")
    ledger: Ledger = part("parts.postgres")
    outbox: Outbox = part("parts.postgres")
    exclusions: Exclusions = part("parts.postgres")
    open_deliveries: OpenDeliveries = part("parts.postgres")
    archive: Archive = part("parts.postgres")
    reports: Reports = part("parts.postgres")
    looks: ReconciliationStore = part("parts.postgres")
    flag_store: FlagStore = part("parts.postgres")
    rule_store: RuleStore = part("parts.postgres")

    breaker: Breakers = part("parts.breakers")
    messenger: Messenger = part("parts.telegram")
    alarm_messenger: Messenger = part("parts.telegram")
    listing: Listing = part("parts.emailengine")

    flags: Flags = part("parts.policy")
    rules: RuleBook = part("parts.policy")

    gate: Gate = part("parts.intake")
    intake: Intake = part("parts.intake")
    auth_failures: AuthFailureLimiter = part("parts.intake")

    desk: DeadLetterDesk = part("parts.operations")
    reconsider_desk: ReconsiderDesk = part("parts.operations")
    sweep: Sweep = part("parts.operations")

    notifier: NotifyWorker = part("workers.notify")

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.settings: Settings = load(environ)
        self.aws = Aws()
        self.workers: dict[str, Worker] = {}

    @cached_property
    def door_secrets(self) -> Secrets:
        """The credentials of those who call the endpoints."""
        return Secrets(self.aws.client, self.settings.door_secret, shortest=DOOR_SHORTEST)

    @cached_property
    def backend_secrets(self) -> Secrets:
        """The function's own secret."""
        return Secrets(self.aws.client, self.settings.backend_secret)

    def pseudonym_key(self) -> bytes:
        """The key of the keyed hashes. Raises `ConfigurationError`."""
        return key_of(self.backend_secrets, "pseudonym_key")

    def mapping_key(self) -> bytes:
        """The key of what is sealed in Redis. Raises `ConfigurationError`."""
        return key_of(self.backend_secrets, "mapping_key")

    def worker(self, stage: str) -> Worker:
        """The worker of a stage, made by the module that its row names. Raises KeyError for no stage's name."""
        if stage not in self.workers:
            self.workers[stage] = module_of(stage).make(self)
        return self.workers[stage]


def module_of(function: str) -> Any:
    """The module that a row of the table names. Raises KeyError for no function's name."""
    return import_module(f"chalicelib.{functions.function(function).module}")


def key_of(secrets: Secrets, name: str) -> bytes:
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
        telemetry.log("settings", settings=_current[0].settings.masked())
    return _current[0]


@contextmanager
def use(made: Container) -> Iterator[Container]:
    """Work with this container instead, for tests: its parts can be put into `made.__dict__` before."""
    before = _current[:]
    _current[:] = [made]
    try:
        yield made
    finally:
        _current[:] = before
