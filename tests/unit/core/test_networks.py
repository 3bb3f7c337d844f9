"""What an address counts as for the limits."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.networks import network

V4 = st.ip_addresses(v=4)
V6 = st.ip_addresses(v=6)


@given(V4)
def test_an_ipv4_address_is_itself_however_it_is_written(address: IPv4Address) -> None:
    mapped = IPv6Address((0xFFFF << 32) + int(address))
    assert {network(str(address)), network(str(mapped)), network(mapped.exploded), network(f"{mapped}%lo")} == {
        str(address)
    }


@given(V6, st.integers(0, 2**64 - 1))
def test_an_ipv6_address_counts_as_its_network(address: IPv6Address, low: int) -> None:
    if address.ipv4_mapped is None and (int(address) >> 64):
        other = IPv6Address((int(address) >> 64 << 64) + low)
        assert network(str(address)) == network(other.exploded) == network(f"{other}%eth0")


@given(V6, V6)
def test_two_networks_are_told_apart(one: IPv6Address, other: IPv6Address) -> None:
    if int(one) >> 64 != int(other) >> 64:
        assert network(str(one)) != network(str(other))


@pytest.mark.parametrize("text", ["", "localhost", "::1::", "[::1]:80", "1.2.3.4:80", "\x00", "é:é"])
def test_what_is_no_address_stands_for_itself(text: str) -> None:
    assert network(text) == text
