"""Bytes to text, whatever the mail claims its charset to be."""

from __future__ import annotations

from chalicelib.mail import bounds
from chalicelib.mail.charsets import iso2022, utf8
from chalicelib.mail.charsets.evidence import plausibility
from chalicelib.mail.charsets.labels import codec

__all__ = ["Decoder", "codec"]

_STATEFUL = frozenset({"iso2022_jp", "iso2022_kr", "hz", "utf_7"})
_WIDE = frozenset({"utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be"})
_PAIRS = frozenset({"cp932", "euc_jp", "cp949", "johab", "gb18030", "big5hkscs"})
_FURTHER = {"cp932": ("shift_jis_2004",), "euc_jp": ("euc_jis_2004",), "big5hkscs": ("cp950",)}
"""Codecs that know signs which the first one of a label does not."""
_SIBLING = {
    "iso8859_2": "cp1250", "iso8859_5": "cp1251", "iso8859_7": "cp1253", "iso8859_8": "cp1255", "iso8859_6": "cp1256",
    "iso8859_13": "cp1257", "iso8859_4": "cp1257",
}  # fmt: skip
"""Windows' charset of the same letters: what ISO leaves to control characters are quotes there."""
_GUESSES = (
    "cp1252", "cp1250", "cp1251", "koi8_r", "koi8_u", "cp1253", "cp1254", "cp1255", "cp1256", "cp874", "iso8859_2",
    "cp850", "mac_roman", "cp866", "iso8859_5", "mac_cyrillic", "cp932", "euc_jp", "gb18030", "big5hkscs", "cp949",
)  # fmt: skip
_ASCII = bytes(range(128))
_MARGIN = 0.2
"""Points for each byte by which another charset must look better than the one that is expected."""


