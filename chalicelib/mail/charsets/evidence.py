"""How much a reading of bytes looks like a text of some language: it decides where no label is true."""

from __future__ import annotations

import unicodedata
from collections import Counter

SAMPLE_CHARS = 1_500

_LATIN = {
    "fr": "éèàêâçîôûùëïœüæÿ", "de": "äöüßé", "es": "ñáéíóúü", "it": "àèéìòùîó", "pt": "ãõçáéíóúâêôàü", "da": "åæøéäöü",
    "sv": "åäöéü", "is": "áðéíóúýþæö", "nl": "éëïóöüèê", "pl": "ąćęłńóśźż", "cs": "áčďéěíňóřšťúůýž",
    "sk": "áäčďéíĺľňóôŕšťúýž", "hu": "áéíóöőúüű", "ro": "ăâîșțşţ", "tr": "çğıöşüâî", "hr": "čćđšž", "et": "äöõüšž",
    "lt": "āčēģīķļņšūžąęėįų", "ca": "àéèíïóòúüçñ",
}  # fmt: skip
_COMMON = frozenset(
    "оеаинтсрвлкмдпуяыьзі"
    "αοιετσνηυρπκμλωςάίόέήύ"
    "יוהלאמרתבשנםחדע"
    "اليمنوتربةعدسفهأق"
    "านรอกเงมยลวดทสตะปบคหแจพ่้ีั์ิไชขุูใโ"
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后好请谢您"
    "订单确认发票付款通知账户客公司产品服务信息邮件项目合同报价快递物流取消更新"
    "這來國個說們為時過學對裡後請謝會議將開發見問題書電話號時間訂單"
    "日本人月火水木金土今明時分様御会社願致申上下中大小行見言出入前後間何予定変更件送付確認連絡"
    "이다는가을를의에고하지로한사기은안녕니습합세요도자어서그나있해인대수일정원부전화메"
)
_INSIDE = frozenset("’'·‑-­")
_OPENING = frozenset("“„«‘‚¿¡‹")
_CLOSING = frozenset("”»’…›“‘")
_DASHES = frozenset("–—•·")
_QUANTITY = frozenset("€£°§©®™²³½¼×±¢¥№ªº")
_FINAL_HEBREW = frozenset("םןץףך")


def plausibility(text: str) -> float:
    """The points of all characters beyond ASCII: about 1 for a letter of one language, less than 0 for an oddity."""
    text = text[:SAMPLE_CHARS]
    points = 0.0
    accents: Counter[str] = Counter()
    for at, sign in enumerate(text):
        if sign < "\x80":
            continue
        before, after = text[at - 1 : at] or " ", text[at + 1 : at + 2] or " "
        if "À" <= sign <= "ɏ" and sign not in "×÷":
            accents[sign.lower()] += 1
            points += _cased(sign, before, after, 0.0)
            points -= 1.0 if _accented(before) and _accented(after) else 0.0
        else:
            points += _sign(sign, before, after)
    total = sum(accents.values())
    best = max((sum(accents[letter] for letter in letters) for letters in _LATIN.values()), default=0)
    return points + best - 0.4 * (total - best)


def _accented(sign: str) -> bool:
    return "À" <= sign <= "ɏ"


def _cased(sign: str, before: str, after: str, worth: float) -> float:
    """A capital after a small letter is a sign of the wrong charset, and so is a small one before a capital."""
    if sign.isupper() and before.islower():
        return -2.0
    if sign.islower() and after.isupper():
        return -1.0
    return worth


def _sign(sign: str, before: str, after: str) -> float:
    code = ord(sign)
    if sign == "\ufffd":
        return -10.0
    if code < 0xA0 or 0xE000 <= code <= 0xF8FF or unicodedata.category(sign) == "Cn":
        return -4.0
    if sign.isalpha():
        return _letter(sign, code, before, after)
    if 0x0E30 <= code <= 0x0E4E or 0x064B <= code <= 0x0652:
        return 1.0 if sign in _COMMON else 0.3  # vowel signs of Thai and Arabic
    if 0x3000 <= code <= 0x303F or 0xFF00 <= code <= 0xFF60:
        return 1.6
    return _punctuation(sign, before, after)


def _letter(sign: str, code: int, before: str, after: str) -> float:
    if sign in "ªº":
        return 0.5 if before.isdigit() else -1.0
    if 0x3040 <= code <= 0x309F:
        return 2.2
    if 0x30A0 <= code <= 0x30FF:
        return 1.6
    if 0x4E00 <= code <= 0x9FFF or 0xAC00 <= code <= 0xD7A3:
        return 2.2 if sign in _COMMON else 0.5
    if 0xFF61 <= code <= 0xFF9F or 0x3400 <= code <= 0x4DBF:
        return -0.5
    if code > 0xFFFF:
        return -2.0
    if (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha()):
        return -2.0  # two scripts in one word
    if sign in _FINAL_HEBREW and after.isalpha():
        return -2.0
    return _cased(sign, before, after, 1.0 if sign in _COMMON else 0.5 if sign.lower() in _COMMON else 0.2)


def _punctuation(sign: str, before: str, after: str) -> float:
    left, right = before.isalpha(), after.isalpha()
    if left and right:
        return 1.0 if sign in _INSIDE else -2.0
    if sign in _OPENING and not left and (right or after.isdigit() or after == "\xa0"):
        return 1.0
    if sign in _CLOSING and not right:
        return 1.0 if left or before in ".,!?\xa0" else 0.2
    if sign in _DASHES and not left and not right:
        return 0.7
    if sign in _QUANTITY:
        return 0.8 if before.isdigit() or after.isdigit() or before.isspace() else -0.5
    if sign == "\xa0":
        return 0.3
    return -1.0
