"""text/enriched (RFC 1896), text/richtext (RFC 1341) and RTF to readable text: the words and their paragraphs."""

from __future__ import annotations

import re

_TAG = re.compile(r"<(/?)([A-Za-z-]{1,60})>")
_LINE_TAGS = frozenset(("nl", "lf", "np", "paragraph", "center", "indent", "excerpt"))
_RTF = re.compile(r"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\")
_SKIPPED = frozenset(
    "fonttbl colortbl stylesheet info pict header footer object themedata datastore listtable listoverridetable "
    "generator xmlnstbl rsidtbl htmltag mmathPr latentstyles fldinst".split()
)
_SIGNS = {
    "par": "\n", "line": "\n", "row": "\n", "page": "\n", "sect": "\n", "tab": " ", "cell": " ", "emdash": "—",
    "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•", "nbsp": " ",
}  # fmt: skip
MAX_GROUPS = 1_000


def enriched_text(text: str, rich: bool = False) -> str:
    """The words of enriched text. `rich` is its elder: there a single line end is a blank and `<nl>` a new line."""
    out: list[str] = []
    hidden = 0
    end = 0
    text = text.replace("\r\n", "\n").replace("<<", "\x00")
    for tag in _TAG.finditer(text):
        if not hidden:
            out.append(_paragraphs(text[end : tag.start()], rich))
        end = tag.end()
        name = tag[2].lower()
        if name in ("param", "comment"):
            hidden = max(0, hidden - 1) if tag[1] else hidden + 1
        elif name == "lt":
            out.append("<")
        elif name in _LINE_TAGS and not hidden:
            out.append("\n")
    if not hidden:
        out.append(_paragraphs(text[end:], rich))
    return "".join(out).replace("\x00", "<")


def _paragraphs(text: str, rich: bool) -> str:
    if rich:
        return text.replace("\n", " ")
    return re.sub(r"\n+", lambda ends: "\n" * (len(ends[0]) - 1) or " ", text)


def rtf_text(rtf: str, codepage: str = "cp1252") -> str:
    """The words of RTF: no fonts, styles and pictures; linear, and groups are counted, not nested."""
    out: list[str] = []
    pending = bytearray()
    skipping: list[bool] = [False]
    hide = 0
    for token in _RTF.finditer(rtf):
        word, number, byte, sign, brace, text = token.groups()
        if byte is None and pending:
            out.append(pending.decode(codepage, "replace"))
            pending.clear()
        if brace == "{":
            skipping.append(skipping[-1]) if len(skipping) < MAX_GROUPS else None
        elif brace == "}":
            del skipping[max(1, len(skipping) - 1) :]
        elif sign == "*" or (word in _SKIPPED):
            skipping[-1] = True
        elif word == "ansicpg" and number:
            codepage = _codepage(number, codepage)
        elif not skipping[-1]:
            if hide and (byte or sign or text):
                taken = 1 if byte or sign else min(hide, len(text))
                hide -= taken
                text = text[taken:] if text else ""
                byte = sign = None
            if byte:
                pending.append(int(byte, 16))
            elif word == "u" and number:
                out.append(chr(int(number) % 65_536))
                hide = 1
            elif word:
                out.append(_SIGNS.get(word, ""))
            else:
                out.append(
                    {"~": " ", "_": "-", "\n": "\n"}.get(sign or "", sign if sign in ("\\", "{", "}") else "")
                    or text
                    or ""
                )
    out.append(pending.decode(codepage, "replace"))
    return "".join(out)


def _codepage(number: str, otherwise: str) -> str:
    from chalicelib.mail.charsets.labels import codec

    return codec(f"cp{number}") or otherwise
