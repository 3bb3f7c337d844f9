"""Keyed hashes that replace addresses and other texts that must not be stored. Light to import."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

LABEL = 63
"""Characters of one label of a domain (RFC 1035 section 2.3.4)."""


def normal_address(address: str) -> str:
    """An address for comparison: NFKC, case folded, without brackets, `+tag` (RFC 5233) and the quotes of a local part.

    The domain is the same in Unicode and in A-labels (RFC 5890), and with the root's dot at its end.
    """
    folded = _folded(address).strip().strip("<>")
    local, at, domain = folded.rpartition("@")
    if not at:
        return folded
    local = local[1:-1] if len(local) > 2 and local[0] == local[-1] == '"' else local
    labels = domain.replace("\u3002", ".").rstrip(".").split(".")
    return f"{local.split('+')[0] or local}@{'.'.join(map(_unicode_label, labels))}"


def _folded(text: str) -> str:
    """Case folded NFKC; twice, because each of the two can undo the other."""
    for _ in range(2):
        text = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", text)


def _unicode_label(label: str) -> str:
    if not label.startswith("xn--") or len(label) > LABEL:
        return label
    try:
        return _folded(label[4:].encode("ascii").decode("punycode"))
    except UnicodeError:  # not an A-label after all
        return label


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
