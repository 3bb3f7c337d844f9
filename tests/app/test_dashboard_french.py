"""Every page is French where French is asked for: no English word, dates and numbers as a French reader writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from chalicelib.core.texts.catalogue import TEXTS
from tests.app.browser import Browser
from tests.app.world import World
from tests.browser.serve import fill
from tests.contract.mails import mail_id

PAGES = {
    "sign_in": "/sign-in",
    "overview": "",
    "failed": "/quarantine",
    "failed_of_a_stage": "/quarantine?stage=classify",
    "mails": "/mails",
    "excluded": "/mails?state=excluded",
    "stored": f"/mails/{mail_id('mail-2')}",
    "quarantined": f"/mails/{mail_id('dead-0')}",
    "rules": "/rules",
    "version": "/rules/2",
    "flags": "/flags",
    "unknown_mail": f"/mails/{mail_id('nowhere')}",
    "invalid": "/mails?state=x",
}
WORD = re.compile(r"[a-zà-ÿœ’]{2,}", re.IGNORECASE)
SHOWN = ("title", "aria-label", "placeholder", "alt")
VOID = ("meta", "link", "input", "br", "hr")
PLAIN = re.compile(r"« mailroom [^»]*»|«\xa0[^»]*\xa0»|\{\w+\}|<[A-Z]+_\d>|\w+/\w+")
"""What is in quotation marks is an operator's own name, or a command; a time zone has one name."""


def words(text: str) -> set[str]:
    return {word.lower() for word in WORD.findall(PLAIN.sub(" ", text))}


ENGLISH = set().union(*(words(english) for english, _ in TEXTS.values()))
FRENCH = set().union(*(words(french) for _, french in TEXTS.values()))
FOREIGN = ENGLISH - FRENCH


class Visible(HTMLParser):
    """The texts that a reader sees or hears, but for codes, mail, what an operator wrote, and other languages."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.texts: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        foreign = tag in ("code", "bdi", "pre", "style") or given.get("lang", "fr") != "fr"
        hidden = foreign or bool(self.open and self.open[-1][1])
        if not hidden:
            self.texts += [given[name] or "" for name in SHOWN if name in given]
        if tag not in VOID:
            self.open.append((tag, hidden))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if not (self.open and self.open[-1][1]):
            self.texts.append(data)


@pytest.fixture
def browser(world: World) -> Browser:
    fill(world, datetime.now(UTC))
    made = Browser(world)
    made.sign_in("Zoé")
    return made


def seen(browser: Browser, path: str) -> list[str]:
    separator = "&" if "?" in path else "?"
    return Visible(browser.open(f"/dashboard{path}{separator}lang=fr").source).texts


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_no_word_of_a_french_page_is_english(browser: Browser, path: str) -> None:
    texts = seen(browser, path)
    assert len(texts) > 5
    assert {word: text for text in texts for word in words(text) & FOREIGN} == {}


def test_the_confirmation_is_french(browser: Browser) -> None:
    form = browser.open("/dashboard/quarantine?lang=fr").form("/quarantine", action="discard")
    page = browser.send(form, action="discard", message=[form.boxes[0][1]])
    assert "Écarter 1 message\u202f?" in page.text
    assert {word for text in Visible(page.source).texts for word in words(text) & FOREIGN} == set()


def test_an_english_word_on_a_french_page_would_be_found() -> None:
    source = "<html lang='fr'><p><b title='Failed'>waiting</b> <code>failed</code> <bdi>failed</bdi></p></html>"
    assert [words(text) & FOREIGN for text in Visible(source).texts if words(text) & FOREIGN] == [
        {"failed"},
        {"waiting"},
    ]


def test_times_and_shares_are_written_in_french(browser: Browser) -> None:
    text = " ".join(seen(browser, PAGES["stored"]))
    assert re.search(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d", text)
    assert not re.search(r"\d{4}-\d\d-\d\d \d\d:", text)
    assert "0,04\xa0s" in text
    assert "88\u202f%" in text


def test_the_text_of_a_mail_is_marked_with_its_language(browser: Browser) -> None:
    page = browser.open("/dashboard/mails?lang=fr")
    marked = {attributes.get("lang") for tag, attributes in page.tags if tag == "bdi" and "lang" in attributes}
    assert marked == {"en", "fr", "it"}


def test_the_title_of_a_mail_s_page_is_marked_with_its_language(browser: Browser) -> None:
    page = browser.open(f"/dashboard{PAGES['stored']}?lang=fr")
    assert ("h1", {"lang": "en"}) in page.tags
    assert ("title", {"lang": "en"}) in page.tags
