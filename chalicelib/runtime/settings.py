"""Every setting in one typed place: read from the environment once, validated, documented.

Secrets are not here: the environment carries only the names of Secrets Manager's secrets (the doors'
`DOOR_FIELDS`, and the function's own with its part of `BACKEND_FIELDS`), never a value that opens anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from chalicelib.pipeline.stages import STAGES
from chalicelib.runtime.errors import ConfigurationError

PREFIX = "MAILROOM_"
ACCOUNT = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")

DOOR_FIELDS = {
    "gmail_tokens": "list: Bearer tokens of the Gmail door; two may be valid while one is rotated out",
    "gmail_keys": "list: HMAC keys of the Gmail door",
    "emailengine_secrets": "list: EmailEngine's `serviceSecret` values that sign its webhooks",
    "emailengine_tokens": "list: Bearer tokens that EmailEngine's custom header may carry; [] switches this off",
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


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _accounts(text: str) -> tuple[str, ...]:
    names = _words(text)
    if not names or not all(ACCOUNT.fullmatch(name) for name in names):
        raise ValueError("expected comma-separated account ids of a-z 0-9 . _ -, at least one")
    return names


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return text

    return parse


def _between(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise ValueError(f"expected a whole number from {low} to {high}")
        return int(text)

    return parse


def _rate(text: str) -> tuple[float, int] | None:
    if text == "off":
        return None
    per_minute, colon, burst = text.partition(":")
    if not (colon and per_minute.isdecimal() and burst.isdecimal() and int(per_minute) and int(burst)):
        raise ValueError("expected mails a minute and at once, such as 600:1000, or off")
    return float(per_minute), int(burst)


def _url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", text):
        raise ValueError("expected an http(s) URL without credentials, query or fragment")
    return text.rstrip("/")


def _url_or_none(text: str) -> str:
    return _url(text) if text else ""


def _bucket(text: str) -> str:
    if text and not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", text):
        raise ValueError("expected the name of a bucket")
    return text


def _targets(text: str) -> dict[str, str]:
    pairs = dict(word.partition("=")[::2] for word in _words(text))
    host, place = r"[a-z0-9][a-z0-9._-]{0,252}(:[0-9]{1,5})?", r"([0-9.]{7,15}:[0-9]{1,5})?"
    if not all(re.fullmatch(host, name) and re.fullmatch(place, at) for name, at in pairs.items()):
        raise ValueError("expected comma-separated host, host:port or host:port=IPv4 address:port in small letters")
    return pairs


def _topics(text: str) -> dict[str, int]:
    pairs = dict(word.split("=", 1) for word in _words(text) if "=" in word)
    if len(pairs) != len(_words(text)) or not all(value.isdecimal() for value in pairs.values()):
        raise ValueError("expected name=message_thread_id pairs such as email=2,system=3")
    if not {"email", "system"} <= pairs.keys():
        raise ValueError("expected at least the topics email and system")
    return {name: int(value) for name, value in pairs.items()}


def _days(text: str) -> dict[str, int]:
    pairs = dict(word.split("=", 1) for word in _words(text) if "=" in word)
    if len(pairs) != len(_words(text)) or not all(re.fullmatch("[1-9][0-9]{0,4}", days) for days in pairs.values()):
        raise ValueError("expected account=days pairs such as practice=365,personal=90")
    return {account: int(days) for account, days in pairs.items()}


def _setting(doc: str, parse: Callable[[str], Any] = str, default: str | None = None) -> Any:
    """A field read from the environment; `default` is in the environment's own spelling, None = required."""
    metadata = {"doc": doc, "parse": parse, "default": default}
    return field(metadata=metadata)


