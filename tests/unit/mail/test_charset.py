"""Every text that can be read is read, whatever its label says: by label, by evidence, by what reads best."""

from __future__ import annotations

import time

import pytest

from chalicelib.mail.charset import Decoder, codec

TEXTS = {
    "fr": ("La réunion est déplacée à février, où ça vous plaît.", ["cp1252", "cp850", "cp437", "mac_roman"]),
    "fr with quotes": ("L’hôtel « Étoile » coûte 10 €, c’est l’été – déjà…", ["cp1252", "mac_roman"]),
    "it": ("Perché Niccolò non è più in città? Così è la virtù.", ["cp1252", "mac_roman", "cp850"]),
    "de": ("Schöne Grüße aus München, bis nächste Woche. Straße", ["cp1252", "cp850", "mac_roman"]),
    "es": ("¿Cómo está usted? Mañana iré a España, señor.", ["cp1252", "cp850"]),
    "ru": (
        "Вам выставлен счёт на оплату. Здравствуйте, Иван!",
        ["cp1251", "koi8_r", "cp866", "iso8859_5", "mac_cyrillic"],
    ),
    "uk": ("Привіт, ваше замовлення їде. Дякуємо за довіру!", ["cp1251", "koi8_u"]),
    "el": ("Καλημέρα, η συνάντηση αναβάλλεται για την Πέμπτη.", ["cp1253", "iso8859_7"]),
    "he": ("שלום, הפגישה נדחתה ליום חמישי. תודה רבה", ["cp1255", "iso8859_8"]),
    "ar": ("مرحبا، تم تأجيل الموعد إلى يوم الخميس.", ["cp1256"]),
    "th": ("สวัสดีครับ ขอเลื่อนนัดเป็นวันพุธ", ["cp874"]),
    "pl": ("Dzień dobry, proszę o fakturę. Żółty łoś śpi.", ["cp1250", "iso8859_2"]),
    "cs": ("Dobrý den, příští týden přijedu do Prahy. Děkuji, těším se.", ["cp1250", "iso8859_2"]),
    "tr": ("Merhaba, toplantı perşembe gününe ertelendi. Teşekkür ederiz", ["cp1254"]),
    "hu": ("Jó napot, a tűző napsütésben őrült gyönyörű.", ["cp1250"]),
    "ja": ("こんにちは。会議は火曜日に変更となりました。よろしくお願いします。", ["cp932", "euc_jp"]),
    "zh": ("您好，会议改到星期四，请确认。谢谢", ["gb18030"]),
    "zh-Hant": ("您好，會議改到星期四，請確認。謝謝", ["big5hkscs"]),
    "ko": ("안녕하세요. 회의가 목요일로 변경되었습니다. 감사합니다.", ["cp949"]),
    "a short subject": ("Счёт", ["cp1251", "koi8_r"]),
    "a short Japanese subject": ("会議の変更", ["cp932", "euc_jp"]),
}
PAIRS = [(text, name) for text, names in TEXTS.values() for name in names]


@pytest.mark.parametrize("label", ["", "us-ascii", "utf-8", "iso-8859-1", "x-unheard-of"])
@pytest.mark.parametrize(("text", "name"), PAIRS)
def test_a_text_under_no_label_or_a_wrong_one_is_read(text: str, name: str, label: str) -> None:
    decoder = Decoder()
    assert decoder.decode(text.encode(name), label) == text
    if label != "iso-8859-1":
        assert "charset_guessed" in decoder.defects


