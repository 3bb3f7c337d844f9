"""Which addresses may be named at all."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.http.targets import check, public
from chalicelib.core.errors import Permanent

PRIVATE = (
    "0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1"
    " 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1"
    " 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe 64:ff9b::7f00:1"
    " 64:ff9b::10.0.0.1 64:ff9b:1::8.8.8.8 100::1 2001::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1 3fff::1 fc00::1"
    " fd00:ec2::254 fe80::1 fe80::1%eth0 2606:4700::1%eth0 fec0::1 ff02::1 5f00::1"
).split()
PUBLIC = "8.8.8.8 1.1.1.1 172.15.0.1 172.32.0.1 100.128.0.1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2606:4700::1".split()
NO_ADDRESSES = ("", "localhost", "127.1", "0177.0.0.1", "2130706433", "0x7f000001", "8.8.8.8 ", "[::1]")


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_seen(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_seen(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not public(text)


@given(st.ip_addresses(v=4))
def test_what_python_calls_private_is_never_public(address: ipaddress.IPv4Address) -> None:
    assert not public(str(address)) or (address.is_global and not address.is_multicast)


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:0:0", "64:ff9b::"]))
def test_an_ipv4_address_inside_an_ipv6_one_counts_as_itself(inner: ipaddress.IPv4Address, prefix: str) -> None:
    outer = ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) + int(inner))
    assert public(str(outer)) == public(str(inner))


@given(st.ip_addresses(v=6))
def test_what_python_calls_private_is_never_public_in_ipv6(address: ipaddress.IPv6Address) -> None:
    inside = address.ipv4_mapped or address in ipaddress.IPv6Network("64:ff9b::/96")
    assert inside or not public(str(address)) or (address.is_global and not address.is_multicast)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://files.example/", "target_scheme"),
        ("ftp://files.example/", "target_scheme"),
        ("file:///etc/passwd", "target_scheme"),
        ("gopher://files.example/", "target_scheme"),
        ("//files.example/", "target_scheme"),
        ("", "target_scheme"),
        ("https://user@files.example/", "target_credentials"),
        ("https://user:pass@files.example/", "target_credentials"),
        ("https://files.example@127.0.0.1/", "target_credentials"),
        ("https://127.0.0.1/", "target_host"),
        ("https://8.8.8.8/", "target_host"),
        ("https://2130706433/", "target_host"),
        ("https://0x7f000001/", "target_host"),
        ("https://0x7f.1/", "target_host"),
        ("https://0177.0.0.1/", "target_host"),
        ("https://127.1/", "target_host"),
        ("https://127.0.0.1./", "target_host"),
        ("https://[::1]/", "target_host"),
        ("https://[::ffff:127.0.0.1]/", "target_host"),
        ("https://localhost/", "target_host"),
        ("https://intranet/", "target_host"),
        ("https:///path", "target_host"),
        ("https://.example/", "target_host"),
        ("https://files..example/", "target_host"),
        ("https://-files.example/", "target_host"),
        ("https://files.example%2f@x/", "target_credentials"),
        ("https://files%2eexample/", "target_host"),
        ("https://" + "a." * 130 + "example/", "target_host"),
        ("https://files.example:22/", "target_port"),
        ("https://files.example:80/", "target_port"),
        ("https://files.example:0/", "target_port"),
        ("https://files.example:99999/", "target_malformed"),
        ("https://files.example:x/", "target_malformed"),
        ("https://[::1/", "target_malformed"),
        ("https://files.example/a b", "target_malformed"),
        ("https://files.example/\r\nHost: x", "target_malformed"),
        ("https://files.example\\@127.0.0.1/", "target_malformed"),
        ("https://127。0。0。1/", "target_malformed"),
        ("https://ⓕiles.example/", "target_malformed"),
        ("https://files.example/" + "a" * 4096, "target_malformed"),
    ],
)
def test_an_address_that_nobody_may_name_is_refused(url: str, code: str) -> None:
    with pytest.raises(Permanent) as refused:
        check(url)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://files.example/a?b=c", "https://files.example/a?b=c"),
        ("https://Files.Example", "https://files.example/"),
        ("https://files.example./a#part", "https://files.example/a"),
        ("https://files.example:443/", "https://files.example/"),
        ("https://files.example:8443/", "https://files.example:8443/"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://a_b.s3.example/", "https://a_b.s3.example/"),
    ],
)
def test_an_ordinary_address_is_taken(url: str, shown: str) -> None:
    assert check(url).url == shown


@given(st.text(max_size=60))
def test_any_text_is_refused_or_means_the_same_when_it_is_written_down(text: str) -> None:
    try:
        target = check(f"https://{text}")
    except Permanent:
        return
    assert check(target.url) == target


@pytest.mark.parametrize("url", ["https://intranet:9000/", "https://10.0.0.5:9000/"])
def test_a_host_that_the_operator_named_may_be_anything(url: str) -> None:
    assert check(url, {"intranet:9000", "10.0.0.5:9000"}).private


def test_a_named_host_without_its_port_gets_no_port_of_its_own() -> None:
    with pytest.raises(Permanent, match="target_port"):
        check("https://intranet:9000/", {"intranet"})


def test_a_named_host_is_named_by_itself_alone() -> None:
    with pytest.raises(Permanent, match="target_host"):
        check("https://intranet:9000/", {"intranet:9001"})
