"""Whose address counts as whose: one rule for every limit on failed credentials. Light to import."""

from __future__ import annotations


def network(address: str) -> str:
    """What an address counts as: an IPv4 address itself, of an IPv6 address its network of 64 bits.

    The holder of an IPv6 address usually has the other 2**64 of its network too. An IPv4 address written as IPv6
    (`::ffff:192.0.2.1`) is the IPv4 address; a zone (`fe80::1%eth0`) is left out. Anything else stands for itself.
    """
    if ":" not in address:
        return address
    from ipaddress import IPv6Address

    try:
        found = IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(found.ipv4_mapped or f"{int(found) >> 64:x}/64")
