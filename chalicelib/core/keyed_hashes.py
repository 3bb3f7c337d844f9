"""Keyed hashes that replace addresses and other texts that must not be stored. Light to import."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata


def normal_address(address: str) -> str:
    """An address for comparison: NFKC, case folded, without brackets and `+tag` (RFC 5233)."""
    folded = unicodedata.normalize("NFKC", address).strip().strip("<>").casefold()
    local, at, domain = folded.rpartition("@")
    return f"{local.split('+')[0] or local}@{domain}" if at else folded


def sender_key(address: str, key: bytes) -> str:
    """Keyed hash (HMAC-SHA256, 32 hex characters) of an e-mail address.

    It normalises its input as an address. Use `keyed_hash` for anything else.
    """
    return hmac.new(key, normal_address(address).encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]


def domain_key(domain: str, key: bytes) -> str:
    """The same for a domain: every address at it shares this hash."""
    return sender_key(f"@{domain}", key)


def sender_keys(address: str, key: bytes) -> tuple[str, str]:
    """(hash of the address, hash of its domain); empty where there is none."""
    _, at, domain = address.rpartition("@")
    return sender_key(address, key) if address else "", domain_key(domain, key) if at else ""


def keyed_hash(purpose: str, text: str, key: bytes) -> str:
    """Keyed hash (BLAKE2b, 32 hex characters) of a text as it stands.

    `purpose` (at most 16 ASCII characters) separates the domains: one text has unrelated hashes for two purposes, and
    none of them is the hash of an address. `key` has at most 64 bytes.
    """
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, key=key, person=purpose.encode("ascii"), digest_size=16).hexdigest()
