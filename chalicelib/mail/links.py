"""Finds the links of file services (Dropbox, Smash, SwissTransfer, …) in a mail's text and HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from itertools import islice
from urllib.parse import SplitResult, parse_qs, quote, urlsplit

from chalicelib.mail import bounds

MAX_URL_CHARS = 2_000
MAX_LINKS = 50
MAX_CANDIDATES = 2_000
"""URLs looked at in one mail: a newsletter has hundreds, only a flood has more."""

_URL = re.compile(r"https?://[^\s<>\"'`{}|\\^«»“”‘’\u00ad\u200b-\u200f\u2028\u2029\u2060\ufeff]+", re.IGNORECASE)
_TRAILING = ".,;:!?*_~…"
_BRACKETS = {")": "(", "]": "["}
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_TRACKING = re.compile(
    r"utm_\w+|pk_\w+|mtm_\w+|mc_[ce]id|_hs\w+|hs\w*tracking|fbclid|gclid|dclid|msclkid|yclid|igshid|twclid|ttclid"
    r"|vero_id|oly_\w+|s_cid|trk|cmpid|mkt_tok",
    re.IGNORECASE,
)
PASSES = 4
"""Times that an address is cleaned before it counts as forged."""

_SHORTEST = 4
"""Characters of a share's name: `/fr` on a service's own site is no share."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A service that hands out files by link.

    `hosts` in lower case (`*.example.org` = any subdomain), `paths` the beginnings of its shares' paths, `drop` the
    query parameters that do not belong to the share.
    """

    name: str
    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    drop: tuple[str, ...] = ()


DEFAULT_PROVIDERS = (
    Provider("dropbox", ("dropbox.com", "www.dropbox.com"), ("/s/", "/scl/fo/", "/scl/fi/"), ("dl", "raw", "e")),
    Provider("fromsmash", ("fromsmash.com", "*.fromsmash.com"), ("/",)),
    Provider("swisstransfer", ("swisstransfer.com", "www.swisstransfer.com"), ("/d/",)),
)
"""What a rule document without `providers` uses."""


@dataclass(frozen=True, slots=True)
class Link:
    """A share: the provider's name and the URL, https, without tracking, host in lower case."""

    provider: str
    url: str


def find(text: str, html: str, providers: Iterable[Provider] = DEFAULT_PROVIDERS) -> tuple[Link, ...]:
    """The links of `providers`, in the order of text then HTML (addresses and text), each once, at most `MAX_LINKS`.

    Never raises. Read are the first `bounds.MAX_TEXT_CHARS` and `bounds.MAX_HTML_CHARS` characters.
    """
    known = tuple(providers)
    found: dict[Link, None] = {}
    for url in _urls(text[: bounds.MAX_TEXT_CHARS], html[: bounds.MAX_HTML_CHARS]):
        link = _final(url, known)
        if link:
            found[link] = None
            if len(found) == MAX_LINKS:
                break
    return tuple(found)


def _urls(*texts: str) -> Iterator[str]:
    """Candidates; entities are undone first, since in HTML they may stand in any part of an address."""
    for source in texts:
        if "://" not in source and "&" not in source:
            continue
        matches = _URL.finditer(unescape(source) if "&" in source else source)
        yield from (_trimmed(match[0]) for match in islice(matches, MAX_CANDIDATES))


def _trimmed(url: str) -> str:
    """Without the punctuation of the sentence around; a bracket stays where the URL opens it."""
    url = url[: 4 * MAX_URL_CHARS]
    unopened = {closing: url.count(closing) - url.count(opening) for closing, opening in _BRACKETS.items()}
    end = len(url)
    while end:
        last = url[end - 1]
        if last in unopened:
            if unopened[last] <= 0:
                break
            unopened[last] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return url[:end]


def _link(url: str, providers: tuple[Provider, ...], wrapped: bool = True) -> Link | None:
    if len(url) > MAX_URL_CHARS * (2 if wrapped else 1):
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removesuffix(".")
        port = parts.port
    except ValueError:
        return None
    # A name or a port before the host is how a link pretends to lead where it does not.
    if "@" in parts.netloc or port not in (None, 80, 443) or not _HOST.fullmatch(host):
        return None
    inside = _wrapped(host, parts) if wrapped else ""
    if inside:
        return _link(_trimmed(inside), providers, wrapped=False)
    for provider in providers:
        if of_host(host, provider.hosts) and _is_share(parts.path, provider.paths):
            clean = _clean(host, parts, provider)
            return Link(provider.name, clean) if len(clean) <= MAX_URL_CHARS else None
    return None


def _final(url: str, providers: tuple[Provider, ...]) -> Link | None:
    """The link in the form that is found again as itself: what is cleaned away may leave a sentence's mark at the end.

    None where it does not settle, which only a forged address does.
    """
    link = _link(url, providers)
    for _ in range(PASSES):
        if link is None:
            return None
        again = _link(_trimmed(link.url), providers)
        if again == link:
            return link
        link = again
    return None


def of_host(host: str, hosts: Iterable[str]) -> bool:
    """Is `host` (lower case) one of `hosts`, where `*.example.org` stands for any subdomain?"""
    return any(host == known or (known.startswith("*.") and host.endswith(known[1:])) for known in hosts)


def _wrapped(host: str, parts: SplitResult) -> str:
    """The address inside a mail service's redirector."""
    if host.endswith(".safelinks.protection.outlook.com"):
        name = "url"
    elif host in ("www.google.com", "google.com") and parts.path == "/url":
        name = "q"
    else:
        return ""
    try:
        return parse_qs(parts.query, max_num_fields=50).get(name, [""])[0]
    except ValueError:
        return ""


def _is_share(path: str, beginnings: tuple[str, ...]) -> bool:
    if "/../" in path or "/./" in path:
        return False
    return any(
        path.startswith(begin) and len(path) - len(begin) >= _SHORTEST and path[len(begin)] != "/"
        for begin in beginnings
    )


def _clean(host: str, parts: SplitResult, provider: Provider) -> str:
    kept = []
    for pair in parts.query.split("&"):
        name = pair.partition("=")[0]
        if pair and name.lower() not in provider.drop and not _TRACKING.fullmatch(name):
            kept.append(pair)
    path = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~-._", errors="replace")
    query = quote("&".join(kept), safe="/%:@!$'()*+,;=~-._&?", errors="replace")
    return f"https://{host}{path}" + (f"?{query}" if query else "")
