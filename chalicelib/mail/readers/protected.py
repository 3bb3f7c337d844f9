"""What can be read of signed and encrypted mail without any key: the words of a signed one, and marks."""

from __future__ import annotations

import re

SMIME_OPAQUE, PGP_ENCRYPTED, PGP_SIGNED, SMIME_SIGNED = "smime_opaque", "pgp_encrypted", "pgp_signed", "smime_signed"
_DATA = bytes.fromhex("06092a864886f70d010701")
"""The object identifier of PKCS #7 data (RFC 5652 section 4), by which the signed content is found."""
_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE, _SIGNATURE_END = "-----BEGIN PGP SIGNATURE-----", "-----END PGP SIGNATURE-----"
_ENCRYPTED, _ENCRYPTED_END = "-----BEGIN PGP MESSAGE-----", "-----END PGP MESSAGE-----"
_ARMOR_HEADER = re.compile(r"(?:Hash|Charset|Comment|Version|NotDashEscaped|MessageID): .*")


def is_smime(kind: str) -> bool:
    """Whether a part holds a mail that is signed or encrypted as a whole (RFC 8551 section 3.2)."""
    return kind in ("application/pkcs7-mime", "application/x-pkcs7-mime")


def marks_of(kind: str, parameters: dict[str, str]) -> set[str]:
    """What a multipart says of itself (RFC 1847)."""
    protocol = parameters.get("protocol", "").lower()
    if kind == "multipart/encrypted":
        return {PGP_ENCRYPTED if "pgp" in protocol or not protocol else SMIME_OPAQUE}
    if kind == "multipart/signed":
        return {PGP_SIGNED if "pgp" in protocol else SMIME_SIGNED}
    return set()


def signed_content(data: bytes) -> bytes:
    """The mail inside opaque signed data (DER or BER), empty where it is encrypted or cannot be found."""
    at = data.find(_DATA)
    if at < 0:
        return b""
    at += len(_DATA)
    if data[at : at + 1] != b"\xa0":
        return b""
    start, _ = _length(data, at + 1)
    return _octets(data, start)


def _octets(data: bytes, at: int) -> bytes:
    """An octet string, or the pieces of one that was written in a stream."""
    tag = data[at : at + 1]
    start, length = _length(data, at + 1)
    if tag == b"\x04":
        return data[start : start + length] if length >= 0 else b""
    if tag != b"\x24":
        return b""
    end = start + length if length >= 0 else len(data)
    pieces = []
    while start < end and data[start : start + 1] == b"\x04":
        begin, size = _length(data, start + 1)
        if size < 0:
            break
        pieces.append(data[begin : begin + size])
        start = begin + size
    return b"".join(pieces)


def _length(data: bytes, at: int) -> tuple[int, int]:
    """(where the content starts, its length or -1 for one that ends by a mark)."""
    first = data[at] if at < len(data) else 0
    if first < 0x80:
        return at + 1, first
    count = first & 0x7F
    if count == 0 or count > 4:
        return at + 1, -1
    return at + 1 + count, int.from_bytes(data[at + 1 : at + 1 + count], "big")


def without_armor(text: str) -> tuple[str, set[str]]:
    """(the words without PGP's armor, marks): a clear-signed text stays, an encrypted block goes."""
    marks: set[str] = set()
    if _ENCRYPTED in text:
        marks.add(PGP_ENCRYPTED)
        text = _without_block(text, _ENCRYPTED, _ENCRYPTED_END)
    if _SIGNED in text:
        marks.add(PGP_SIGNED)
        before, _, signed = text.partition(_SIGNED)
        signed = _without_block(signed, _SIGNATURE, _SIGNATURE_END)
        lines = signed.lstrip("\n").split("\n")
        while lines and (_ARMOR_HEADER.fullmatch(lines[0]) or not lines[0].strip()):
            lines.pop(0)
        text = before + "\n".join(line.removeprefix("- ") for line in lines)
    return text.strip("\n"), marks


def _without_block(text: str, begin: str, end: str) -> str:
    """Without what stands between the two lines; an open block reaches to the end."""
    out: list[str] = []
    at = 0
    while (start := text.find(begin, at)) >= 0:
        out.append(text[at:start])
        closed = text.find(end, start)
        if closed < 0:
            return "".join(out)
        at = closed + len(end)
    return "".join((*out, text[at:]))
