"""File names that others chose: read from a header, and made safe for any file system and object store."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

MAX_BYTES = 180
MAX_EXTENSION = 16
NOBODY = "file"
_PARAMETER = re.compile(r';\s*(filename\*?)\s*=\s*("(?:[^"\\]|\\.)*"|[^;"]*)', re.IGNORECASE)
_UNSAFE = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)")
"""Names that Windows takes for devices, with any extension (Microsoft, "Naming Files")."""


def from_headers(disposition: str, url: str) -> str:
    """The name that `Content-Disposition` (RFC 6266) gives, `filename*` (RFC 5987) before `filename`, else the URL's.

    Always safe, never empty.
    """
    found = {name.lower(): value.strip() for name, value in _PARAMETER.findall(disposition[:4096])}
    name = _extended(found.get("filename*", "")) or _plain(found.get("filename", ""))
    if not name:
        try:
            name = unquote(urlsplit(url).path.rpartition("/")[2], errors="replace")
        except ValueError:
            name = ""
    return safe(name)


def safe(name: str) -> str:
    """One path component: no separator, control, direction or device name; at most `MAX_BYTES`; never empty."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    name = name.replace("\\", "/").rpartition("/")[2]
    # Cc controls, Cf formats (a right-to-left override hides an extension), Co and Cn: nothing that can be read.
    shown = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
    shown = " ".join(_UNSAFE.sub("_", shown).split()).strip(". ")
    if _RESERVED.match(shown):
        shown = f"_{shown}"
    return _shortened(shown) or NOBODY


def disposition(name: str) -> str:
    """A `Content-Disposition` that makes a browser save, not show, the file (RFC 6266, appendix D)."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    encoded = quote(name, safe="._-", errors="replace")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"


def _extended(value: str) -> str:
    charset, quote, rest = value.strip('"').partition("'")
    _, second, encoded = rest.partition("'")
    if not quote or not second:
        return ""
    try:
        return unquote_to_bytes(encoded).decode(charset if charset.lower() in ("utf-8", "iso-8859-1") else "utf-8")
    except UnicodeDecodeError:
        return ""


def _plain(value: str) -> str:
    if value.startswith('"'):
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    with suppress(UnicodeError):  # headers come as Latin-1, and many servers write UTF-8 into them
        value = value.encode("latin-1").decode("utf-8")
    return unquote(value, errors="replace") if re.search(r"%[0-9A-Fa-f]{2}", value) else value


def _shortened(name: str) -> str:
    if len(name.encode()) <= MAX_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > MAX_EXTENSION:
        stem, dot, extension = name, "", ""
    room = MAX_BYTES - len(f"{dot}{extension}".encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ") + dot + extension
