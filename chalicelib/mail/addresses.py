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
    for piece in _TOKEN.findall(unpack(value, decoder)):
        if piece == ":" and not any(_opens_address(word) for word in words):
            words = []  # the name of a group: "undisclosed-recipients:;"
        elif piece in (",", ";"):
            found += _mailbox(words, decoder)
            words = []
        else:
            words.append(piece)
        if len(found) >= limit:
            return tuple(found)
    return (*found, *_mailbox(words, decoder))


def _opens_address(token: str) -> bool:
    return token.startswith("<") or ("@" in token and not token.startswith(('"', "(")))


def _mailbox(tokens: list[str], decoder: Decoder) -> list[Address]:
    angled = next((token for token in reversed(tokens) if token.startswith("<")), None)
    comments = [token.strip("()") for token in tokens if token.startswith("(")]
    words = [token for token in tokens if not token.startswith(("<", "("))]
    phrase = "".join(_unquote(word) for word in words)
    if angled is not None:
        return _made(phrase or " ".join(comments), angled.strip("<>"), decoder)
    # By words, since a search for "…@…" tries each character of a long word as a start.
    bare = next((word for word in _WORD_END.split(phrase) if 0 < word.find("@") < len(word) - 1), "")
    if bare:
        rest = phrase.replace(bare, "", 1).strip(" '\"")
        return _made(rest or " ".join(comments), bare, decoder)
    return _made(phrase or " ".join(comments), "", decoder)


def _made(name: str, address: str, decoder: Decoder) -> list[Address]:
    name = one_line(decode_words(name, decoder), bounds.MAX_NAME_CHARS).strip("'\" ")
    address = "".join(one_line(decode_words(address, decoder), bounds.MAX_ADDRESS_CHARS).split()).removeprefix(
        "mailto:"
    )
    return [Address(name, address)] if name or address else []


def _unquote(token: str) -> str:
    if not token.startswith('"'):
        return token
    inner = token[1:-1] if len(token) > 1 and token.endswith('"') else token[1:]
    return re.sub(r"\\(.)", r"\1", inner)