class Decoder:
    """Decodes the texts of one mail; collects `unknown_charset`, `wrong_charset`, `no_charset` and `charset_guessed`.

    Never raises. Order: a mark at the start; escapes of ISO-2022-JP; UTF-8 where there are more good sequences than bad
    ones, whatever the label says; the label and its supersets; a guess by what reads best, in which the charset of the
    mail's other parts counts (a header has no label).
    """

    def __init__(self) -> None:
        self.defects: set[str] = set()
        self._guesses = 0
        self._expected = ""

    def decode(self, data: bytes, charset: str) -> str:
        """The text of `data`; U+FFFD only for bytes that mean nothing in any charset that fits."""
        name = codec(charset)
        if charset and not name:
            self.defects.add("unknown_charset")
        if name not in ("", "ascii", "utf_8") and name not in _WIDE:
            self._expected = self._expected or name
        if name in _STATEFUL or name in _WIDE or b"\0" in data[:100] or _marked(data):
            text = self._special(data, name)
            if text is not None:
                return text
        if iso2022.JAPANESE.search(data):
            self.defects.add("charset_guessed")
            return iso2022.decode(data)
        if data.isascii() and not name.startswith("cp0"):
            return data.decode("ascii")
        return self._eight_bit(data, name)

    def _special(self, data: bytes, name: str) -> str | None:
        """By a mark, or by a label of a charset that ASCII bytes may be written in; None when the bytes deny it."""
        if data.startswith(b"\xef\xbb\xbf"):
            return _strictly(data[3:], "utf_8")
        if name == "iso2022_jp":
            return iso2022.decode(data) if b"\x1b" in data or b"\x0e" in data else None
        if name in _STATEFUL:
            return _strictly(data, name)
        found = name if name in _WIDE else "utf_16"
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            found = "utf_16" if "16" in found else found
        elif b"\0" not in data:
            self.defects.add("wrong_charset")
            return None
        elif found == "utf_16":
            found = "utf_16_le" if data[1::2].count(0) >= data[0::2].count(0) else "utf_16_be"
        if name not in _WIDE and data.count(0) * 3 < len(data):
            return None  # a stray NUL, not the half of each letter
        return data.decode(found, "replace").removeprefix("\ufeff")

    def _eight_bit(self, data: bytes, name: str) -> str:
        good, bad = utf8.counts(data)
        by_label = next((text for other in (name, *_FURTHER.get(name, ())) if (text := _strictly(data, other))), None)
        rival = name in _PAIRS and by_label is not None
        if good > bad and not (rival and (bad or not utf8.is_certain(data, good))):
            if bad or name not in ("", "utf_8"):
                self.defects.add("wrong_charset")
            return utf8.mixed(data) if bad else data.decode("utf_8")
        if name not in ("", "ascii", "utf_8", "cp1252"):
            return self._labelled(data, name, by_label)
        if name == "cp1252" and not _is_odd(data):
            return _windows(data)
        self.defects.add("wrong_charset" if name else "no_charset")
        return self._guess(data, "cp1252" if name == "cp1252" else self._expected or "cp1252")

    def _labelled(self, data: bytes, name: str, text: str | None) -> str:
        if text is not None:
            sibling = _SIBLING.get(name, "cp1252") if name.startswith("iso8859_") else ""
            if not sibling or not any("\x80" <= sign <= "\x9f" for sign in text):
                return text
            whole = data.decode(sibling, "replace")
            patched = "".join(_control(sign, sibling) if "\x80" <= sign <= "\x9f" else sign for sign in text)
            return max((patched, whole), key=plausibility)
        self.defects.add("wrong_charset")
        replaced = _read(data, name)
        if replaced.count("\ufffd") * 20 <= len(data.translate(None, _ASCII)):
            return replaced  # its own charset with a few signs that nobody knows
        return self._guess(data, name)

    def _guess(self, data: bytes, expected: str) -> str:
        self.defects.add("charset_guessed")
        chosen = expected
        if self._guesses < bounds.MAX_CHARSET_GUESSES:
            self._guesses += 1
            sample = _foreign_lines(data)
            points = {name: plausibility(_read(sample, name)) for name in {*_GUESSES, expected}}
            best = max(_GUESSES, key=lambda name: points[name])
            room = _MARGIN * len(sample.translate(None, _ASCII))
            chosen = best if points[best] > points[expected] + room else expected
            if points["cp1252"] > points[chosen]:
                chosen = "cp1252"
            self._expected = self._expected or chosen
        return _read(data, chosen)


def _marked(data: bytes) -> bool:
    return data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))


def _is_odd(data: bytes) -> bool:
    """Whether a Western label stands over letters that no Western language puts together."""
    sample = _foreign_lines(data)
    return plausibility(_windows(sample)) < 0.5 * len(sample.translate(None, _ASCII))


def _foreign_lines(data: bytes) -> bytes:
    """The first lines that are not ASCII: what evidence is in."""
    return b"\n".join(line for line in data.split(b"\n") if not line.isascii())[: bounds.MAX_CHARSET_SAMPLE]


def _read(data: bytes, name: str) -> str:
    """By a codec or by those that know more of its signs; U+FFFD for what none knows."""
    if name == "cp1252":
        return _windows(data)
    strict = next((text for other in (name, *_FURTHER.get(name, ())) if (text := _strictly(data, other))), None)
    return data.decode(name, "replace") if strict is None else strict


def _windows(data: bytes) -> str:
    """Windows-1252 as the WHATWG reads it: the five bytes without a sign are control characters."""
    return data.decode("latin_1").translate(_WINDOWS)


_WINDOWS = {byte: sign for byte in range(0x80, 0xA0) if (sign := bytes((byte,)).decode("cp1252", "ignore"))}


def _control(sign: str, name: str) -> str:
    return bytes((ord(sign),)).decode(name, "ignore")


def _strictly(data: bytes, name: str) -> str | None:
    if not name:
        return None
    try:
        return data.decode(name)
    except UnicodeError:
        return None
