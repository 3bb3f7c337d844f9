"""Every setting in one typed place: read from the environment once, validated, documented.

Secrets are not here: the environment carries only the names of Secrets Manager's secrets (the endpoints'
`DOOR_FIELDS`, and the function's own with its part of `BACKEND_FIELDS`), never a value that opens anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from chalicelib.bootstrap import setting_values as v
from chalicelib.core.doors import DOORS
from chalicelib.core.errors import ConfigurationError, ConfigurationErrors
from chalicelib.core.stages import STAGES

PREFIX = "MAILROOM_"

DOOR_FIELDS = {name: meaning for door in DOORS for name, meaning in door.credentials.items()} | {
    "admin_tokens": "list: Bearer tokens of `/status` and `/admin/…`",
}
DOOR_SHORTEST = 32
"""Characters of each of them at least: a shorter one may be guessed."""
BACKEND_FIELDS = {
    "database_url": "PostgreSQL URL, password included",
    "redis_url": "Redis or Valkey URL, password included",
    "raw_key": "pgcrypto passphrase of the sealed originals",
    "mapping_key": "64 hex digits: AES-256 key of the short-lived token mapping in Redis",
    "pseudonym_key": "64 hex digits: key of the keyed hashes (sender history, threads)",
    "telegram_token": "bot token from @BotFather",
    "emailengine_token": "EmailEngine access token (scope: api)",
    "anthropic_key": "Anthropic API key; empty unless classifier is `anthropic`",
    "webhook_keys": "object: name of a signing key of webhooks → list of one key, or two while one is rotated out",
    "offload_key_id": "access key id of the off-load bucket; empty: the function's own role",
    "offload_secret_key": "secret access key of the off-load bucket; empty: the function's own role",
    "private_ca": "PEM of the authority of PrivateTargets' certificates; empty: the public ones",
}


def _setting(doc: str, parse: Callable[[str], Any] = str, default: str | None = None) -> Any:
    """A field read from the environment; `default` is in the environment's own spelling, None = required."""
    metadata = {"doc": doc, "parse": parse, "default": default}
    return field(metadata=metadata)


@dataclass(frozen=True, repr=False, eq=False)
class Settings:
    """The effective configuration of a function. Environment names are `MAILROOM_` + the field's name."""

    bucket: str = _setting("S3 bucket of the spool")
    kms_key: str = _setting("KMS key (id or ARN) that seals the spool")
    door_secret: str = _setting("name or ARN of the secret with the endpoints' credentials")
    backend_secret: str = _setting("name or ARN of the function's own secret")
    queue_urls: Mapping[str, str] = _setting("URLs of the stage queues, one variable each: MAILROOM_QUEUE_<STAGE>")
    dead_urls: Mapping[str, str] = _setting("URLs of the dead-letter queues: MAILROOM_DLQ_<STAGE>")
    accounts: tuple[str, ...] = _setting("account ids that the endpoints know, comma-separated", v.accounts)
    gmail_account: str = _setting("account of a Gmail push that names none; empty: such a push is refused", str, "")
    gmail_auth: str = _setting(
        "what the Gmail endpoint asks for: bearer, hmac, either or both",
        v.one_of("bearer", "hmac", "either", "both"),
        "hmac",
    )
    signature_window: int = _setting("seconds that a signed push's timestamp may be off", v.between(30, 3600), "300")
    max_body: int = _setting("bytes of a Gmail push", v.between(1024, 6_000_000), str(5 * 1024 * 1024))
    max_batch: int = _setting("mails in one Gmail push", v.between(1, 50), "50")
    rate_sender: tuple[float, int] | None = _setting(
        "mails a minute and at once from one sender, where the rules name no rate; off: no limit", v.rate, "600:1000"
    )
    rate_total: tuple[float, int] | None = _setting(
        "mails a minute and at once in all, where the rules name no rate; off: no limit",
        v.rate,
        "6000:6000",
    )
    emailengine_url: str = _setting("base URL of EmailEngine", v.url)
    emailengine_folders: tuple[str, ...] = _setting(
        "folders (special use or path) whose mail enters; * is every folder but Junk, Sent, Drafts and Trash",
        v.words,
        "*",
    )
    telegram_url: str = _setting("base URL of the Bot API", v.url, "https://api.telegram.org")
    telegram_chat: str = _setting("chat id of the forum group")
    telegram_topics: Mapping[str, int] = _setting("message_thread_id of each topic", v.topics, "email=2,system=3")
    language: str = _setting("language of what people read: fr or en", v.one_of("fr", "en"), "en")
    classifier: str = _setting(
        "who classifies: rules, bedrock or anthropic", v.one_of("rules", "bedrock", "anthropic"), "rules"
    )
    llm_model: str = _setting("model id for bedrock or anthropic", str, "")
    llm_url: str = _setting("base URL of the Anthropic API", v.url, "https://api.anthropic.com")
    mapping_minutes: int = _setting("minutes that a token mapping lives in Redis", v.between(1, 1440), "30")
    max_source: int = _setting("bytes of a fetched mail", v.between(1024, 40 * 1024 * 1024), str(40 * 1024 * 1024))
    offload_bucket: str = _setting(
        "bucket that files of links go to; empty: mail keeps its original links", v.bucket, ""
    )
    offload_endpoint: str = _setting("endpoint of the bucket where it is not S3 of this account", v.url_or_none, "")
    offload_max: int = _setting("bytes of an off-loaded file", v.between(1024, 50 * 1024**3), str(2 * 1024**3))
    private_targets: Mapping[str, str] = _setting(
        "hosts (host or host:port) of webhooks and links that may be private; =address:port where no resolver knows it",
        v.targets,
        "",
    )
    clear_field_hosts: tuple[str, ...] = _setting(
        "hosts of webhooks that may get fields in clear (host or *.domain); empty: none", v.hosts, ""
    )
    missing_minutes: int = _setting(
        "minutes that a sealed mail may be without an end before the sweep looks for it", v.between(1, 1440), "15"
    )
    backlog_messages: int = _setting(
        "messages at one stage, postponed and in work included, above which the sweep reports a backlog",
        v.between(1, 1_000_000),
        "100",
    )
    retention: Mapping[str, int] = _setting(
        "days that an account's mail is kept (practice=365,personal=90); an account without one keeps it for ever",
        v.days,
        "",
    )
    original_retention: Mapping[str, int] = _setting("the same for the sealed originals alone", v.days, "")
    report_failures: bool = _setting(
        "true where the event sources have ReportBatchItemFailures (the packaged template sets both together)",
        lambda text: v.one_of("true", "false")(text) == "true",
        "false",
    )

    def masked(self) -> dict[str, str]:
        """What may be logged: no ARN's account, no chat id, and there are no secrets here to begin with."""
        hidden = {"door_secret", "backend_secret", "kms_key", "telegram_chat", "queue_urls", "dead_urls"}
        return {f.name: "***" if f.name in hidden else _plain(getattr(self, f.name)) for f in fields(self)}


