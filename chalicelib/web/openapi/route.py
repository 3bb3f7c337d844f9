"""One row of the OpenAPI document: a method of a path, who may call it, what it takes and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalicelib.web.models import Model

Schema = dict[str, Any]
Details = tuple[Mapping[str, Schema], Mapping[str, Schema]]
"""The (required, optional) fields that a verdict has beside `status`."""

JSON, HTML, CSS, FORM = "application/json", "text/html", "text/css", "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Access:
    """Who may call a route.

    `verdicts` are the answers to a caller who may not, `schemes` OpenAPI's security schemes by name, `alternatives`
    the ways to use them.
    """

    name: str
    verdicts: tuple[str, ...] = ()
    schemes: Mapping[str, Schema] = field(default_factory=dict)
    alternatives: tuple[tuple[str, ...], ...] = ()


UNAUTHORIZED = ("unauthorized", "rate_limited")
"""The answers to a wrong credential; the second after too many attempts."""
OPEN = Access("open")
ADMIN = Access(
    "admin",
    UNAUTHORIZED,
    {"AdminToken": {"type": "http", "scheme": "bearer", "description": "one of the operator's tokens"}},
    (("AdminToken",),),
)


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path.

    - `verdicts`: what the route itself says, of `http.STATUS`; `answers` adds what follows from the row.
    - `results`: other bodies by HTTP status.
    - `body`, `query`: the model that the request is read by, or a schema where another reader checks it.
    - `max_body`: bytes; 413 `too_large` above it.
    - `takes`: the media type of the body.
    - `parameters`: those of the path that `document.PATH` does not have.
    - `details`: verdict → fields, beyond `verdicts.DETAILS`.
    """

    method: str
    path: str
    access: Access
    summary: str
    verdicts: tuple[str, ...] = ()
    results: Mapping[int, Schema] = field(default_factory=dict)
    body: type[Model] | Schema | None = None
    query: type[Model] | Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    media: str = JSON
    takes: str = JSON
    max_body: int = 0
    parameters: Mapping[str, Schema] = field(default_factory=dict)
    details: Mapping[str, Details] = field(default_factory=dict)

    @property
    def answers(self) -> tuple[str, ...]:
        """Every verdict that the route may give: those of a page (`html`) are pages."""
        implied = ["invalid_json"] if isinstance(self.body, type) else []
        if implied or isinstance(self.query, type):
            implied.append("invalid_field")
        if self.max_body:
            implied.append("too_large")
        return (*self.access.verdicts, *self.verdicts, *implied, "internal_error", "try_again")

    @property
    def html(self) -> bool:
        """Whether it answers a browser."""
        return self.media == HTML

    @property
    def name(self) -> str:
        """A name that tools can call the operation by: `put_admin_flags_name`."""
        words = self.path.replace("{", "").replace("}", "").replace(".", "/").replace("-", "/").split("/")
        return "_".join([self.method.lower(), *filter(None, words)])
