"""The stack seen by another user of the machine and by a web page: closed, but for what authenticates by itself."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
import redis
import requests

from infra.redis_users import USERS, user_url
from tests.e2e.world import World

OTHER = 65_533
"""A user that owns nothing; `nobody` owns PostgreSQL's folder where root runs the stack."""
LOOK = """
import json, os, sys
os.setgroups([]); os.setgid({other}); os.setuid({other})
seen = []
for folder in sys.argv[1:]:
    seen += [place for place, _, _ in os.walk(folder)]
for line in sys.stdin:
    try:
        with open(line.rstrip("\\n"), "rb") as file:
            file.read(1)
    except OSError:
        continue
    seen.append(line)
print(json.dumps(seen))
"""


def places(world: World) -> list[str]:
    """The stack's own folder and PostgreSQL's, which lies elsewhere where root runs it."""
    return [str(world.stack.folder), str(world.stack.postgres.home)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_lists_and_reads_nothing(world: World) -> None:
    files = [os.path.join(at, name) for place in places(world) for at, _, names in os.walk(place) for name in names]
    assert len(files) > 1_000
    parent = world.stack.folder
    while (parent := parent.parent).name.startswith("pytest") or parent.name.startswith("e2e"):
        parent.chmod(0o755)  # else the folders of pytest would be what keeps the other user out
    command = [sys.executable, "-c", LOOK.format(other=OTHER), *places(world), "/usr/share"]
    done = subprocess.run(command, input="\n".join(files), capture_output=True, text=True, check=True, timeout=60)
    seen = json.loads(done.stdout)
    assert [place for place in seen if not place.startswith("/usr/share")] == []
    assert seen  # the other user sees what is everybody's


@pytest.mark.skipif(os.geteuid() != 0, reason="as root, PostgreSQL belongs to another user")
def test_the_user_that_runs_postgresql_reads_nothing_else(world: World) -> None:
    owner = world.stack.postgres.home.stat().st_uid
    assert owner != 0
    code = LOOK.format(other=owner)
    files = [os.path.join(at, name) for at, _, names in os.walk(world.stack.folder) for name in names]
    command = [sys.executable, "-c", code, str(world.stack.folder)]
    done = subprocess.run(command, input="\n".join(files), capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == []


def test_no_server_answers_who_has_no_secret(world: World) -> None:
    aws = world.info.aws["AWS_ENDPOINT_URL"]
    target = {"X-Amz-Target": "secretsmanager.GetSecretValue", "Content-Type": "application/x-amz-json-1.1"}
    secret = requests.post(aws, json={"SecretId": "mailroom/store"}, headers=target, timeout=10)
    assert (secret.status_code, "raw_key" in secret.text) == (403, False)
    assert requests.get(f"{aws}/_ministack/sqs/messages", timeout=10).status_code == 403
    for url in (world.info.telegram_url, world.info.emailengine_url, world.info.outside_url):
        bare = url.replace(urlsplit(url).netloc, urlsplit(url).netloc.rpartition("@")[2])
        assert requests.get(f"{bare}/_control/requests", timeout=10).status_code == 403
    place = urlsplit(world.info.redis_url)
    with redis.Redis(host=place.hostname or "", port=place.port or 0) as stranger, pytest.raises(redis.RedisError):
        stranger.keys()


def test_no_web_page_reads_or_presses_anything(world: World) -> None:
    token = {"Authorization": f"Bearer {world.info.credentials['admin_tokens'][0]}"}
    for page in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        for path in ("/status", "/dashboard", "/openapi.json", "/health"):
            assert world.request("GET", path, headers=token | page).status_code == 403
    assert "Access-Control-Allow-Origin" not in world.request("GET", "/status", headers=token).headers


def test_the_dashboard_s_own_forms_are_sent(world: World) -> None:
    """Browsers send `Origin: null` from a page without a referrer, and say that the page is the same site's."""
    own = {"Origin": "null", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    assert world.request("POST", "/dashboard/sign-in", data=b"author=a", headers=own).status_code == 403  # its token
    assert "Sign in" in world.request("POST", "/dashboard/sign-in", data=b"author=a", headers=own).text


def test_a_header_locks_nobody_out(world: World) -> None:
    parts = urlsplit(world.info.api)
    forged = {"Authorization": "Bearer wrong", "X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1"}
    codes = set()
    for _ in range(40):
        thief = http.client.HTTPConnection(parts.hostname or "", parts.port, 60, source_address=("127.0.0.2", 0))
        thief.request("GET", f"{parts.path}/status", headers=forged)
        codes.add(thief.getresponse().status)
        thief.close()
    assert codes == {401, 429}
    token = {"Authorization": f"Bearer {world.info.credentials['admin_tokens'][0]}"}
    assert [world.request("GET", "/status", headers=token).status_code for _ in range(12)] == [200] * 12


def test_no_function_was_refused_anything_in_redis(world: World) -> None:
    """Each has its own user with few rights: a missing one would only look like a Redis that is unavailable."""
    mail_id = world.mail("The parcel for the workshop")
    assert world.lost(mail_id) == []
    with redis.Redis.from_url(world.info.redis_url) as owner:
        refused = owner.execute_command("ACL", "LOG")
        known = {line.split()[1] for line in owner.execute_command("ACL", "LIST", decode_responses=True)}
    # A look without a password (above) is in the log too, as `default`.
    assert [entry for entry in map(str, refused) if "mailroom_" in entry] == []
    assert {f"mailroom_{name}" for name in USERS} <= {str(name).strip("b'") for name in known}
    assert user_url(world.info.redis_url, "api", "x") != world.info.redis_url
