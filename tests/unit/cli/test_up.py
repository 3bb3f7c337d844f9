"""`mailroom up` with real services: what is kept, where, and what never stands on a command line."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chalicelib.core.errors import ConfigurationError
from infra.cli.__main__ import mailroom
from infra.cli.local import services, settle
from infra.local.companions import StandIns
from infra.local.folders import claim
from infra.local.settings import FILE, LocalSettings, load, save
from infra.local.stack import Stack

URL, TOKEN, BOT, CHAT = "http://127.0.0.1:3000", "e" * 64, "12345:bot", "-100777"
REAL = LocalSettings(emailengine_url=URL, emailengine_token=TOKEN, telegram_token=BOT, telegram_chat=CHAT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    claim(tmp_path / "up")
    return tmp_path / "up"


def up(folder: Path, *arguments: str, given: str = "") -> Result:
    """The command; with arguments that are refused it starts nothing."""
    return CliRunner().invoke(mailroom, ["--folder", str(folder), "up", *arguments], input=given)


def test_what_is_named_is_kept_for_its_owner_alone(folder: Path) -> None:
    save(folder, REAL)
    assert load(folder) == REAL
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600


def test_nothing_named_leaves_everything_as_it_was(folder: Path) -> None:
    save(folder, REAL)
    assert settle(folder, {}, stand_ins=False) is False
    assert load(folder) == REAL


def test_one_thing_is_changed_and_the_others_stay(folder: Path) -> None:
    save(folder, REAL)
    assert settle(folder, {"language": "fr", "accounts": ("a", "b")}, stand_ins=False) is True
    assert load(folder) == REAL.changed({"language": "fr", "accounts": ("a", "b")})


def test_the_stand_ins_come_back_and_language_and_accounts_stay(folder: Path) -> None:
    save(folder, REAL.changed({"language": "fr", "accounts": ("a",)}))
    assert settle(folder, {}, stand_ins=True) is True
    assert load(folder) == LocalSettings(language="fr", accounts=("a",))


def test_secrets_come_by_standard_input_in_the_order_of_the_help(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\n{'s' * 32}\n{BOT}\n"))
    given = {
        "telegram_token": "-",
        "telegram_chat": CHAT,
        "emailengine_secret": "-",
        "emailengine_url": URL,
        "emailengine_token": "-",
    }
    settle(folder, given, stand_ins=False)
    assert load(folder) == REAL.changed({"emailengine_secret": "s" * 32})


def test_secrets_come_by_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILROOM_TELEGRAM_TOKEN", BOT)
    settle(folder, {"telegram_token": "-", "telegram_chat": CHAT}, stand_ins=False)
    assert load(folder).telegram_token == BOT


REFUSED = {
    "a token on the command line": ["--telegram-token", BOT, "--telegram-chat", CHAT],
    "another": ["--emailengine-url", URL, "--emailengine-token", TOKEN],
    "a secret": ["--emailengine-secret", "s" * 32],
    "an address without its token": ["--emailengine-url", URL],
    "a group without its bot": ["--telegram-chat", CHAT],
    "no address": ["--emailengine-url", "3000", "--emailengine-token", "-"],
    "another language": ["--language", "de"],
    "an account that is none": ["--accounts", "a b"],
    "both": ["--stand-ins", "--telegram-chat", CHAT],
}


@pytest.mark.parametrize("arguments", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_a_sentence_and_changes_nothing(folder: Path, arguments: list[str]) -> None:
    result = up(folder, *arguments, given="typed\n")
    assert result.exit_code == 2
    assert not {TOKEN, BOT, "s" * 32} & set(result.output.split())
    assert not (folder / FILE).exists()


def test_a_secret_of_emailengine_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="--emailengine-secret") as caught:
        REAL.changed({"emailengine_secret": "short-one"})
    assert "short-one" not in str(caught.value)


@pytest.mark.parametrize("text", ["{", "[]", '{"other": 1}'])
def test_a_broken_file_is_reported_by_its_name(folder: Path, text: str) -> None:
    (folder / FILE).write_text(text)
    with pytest.raises(ConfigurationError, match=FILE):
        load(folder)


def test_the_stack_is_deployed_with_what_is_real(folder: Path) -> None:
    save(folder, REAL.changed({"language": "fr", "accounts": ("work", "home"), "emailengine_secret": "s" * 32}))
    stack = Stack(folder)
    assert stack.settings.parameters() == {
        "EmailEngineUrl": URL,
        "TelegramUrl": "https://api.telegram.org",
        "TelegramChat": CHAT,
        "Language": "fr",
        "Accounts": "work,home",
        "GmailAccount": "work",
    }
    held = stack.credentials
    assert (held["emailengine_token"], held["telegram_token"]) == (TOKEN, BOT)
    assert held["emailengine_secrets"] == ["s" * 32]
    assert TOKEN not in json.dumps(json.loads((folder / "credentials.json").read_text()))


def test_the_status_names_what_is_real(folder: Path) -> None:
    assert services(Stack(folder)) == "services  EmailEngine: played, Telegram: played"
    save(folder, REAL)
    assert services(Stack(folder)) == f"services  EmailEngine: {URL}, Telegram: real, group {CHAT}"


@pytest.fixture
def played(tmp_path: Path) -> Iterator[StandIns]:
    server = StandIns(tmp_path, lambda: ("1:t", "ee"))
    server.start()
    yield server
    server.stop()


def test_what_is_real_is_not_played(tmp_path: Path, played: StandIns) -> None:
    before = played.pid
    real = StandIns(tmp_path, lambda: ("1:t", "ee"), without=("telegram",))
    assert not real.alive()
    try:
        real.start()
        assert (real.alive(), played.alive(), real.pid == before) == (True, False, False)
        assert set(json.loads(real.log.read_text())) == {"emailengine", "outside", "outside_control"}
        assert (real.telegram_url, bool(real.emailengine_url)) == ("", True)
    finally:
        real.stop()


def test_no_token_stands_on_a_command_line(played: StandIns) -> None:
    line = Path(f"/proc/{played.pid}/cmdline").read_bytes().split(b"\0")
    assert not {b"1:t", b"ee"} & set(line)
    assert not [part for part in line if part.startswith(b"--") and (b"token" in part or b"key" in part)]