@pytest.mark.parametrize("text", [text for text, _ in TEXTS.values()])
@pytest.mark.parametrize(
    "label",
    "us-ascii windows-1251 iso-8859-1 iso-8859-2 koi8-r gb2312 shift_jis euc-kr big5 euc-jp windows-1256 cp850".split(),
)
def test_utf8_under_any_label_is_read_as_utf8(text: str, label: str) -> None:
    decoder = Decoder()
    assert decoder.decode(text.encode(), label) == text
    assert "wrong_charset" in decoder.defects


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("cp-850", "cp850"), ("IBM-437", "cp437"), ("dos-866", "cp866"), ("win-1250", "cp1250"), ("x-cp1251", "cp1251"),
        ("windows-874", "cp874"), ("tis-620", "cp874"), ("iso-8859-11", "cp874"), ("x-mac-roman", "mac_roman"),
        ("macintosh", "mac_roman"), ("x-mac-cyrillic", "mac_cyrillic"), ("x-mac-ce", "mac_latin2"), ("x-sjis", "cp932"),
        ("shift_jis", "cp932"), ("windows-31j", "cp932"), ("x-euc-jp", "euc_jp"), ("euc-kr", "cp949"),
        ("ks_c_5601-1987", "cp949"), ("x-windows-949", "cp949"), ("gb2312", "gb18030"), ("x-gbk", "gb18030"),
        ("hz-gb-2312", "hz"), ("big5", "big5hkscs"), ("x-x-big5", "big5hkscs"), ("us-ascii", "ascii"),
        ("ISO_8859-1:1987", "cp1252"), ("8859_1", "cp1252"), ("latin-9", "iso8859_15"), ("latin5", "cp1254"),
        ("iso-8859-9", "cp1254"), ("iso-8859-8-i", "iso8859_8"), ("iso-8859-6-e", "iso8859_6"), ("utf8mb4", "utf_8"),
        ("cp65001", "utf_8"), ("utf-8;", "utf_8"), ('"utf-8"', "utf_8"), ("iso-2022-jp-2004", "iso2022_jp"),
        ("ISO-2022-JP-MS", "iso2022_jp"), ("csISO2022JP", "iso2022_jp"), ("koi8-ru", "koi8_u"), ("punycode", ""),
        ("unknown-8bit", ""), ("", ""), ("x-user-defined", ""), ("cp99999", ""), ("iso-8859-99", ""),
    ],
)  # fmt: skip
def test_a_label_means_the_larger_set_that_is_written_under_it(label: str, name: str) -> None:
    assert codec(label) == name


@pytest.mark.parametrize("label", ["iso-2022-jp", "", "us-ascii", "utf-8", "iso-8859-1", "ISO-2022-JP-MS"])
def test_iso_2022_jp_is_read_under_any_label(label: str) -> None:
    text = "会議の変更\nお知らせ"
    assert Decoder().decode(text.encode("iso2022_jp"), label) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x1b$B-!2q5D\x1b(B ok", "①会議 ok"),
        (b"\x1b$B|q|r\x1b(B", "ⅰⅱ"),
        (b"\x1b(I1\x1b(B", "ｱ"),
        (b"\x1b$B2q5D\nplain", "会議\nplain"),
        (b"\x1b$(Q.!\x1b(B", "俱"),
        ("丂".encode("iso2022_jp_1"), "丂"),
        ("한".encode("iso2022_jp_2"), "한"),
    ],
)
def test_vendor_signs_of_iso_2022_jp_are_read(data: bytes, text: str) -> None:
    assert Decoder().decode(data, "iso-2022-jp") == text


@pytest.mark.parametrize("label", ["iso-8859-15", "iso-8859-1", "iso-8859-14"])
def test_windows_quotes_under_an_iso_label_are_quotes(label: str) -> None:
    assert Decoder().decode(b"l\x92\xe9t\xe9 \x96 d\xe9j\xe0", label) == "l’été – déjà"


def test_a_latin_footer_below_utf8_is_read() -> None:
    assert (
        Decoder().decode("déjà vu, été\n".encode() + "à bientôt".encode("cp1252"), "utf-8") == "déjà vu, été\nà bientôt"
    )


def test_a_sequence_that_was_cut_is_one_unknown_sign() -> None:
    assert Decoder().decode("élève été".encode()[:-1], "utf-8") == "élève ét\ufffd"


def test_a_mark_at_the_start_is_no_text() -> None:
    assert Decoder().decode(b"\xef\xbb\xbf\xc3\xa9", "iso-8859-1") == "é"


@pytest.mark.parametrize("name", ["utf_16", "utf_16_le", "utf_16_be"])
@pytest.mark.parametrize("label", ["utf-16", ""])
def test_utf16_is_read_with_and_without_mark(name: str, label: str) -> None:
    assert Decoder().decode("Réunion à midi".encode(name), label) == "Réunion à midi"


def test_ascii_under_a_utf16_label_is_ascii() -> None:
    assert Decoder().decode(b"plain", "utf-16") == "plain"


def test_a_header_is_read_in_the_charset_of_the_text() -> None:
    decoder = Decoder()
    decoder.decode("订单".encode("gb18030"), "gb2312")
    assert decoder.decode("账户".encode("gb18030"), "") == "账户"


@pytest.mark.parametrize("unit", [b"\xe9", b"\xc3\xa9\xff", b"\x1b$B", b"\x0e", b"\x81\x40\xff", b"\xff\n", b"a\x92a"])
def test_hostile_bytes_are_decoded_in_linear_time(unit: bytes) -> None:
    started = time.process_time()
    Decoder().decode(unit * (800_000 // len(unit)), "utf-8")
    assert time.process_time() - started < 3.0
