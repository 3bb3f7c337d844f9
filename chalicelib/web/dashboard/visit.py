"""One request as the pages see it, and what they answer; knows neither Chalice nor the gateway."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from chalicelib.core.errors import ConfigurationError, MailroomError
from chalicelib.web.dashboard.html import Child, Html, e, joined
from chalicelib.web.dashboard.session import Session
from chalicelib.web.dashboard.texts import LANGUAGES, TEXTS

if TYPE_CHECKING:
    from chalicelib.bootstrap.compose import Container

T = TypeVar("T")
Form = Mapping[str, Sequence[str]]
MOST_BODY = 64 * 1024
MOST_FIELDS = 300


@dataclass(frozen=True, slots=True)
class Unavailable:
    """What could not be read, by its code."""

    code: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A page, or a redirection (303) to one."""

    body: str
    code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Visit:
    """`depth` is how many folders below `/dashboard` the page lies, so that links stay relative behind any prefix."""

    parts: Container
    session: Session | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    form: Form = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    depth: int = 0
    source: str = ""
    trace: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    _away: dict[str, str] = field(default_factory=dict, init=False)

    @property
    def language(self) -> str:
        """`fr` or `en`: the address's, else the setting's."""
        asked = self.query.get("lang", "")
        return asked if asked in LANGUAGES else self.parts.settings.language

    @property
    def kept(self) -> dict[str, str]:
        """What an address of the same page keeps; not what was just done there."""
        return {name: self.query[name] for name in ("lang", "stage", "state", "before") if name in self.query}

    @property
    def author(self) -> str:
        """Who is signed in."""
        assert self.session
        return self.session.author

    def t(self, key: str, **values: object) -> str:
        """A text in the reader's language."""
        told = TEXTS[key][LANGUAGES.index(self.language)]
        return told.format(**values) if values else told

    def code(self, prefix: str, code: str) -> str:
        """The words for a code where there are any, else the code."""
        return self.t(f"{prefix}.{code}") if f"{prefix}.{code}" in TEXTS else code

    def number(self, value: int) -> str:
        """A whole number with groups of three."""
        return f"{value:,}" if self.language == "en" else f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")

    def link(self, path: str = "", **query: str | int) -> str:
        """A relative address below `/dashboard`; it keeps the language that was asked for."""
        told = {name: value for name, value in query.items() if value != ""}
        if self.query.get("lang") in LANGUAGES:
            told.setdefault("lang", self.query["lang"])
        return "../" * self.depth + "dashboard" + path + (f"?{urlencode(told)}" if told else "")

    def value(self, name: str) -> str:
        """A form's field, empty when it is not there."""
        return next(iter(self.form.get(name, ())), "")

    def post(self, path: str, *children: Child, **attributes: str) -> Html:
        """A form with its token."""
        assert self.session
        token = e("input", type="hidden", name="token", value=self.session.token)
        return e("form", token, *children, method="post", action=self.link(path), **attributes)

    def read(self, system: str, ask: Callable[[], T]) -> T | Unavailable:
        """Ask; a system that was away before in this request is not asked again: each time-out would add up."""
        if system in self._away:
            return Unavailable(self._away[system])
        try:
            return ask()
        except MailroomError as error:
            if error.code.endswith("_unavailable"):
                self._away[system] = error.code
            return Unavailable(error.code)
        except ConfigurationError:
            return Unavailable("misconfigured")

    def missing(self, away: Unavailable) -> Html:
        """In the place of what could not be read."""
        return e("p", e("strong", self.t("not_available")), " ", e("code", away.code), class_="away", role="status")

    def moment(self, at: datetime | str | None) -> Html:
        """A time in UTC, to the second."""
        if not at:
            return joined("–")
        try:
            when = datetime.fromisoformat(at) if isinstance(at, str) else at
        except ValueError:
            return joined(at if isinstance(at, str) else "–")
        told = when.astimezone(UTC)
        return e("time", told.strftime("%Y-%m-%d %H:%M:%S"), datetime=told.isoformat(timespec="seconds"))

    def age(self, seconds: float | None) -> str:
        """A duration in one unit."""
        if seconds is None:
            return "–"
        for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
            if seconds >= 2 * length:
                return f"{seconds / length:.0f} {self.t('unit.' + unit)}"
        return f"{seconds:.0f} s"

    def see(self, path: str, **query: str | int) -> Answer:
        """Send the browser to another page."""
        return Answer("", 303, {"Location": self.link(path, **query)})
