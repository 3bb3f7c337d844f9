"""Seals the token mapping of a mail for its minutes in the cache, and puts the originals back into an answer."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chalicelib.core.errors import Permanent

_VERSION = b"\x01"
_NONCE = 12
TOKEN = re.compile(r"<([A-Z][A-Z_]*_\d{1,9})>")
"""What a token looks like."""
_ESCAPED = re.compile(r"<\\(\\*[A-Z][A-Z_]*_\d{1,9}>)")


def seal(mapping: Mapping[str, str], key: bytes, mail_id: str) -> bytes:
    """Encrypt by AES-GCM (key of 16, 24 or 32 bytes). The mail id is authenticated: no copy fits another mail."""
    nonce = os.urandom(_NONCE)
    clear = json.dumps(dict(mapping), ensure_ascii=True, separators=(",", ":")).encode()
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, clear, mail_id.encode())


def open_sealed(data: bytes, key: bytes, mail_id: str) -> dict[str, str]:
    """The mapping again. `Permanent("mapping_unreadable")` for another key, another mail, or changed bytes."""
    try:
        if data[:1] != _VERSION:
            raise Permanent("mapping_unreadable")
        clear = AESGCM(key).decrypt(data[1 : 1 + _NONCE], data[1 + _NONCE :], mail_id.encode())
        raw = json.loads(clear)
    except (InvalidTag, ValueError):
        raise Permanent("mapping_unreadable") from None
    if not isinstance(raw, dict):
        raise Permanent("mapping_unreadable")
    return {str(token): str(original) for token, original in raw.items()}


def deanonymize(text: str, mapping: Mapping[str, str]) -> str:
    """Put the originals back, in one pass, so that an original that looks like a token is left alone.

    `Permanent("unknown_token")` when the text holds a token that is not of this mapping: an
    answer that names another person must not be sent.
    """

    def original(match: re.Match[str]) -> str:
        token = match.group(0)
        if token not in mapping:
            raise Permanent("unknown_token")
        return mapping[token]

    pieces, position = [], 0
    for match in _ESCAPED.finditer(text):
        pieces.append(TOKEN.sub(original, text[position : match.start()]) + "<" + match.group(1))
        position = match.end()
    return "".join(pieces) + TOKEN.sub(original, text[position:])


def unknown_tokens(text: str, mapping: Mapping[str, str]) -> tuple[str, ...]:
    """The tokens of `text` that `mapping` does not know, in reading order."""
    return tuple(dict.fromkeys(m.group(0) for m in TOKEN.finditer(text) if m.group(0) not in mapping))
