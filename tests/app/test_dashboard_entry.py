"""Signing in to the dashboard and out of it; what is refused, and with which headers everything is answered."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest

from chalicelib.web.dashboard import session
from chalicelib.web.dashboard.sign_in import AT_ONCE
from tests.app.browser import Browser, Page
from tests.app.world import DOOR, MAPPING_KEY, World

PAGES = ("", "/flags", "/quarantine", "/mails", "/rules", "/rules/1")


CHANGES = (lambda c: c + "x", lambda c: "x" + c, lambda c: c[:-1], lambda c: "", lambda c: "a.b")


@pytest.fixture
def browser(world: World) -> Browser:
    world.rule({"rules": [{"name": "all", "then": {"priority": "low"}}]})
    return Browser(world)


def names(page: Page) -> set[str]:
    return {tag for tag, _ in page.tags}


def test_a_right_token_opens_the_dashboard(browser: Browser) -> None:
    page = browser.sign_in("Ada Lovelace")
    assert (page.code, browser.at) == (200, "/dashboard")
    assert "Signed in as Ada Lovelace" in page.text


def test_while_the_token_is_rotated_both_open_it(world: World, browser: Browser) -> None:
    world.secrets.fields["admin_tokens"] = ["new", "admin-token"]
    assert browser.sign_in().code == 200
    assert Browser(world).sign_in(secret="new").code == 200


@pytest.mark.parametrize("secret", ["", "wrong", "admin-tokeN", "gmail-token-1", "é", "\x00", "x" * 5_000])
def test_a_wrong_token_does_not(browser: Browser, secret: str) -> None:
    page = browser.sign_in(secret=secret)
    assert page.code == 401
    assert session.SESSION not in browser.cookies


@pytest.mark.parametrize("author", ["", "   ", "a\nb", "x" * 101, "a\u202eb", "\x1b[31m"])
def test_a_name_that_could_not_be_recorded_is_refused(browser: Browser, author: str) -> None:
    assert browser.sign_in(author).code == 400
    assert session.SESSION not in browser.cookies


def test_where_no_token_is_set_nobody_signs_in(world: World, browser: Browser) -> None:
    world.secrets.fields["admin_tokens"] = []
    assert browser.sign_in(secret="").code == 401


def test_the_sign_in_of_another_site_s_form_is_refused(world: World, browser: Browser) -> None:
    fields = [("author", "Ada"), ("secret", "admin-token")]
    assert browser.post("/dashboard/sign-in", fields).code == 403
    theirs = Browser(world).open("/dashboard/sign-in").form("/sign-in")
    browser.open("/dashboard/sign-in")
    assert browser.send(theirs, author="Ada", secret="admin-token").code == 403


def test_the_cookie_is_kept_from_scripts_other_sites_and_clear_lines(browser: Browser) -> None:
    cookie = browser.sign_in(follow=False).headers["Set-Cookie"]
    assert {"HttpOnly", "Secure", "SameSite=Strict"} <= set(cookie.split("; "))
    assert f"Max-Age={session.SECONDS}" in cookie


def test_the_token_is_in_no_cookie_page_or_address(browser: Browser) -> None:
    answer = browser.sign_in(follow=False)
    page = browser.open(answer.headers["Location"])
    assert "admin-token" not in str(answer.headers) + str(browser.cookies) + page.source + browser.at


def test_no_page_has_a_secret_in_an_address(browser: Browser) -> None:
    page = browser.sign_in()
    token = next(value for form in page.forms for name, value in form.fields if name == "token")
    assert not any(token in link or browser.cookies[session.SESSION] in link for link in page.links)


@pytest.mark.parametrize("page", PAGES)
def test_without_a_session_a_page_leads_to_the_sign_in(browser: Browser, page: str) -> None:
    assert browser.open(f"/dashboard{page}").code == 200
    assert browser.at == "/dashboard/sign-in"


@pytest.mark.parametrize(
    "change", [lambda c: c + "x", lambda c: "x" + c, lambda c: c[:-1], lambda c: "", lambda c: "a.b"]
)
def test_a_changed_cookie_is_no_session(browser: Browser, change: object) -> None:
    browser.sign_in()
    browser.cookies[session.SESSION] = change(browser.cookies[session.SESSION])  # type: ignore[operator]
    assert browser.open("/dashboard", follow=False).code == 303


def test_a_session_of_another_key_is_none(browser: Browser) -> None:
    browser.cookies[session.SESSION] = session.issue(MAPPING_KEY, "another token", "eve", time.time())
    assert browser.open("/dashboard", follow=False).code == 303


def test_a_session_signed_with_the_token_alone_is_none(browser: Browser) -> None:
    """Else a copied cookie, or the sign-in page, would let anybody try tokens offline."""
    browser.cookies[session.SESSION] = session.issue(b"", "admin-token", "eve", time.time())
    assert browser.open("/dashboard", follow=False).code == 303


def test_what_a_visitor_gets_does_not_depend_on_any_credential(world: World, browser: Browser) -> None:
    def given() -> str:
        return dict(browser.open("/dashboard/sign-in").form("/sign-in").fields)["token"]

    before = given()
    world.secrets.fields["admin_tokens"] = ["another"]
    world.container.door_secrets._until = 0.0
    assert given() == before
    world.container.__dict__["mapping_key"] = lambda: b"k" * 32
    assert given() != before


def test_a_session_ends_after_its_hours(browser: Browser) -> None:
    browser.cookies[session.SESSION] = session.issue(
        MAPPING_KEY, "admin-token", "ada", time.time() - session.SECONDS - 1
    )
    assert browser.open("/dashboard", follow=False).code == 303


def test_a_session_ends_with_its_token(world: World, browser: Browser) -> None:
    browser.sign_in()
    world.secrets.fields["admin_tokens"] = ["new"]
    world.container.door_secrets._until = 0.0  # its five minutes are over
    assert browser.open("/dashboard", follow=False).code == 303


def test_signing_out_ends_the_session(browser: Browser) -> None:
    page = browser.sign_in()
    assert "You are signed out." in browser.send(page.form("/sign-out")).text
    assert session.SESSION not in browser.cookies


def test_after_signing_out_a_copy_of_the_cookie_is_no_session(browser: Browser) -> None:
    page = browser.sign_in()
    copy = browser.cookies[session.SESSION]
    browser.send(page.form("/sign-out"))
    browser.cookies[session.SESSION] = copy
    assert browser.open("/dashboard", follow=False).code == 303


def test_too_many_sign_ins_from_one_address_have_to_wait(browser: Browser) -> None:
    codes = [browser.sign_in(secret="wrong").code for _ in range(AT_ONCE + 1)]
    assert codes[:-1] == [401] * AT_ONCE
    assert codes[-1] == 429


def test_who_has_to_wait_learns_how_long_and_not_let_in(browser: Browser) -> None:
    for _ in range(AT_ONCE):
        browser.sign_in(secret="wrong")
    page = browser.sign_in()
    assert page.code == 429
    assert 1 <= int(page.headers["Retry-After"]) <= 60


SAME = (
    [f"2001:db8::{number:x}" for number in range(AT_ONCE)],
    [f"2001:db8:0:0:{number:x}::1" for number in range(AT_ONCE)],
    [f"2001:db8::1%eth{number}" for number in range(AT_ONCE)],
    ["192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201", "0:0:0:0:0:ffff:192.0.2.1"] * AT_ONCE,
)


@pytest.mark.parametrize("addresses", SAME)
def test_addresses_of_one_person_have_one_limit(browser: Browser, addresses: list[str]) -> None:
    for address in addresses[:AT_ONCE]:
        browser.address = address
        assert browser.sign_in(secret="wrong").code == 401
    browser.address = addresses[0]
    assert browser.sign_in(secret="wrong").code == 429
    browser.address = "2001:db8:0:1::1"
    assert browser.sign_in(secret="wrong").code == 401


def test_a_header_changes_no_address(browser: Browser) -> None:
    for number in range(AT_ONCE):
        browser.more = {"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}"}
        browser.sign_in(secret="wrong")
    assert browser.sign_in(secret="wrong").code == 429


def test_no_key_of_the_limit_names_an_address(browser: Browser, world: World) -> None:
    browser.sign_in()
    assert not [key for key in vars(world.container.limiter)["_arrivals"] if "127.0.0.1" in key]


FORMS = (
    ("/flags/gmail_ingress_enabled", [("value", "off")]),
    ("/quarantine", [("action", "redrive")]),
    ("/quarantine/redrive", [("stage", "store")]),
    ("/quarantine/discard", [("reason", "spam")]),
    ("/rules/rollback", [("version", "0"), ("base", "1")]),
    ("/sign-out", []),
)


@pytest.mark.parametrize(("path", "fields"), FORMS, ids=[path for path, _ in FORMS])
@pytest.mark.parametrize("token", [None, "", "x", "0" * 64], ids=["none", "empty", "other", "zeros"])
def test_a_form_without_its_token_changes_nothing(
    world: World, browser: Browser, path: str, fields: list[tuple[str, str]], token: str | None
) -> None:
    browser.sign_in()
    given = fields + ([("token", token)] if token is not None else [])
    assert browser.post(f"/dashboard{path}", given).code == 403
    assert (world.durable.changes, world.ledger.decisions, session.SESSION in browser.cookies) == ([], [], True)


def test_the_token_of_another_session_is_none(world: World, browser: Browser) -> None:
    theirs = Browser(world).sign_in("eve").form("/sign-out")
    browser.sign_in()
    assert browser.send(theirs).code == 403


@pytest.mark.parametrize(("path", "fields"), FORMS, ids=[path for path, _ in FORMS])
def test_a_form_without_a_session_is_asked_to_sign_in(
    browser: Browser, path: str, fields: list[tuple[str, str]]
) -> None:
    page = browser.post(f"/dashboard{path}", [*fields, ("token", "x")])
    assert (page.code, "Sign in" in page.text) == (401, True)


def test_a_form_that_is_too_large_is_refused(browser: Browser) -> None:
    browser.sign_in()
    assert browser.post("/dashboard/quarantine", [("message", "x" * 70_000)]).code == 413


def test_a_form_of_too_many_fields_is_refused(browser: Browser) -> None:
    page = browser.sign_in()
    token = dict(page.forms[0].fields)["token"]
    assert browser.post("/dashboard/quarantine", [("token", token)] + [("message", "x")] * 400).code == 403


@pytest.mark.parametrize("page", ["/sign-in", *PAGES])
def test_every_page_has_a_strict_policy_and_is_not_kept(browser: Browser, page: str) -> None:
    browser.sign_in()
    headers = browser.open(f"/dashboard{page}").headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "script" not in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("page", ["/sign-in", *PAGES])
def test_no_page_runs_anything_or_asks_another_host(browser: Browser, page: str) -> None:
    browser.sign_in()
    shown = browser.open(f"/dashboard{page}")
    assert not {"script", "style", "iframe", "object", "embed", "base"} & names(shown)
    attributes = {(name, value or "") for _, values in shown.tags for name, value in values.items()}
    assert not [name for name, _ in attributes if name.startswith("on") or name == "style"]
    addresses = [value for name, value in attributes if name in ("href", "src", "action")]
    assert not [
        one for one in addresses if re.match(r"(?i)\w+:|//|/", one) and not one.startswith("data:image/svg+xml,")
    ]


def test_the_style_sheet_is_served_to_anybody_and_may_be_kept(browser: Browser) -> None:
    page = browser.open("/dashboard/style.css")
    assert page.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "max-age" in page.headers["Cache-Control"]
    assert "url(" not in page.source


@pytest.mark.parametrize(("path", "depth"), [("/dashboard", 0), ("/dashboard/flags", 1), ("/dashboard/rules/1", 2)])
def test_links_are_relative_to_the_page(browser: Browser, path: str, depth: int) -> None:
    browser.sign_in()
    [link] = [link for link in browser.open(path).links if link.endswith("dashboard/quarantine")]
    assert link == "../" * depth + "dashboard/quarantine"


def test_a_page_with_a_slash_at_its_end_links_to_the_same(browser: Browser) -> None:
    browser.sign_in()
    assert "../../dashboard/quarantine" in browser.open("/dashboard/flags/").links


def test_the_language_of_the_setting_is_the_pages(browser: Browser) -> None:
    assert ("html", {"lang": "en"}) in browser.sign_in().tags


def test_another_language_is_asked_for_by_the_address_and_kept_by_its_links(browser: Browser) -> None:
    browser.sign_in()
    page = browser.open("/dashboard?lang=fr")
    assert "Flux par étape" in page.text
    assert "dashboard/quarantine?lang=fr" in page.links
    assert "Messages en échec" in browser.open("dashboard/quarantine?lang=fr").text


def test_a_language_that_is_none_is_not_asked_for(browser: Browser) -> None:
    browser.sign_in()
    page = browser.open("/dashboard?lang=%22%3E%3Cscript%3E")
    assert ("html", {"lang": "en"}) in page.tags
    assert "script" not in names(page)


def test_when_the_secrets_are_unavailable_the_page_says_so(world: World, browser: Browser) -> None:
    world.secrets.down = True
    page = browser.open("/dashboard")
    assert page.code == 503
    assert "secrets_unavailable" in page.text


def test_a_bug_shows_no_text_but_an_id(world: World, browser: Browser) -> None:
    browser.sign_in()
    world.container.__dict__["reports"] = None
    page = browser.open("/dashboard")
    assert page.code == 500
    assert "NoneType" not in page.source
    assert page.headers["X-Correlation-Id"] in page.text


def test_a_cookie_is_read_only_up_to_its_bound() -> None:
    assert session.read(MAPPING_KEY, "x" * 100_000, DOOR["admin_tokens"], datetime.now(UTC).timestamp()) is None
