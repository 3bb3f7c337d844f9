"""Hosts of addresses, compared with the names that an operator wrote."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit


def host_of(url: str) -> str:
    """The host of an address in lower case, without a dot at its end; empty where there is none."""
    try:
        return (urlsplit(url).hostname or "").removesuffix(".")
    except ValueError:
        return ""


def of_host(host: str, hosts: Sequence[str]) -> bool:
    """Is `host` one of `hosts`, where `*.example.org` stands for any subdomain?"""
    return any(host == known or (known.startswith("*.") and host.endswith(known[1:])) for known in hosts)
