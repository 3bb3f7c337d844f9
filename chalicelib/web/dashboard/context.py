"""What a page is made from (the request, who is signed in, the reader's language), and what it returns.

Knows neither Chalice nor the gateway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from chalicelib.core.errors import ConfigurationError, MailroomError
from chalicelib.core.texts import catalogue, formats
from chalicelib.web.dashboard.html import Child, Html, e, joined
from chalicelib.web.dashboard.session import Session

if TYPE_CHECKING:
    from chalicelib.bootstrap.container import Container

T = TypeVar("T")
Form = Mapping[str, Sequence[str]]
MOST_BODY = 64 * 1024
MOST_FIELDS = 300
AGES = (("days", 86_400), ("hours", 3_600), ("minutes", 60))


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A part of a page that could not be read, with the code of the error."""

    code: str


@dataclass(frozen=True, slots=True)
class PageResponse:
    """A page, or a redirection (303) to one."""

    body: str
    code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PageContext:
    """One request as the pages see it.

    `depth` is how many folders below `/dashboard` the page lies, so that links stay relative behind any prefix.
    """

    container: Container
    session: Session | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    form: Form = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    depth: int = 0
    source: str = ""
    trace: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    _unavailable: dict[str, str] = field(default_factory=dict, init=False)

    @property
    def language(self) -> str:
        """`fr` or `en`: the one that the address names, else the setting."""
        asked = self.query.get("lang", "")
        return asked if asked in catalogue.LANGUAGES else self.container.settings.language

    @property
    def kept_query(self) -> dict[str, str]:
        """The parameters that a link to the same page keeps; `done` is not one of them."""
        return {name: self.query[name] for name in ("lang", "stage", "state", "before") if name in self.query}

    @property
    def author(self) -> str:
        """The name of the person who is signed in."""
        assert self.session
        return self.session.author

    def text(self, key: str, **values: object) -> str:
        """A text of the catalogue in the reader's language."""
        return catalogue.text(self.language, key, **values)

    def counted(self, key: str, n: int, **values: object) -> str:
        """A text that depends on a number, such as `1 message` and `2 messages`."""
        return catalogue.counted(self.language, key, n, **values)

    def label(self, family: str, code: str) -> str:
        """The words for a code of a family, else the code."""
        return catalogue.label(self.language, family, code)

    def reason_words(self, code: str) -> str:
        """The words for a reason, or its code where there are none; for lists."""
        return catalogue.reason(self.language, code)

    def reason(self, code: str) -> Child:
        """The words for a reason, followed by its code, which the documents explain."""
        words = self.reason_words(code)
        return e("code", code) if words == code else [words, " ", e("code", code, class_="more")]

    def number(self, value: int) -> str:
        """A whole number with groups of three."""
        return formats.number(self.language, value)

    def confidence(self, share: float) -> str:
        """How sure a classifier or the anonymizer is; `share` from 0 to 1."""
        return self.text("mail.confidence", share=formats.percent(self.language, share))

    def link(self, path: str = "", **query: str | int) -> str:
        """A relative address below `/dashboard`; it keeps the language that was asked for."""
        parameters = {name: value for name, value in query.items() if value != ""}
        if self.query.get("lang") in catalogue.LANGUAGES:
            parameters.setdefault("lang", self.query["lang"])
        return "../" * self.depth + "dashboard" + path + (f"?{urlencode(parameters)}" if parameters else "")

    def value(self, name: str) -> str:
        """A field of the form, empty when it is absent."""
        return next(iter(self.form.get(name, ())), "")

    def post(self, path: str, *children: Child, **attributes: str) -> Html:
        """A form with the session's token."""
        assert self.session
        token = e("input", type="hidden", name="token", value=self.session.token)
        return e("form", token, *children, method="post", action=self.link(path), **attributes)

    def read(self, system: str, ask: Callable[[], T]) -> T | Unavailable:
        """Call `ask`. A system that was unavailable is not asked again for this page: the time-outs would add up."""
        if system in self._unavailable:
            return Unavailable(self._unavailable[system])
        try:
            return ask()
        except MailroomError as error:
            if error.code.endswith("_unavailable"):
                self._unavailable[system] = error.code
            return Unavailable(error.code)
        except ConfigurationError:
            return Unavailable("misconfigured")

    def unavailable(self, part: Unavailable) -> Html:
        """What a page shows in the place of a part that could not be read."""
        heading = e("strong", self.text("not_available"))
        return e("p", heading, " ", self.reason(part.code), class_="unavailable", role="status")

    def moment(self, at: datetime | str | None) -> Html:
        """A time in UTC, to the second."""
        if not at:
            return joined("–")
        try:
            when = datetime.fromisoformat(at) if isinstance(at, str) else at
        except ValueError:
            return joined(at if isinstance(at, str) else "–")
        utc = when.astimezone(UTC)
        return e("time", formats.moment(self.language, utc), datetime=utc.isoformat(timespec="seconds"))

    def age(self, seconds: float | None) -> str:
        """A duration in one unit."""
        if seconds is None:
            return "–"
        for unit, length in AGES:
            if seconds >= 2 * length:
                return self.text(f"age.{unit}", n=round(seconds / length))
        return self.text("age.seconds", n=round(seconds))

    def redirect(self, path: str, **query: str | int) -> PageResponse:
        """Send the browser to another page."""
        return PageResponse("", 303, {"Location": self.link(path, **query)})
