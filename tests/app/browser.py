"""A browser without scripts: keeps cookies, follows redirections, fills forms; enough for the dashboard's tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from tests.app.world import World

TYPE = {"Content-Type": "application/x-www-form-urlencoded"}
ORIGIN = "http://mailroom.example"


@dataclass
class Form:
    """A form of a page: where it goes, its fields in order, the buttons by their text."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    boxes: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """What a page holds: forms, links, ids, tags and its text."""

    def __init__(self, code: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__()
        self.code, self.headers, self.source = code, headers, body.decode()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self.forms.append(Form(given.get("action") or ""))
        elif tag == "a":
            self.links.append(given.get("href") or "")
        elif tag == "input" and given.get("type") == "checkbox":
            self.forms[-1].boxes.append((name, value))
        elif tag == "input":
            self.forms[-1].fields.append((name, value))
        elif tag == "button" and name:
            self.forms[-1].buttons.append((name, value))

    def handle_data(self, data: str) -> None:
        self.text += data

    def form(self, path: str, /, **fields: str) -> Form:
        """The first form that goes there and holds those values."""
        for form in self.forms:
            if urlsplit(form.action).path.endswith(path) and set(fields.items()) <= {*form.fields, *form.buttons}:
                return form
        raise AssertionError(f"no form for {path} among {[form.action for form in self.forms]}")


@dataclass
class Browser:
    """Cookies by name; `at` is the path of the page that is shown."""

    world: World
    cookies: dict[str, str] = field(default_factory=dict)
    at: str = "/dashboard"
    address: str = "127.0.0.1"
    """What the gateway sees."""
    more: dict[str, str] = field(default_factory=dict)
    """Headers of every request."""

    def open(self, path: str, follow: bool = True) -> Page:
        """Go to an address, relative to the page that is shown."""
        return self._ask("GET", path, b"", follow)

    def send(self, form: Form, follow: bool = True, **fields: str | list[str]) -> Page:
        """Submit a form: its own values, then those that are given."""
        kept = [pair for pair in form.fields if pair[0] not in fields]
        given = [
            (name, one) for name, value in fields.items() for one in ([value] if isinstance(value, str) else value)
        ]
        return self.post(form.action, kept + given, follow)

    def post(self, path: str, pairs: list[tuple[str, str]], follow: bool = True) -> Page:
        """Any fields to any address."""
        return self._ask("POST", path, urlencode(pairs).encode(), follow)

    def sign_in(self, author: str = "Ada", secret: str = "admin-token", follow: bool = True) -> Page:
        """As an operator does."""
        page = self.open("/dashboard/sign-in")
        return self.send(page.form("/dashboard/sign-in"), follow, author=author, secret=secret)

    def _ask(self, method: str, path: str, body: bytes, follow: bool) -> Page:
        self.at = urljoin(ORIGIN + self.at, path).removeprefix(ORIGIN)
        headers: dict[str, str] = {} if method == "GET" else dict(TYPE)
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.world.client.http._local_gateway.event_converter.LOCAL_SOURCE_IP = self.address
        response = self.world.request(method, self.at, body, headers | self.more)
        self._keep(response.headers)
        page = Page(response.status_code, response.headers, response.body)
        if follow and page.code == 303:
            return self.open(page.headers["Location"])
        return page

    def _keep(self, headers: dict[str, Any]) -> None:
        cookie = headers.get("Set-Cookie", "")
        name, _, rest = cookie.partition("=")
        value = rest.partition(";")[0]
        if name and value:
            self.cookies[name] = value
        elif name:
            self.cookies.pop(name, None)
