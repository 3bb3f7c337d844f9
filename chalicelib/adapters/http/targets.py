"""Which hosts and addresses an address from a mail or a rule may name: the checks without a lookup (see `guard`)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from chalicelib.core.errors import Permanent

PORTS = frozenset({443, 8443})
MAX_URL = 4_096
NAME = re.compile(r"(?=.{4,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A host name in A-labels, two labels at least. The last one begins with a letter, so `127.1`, `0x7f.1` and
`2130706433`, which a resolver would read as addresses, are none (WHATWG URL, "ends in a number")."""
UNSAFE = re.compile(r"[^\x21-\x7e]|\\")

# IANA's registries of special-purpose addresses; written out, because Python's own properties differ by version.
NOT_PUBLIC_4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24"
        " 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24"
        " 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
    ).split()
)
NOT_PUBLIC_6 = tuple(
    ipaddress.IPv6Network(network)
    for network in "2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20".split()
)
UNICAST_6, NAT64 = ipaddress.IPv6Network("2000::/3"), ipaddress.IPv6Network("64:ff9b::/96")


def public(address: str) -> bool:
    """Whether an address is one of the public internet; an IPv4 address inside an IPv6 one counts as itself."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id is not None:
            return False
        if ip.ipv4_mapped or ip in NAT64:
            return public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        return ip in UNICAST_6 and not any(ip in network for network in NOT_PUBLIC_6)
    return not any(ip in network for network in NOT_PUBLIC_4)


@dataclass(frozen=True, slots=True)
class Target:
    """A checked `https://host[:port]/…`. `private`: the operator allows it private addresses."""

    host: str
    port: int
    path: str
    private: bool

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"https://{self.host if self.port == 443 else self.name}{self.path}"


def check(url: str, private: Collection[str] = ()) -> Target:
    """Look at the address alone. `private` holds `host` and `host:port`; the latter may have a port of its own.

    Raises `Permanent`: `target_malformed`, `target_scheme`, `target_credentials`, `target_host`, `target_port`.
    """
    if len(url) > MAX_URL or UNSAFE.search(url):
        raise Permanent("target_malformed")
    try:
        parts = urlsplit(url)
        port = 443 if parts.port is None else parts.port
    except ValueError:
        raise Permanent("target_malformed") from None
    if parts.scheme != "https":
        raise Permanent("target_scheme")
    if "@" in parts.netloc:
        raise Permanent("target_credentials")
    host = (parts.hostname or "").removesuffix(".")
    named = f"{host}:{port}" in private
    known = named or host in private
    if not known and not NAME.fullmatch(host):
        raise Permanent("target_host")
    if not named and port not in PORTS:
        raise Permanent("target_port")
    return Target(host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), known)
