"""Header values to text: raw bytes, encoded words (RFC 2047), parameters (RFC 2231), ids and dates."""

from __future__ import annotations

import binascii
import re
from urllib.parse import unquote_to_bytes

from chalicelib.mail import bounds
from chalicelib.mail.characters import clean, one_line
from chalicelib.mail.charset import Decoder
from chalicelib.mail.transfer import base64_bytes

_WORD = re.compile(r"=\?([^?\s]{1,64})\?([bBqQ])\?((?:[^?]|\?(?!=)){0,2000}+)(?:\?=|\Z)")
"""Also with a question mark inside, which RFC 2047 wants written as =3F, and with its end cut off."""
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?$)|;|[^;"]+', re.DOTALL)
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,998})>")
_FORWARD = re.compile(r"^(?:fwd?|tr|wg|i|rv|doorst|inoltro|reenv)\s{0,3}:", re.IGNORECASE)
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")


def unpack(value: str, decoder: Decoder) -> str:
    """A header as the stdlib gives it (ASCII, other bytes as surrogates) to text.

    Encoded words are left as they are, with any foreign bytes in them: those are in the word's own charset.
    """
    if value.isascii() and "\x1b" not in value:
        return value
    out: list[str] = []
    end = 0
    for word in _WORD.finditer(value):
        out += (decoder.decode(_bytes(value[end : word.start()]), ""), word[0])
        end = word.end()
    return "".join(out) + decoder.decode(_bytes(value[end:]), "")


def decode_words(value: str, decoder: Decoder) -> str:
    """Text with its encoded words decoded, also inside quotes, where RFC 2047 section 5 forbids them.

    Neighbouring words of one charset are joined as bytes first: senders cut inside a character.
    """
    if "=?" not in value:
        return value
    out: list[str] = []
    pending = b""
    charset = ""
    end = 0
    for word in _WORD.finditer(value):
        between = value[end : word.start()]
        name = word[1].partition("*")[0]  # RFC 2231 section 5: a language may follow the charset
        data = _word_bytes(word[2], word[3])
        if pending and not between.strip() and name.lower() == charset.lower():
            pending += data
        else:
            if pending:
                out.append(decoder.decode(pending, charset))
            if between.strip() or not pending:
                out.append(between)
            pending, charset = data, name
        end = word.end()
    if pending:
        out.append(decoder.decode(pending, charset))
    return "".join(out) + value[end:]


def _word_bytes(kind: str, text: str) -> bytes:
    data = _bytes(text)
    if kind in "bB":
        return base64_bytes(data)
    return binascii.a2b_qp(data, header=True)


def _bytes(text: str) -> bytes:
    """The bytes behind a text; a push may hold lone surrogates that no byte was read as."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def text_of(value: str, decoder: Decoder, limit: int) -> str:
    """A header's readable text on one line, at most `limit` characters."""
    return one_line(decode_words(unpack(value, decoder), decoder), limit)


def is_forward(subject: str) -> bool:
    """Whether the subject says, in six languages, that a mail is passed on."""
    return _FORWARD.match(subject) is not None


def parameters(value: str, decoder: Decoder) -> tuple[str, dict[str, str]]:
    """Split `text/plain; charset=x` into ("text/plain", {"charset": "x"}); tolerant, linear, bounded."""
    fields: list[str] = [""]
    for piece in _PIECE.findall(value[: bounds.MAX_PARAMETER_CHARS]):
        if piece == ";":
            fields.append("")
        else:
            fields[-1] += piece
    found: dict[str, str] = {}
    parts: dict[str, dict[int, tuple[str, bool]]] = {}
    for field in fields[1:]:
        key, _, content = field.partition("=")
        section = _SECTION.fullmatch(key.strip().lower())
        if not section:
            continue
        content = _unquote(content.strip())
        if section[2] is None and section[3] is None:
            found.setdefault(section[1], one_line(decode_words(unpack(content, decoder), decoder), 1_000))
        else:
            parts.setdefault(section[1], {}).setdefault(int(section[2] or 0), (content, section[3] is not None))
    for key, pieces in parts.items():  # RFC 2231 wins over its plain copy
        found[key] = _continued(pieces, decoder)
    return one_line(unpack(fields[0], decoder), 200).lower(), found


def _continued(pieces: dict[int, tuple[str, bool]], decoder: Decoder) -> str:
    charset = ""
    data = b""
    for number in sorted(pieces):
        content, encoded = pieces[number]
        if number == 0 and encoded and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        raw = _bytes(content)
        data += unquote_to_bytes(raw) if encoded else raw
    return one_line(decode_words(decoder.decode(data, charset), decoder), 1_000)


def _unquote(text: str) -> str:
    if not text.startswith('"'):
        return text
    inner = text[1:-1] if len(text) > 1 and text.endswith('"') else text[1:]
    return re.sub(r"\\(.)", r"\1", inner)


def message_ids(value: str) -> tuple[str, ...]:
    """The ids of a Message-ID, In-Reply-To or References header, each as `<id>`, first ones first.

    Also when a sender put them into encoded words, or left the brackets out.
    """
    text = clean(decode_words(value, Decoder()))
    found = [f"<{inner}>" for inner in _MESSAGE_ID.findall(text)]
    if not found:
        words = [word.strip("<>,;")[: bounds.MAX_ID_CHARS] for word in text.split()]
        listed = [word for word in words if 0 < word.find("@") < len(word) - 1]
        bare = "".join(text.split()).strip("<>")[: bounds.MAX_ID_CHARS]
        found = [f"<{word}>" for word in listed] if len(listed) > 1 or (len(words) > 2 and listed) else [f"<{bare}>"]
    return tuple(dict.fromkeys(one for one in found if one != "<>"))[: bounds.MAX_REFERENCES]
