"""Who may come in, and who may not."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.web import auth

BODY = b'{"sender":"ada@example.com","body":""}'
NOW = 1_741_000_000.0
STAMP = "1741000000"
KEYS = ("key-one", "key-two")


def headers(key: str = "key-one", stamp: str = STAMP, body: bytes = BODY) -> dict[str, str]:
    return {"x-mailroom-timestamp": stamp, "x-mailroom-signature": auth.sign_push(key, stamp, body)}


def ok(given: dict[str, str], body: bytes = BODY, now: float = NOW) -> bool:
    return auth.push_signature_ok(given, auth.PUSH_PATH, body, KEYS, now, 300)


def hmac_by_hand(key: bytes, message: bytes) -> bytes:
    """RFC 2104, written out."""
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\x00")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).digest()


@pytest.mark.parametrize("key", KEYS)
def test_a_push_signed_with_either_key_may_come_in(key: str) -> None:
    assert ok(headers(key))


def test_a_push_signed_with_another_key_may_not() -> None:
    assert not ok(headers("key-three"))


def test_changed_bytes_may_not() -> None:
    assert not ok(headers(), BODY + b" ")


def test_another_timestamp_than_the_signed_one_may_not() -> None:
    assert not ok(headers() | {"x-mailroom-timestamp": "1741000001"})


@pytest.mark.parametrize("age", [-300, 300])
def test_a_timestamp_on_the_edge_of_the_window_may_come_in(age: int) -> None:
    assert ok(headers(), now=NOW + age)


@pytest.mark.parametrize("age", [-301, 301, 10**9])
def test_a_stale_or_future_timestamp_may_not(age: int) -> None:
    assert not ok(headers(), now=NOW + age)


@pytest.mark.parametrize(
    "stamp", ["", " ", "now", "1741000000.5", "-1741000000", "+1741000000", "1e9", "9" * 5_000, "１", "1741000000\n"]
)
def test_a_garbled_timestamp_may_not(stamp: str) -> None:
    given = {"x-mailroom-timestamp": stamp, "x-mailroom-signature": auth.sign_push("key-one", STAMP, BODY)}
    assert not ok(given)


@pytest.mark.parametrize("missing", ["x-mailroom-timestamp", "x-mailroom-signature"])
def test_a_missing_header_may_not(missing: str) -> None:
    assert not ok({name: value for name, value in headers().items() if name != missing})


@pytest.mark.parametrize("signature", ["", "v1=", "v1", "v2=" + "0" * 64, "\ud800", "v1=" + "é" * 64])
def test_a_garbled_signature_may_not(signature: str) -> None:
    assert not ok(headers() | {"x-mailroom-signature": signature})


def test_a_signature_of_the_older_upper_case_form_may_not() -> None:
    given = headers()
    assert not ok(given | {"x-mailroom-signature": given["x-mailroom-signature"].upper()})


def test_no_key_matches_nothing() -> None:
    assert not auth.push_signature_ok(headers(), auth.PUSH_PATH, BODY, (), NOW, 300)


def test_the_push_s_signature_is_what_the_requirements_say() -> None:
    expected = hmac_by_hand(b"key-one", STAMP.encode() + b".POST./api/ingress/gmail." + BODY).hex()
    assert auth.sign_push("key-one", STAMP, BODY) == f"v2={expected}"


def test_the_push_s_older_signature_is_what_it_was() -> None:
    expected = hmac_by_hand(b"key-one", STAMP.encode() + b"." + BODY).hex()
    assert auth.sign_push_v1("key-one", STAMP, BODY) == f"v1={expected}"


def test_mail_may_come_in_with_the_older_signature() -> None:
    assert ok(headers() | {"x-mailroom-signature": auth.sign_push_v1("key-one", STAMP, BODY)})


@pytest.mark.parametrize("body", [BODY, b"", b"{}"])
def test_the_signature_of_a_push_opens_no_upload(body: bytes) -> None:
    for signature in (auth.sign_push("key-one", STAMP, body), auth.sign_push_v1("key-one", STAMP, body)):
        given = {"x-mailroom-timestamp": STAMP, "x-mailroom-signature": signature}
        assert not auth.push_signature_ok(given, auth.UPLOADS_PATH, body, KEYS, NOW, 300)


def test_the_signature_of_an_upload_is_none_of_a_push() -> None:
    given = headers() | {"x-mailroom-signature": auth.sign_push("key-one", STAMP, BODY, auth.UPLOADS_PATH)}
    assert auth.push_signature_ok(given, auth.UPLOADS_PATH, BODY, KEYS, NOW, 300)
    assert not ok(given)


@pytest.mark.parametrize("token", ["one", "two"])
def test_either_token_may_come_in(token: str) -> None:
    assert auth.bearer_ok(f"Bearer {token}", ("one", "two"))


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_scheme_s_case_does_not_matter(scheme: str) -> None:
    assert auth.bearer_ok(f"{scheme} one", ("one",))


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "one",
        "Basic one",
        "Bearer three",
        "Bearer ONE",
        "Bearer one two",
        "Bearer \ud800",
    ],
)
def test_anything_else_may_not(given: str | None) -> None:
    assert not auth.bearer_ok(given, ("one", "two"))


@pytest.mark.parametrize("given", [None, "", "Bearer ", "Bearer one"])
@pytest.mark.parametrize("tokens", [(), ("",)])
def test_an_empty_list_of_tokens_matches_nothing(given: str | None, tokens: tuple[str, ...]) -> None:
    assert not auth.bearer_ok(given, tokens)


def test_emailengine_s_signature_is_base64url_without_padding_of_the_raw_body() -> None:
    expected = base64.b64encode(hmac_by_hand(b"secret", BODY)).decode().replace("+", "-").replace("/", "_").rstrip("=")
    assert auth.emailengine_signature_ok(expected, BODY, ("secret",))


def test_emailengine_s_signature_of_a_known_vector() -> None:
    """HMAC-SHA256 test case 2 of RFC 4231, in base64url."""
    digest = bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    expected = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert auth.sign_emailengine("Jefe", b"what do ya want for nothing?") == expected


@pytest.mark.parametrize("secret", ["old", "new"])
def test_while_emailengine_s_secret_is_rotated_both_are_taken(secret: str) -> None:
    assert auth.emailengine_signature_ok(auth.sign_emailengine(secret, BODY), BODY, ("new", "old"))


@pytest.mark.parametrize("given", [None, "", "=", "====", "\ud800", "0" * 64])
def test_a_garbled_emailengine_signature_may_not(given: str | None) -> None:
    assert not auth.emailengine_signature_ok(given, BODY, ("secret",))


def test_emailengine_s_signature_in_hexadecimal_may_not() -> None:
    assert not auth.emailengine_signature_ok(hmac_by_hand(b"secret", BODY).hex(), BODY, ("secret",))


@given(st.text(), st.binary())
def test_no_guess_is_taken_for_a_signature(given: str, body: bytes) -> None:
    assert not auth.emailengine_signature_ok(given, body, ("secret",))


@given(st.text(), st.text(), st.binary())
def test_no_guess_is_taken_for_a_signed_push(stamp: str, signature: str, body: bytes) -> None:
    given = {"x-mailroom-timestamp": stamp, "x-mailroom-signature": signature}
    assert not auth.push_signature_ok(given, auth.PUSH_PATH, body, KEYS, NOW, 300)
