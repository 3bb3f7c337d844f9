"""The table of functions: all that is known of each Lambda function, written once.

`.chalice/config.json`, the template (queues, event sources, roles, alarms), the secrets, the database's roles and
grants, the tables in the guide, the colours of `mailroom logs` and the chaos plan are made from it. The order of the
stages, their batches and their concurrency are in `core/stages.py`. `docs/CONTRIBUTING.md` says how to add a row.
"""

from __future__ import annotations

from chalicelib.bootstrap import alarms, grants
from chalicelib.bootstrap.function_types import Access, Function, Http, Rights, Schedule
from chalicelib.core.doors import DOORS
from chalicelib.core.spool_keys import EVERYTHING, UPLOADS
from chalicelib.core.stages import ALERT, DELIVER, LEDGER, OFFLOAD, PIPELINE, SIDE, STAGE_NAMES, stage

API = Function(
    name="api",
    trigger=Http(),
    timeout=29,  # API Gateway's own limit
    memory=512,
    rights=Rights(("database_url", "redis_url", "mapping_key", "pseudonym_key"), grants.API, grants.API_CACHE),
    access=Access(
        writes=("sealed", "uploads"),  # a presigned PUT is made with these rights
        sends=STAGE_NAMES,  # mail goes to the first stage, a redrive to any
        dead_letters="take",
        depths=True,
    ),
    alarms=(*map(alarms.endpoint_errors, DOORS), alarms.GMAIL_SILENCE),
)

QUEUES = (
    Function(
        name="anonymize",
        trigger=stage("anonymize"),
        timeout=60,
        memory=1769,  # one whole processor
        module="bootstrap.workers.anonymize",
        rights=Rights(
            ("database_url", "redis_url", "mapping_key", "pseudonym_key", "emailengine_token"),
            {"core.rule_versions": "SELECT"},
            {**grants.RULES, "map:mail:*": "w", "breaker:emailengine": "rws"},
        ),
        access=Access(reads=("sealed", "uploads", "fetched"), writes=("fetched", "text", "links")),
        layers=True,
        colour="magenta",
    ),
    Function(
        name="classify",
        trigger=stage("classify"),
        timeout=30,
        memory=512,
        module="bootstrap.workers.classify",
        rights=Rights(("redis_url", "anthropic_key"), cache={"history:*": "r", "breaker:llm": "rws"}),
        access=Access(reads=("text",), models=True),
        colour="blue",
    ),
    Function(
        name="store",
        trigger=stage("store"),
        timeout=30,
        memory=1024,
        module="bootstrap.workers.store",
        rights=Rights(("database_url", "redis_url", "raw_key"), grants.STORES, {"seen:*": "w", "history:*": "w"}),
        access=Access(reads=("*",)),
        colour="green",
    ),
    Function(
        name="notify",
        trigger=stage("notify"),
        timeout=45,
        memory=256,
        module="bootstrap.workers.notify",
        rights=Rights(
            ("database_url", "redis_url", "telegram_token"), grants.NOTIFIES, {**grants.TELEGRAM, **grants.NOTICES}
        ),
        alarms=(alarms.NOTIFY_STUCK,),
        colour="yellow",
    ),
    Function(
        name="offload",
        trigger=OFFLOAD,
        timeout=300,
        memory=512,
        module="bootstrap.workers.offload",
        rights=Rights(
            (
                *("database_url", "redis_url", "mapping_key", "raw_key"),
                *("offload_key_id", "offload_secret_key", "private_ca"),
            ),
            {
                "ingestion.links": "SELECT, INSERT, UPDATE",
                "ingestion.emails": "SELECT (mail_id)",
                "core.action_receipts": "INSERT",
                "core.rule_versions": "SELECT",
            },
            grants.RULES,
        ),
        access=Access(reads=("links",), files=True),
        alarms=(alarms.OFFLOAD_TIMEOUTS,),
    ),
    Function(
        name="deliver",
        trigger=DELIVER,
        timeout=120,
        memory=512,
        module="bootstrap.workers.deliver",
        rights=Rights(
            ("database_url", "redis_url", "mapping_key", "raw_key", "webhook_keys", "private_ca"),
            grants.DELIVERS,
            {**grants.RULES, **grants.WEBHOOKS, grants.RECEIVER: "rws"},
        ),
    ),
    Function(
        name="alert",
        trigger=ALERT,
        timeout=45,
        memory=256,
        module="bootstrap.workers.alert",
        rights=Rights(
            ("redis_url", "telegram_token"),
            cache={"alarm:*": "rw", "alarm-open:*": "rw", grants.ALARM_PACE: "rws", **grants.TELEGRAM},
        ),
        backlog=False,  # it is the stage that would have to report its own backlog
        colour="red",
    ),
)

SCHEDULED = (
    Function(
        name="sweep",
        trigger=Schedule("rate(1 minute)"),
        timeout=60,
        memory=512,
        module="bootstrap.schedules.sweep",
        rights=Rights(
            ("database_url", "redis_url", "telegram_token"),
            grants.NOTIFIES
            | {"core.ledger": "SELECT", "core.ledger_totals": "SELECT", "core.deliveries": grants.OVERDUE},
            grants.SWEEP_CACHE,
        ),
        access=Access(
            reads=("sealed",),  # header lines only, but S3 cannot grant the first bytes of an object alone
            # Lost mail goes to the first stage, a note to the ledger's, an overdue webhook to its side stage.
            sends=(PIPELINE[0].name, LEDGER, *(one.name for one in SIDE)),
            dead_letters="look",
            depths=True,
        ),
    ),
    Function(
        name="retention",
        trigger=Schedule("rate(1 hour)"),
        timeout=300,
        memory=512,
        module="bootstrap.schedules.retention",
        rights=Rights(("database_url",), grants.FORGETS),
        access=Access(deletes=(*EVERYTHING, UPLOADS)),
    ),
    Function(
        name="reconcile",
        trigger=Schedule("rate(10 minutes)"),
        timeout=300,
        memory=512,
        module="sources.emailengine.schedule",
        rights=Rights(
            ("database_url", "redis_url", "emailengine_token"),
            {
                "core.ledger": "SELECT (mail_id, state, reason)",
                "core.flags": "SELECT",
                "ingestion.reconciliations": "SELECT, INSERT, UPDATE",
                "ingestion.mail_before": "SELECT, INSERT",
            },
            {**grants.MAIL_ENTERS, "breaker:emailengine": "rws"},
        ),
        # Whether a mail is sealed already is asked of the object: S3 cannot grant that without its content.
        access=Access(reads=("sealed",), writes=("sealed",), sends=(PIPELINE[0].name,)),
        alarms=(alarms.ACCOUNT_TROUBLE,),
    ),
)

FUNCTIONS = (API, *QUEUES, *SCHEDULED)


def function(name: str) -> Function:
    """The row of that name. Raises KeyError."""
    return {row.name: row for row in FUNCTIONS}[name]


def schedule(name: str) -> str:
    """The schedule expression of a scheduled function. Raises KeyError where it is not one."""
    trigger = function(name).trigger
    if not isinstance(trigger, Schedule):
        raise KeyError(name)
    return trigger.expression