@dataclass(frozen=True, repr=False, eq=False)
class Settings:
    """The effective configuration of a function. Environment names are `MAILROOM_` + the field's name."""

    bucket: str = _setting("S3 bucket of the spool")
    kms_key: str = _setting("KMS key (id or ARN) that seals the spool")
    door_secret: str = _setting("name or ARN of the secret with the doors' credentials")
    backend_secret: str = _setting("name or ARN of the function's own secret")
    queue_urls: Mapping[str, str] = _setting("URLs of the stage queues, one variable each: MAILROOM_QUEUE_<STAGE>")
    dead_urls: Mapping[str, str] = _setting("URLs of the dead-letter queues: MAILROOM_DLQ_<STAGE>")
    accounts: tuple[str, ...] = _setting("account ids that the doors know, comma-separated", _accounts)
    gmail_account: str = _setting("account of a Gmail push that names none; empty: such a push is refused", str, "")
    gmail_auth: str = _setting(
        "what the Gmail door asks for: bearer, hmac, either or both",
        _one_of("bearer", "hmac", "either", "both"),
        "hmac",
    )
    signature_window: int = _setting("seconds that a signed push's timestamp may be off", _between(30, 3600), "300")
    max_body: int = _setting("bytes of a Gmail push", _between(1024, 6_000_000), str(5 * 1024 * 1024))
    max_batch: int = _setting("mails in one Gmail push", _between(1, 50), "50")
    rate_sender: tuple[float, int] | None = _setting(
        "mails a minute and at once from one sender, where the rules name no rate; off: no limit", _rate, "600:1000"
    )
    rate_total: tuple[float, int] | None = _setting(
        "mails a minute and at once through all doors, where the rules name no rate; off: no limit", _rate, "6000:6000"
    )
    emailengine_url: str = _setting("base URL of EmailEngine", _url)
    emailengine_folders: tuple[str, ...] = _setting(
        "folders (special use or path) whose mail enters; * is every folder but Junk, Sent, Drafts and Trash",
        _words,
        "\\Inbox",
    )
    telegram_url: str = _setting("base URL of the Bot API", _url, "https://api.telegram.org")
    telegram_chat: str = _setting("chat id of the forum group")
    telegram_topics: Mapping[str, int] = _setting("message_thread_id of each topic", _topics, "email=2,system=3")
    language: str = _setting("language of what people read: fr or en", _one_of("fr", "en"), "en")
    classifier: str = _setting(
        "who classifies: rules, bedrock or anthropic", _one_of("rules", "bedrock", "anthropic"), "rules"
    )
    llm_model: str = _setting("model id for bedrock or anthropic", str, "")
    llm_url: str = _setting("base URL of the Anthropic API", _url, "https://api.anthropic.com")
    mapping_minutes: int = _setting("minutes that a token mapping lives in Redis", _between(1, 1440), "30")
    max_source: int = _setting("bytes of a fetched mail", _between(1024, 40 * 1024 * 1024), str(40 * 1024 * 1024))
    offload_bucket: str = _setting(
        "bucket that files of links go to; empty: mail keeps its original links", _bucket, ""
    )
    offload_endpoint: str = _setting("endpoint of the bucket where it is not S3 of this account", _url_or_none, "")
    offload_max: int = _setting("bytes of an off-loaded file", _between(1024, 50 * 1024**3), str(2 * 1024**3))
    private_targets: Mapping[str, str] = _setting(
        "hosts (host or host:port) of webhooks and links that may be private; =address:port where no resolver knows it",
        _targets,
        "",
    )
    missing_minutes: int = _setting(
        "minutes that a sealed mail may be without an end before the sweep looks for it", _between(1, 1440), "15"
    )
    retention: Mapping[str, int] = _setting(
        "days that an account's mail is kept (practice=365,personal=90); an account without one keeps it for ever",
        _days,
        "",
    )
    original_retention: Mapping[str, int] = _setting("the same for the sealed originals alone", _days, "")
    report_failures: bool = _setting(
        "true where the event sources have ReportBatchItemFailures (the packaged template sets both together)",
        lambda text: _one_of("true", "false")(text) == "true",
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
    """Read and validate. Raises `ConfigurationError` that names the first broken variable and what to do."""
    values: dict[str, Any] = {
        "queue_urls": {s.name: _required(environ, f"QUEUE_{s.name.upper()}", "URL of the queue") for s in STAGES},
        "dead_urls": {s.name: _required(environ, f"DLQ_{s.name.upper()}", "URL of the DLQ") for s in STAGES},
    }
    for f in fields(Settings):
        if f.name in values:
            continue
        assert f.default is MISSING  # every field is declared by _setting
        name, doc, default = f.name.upper(), f.metadata["doc"], f.metadata["default"]
        text = environ.get(PREFIX + name, "").strip()
        text = text or (default if default is not None else _required(environ, name, doc))
        try:
            values[f.name] = f.metadata["parse"](text)
        except ValueError as error:
            raise ConfigurationError(PREFIX + name, str(error), f"It means: {doc}") from None
    settings = Settings(**values)
    if settings.gmail_account and settings.gmail_account not in settings.accounts:
        raise ConfigurationError(
            PREFIX + "GMAIL_ACCOUNT", "names an account that MAILROOM_ACCOUNTS does not list", "Add it there"
        )
    for name in ("retention", "original_retention"):
        if unknown := getattr(settings, name).keys() - set(settings.accounts):
            told = ", ".join(sorted(unknown))
            raise ConfigurationError(
                PREFIX + name.upper(), f"names accounts that MAILROOM_ACCOUNTS does not list: {told}", "Mend either"
            )
    if settings.classifier != "rules" and not settings.llm_model:
        raise ConfigurationError(
            PREFIX + "LLM_MODEL", "is empty", "Name the model, or set MAILROOM_CLASSIFIER to rules"
        )
    return settings


def _required(environ: Mapping[str, str], name: str, doc: str) -> str:
    text = environ.get(PREFIX + name, "").strip()
    if not text:
        raise ConfigurationError(PREFIX + name, "is not set", f"It means: {doc}")
    return text


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
