"""Bytes to text, whatever the mail claims its charset to be."""

from __future__ import annotations

import re
from encodings.aliases import aliases

from chalicelib.mail import bounds

# Text codecs of mail only: `punycode` and `idna` are quadratic, `unicode_escape` is no charset, and a look-up
# of an unknown name would be cached by the interpreter for ever.
_TEXT_CODEC = re.compile(
    r"(ascii|utf_?(7|8|8_sig|16|16_le|16_be|32|32_le|32_be)|iso8859_\d+|latin_1|cp\d+|koi8_[rtu]|kz1048|ptcp154|tis_620"
    r"|mac_\w+|hp_roman8|gb2312|gbk|gb18030|hz|big5\w*|euc_\w+|shift_jis\w*|iso2022_\w+|johab)"
)
_KNOWN = frozenset(aliases.values()) | {"utf_8_sig", "cp1252", "koi8_u", "koi8_t", "cp874", "cp720", "cp856", "cp1006"}
_WESTERN = frozenset({"ascii", "latin_1", "cp1252", "iso8859_15"})
_ASCII = bytes(range(128))
_GUESSES = [
    "utf_8",
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "koi8_r",
    "shift_jis",
    "euc_jp",
    "iso2022_jp",
    "gb18030",
    "big5",
    "euc_kr",
]


def codec(charset: str) -> str:
    """Python's name of a mail charset label, or an empty string when it is no known text charset."""
    name = re.sub(r"[^a-z0-9]+", "_", charset[:64].strip().strip("\"'").lower()).strip("_")
    found = aliases.get(name) or (name if name in _KNOWN else "")
    return found if found and _TEXT_CODEC.fullmatch(found) else ""


class Decoder:
    """Decodes the texts of one mail; collects `unknown_charset` and `wrong_charset` as defects.

    Never raises. Order: UTF-8 where the bytes prove it (a Western label on UTF-8 bytes is the most
    common lie), the label, UTF-8, then Windows-1252 where most bytes are ASCII (short Western texts are guessed badly),
    else a guess by charset-normalizer.
    """

    def __init__(self) -> None:
        self.defects: set[str] = set()
        self._guesses = 0

    def decode(self, data: bytes, charset: str) -> str:
        """The text of `data`, with U+FFFD for bytes that mean nothing."""
        if data.isascii() and not charset:
            return data.decode("ascii")
        name = codec(charset)
        if charset and not name:
            self.defects.add("unknown_charset")
        if name in _WESTERN or not name:
            return self._western(data, name)
        text = _strictly(data, name)
        if text is None:
            self.defects.add("wrong_charset")
            return self._guess(data, name)
        return text

    def _western(self, data: bytes, name: str) -> str:
        if data.isascii():
            return data.decode("ascii")
        utf8 = _strictly(data, "utf_8")
        if utf8 is not None:
            if name:
                self.defects.add("wrong_charset")
            return utf8
        if name in ("latin_1", "cp1252", "iso8859_15"):
            # WHATWG Encoding: "iso-8859-1" means Windows-1252.
            wanted = "cp1252" if name == "latin_1" else name
            return _strictly(data, wanted) or data.decode("latin_1")
        self.defects.add("wrong_charset" if name else "no_charset")
        return self._guess(data, "cp1252")

    def _guess(self, data: bytes, fallback: str) -> str:
        utf8 = data.decode("utf_8", "replace")
        if utf8.count("\ufffd") * 50 < len(data):
            return utf8  # UTF-8 with a few broken places, usually a cut
        guessed = ""
        foreign = len(data.translate(None, _ASCII))
        if foreign * 4 > len(data) and self._guesses < bounds.MAX_CHARSET_GUESSES:
            self._guesses += 1
            guessed = _normalizer(data[: bounds.MAX_CHARSET_SAMPLE])
        name = guessed or ("cp1252" if fallback.startswith("utf") else fallback)
        return data.decode(name, "replace")


def _strictly(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except UnicodeError:
        return None


def _normalizer(sample: bytes) -> str:
    from charset_normalizer import from_bytes  # heavy, and hardly ever needed

    best = from_bytes(sample, steps=4, chunk_size=256, cp_isolation=_GUESSES, preemptive_behaviour=False).best()
    return best.encoding if best else ""
