"""The dashboard of the deployed stack: behind the gateway's stage, over the real queues and the real database."""

from __future__ import annotations

import pytest
import requests

from tests.app.browser import TYPE, Form, Page
from tests.e2e.world import World


class Visitor:
    """A browser without scripts, over HTTP. Sends Secure cookies to the loopback as browsers do."""

    def __init__(self, world: World) -> None:
        self.world, self.cookies = world, dict[str, str]()

    def open(self, path: str) -> Page:
        """A page below `/dashboard`."""
        return self._page(self.world.request("GET", f"/dashboard{path}", headers=self._headers()))

    def send(self, form: Form, **fields: str) -> Page:
        """Submit a form; goes where it sends the browser."""
        path = "/dashboard" + form.action.rpartition("dashboard")[2]
        data = [pair for pair in form.fields if pair[0] not in fields] + list(fields.items())
        sent = self.world.request("POST", path, data=data, headers=self._headers() | TYPE, allow_redirects=False)
        page = self._page(sent)
        return self.open(page.headers["Location"].rpartition("dashboard")[2]) if page.code == 303 else page

    def _headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}

    def _page(self, response: requests.Response) -> Page:
        name, _, rest = response.headers.get("Set-Cookie", "").partition("=")
        if name:
            self.cookies[name] = rest.partition(";")[0]
        return Page(response.status_code, response.headers, response.content)


@pytest.fixture
def visitor(world: World) -> Visitor:
    made = Visitor(world)
    token = world.info.credentials["admin_tokens"][0]
    page = made.send(made.open("/sign-in").form("/sign-in"), author="Ada", secret=token)
    assert "Signed in as Ada" in page.text
    return made


@pytest.mark.parametrize("path", ["", "/flags", "/mails", "/quarantine", "/rules"])
def test_every_page_can_read_what_it_shows(visitor: Visitor, path: str) -> None:
    page = visitor.open(path)
    assert (page.code, "Unavailable" in page.text) == (200, False)


def test_the_style_sheet_comes_through_the_gateway(visitor: Visitor) -> None:
    assert "color-scheme" in visitor.open("/style.css").source


def test_a_mail_is_found_with_its_time_line(visitor: Visitor, world: World) -> None:
    mail_id = world.mail("Shown on the dashboard")
    world.ends(mail_id)
    assert any(mail_id in link for link in visitor.open("/mails").links)
    text = visitor.open(f"/mails/{mail_id}").text
    assert all(step in text for step in ("email.receive", "email.anonymize", "email.classify"))


def test_a_flag_is_switched_and_its_history_shown(visitor: Visitor) -> None:
    for word in ("off", "on"):
        page = visitor.send(visitor.open("/flags").form("/flags/notifications_enabled", value=word))
        assert "The flag was changed." in page.text
    assert "by Ada" in page.text


def test_a_failed_message_is_redriven_to_its_end(visitor: Visitor, world: World) -> None:
    world.fail("emailengine", times=None, path="/v1/", status=404)
    mail_id = world.mail("Gone for a while", via="emailengine")
    assert world.ends(mail_id)[mail_id].state == "quarantined"
    world.restore()
    asked = visitor.send(visitor.open(f"/mails/{mail_id}").form("/quarantine", action="redrive"), action="redrive")
    assert "1 redriven" in visitor.send(asked.form("/quarantine/redrive")).text
    query = "SELECT 1 FROM core.ledger WHERE mail_id = %s AND state = 'stored'"
    world.wait(lambda: bool(world.rows(query, mail_id)), "the mail to be stored")
