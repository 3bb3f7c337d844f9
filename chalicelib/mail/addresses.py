"""Address headers (RFC 5322 section 3.4) to names and addresses: groups, comments, quotes and rubbish included."""

from __future__ import annotations

import re

from chalicelib.mail import bounds
from chalicelib.mail.characters import one_line
from chalicelib.mail.charset import Decoder
from chalicelib.mail.headers import decode_words, unpack
from chalicelib.mail.model import Address

# Each alternative that opens something also accepts the end of the header as its close: one pass, whatever comes.
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*+(?:"|\\?$)|<[^<>]*+(?:>|$|(?=<))|\((?:[^()\\]|\\.)*+(?:\)|\\?$|(?=\())|[,;:]|[^",;:<>()]+|.',
    re.DOTALL,
)
_WORD_END = re.compile(r"[\s<>\"',;:()]")


def addresses(value: str, decoder: Decoder, limit: int = bounds.MAX_ADDRESSES) -> tuple[Address, ...]:
    """The mailboxes of a header value, at most `limit`; an empty group gives none."""
    found: list[Address] = []
    words: list[str] = []
    surname = ""
    for piece in (*_TOKEN.findall(unpack(value, decoder)), ","):
        if piece == ":" and not any(_opens_address(word) for word in words):
            words = []  # the name of a group: "undisclosed-recipients:;"
        elif piece in (",", ";"):
            boxes = _mailbox(words, decoder)
            if surname and boxes and boxes[0].address and boxes[0].name:
                found[-1:] = []  # Lopes, Ana <ana@shop.example>: a comma that nobody quoted
                boxes[0] = Address(f"{surname}, {boxes[0].name}", boxes[0].address)
            bare = boxes[0].name if boxes and not boxes[0].address and piece == "," else ""
            surname = bare if bare and not any(word.startswith(('"', "(", "<")) for word in words) else ""
            found += boxes
            words = []
        else:
            words.append(piece)
        if len(found) >= limit:
            break
    return tuple(found[:limit])


def _opens_address(token: str) -> bool:
    return token.startswith("<") or ("@" in token and not token.startswith(('"', "(")))


def _mailbox(tokens: list[str], decoder: Decoder, encoded: bool = False) -> list[Address]:
    comment, tokens = _comments(tokens)
    angled = next((token for token in reversed(tokens) if token.startswith("<") and token.strip("<> \t\r\n")), None)
    words = [token for token in tokens if not token.startswith(("<", ">"))]
    if angled is not None:
        return _made("".join(_unquote(word) for word in words), comment, _routed(angled.strip("<>")), decoder)
    quoted = next((at for at, word in enumerate(words[1:], 1) if word.startswith("@") and words[at - 1][0] == '"'), 0)
    if quoted:  # "John Doe"@example.com
        domain, _, rest = words[quoted].partition(" ")
        name = "".join(_unquote(word) for word in (*words[: quoted - 1], rest, *words[quoted + 1 :]))
        return _made(name, comment, words[quoted - 1] + domain, decoder)
    phrase = "".join(_unquote(word) for word in words)
    if "@" in phrase:
        phrase = " ".join(phrase.split()).replace(" @", "@").replace("@ ", "@")
    # By words, since a search for "…@…" tries each character of a long word as a start.
    bare = next((word for word in _WORD_END.split(phrase) if 0 < word.find("@") < len(word) - 1), "")
    if bare:
        return _made(phrase.replace(bare, "", 1), comment, bare, decoder)
    decoded = "" if encoded or "=?" not in phrase else decode_words(phrase, decoder)
    if "@" in decoded:  # a whole mailbox in one encoded word
        return _mailbox(_TOKEN.findall(decoded[: bounds.MAX_SUBJECT_CHARS]), decoder, encoded=True)
    return _made(phrase, comment, "", decoder)


def _comments(pieces: list[str]) -> tuple[str, list[str]]:
    """(the text of the comments, nested ones too, the other pieces)."""
    inside: list[str] = []
    others: list[str] = []
    depth = 0
    for piece in pieces:
        if piece.startswith("("):
            inside.append(piece.strip("()"))
            depth += not piece.endswith(")")
        elif depth:
            depth -= piece == ")"
            inside.append(piece.strip("()"))
        else:
            others.append(piece)
    return " ".join(" ".join(inside).split()), others


def _routed(address: str) -> str:
    """The mailbox at the end of a source route, `@relay,@other:mailbox` (RFC 5321 appendix C)."""
    return address.rpartition(":")[2] if address.lstrip().startswith("@") and ":" in address else address


def _made(name: str, comment: str, address: str, decoder: Decoder) -> list[Address]:
    shown = (one_line(decode_words(text, decoder), bounds.MAX_NAME_CHARS).strip("'\" ") for text in (name, comment))
    name = next((text for text in shown if text), "")
    address = one_line(decode_words(address, decoder), bounds.MAX_ADDRESS_CHARS)
    if not address.startswith('"'):
        address = "".join(address.split())
    address = address.removeprefix("mailto:")
    return [Address(name, address)] if name or address else []


def _unquote(token: str) -> str:
    if not token.startswith('"'):
        return token
    inner = token[1:-1] if len(token) > 1 and token.endswith('"') else token[1:]
    return re.sub(r"\\(.)", r"\1", inner)
