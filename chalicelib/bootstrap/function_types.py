"""What a row of the table of functions can say: plain data, which `infra` deploys from.

The endpoints load it too, so that its classes have only the methods that are used: each one costs time at the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from chalicelib.core.stages import Stage


class Http:
    """Trigger: requests through API Gateway."""


@dataclass(frozen=True, eq=False, repr=False)
class Schedule:
    """Trigger: EventBridge calls the function; `expression` is `rate(…)` or `cron(…)`."""

    expression: str


Trigger = Http | Stage | Schedule
"""A `Stage` is the trigger of a function that reads that stage's queue."""


@dataclass(frozen=True, eq=False, repr=False)
class Access:
    """What a function may do on AWS besides reading its own secret and, for a stage, its own queues.

    `reads`, `writes` and `deletes` are folders of the spool (`*`: all of them); the rights on key and bucket that
    these need are added. `sends` are stages. `dead_letters` is about all dead-letter queues: `look` leaves every
    message there, `take` moves and deletes. `depths`: the lengths of all queues and their oldest messages' ages.
    `models`: Bedrock. `files`: the bucket of off-loaded files.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    sends: tuple[str, ...] = ()
    dead_letters: Literal["", "look", "take"] = ""
    depths: bool = False
    models: bool = False
    files: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Alarm:
    """A CloudWatch alarm on one of the project's own metrics.

    `name` is CloudFormation's, without "Alarm"; `title` CloudWatch's, without "mailroom-". `datapoints` of `periods`
    must be bad; a period is in seconds. `condition` names a condition of the template, or is empty.
    """

    name: str
    title: str
    description: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str
    period: int
    periods: int
    datapoints: int
    threshold: float
    comparison: str = "GreaterThanThreshold"
    missing: str = "notBreaching"
    condition: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Rights:
    """`secret` are fields of the function's own secret (`settings.BACKEND_FIELDS`); `tables` are its grants in the
    database, privileges as GRANT spells them, columns included. Without `database_url` there is no login.

    `cache` are its keys in Redis, patterns as ACLs spell them: `r` reads, `w` writes and deletes, `s` runs scripts on
    them. Without `redis_url` there is no user in Redis."""

    secret: tuple[str, ...]
    tables: Mapping[str, str] = field(default_factory=dict)
    cache: Mapping[str, str] = field(default_factory=dict)

    @property
    def login(self) -> bool:
        """Whether it reaches the database."""
        return "database_url" in self.secret


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Function:
    """One Lambda function.

    `timeout` is in seconds, `memory` in MiB. `module` (below `chalicelib`) has `make(parts) -> Worker` for a queue and
    `run(parts, event, context)` for a schedule; the API's are the blueprints of `app.py`. `layers`: it carries the
    language layers. `backlog`: its queue has alarms on length and age in addition to the one on its dead-letter queue.
    `colour` is the one of its lines in `mailroom logs`.
    """

    name: str
    trigger: Trigger
    timeout: int
    memory: int
    rights: Rights
    access: Access = field(default_factory=Access)
    module: str = ""
    layers: bool = False
    backlog: bool = True
    alarms: tuple[Alarm, ...] = ()
    colour: str = "cyan"

    @property
    def logical(self) -> str:
        """CloudFormation's name of the function, which Chalice gives it."""
        return "APIHandler" if isinstance(self.trigger, Http) else self.name.capitalize()

    @property
    def stage(self) -> Stage | None:
        """The stage whose queue it reads."""
        return self.trigger if isinstance(self.trigger, Stage) else None

    @property
    def requeues(self) -> bool:
        """Whether it sends copies to its own queue on purpose: the batch runner of each stage does, for as long as a
        service is unavailable. Lambda's recursive loop detection would drop about the 16th of them."""
        return self.stage is not None
