"""Links of file services: found in text and HTML, brought to one form, each reported once."""

from __future__ import annotations

from html import escape
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.mail.links import DEFAULT_PROVIDERS, MAX_LINKS, Link, Provider, find

SHARE = "https://www.dropbox.com/scl/fo/abc123"


def urls(text: str = "", html: str = "") -> list[str]:
    return [link.url for link in find(text, html)]


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        ("https://www.dropbox.com/s/abc123/report.pdf", "dropbox"),
        ("https://www.dropbox.com/scl/fo/abc123/xyz?rlkey=k1", "dropbox"),
        ("https://dropbox.com/scl/fi/abc123/a.mov?rlkey=k1", "dropbox"),
        ("https://fromsmash.com/My-Files_ct", "fromsmash"),
        ("https://company.fromsmash.com/abcde", "fromsmash"),
        ("https://www.swisstransfer.com/d/0aa1-22bb", "swisstransfer"),
    ],
)
def test_a_share_is_found_with_its_providers_name(url: str, provider: str) -> None:
    assert find(f"Here: {url} .", "") == (Link(provider, url),)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.dropbox.com/s/",
        "https://www.dropbox.com/login",
        "https://www.dropbox.com/s/../../login",
        "https://fromsmash.com/fr",
        "https://evil-dropbox.com/s/abc123",
        "https://www.dropbox.com.evil.example/s/abc123",
        "https://www.dropbox.com@evil.example/s/abc123",
        "https://user:pass@www.dropbox.com/s/abc123",
        "https://www.dropbox.com:8443/s/abc123",
        "https://evil.example\\@www.dropbox.com/s/abc123",
        "https://[::1]/s/abc123",
        "https://[bad/s/abc123",
        "https://www.dropbox.com:99999/s/abc123",
        "ftp://www.dropbox.com/s/abc123",
        "https://evil.example/?u=https://www.dropbox.com/s/abc123",
        "https://www.dropbox.com/s/" + "a" * 3000,
    ],
)
def test_what_only_looks_like_a_share_is_none(url: str) -> None:
    assert urls(url) == []


@pytest.mark.parametrize(
    "written",
    [
        f"{SHARE}.",
        f"({SHARE})",
        f"<{SHARE}>",
        f"«{SHARE}»",
        f"**{SHARE}**",
        f"see {SHARE}, please",
        "HTTPS://WWW.DropBox.COM/scl/fo/abc123",
        "http://www.dropbox.com/scl/fo/abc123",
        "https://www.dropbox.com:443/scl/fo/abc123/",
        f"{SHARE}?dl=0",
        f"{SHARE}?dl=1&utm_source=mail&utm_medium=x&fbclid=1",
        f"{SHARE}#top",
        f"https://www.google.com/url?sa=t&q={quote(SHARE, safe='')}&ust=1",
        f"https://eur01.safelinks.protection.outlook.com/?url={quote(SHARE, safe='')}&data=05",
    ],
)
def test_one_share_has_one_form(written: str) -> None:
    assert urls(written) == [SHARE]


def test_brackets_that_belong_to_a_link_stay() -> None:
    assert urls("(https://www.dropbox.com/s/abc/a_(1))") == ["https://www.dropbox.com/s/abc/a_(1)"]


def test_the_key_of_a_share_stays() -> None:
    assert urls(f"{SHARE}?rlkey=abc&amp;utm_source=x&amp;st=1") == [f"{SHARE}?rlkey=abc&st=1"]


@pytest.mark.parametrize(
    "html",
    [
        f'<a href="{SHARE}?rlkey=1&amp;dl=0">files</a>',
        f"<a href='{SHARE}?rlkey=1'>files</a>",
        f"<a href={SHARE}?rlkey=1>files</a>",
        f"<p>{SHARE}?rlkey=1<br>",
        f'<a href="{escape(SHARE).replace(":", "&#58;").replace("/", "&#x2F;")}?rlkey=1">files</a>',
    ],
)
def test_links_are_found_in_addresses_and_text_of_html(html: str) -> None:
    assert urls(html=html) == [f"{SHARE}?rlkey=1"]


def test_a_link_in_text_and_html_is_told_once() -> None:
    assert urls(SHARE, f'<a href="{SHARE}?dl=0">{SHARE}</a>') == [SHARE]


def test_links_come_in_their_order() -> None:
    second = "https://www.swisstransfer.com/d/1234"
    assert urls(f"{SHARE} {second}", SHARE) == [SHARE, second]


def test_providers_are_the_operators() -> None:
    own = Provider("own", ("*.files.example",), ("/get/",), ("token",))
    text = f"https://eu.files.example/get/abcd?token=1&v=2 {SHARE}"
    assert find(text, "", [own]) == (Link("own", "https://eu.files.example/get/abcd?v=2"),)


def test_a_flood_of_links_is_bounded() -> None:
    assert len(urls(" ".join(f"https://www.dropbox.com/s/abcd{n}" for n in range(1000)))) == MAX_LINKS


@pytest.mark.parametrize("text", ["https://" * 20_000, "https://a" + ")" * 190_000, "&" * 200_000, "(" * 200_000])
def test_hostile_text_is_read_quickly(text: str) -> None:
    assert urls(text, text * 5) == []


names = st.text("abcXYZ019-", min_size=4, max_size=20)
around = st.text("?!.,;:()[]<> \n\"'*_«»\u200b…", max_size=10)


@settings(deadline=None)
@given(names, names, around, around)
def test_a_share_is_found_wherever_it_stands(share: str, key: str, before: str, after: str) -> None:
    url = f"https://www.dropbox.com/s/{share}?rlkey={key}"
    found = urls(f"{before} {url} {after}", f'{escape(before)}<a href="{escape(url)}">x</a>{escape(after)}')
    assert found == [url]


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_may_follow_a_link(text: str, more: str) -> None:
    for link in find(f"{SHARE}{text}", f"<a href='{SHARE}?{more}'>"):
        parts = urlsplit(link.url)
        assert (parts.scheme, parts.netloc, link.url.isascii()) == ("https", "www.dropbox.com", True)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_the_form_of_a_link_is_final(text: str) -> None:
    links = find(f"{SHARE}/{text}", "", DEFAULT_PROVIDERS)
    assert find(" ".join(escape(link.url) for link in links), "", DEFAULT_PROVIDERS) == links


@pytest.mark.parametrize(
    ("after", "left"),
    [
        ("/,/", ""),
        ("/./", None),
        ("?rlkey=k,&utm_source=x", "?rlkey=k"),
        ("?rlkey=k&dl!", "?rlkey=k"),
        ("/,/,/,/,/,/,/,/", None),
    ],
)
def test_what_is_cleaned_away_leaves_no_mark_at_the_end(after: str, left: str | None) -> None:
    assert urls(f"{SHARE}{after}") == ([] if left is None else [f"{SHARE}{left}"])
