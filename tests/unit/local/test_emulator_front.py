"""Who gets past the front of the emulator: an attack list against the real one, and what must go on to work."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from infra.cloudformation.deploy import client
from infra.local.fault_proxy import FaultProxy
from infra.local.servers import Emulator

PAGES: tuple[dict[str, str], ...] = (
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    {"Host": "evil.example"},
    {"Host": "127.0.0.1"},
    {"Host": "mailroom-spool.s3.amazonaws.com"},
    {"Host": "abcdef12.execute-api.127.0.0.1"},
)
ASKED: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("POST", "/", {"X-Amz-Target": "secretsmanager.GetSecretValue"}),
    ("POST", "/", {"X-Amz-Target": "AmazonSQS.ListQueues"}),
    ("GET", "/", {}),
    ("GET", "/mailroom-spool?list-type=2", {}),
    ("GET", "/_ministack/sqs/messages", {}),
    ("GET", "/_ministack/health", {}),
    ("GET", "/_localstack/health", {}),
    ("GET", "/health", {}),
    ("POST", "/_ministack/reset", {}),
    ("POST", "/_ministack/config", {}),
    ("GET", "/_ministack/lambda-code/api", {}),
    ("GET", "/_aws/execute-api/x/api/health", {}),
    ("GET", "/2015-03-31/functions", {}),
    ("GET", "/restapis", {}),
    ("GET", "/restapis/x/api/_user_request_x", {}),
    ("GET", "/x/restapis/a/api/_user_request_/", {}),
    ("OPTIONS", "/", {}),
)
FORGED = (
    "",
    "Bearer ",
    "Bearer wrong",
    "Basic dGVzdDp0ZXN0",
    "AWS test:AAAA",
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=" + "0" * 64,
    "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/s3/aws4_request",
    "AWS4-ECDSA-P256-SHA256 Credential=test/20260101/s3/aws4_request, SignedHeaders=host, Signature=00",
)


def boto(emulator: Emulator, service: str, secret: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=emulator.url,
        region_name=emulator.region,
        aws_access_key_id="test",
        aws_secret_access_key=secret,
        config=Config(signature_version="s3v4" if service == "s3" else "v4"),
    )


def bearer(emulator: Emulator) -> dict[str, str]:
    return {"Authorization": f"Bearer {emulator.secret}"}


@pytest.mark.parametrize("given", FORGED)
@pytest.mark.parametrize(("method", "path", "more"), ASKED)
def test_nothing_but_the_api_answers_without_the_secret(
    emulator: Emulator, method: str, path: str, more: dict[str, str], given: str
) -> None:
    headers = more | ({"Authorization": given} if given else {})
    answer = requests.request(method, emulator.url + path, headers=headers, timeout=10)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("path", ["/_localstack/health", "/restapis/x/api/_user_request_/health"])
def test_a_web_page_is_refused_even_with_the_secret(emulator: Emulator, path: str, page: dict[str, str]) -> None:
    answer = requests.get(emulator.url + path, headers=bearer(emulator) | page, timeout=10)
    assert answer.status_code == 403


@pytest.mark.parametrize("service", ["sqs", "s3", "secretsmanager", "lambda", "cloudformation"])
def test_a_signature_with_another_key_is_refused(emulator: Emulator, service: str) -> None:
    calls = {
        "sqs": "list_queues",
        "s3": "list_buckets",
        "secretsmanager": "list_secrets",
        "lambda": "list_functions",
        "cloudformation": "list_stacks",
    }
    with pytest.raises((ClientError, ResponseParserError)):  # the refusal is JSON, whatever the service speaks
        getattr(boto(emulator, service, "test"), calls[service])()
    assert getattr(boto(emulator, service, emulator.secret), calls[service])()


def test_a_signed_request_is_good_for_its_body_alone(emulator: Emulator) -> None:
    sqs, sent = boto(emulator, "sqs", emulator.secret), []
    sqs.meta.events.register("before-send.sqs", lambda request, **_: sent.append(request))
    sqs.list_queues()
    [signed] = sent
    again = requests.post(signed.url, data=signed.body, headers=dict(signed.headers), timeout=10)
    changed = requests.post(signed.url, data=b'{"MaxResults": 1}', headers=dict(signed.headers), timeout=10)
    elsewhere = requests.post(f"{signed.url}?x=1", data=signed.body, headers=dict(signed.headers), timeout=10)
    assert [again.status_code, changed.status_code, elsewhere.status_code] == [200, 403, 403]


def test_a_presigned_address_is_good_for_one_object_and_its_time(emulator: Emulator) -> None:
    s3 = boto(emulator, "s3", emulator.secret)
    s3.create_bucket(Bucket="front")
    s3.put_object(Bucket="front", Key="ä b/c", Body=b"kept")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "front", "Key": "ä b/c"}, ExpiresIn=60)
    forged = boto(emulator, "s3", "guess").generate_presigned_url(
        "get_object", Params={"Bucket": "front", "Key": "ä b/c"}, ExpiresIn=60
    )
    assert requests.get(url, timeout=10).content == b"kept"
    assert requests.get(forged, timeout=10).status_code == 403
    assert requests.get(url.replace("Expires=60", "Expires=9999"), timeout=10).status_code == 403
    assert requests.get(url.replace("/c?", "/d?"), timeout=10).status_code == 403
    assert requests.get(url, headers={"Origin": "https://evil.example"}, timeout=10).status_code == 403


def test_the_api_is_open_to_those_who_are_no_web_page(emulator: Emulator) -> None:
    url = f"{emulator.url}/restapis/unknown/api/_user_request_/health"
    for headers in ({}, {"Origin": emulator.url}, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}):
        assert requests.get(url, headers=headers, timeout=10).status_code == 404
    linked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert requests.get(url, headers=linked, timeout=10).status_code == 404
    assert requests.post(url, headers=linked, timeout=10).status_code == 403


def test_the_api_s_path_leads_to_no_other_service(emulator: Emulator) -> None:
    for more in (
        {"X-Amz-Target": "secretsmanager.ListSecrets"},
        {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"},
        {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request"},
    ):
        for query in ("", "?Action=ListQueues", "?Action=ListStacks&Version=2010-05-15"):
            url = f"{emulator.url}/restapis/unknown/api/_user_request_/x{query}"
            answer = requests.post(url, headers=more, json={}, timeout=10)
            assert answer.status_code in (403, 404)
            assert not {"SecretList", "QueueUrls"} & set(answer.json())


def test_no_web_socket_is_opened(emulator: Emulator) -> None:
    ask = (
        f"GET /restapis/x/api/_user_request_/ HTTP/1.1\r\nHost: 127.0.0.1:{emulator.port}\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=10) as connection:
        connection.sendall(ask.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 403")


def test_the_secret_is_new_for_each_folder_and_kept_over_a_restart(emulator: Emulator) -> None:
    secret = emulator.secret
    assert len(secret) == 64
    assert Emulator(emulator.folder.parent).secret == secret


def test_a_proxy_that_changes_the_host_passes_what_was_signed_for_it(tmp_path: Path) -> None:
    proxy = FaultProxy(tmp_path)
    emulator = Emulator(tmp_path, environment={"FRONT_SIGNED_HOSTS": proxy.url.removeprefix("http://")})
    with emulator:
        proxy.upstream = emulator.url
        with proxy:
            signed = client("sqs", emulator.client_environment() | {"AWS_ENDPOINT_URL": proxy.url})
            assert signed.create_queue(QueueName="q")["QueueUrl"]
            s3 = client("s3", emulator.client_environment() | {"AWS_ENDPOINT_URL": proxy.url})
            s3.create_bucket(Bucket="proxied")
            s3.put_object(Bucket="proxied", Key="k", Body=b"x" * 100_000)
            assert requests.get(f"{proxy.url}/_ministack/sqs/messages", timeout=10).status_code == 403
            forged = client("s3", emulator.client_environment() | {"AWS_SECRET_ACCESS_KEY": "guess"})
            with pytest.raises(ClientError):
                forged.get_object(Bucket="proxied", Key="k")
