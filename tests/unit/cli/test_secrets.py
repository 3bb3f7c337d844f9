"""From a draft of values to each function's secret: nothing missing, nothing too much, passwords kept."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import click
import pytest

from chalicelib.bootstrap.settings import BACKEND_FIELDS, DOOR_FIELDS
from infra.cli.secrets import kept_passwords, kept_users, new_draft, read, write_users
from infra.database.rights import FUNCTIONS, LOGINS, SECRETS, secret_fields
from infra.database.roles import login_url, password_of
from infra.local.credentials import credentials
from infra.redis_users import USERS
from infra.secret_values import held, secret_values, store

OWNER = "postgresql://owner:own%40er@db.example:5432/mailroom?sslmode=verify-full"
PASSWORDS = {name: f"p@ss/{name}" for name in LOGINS}


class Manager:
    """Secrets Manager in memory: the calls that the commands make."""

    class exceptions:
        class ResourceExistsException(Exception):
            """There already."""

        class ResourceNotFoundException(Exception):
            """Not there."""

    def __init__(self) -> None:
        self.secrets: dict[str, list[str]] = {}

    def create_secret(self, Name: str, SecretString: str) -> None:
        if Name in self.secrets:
            raise self.exceptions.ResourceExistsException
        self.secrets[Name] = [SecretString]

    def put_secret_value(self, SecretId: str, SecretString: str) -> None:
        self.secrets[SecretId].append(SecretString)

    def get_secret_value(self, SecretId: str) -> dict[str, str]:
        if SecretId not in self.secrets:
            raise self.exceptions.ResourceNotFoundException
        return {"SecretString": self.secrets[SecretId][-1]}


def filled() -> dict[str, Any]:
    """A draft with every value that it asks for."""
    draft: dict[str, Any] = json.loads(new_draft())
    given = {name: "given" for name, value in draft.items() if str(value).startswith("<")}
    return draft | given | {"database_url": OWNER, "redis_url": "rediss://cache.example"}


def test_a_draft_has_every_field_of_every_secret() -> None:
    draft = json.loads(new_draft())
    assert (
        {field for name in SECRETS for field in secret_fields(name)}
        == draft.keys()
        == (DOOR_FIELDS | BACKEND_FIELDS).keys()
    )


def test_two_drafts_share_no_key() -> None:
    first, second = json.loads(new_draft()), json.loads(new_draft())
    assert not [name for name in ("raw_key", "mapping_key", "admin_tokens") if first[name] == second[name]]


def test_a_secret_has_its_fields_and_no_other() -> None:
    made = secret_values(filled(), PASSWORDS)
    assert {name: tuple(fields) for name, fields in made.items()} == {name: secret_fields(name) for name in SECRETS}


def test_no_function_is_given_the_owners_login() -> None:
    assert "own%40er" not in json.dumps(secret_values(filled(), PASSWORDS))


@pytest.mark.parametrize("name", LOGINS)
def test_a_function_is_given_its_own_login_at_the_owners_server(name: str) -> None:
    url = secret_values(filled(), PASSWORDS)[name]["database_url"]
    assert url == f"postgresql://mailroom_{name}_login:p%40ss%2F{name}@db.example:5432/mailroom?sslmode=verify-full"


def test_a_function_is_given_its_own_user_of_redis_where_there_are_users() -> None:
    made = secret_values(filled(), PASSWORDS, {name: f"r/{name}" for name in USERS})
    assert {name: made[name]["redis_url"] for name in USERS} == {
        name: f"rediss://mailroom_{name}:r%2F{name}@cache.example" for name in USERS
    }
    assert {values["redis_url"] for values in secret_values(filled(), PASSWORDS).values() if "redis_url" in values} == {
        "rediss://cache.example"
    }


def test_the_users_of_redis_are_written_for_their_owner_alone_and_kept(tmp_path: Path) -> None:
    file, manager = tmp_path / "users.acl", Manager()
    users = kept_users({})
    write_users(file, users)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not [password for password in users.values() if password in file.read_text()]
    with pytest.raises(click.ClickException, match="exists"):
        write_users(file, users)
    store(manager, "mail", secret_values(filled(), PASSWORDS, users))
    assert kept_users(held(manager, "mail")) == users


def test_secrets_are_made_and_then_changed() -> None:
    manager = Manager()
    for _ in range(2):
        store(manager, "mail", secret_values(filled(), PASSWORDS))
    assert {name: len(versions) for name, versions in manager.secrets.items()} == {
        f"mail/{name}": 2 for name in SECRETS
    }


def test_passwords_that_functions_use_are_kept() -> None:
    manager = Manager()
    store(manager, "mail", secret_values(filled(), PASSWORDS))
    assert kept_passwords(held(manager, "mail")) == PASSWORDS


def test_a_login_without_a_secret_gets_a_new_password() -> None:
    assert len(set(kept_passwords({}).values())) == len(LOGINS)


def test_the_password_of_another_login_is_not_taken() -> None:
    assert password_of(login_url(OWNER, "notify", "a b"), "store") == ""
    assert password_of(OWNER, "store") == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"telegram_token": "<bot token>"}, "telegram_token"),
        ({"database_url": "mysql://x"}, "postgresql://"),
        ({"raw_key": None}, ""),
        ({"admin_tokens": ["x" * 31]}, "admin_tokens"),
        ({"gmail_keys": "x" * 32}, "gmail_keys"),
    ],
)
def test_a_draft_that_is_not_filled_in_is_refused_by_name(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    values = filled() | change
    values = {name: value for name, value in values.items() if value is not None}
    (tmp_path / "all.json").write_text(json.dumps(values))
    with pytest.raises(click.ClickException, match=said or "raw_key"):
        read(tmp_path / "all.json")


@pytest.mark.parametrize("text", ["", "[]", "{", '"a"'])
def test_a_file_that_is_no_draft_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "all.json").write_text(text)
    with pytest.raises(click.ClickException, match="mailroom secrets draft"):
        read(tmp_path / "all.json")


def test_a_folder_of_an_older_version_keeps_its_credentials_and_gets_what_is_new(tmp_path: Path) -> None:
    whole = credentials(tmp_path)
    older = {name: value for name, value in whole.items() if name != "database_passwords"}
    (tmp_path / "credentials.json").write_text(json.dumps(older))
    found = credentials(tmp_path)
    assert {name: found[name] for name in older} == older
    assert found["database_passwords"].keys() == set(LOGINS)


def test_credentials_are_made_once_and_closed_to_others(tmp_path: Path) -> None:
    assert credentials(tmp_path) == credentials(tmp_path)
    assert (tmp_path / "credentials.json").stat().st_mode & 0o777 == 0o600


def test_a_function_that_comes_later_gets_a_password_and_the_others_keep_theirs(tmp_path: Path) -> None:
    whole = credentials(tmp_path)
    fewer = dict(list(whole["database_passwords"].items())[1:])
    (tmp_path / "credentials.json").write_text(json.dumps(whole | {"database_passwords": fewer}))
    assert credentials(tmp_path)["database_passwords"].items() >= fewer.items()
    assert len(FUNCTIONS) > len(fewer)
