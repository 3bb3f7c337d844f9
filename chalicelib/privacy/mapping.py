"""Seals the token mapping of a mail for its minutes in the cache, and puts the originals back into an answer."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chalicelib.core.errors import Permanent

_VERSION = b"\x01"
_NONCE = 12
TOKEN = re.compile(r"<([A-Z][A-Z_]*_\d{1,9})>")
"""What a token looks like."""
_EITHER = re.compile(r"<\\(\\*[A-Z][A-Z_]*_\d{1,9}>)|<[A-Z][A-Z_]*_\d{1,9}>")
"""An escaped literal of the mail (its group), or a token."""


class Originals(dict[str, str]):
    """token → original, and the form of every occurrence that is another one.

    A token means a person in all forms ("Jean", "M. DUPONT"); its original is the fullest. `forms` gives, for an
    anonymized field, the places (counted in tokens from 0) where the field had another form than that. The field is
    known by `fingerprint`, so that only this very text comes back as it stood; an answer gets the fullest forms.
    """

    __slots__ = ("forms",)

    def __init__(self, tokens: Mapping[str, str], forms: Mapping[str, Mapping[int, str]] | None = None) -> None:
        super().__init__(tokens)
        self.forms: dict[str, Mapping[int, str]] = dict(forms or {})


def fingerprint(text: str) -> str:
    """Names an anonymized field in `Originals.forms`."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def seal(mapping: Mapping[str, str], key: bytes, mail_id: str) -> bytes:
    """Encrypt by AES-GCM (key of 16, 24 or 32 bytes). The mail id is authenticated: no copy fits another mail."""
    nonce = os.urandom(_NONCE)
    forms = mapping.forms if isinstance(mapping, Originals) else {}
    clear = json.dumps([dict(mapping), forms], ensure_ascii=True, separators=(",", ":")).encode()
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, clear, mail_id.encode())


def open_sealed(data: bytes, key: bytes, mail_id: str) -> Originals:
    """The mapping again. `Permanent("mapping_unreadable")` for another key, another mail, or changed bytes."""
    try:
        if data[:1] != _VERSION:
            raise Permanent("mapping_unreadable")
        clear = AESGCM(key).decrypt(data[1 : 1 + _NONCE], data[1 + _NONCE :], mail_id.encode())
        tokens, forms = json.loads(clear)
        return Originals(
            {str(token): str(original) for token, original in tokens.items()},
            {str(field): {int(at): str(form) for at, form in places.items()} for field, places in forms.items()},
        )
    except (InvalidTag, ValueError, TypeError, AttributeError):
        raise Permanent("mapping_unreadable") from None


def deanonymize(text: str, mapping: Mapping[str, str]) -> str:
    """Put the originals back, in one pass, so that an original that looks like a token is left alone.

    An anonymized subject or text comes back exactly as it stood; any other text gets the fullest form of each name.
    `Permanent("unknown_token")` when the text holds a token that is not of this mapping: an
    answer that names another person must not be sent. See `repair` for tokens that a model damaged.
    """
    forms = mapping.forms.get(fingerprint(text), {}) if isinstance(mapping, Originals) else {}
    count = -1

    def original(match: re.Match[str]) -> str:
        nonlocal count
        if match.group(1) is not None:
            return "<" + match.group(1)
        count += 1
        token = match.group(0)
        if token not in mapping:
            raise Permanent("unknown_token")
        return forms.get(count, mapping[token])

    return _EITHER.sub(original, text)


def unknown_tokens(text: str, mapping: Mapping[str, str]) -> tuple[str, ...]:
    """The tokens of `text` that `mapping` does not know, in reading order."""
    return tuple(dict.fromkeys(m.group(0) for m in TOKEN.finditer(text) if m.group(0) not in mapping))
