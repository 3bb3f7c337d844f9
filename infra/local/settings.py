"""What the operator decided for a local stack: which services are real, and whose mail it is. Kept in its folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from chalicelib.bootstrap import setting_values
from chalicelib.bootstrap.settings import DOOR_SHORTEST
from chalicelib.core.errors import ConfigurationError

FILE = "settings.json"
ACCOUNTS = ("practice", "faculty", "research", "personal")
"""The accounts of the invented mail."""
CHAT = "-1001234567890"
"""The group that the played Telegram knows."""
TELEGRAM = "https://api.telegram.org"
SECRETS = ("emailengine_token", "emailengine_secret", "telegram_token")


@dataclass(frozen=True)
class LocalSettings:
    """Empty means: played, or as the invented mail needs it. `emailengine_secret` is EmailEngine's `serviceSecret`."""

    emailengine_url: str = ""
    emailengine_token: str = field(default="", repr=False)
    emailengine_secret: str = field(default="", repr=False)
    telegram_token: str = field(default="", repr=False)
    telegram_chat: str = ""
    language: str = ""
    accounts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises `ConfigurationError`, which names the option and never a secret's value."""
        for name, parse in (
            ("emailengine_url", setting_values.url),
            ("language", setting_values.one_of("fr", "en")),
            ("accounts", lambda text: setting_values.accounts(text)),
        ):
            given = getattr(self, name)
            try:
                if given:
                    parse(",".join(given) if isinstance(given, tuple) else given)
            except ValueError as error:
                raise ConfigurationError(_option(name), str(error), "Correct the option") from None
        for name, with_it in (("emailengine_url", "emailengine_token"), ("telegram_token", "telegram_chat")):
            if bool(getattr(self, name)) != bool(getattr(self, with_it)):
                missing, there = (with_it, name) if getattr(self, name) else (name, with_it)
                raise ConfigurationError(_option(missing), f"{_option(there)} needs it", f"Add {_option(missing)}")
        if self.emailengine_secret and len(self.emailengine_secret) < DOOR_SHORTEST:
            remedy = f"Choose a serviceSecret of {DOOR_SHORTEST} characters or more"
            raise ConfigurationError(_option("emailengine_secret"), "it can be guessed", remedy)

    @property
    def real(self) -> tuple[str, ...]:
        """The services that are not played: `telegram`, `emailengine`."""
        given = {"telegram": self.telegram_token, "emailengine": self.emailengine_url}
        return tuple(name for name, value in given.items() if value)

    def parameters(self) -> dict[str, str]:
        """Parameters of the template that differ from those of the played services."""
        changed: dict[str, str] = {}
        if self.emailengine_url:
            changed["EmailEngineUrl"] = self.emailengine_url
        if self.telegram_token:
            changed |= {"TelegramUrl": TELEGRAM, "TelegramChat": self.telegram_chat}
        if self.language:
            changed["Language"] = self.language
        if self.accounts:
            changed["Accounts"] = ",".join(self.accounts)
            changed["GmailAccount"] = "personal" if "personal" in self.accounts else self.accounts[0]
        return changed

    def credentials(self) -> dict[str, Any]:
        """The fields of the secrets that the real services decide."""
        given = {"emailengine_token": self.emailengine_token, "telegram_token": self.telegram_token}
        changed: dict[str, Any] = {name: value for name, value in given.items() if value}
        return changed | ({"emailengine_secrets": [self.emailengine_secret]} if self.emailengine_secret else {})

    def changed(self, given: Mapping[str, Any]) -> LocalSettings:
        """With what is given; None leaves a setting as it is. Raises `ConfigurationError`."""
        return replace(self, **{name: value for name, value in given.items() if value is not None})

    def played(self) -> LocalSettings:
        """Back to the stand-ins; language and accounts stay."""
        return LocalSettings(language=self.language, accounts=self.accounts)


def load(folder: Path) -> LocalSettings:
    """What was saved in a stack's folder. Raises `ConfigurationError` for a file that is broken."""
    file = folder / FILE
    try:
        held = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return LocalSettings()
    except ValueError:
        held = None
    if not isinstance(held, dict) or set(held) - {one.name for one in fields(LocalSettings)}:
        raise ConfigurationError(str(file), "it is not a file of settings", "Remove it and give the options again")
    return LocalSettings(**{**held, "accounts": tuple(held.get("accounts", ()))})


def save(folder: Path, settings: LocalSettings) -> None:
    """Keep them, readable by the owner alone."""
    draft = folder / f"{FILE}.new"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(settings), file, indent=1)
    draft.replace(folder / FILE)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
