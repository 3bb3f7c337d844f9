"""Charset labels of mail to Python codecs: the supersets of the WHATWG Encoding Standard, and other labels in use."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

# Text codecs of mail only: `punycode` and `idna` are quadratic, `unicode_escape` is no charset.
_TEXT_CODEC = re.compile(
    r"(ascii|utf_?(7|8|16|16_le|16_be|32|32_le|32_be)|iso8859_\d+|cp\d+|koi8_[rtu]|kz1048|ptcp154"
    r"|mac_\w+|hp_roman8|gb18030|hz|big5hkscs|euc_jp|iso2022_\w+|johab)"
)
_SUPERSET = {
    "iso8859_1": "cp1252",
    "latin_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
    "shift_jis": "cp932",
    "shift_jisx0213": "cp932",
    "shift_jis_2004": "cp932",
    "euc_jis_2004": "euc_jp",
    "euc_jisx0213": "euc_jp",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "utf_8_sig": "utf_8",
    "cp65001": "utf_8",
}
"""A label means the larger set that mail programs write under it."""

_OTHERS = {
    "ascii": "usascii ascii csascii 20127 646 ansi ansix341968 ansix341986 7bit",
    "iso8859_1": "latin1 latin l1 isoir100 28591 iso88591windows31latin1 88591",
    "cp1252": "windows win1252 cswindows1252",
    "iso8859_6": "isolatinarabic arabic asmo708 ecma114",
    "iso8859_7": "isolatingreek greek greek8 ecma118 elot928 suneugreek",
    "iso8859_8": "isolatinhebrew hebrew logical visual",
    "iso8859_5": "isolatincyrillic cyrillic",
    "kz1048": "kz1048 rk1048 strk10482002",
    "cp037": "ebcdiccpus ebcdiccpca ebcdiccpnl",
    "koi8_r": "koi koi8 koi8r 20866",
    "koi8_u": "koi8u koi8ru 21866",
    "mac_roman": "mac macintosh macroman 10000 csmacintosh",
    "mac_latin2": "macce maccentraleurope maccentraleuropean maccentraleurroman maceastern",
    "mac_cyrillic": "macukrainian maccyrillic",
    "mac_iceland": "macicelandic maciceland",
    "cp874": "tis620 dos874 thai",
    "cp932": "sjis cp943 ibm943 mscp932 shiftjis mskanji ms932 windows31j shiftjis2004 shiftjisx0213 japanese",
    "euc_jp": "eucpkdfmtjapanese euc eucjp ujis 51932 extendedunixcodepackedformatforjapanese",
    "iso2022_jp": "jis csiso2022jp iso2022jpms iso2022jp1 iso2022jp2 iso2022jp3 iso2022jp2004 iso2022jpext 50220 50221"
    " 50222 iso2022cn iso2022cnext",
    "iso2022_kr": "50225 csiso2022kr",
    "cp949": "korean euckr ksc56011987 ksc56011989 ksc5601 ksx1001 isoir149 csksc56011987 ms949 uhc 51949 cp51949",
    "johab": "1361",
    "gb18030": "chinese gb gb2312 gb231280 gbk euccn eucgb xgbk 54936 isoir58 csgb2312 csiso58gb231280 ms936 936"
    " gb18030",
    "hz": "hzgb2312 hzgb 52936",
    "big5hkscs": "big5 chinesebig5 cnbig5 xxbig5 big5eten 950 csbig5 hkscs",
    "utf_8": "utf8 unicode11utf8 unicode20utf8 utf8n utf8mb4 utf8mb3 cesu8 65001 utf8strict",
    "utf_7": "unicode11utf7 unicode20utf7 65000",
    "utf_16": "unicodefeff",
    "utf_16_le": "unicode unicodelittle ucs2 iso10646ucs2 csunicode",
    "utf_16_be": "unicodefffe unicodebig",
}
_NAMED = {label: name for name, labels in _OTHERS.items() for label in labels.split()}
_NUMBERED = re.compile(
    r"(?:cs)?(?:cp|ibm|dos|windows|win|ms|mswin|microsoftcp|oem|pc|codepage)?0{0,2}(\d{3,5})\D{0,20}"
)
_ISO = re.compile(r"(?:iso)?8859(\d{1,2})(?:[ie]|ro)?(?:19\d\d|20\d\d)?")
_LATIN = re.compile(r"(?:csiso|iso)?(?:latin|l)(\d{1,2})")
_PART = {"1": 1, "2": 2, "3": 3, "4": 4, "5": 9, "6": 10, "7": 13, "8": 14, "9": 15, "10": 16}
"""Which part of ISO 8859 a Latin alphabet is."""
_CUT = re.compile(r"[^A-Za-z0-9_.:()+ -].*", re.DOTALL)


@lru_cache(maxsize=256)
def codec(charset: str) -> str:
    """Python's name of a mail charset label's superset, or an empty string when it is no known text charset."""
    short = _CUT.sub("", charset[:64].strip().strip("\"'"))
    name = re.sub(r"[^a-z0-9]+", "", short.lower())
    for label in dict.fromkeys((name, name.removeprefix("x"), name.removeprefix("cs"))):
        found = _NAMED.get(label) or _by_number(label) or _known(short) if label else ""
        wanted = _SUPERSET.get(found, found)
        if wanted and _TEXT_CODEC.fullmatch(wanted):
            return wanted
    return ""


def _by_number(label: str) -> str:
    if iso := _ISO.fullmatch(label):
        return _exists(f"iso8859_{int(iso[1])}")
    if latin := _LATIN.fullmatch(label):
        return _exists(f"iso8859_{_PART.get(latin[1], 0)}")
    if number := _NUMBERED.fullmatch(label):
        code = int(number[1])
        if 28591 <= code <= 28606:
            return _exists(f"iso8859_{code - 28590}")
        return _exists(f"cp{code:03d}")
    return ""


def _known(label: str) -> str:
    return _exists(re.sub(r"[^a-z0-9]+", "_", label.lower()).removeprefix("x_").strip("_"))


def _exists(name: str) -> str:
    # Only names of such shapes are looked up: the interpreter keeps each unknown one for ever.
    if not re.fullmatch(r"(utf|iso|latin|cp|koi8|kz1048|ptcp154|mac|hp|gb|hz|big5|euc|shift|johab|tis)\w{0,20}", name):
        return ""
    try:
        return codecs.lookup(name).name.replace("-", "_")
    except LookupError:
        return ""