def _plain(value: Any) -> str:
    """A value in the environment's own spelling."""
    if isinstance(value, Mapping):
        return ",".join(f"{name}={held}" for name, held in value.items())
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def load(environ: Mapping[str, str]) -> Settings:
    """Read and validate. Raises `ConfigurationError` that names every broken variable and says what each means."""
    broken: list[ConfigurationError] = []
    values: dict[str, Any] = {
        "queue_urls": _urls(environ, "QUEUE", "URL of the stage's queue", broken),
        "dead_urls": _urls(environ, "DLQ", "URL of the stage's dead-letter queue", broken),
    }
    for f in fields(Settings):
        if f.name in values:
            continue
        assert f.default is MISSING  # every field is declared by _setting
        name, doc, default = f.name.upper(), f.metadata["doc"], f.metadata["default"]
        text = environ.get(PREFIX + name, "").strip() or default
        if text is None:
            broken.append(_unset(name, doc))
            continue
        try:
            values[f.name] = f.metadata["parse"](text)
        except ValueError as error:
            broken.append(ConfigurationError(PREFIX + name, str(error), f"It means: {doc}"))
    broken += _contradictions(values)
    if broken:
        raise broken[0] if len(broken) == 1 else ConfigurationErrors(broken)
    return Settings(**values)


def _urls(environ: Mapping[str, str], kind: str, doc: str, broken: list[ConfigurationError]) -> dict[str, str]:
    """Stage → URL; a variable that is not set is added to `broken`."""
    urls = {stage.name: environ.get(f"{PREFIX}{kind}_{stage.name.upper()}", "").strip() for stage in STAGES}
    broken += [_unset(f"{kind}_{stage.upper()}", doc) for stage, url in urls.items() if not url]
    return urls


def _unset(name: str, doc: str) -> ConfigurationError:
    return ConfigurationError(PREFIX + name, "is not set", f"It means: {doc}")


def _contradictions(values: Mapping[str, Any]) -> list[ConfigurationError]:
    """Settings that are valid alone and not together; what could not be read is left out."""
    found: list[ConfigurationError] = []
    if (accounts := values.get("accounts")) is not None:
        named = {
            "gmail_account": {values["gmail_account"]} if values.get("gmail_account") else set(),
            "retention": set(values.get("retention", ())),
            "original_retention": set(values.get("original_retention", ())),
        }
        for name, wanted in named.items():
            if unknown := ", ".join(sorted(wanted - set(accounts))):
                problem = f"names accounts that MAILROOM_ACCOUNTS does not list: {unknown}"
                remedy = f"Add them to MAILROOM_ACCOUNTS, or remove them from {PREFIX}{name.upper()}"
                found.append(ConfigurationError(PREFIX + name.upper(), problem, remedy))
    if values.get("classifier", "rules") != "rules" and values.get("llm_model") == "":
        remedy = "Name the model, or set MAILROOM_CLASSIFIER to rules"
        found.append(ConfigurationError(PREFIX + "LLM_MODEL", "is empty", remedy))
    return found


def describe() -> list[tuple[str, str, str]]:
    """(variable, default or `required`, meaning) of every setting, for the documents and the command line."""
    return [
        (
            PREFIX + f.name.upper(),
            "required" if f.metadata["default"] is None else f.metadata["default"],
            f.metadata["doc"],
        )
        for f in fields(Settings)
    ]
