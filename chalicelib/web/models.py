"""What request models are made of: msgspec checks them, and the OpenAPI document shows them.

A module that imports this one is imported by the first request that needs it, never by app.py: msgspec costs 10 ms.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from chalicelib.core.mail_ids import MAIL_ID
from chalicelib.core.stages import STAGE_NAMES
from chalicelib.web.request_fields import AUTHOR, AUTHOR_CHARS, PRINTABLE


class Model(Struct, frozen=True, kw_only=True):
    """A request. A field without default is required; a default means "not there" and need not fit the field's type.

    Rules that no single field can say stand twice, side by side: in `check` for the request and in `ALSO` (JSON Schema
    keywords) for the document; `tests/fuzz` compares the two.
    """

    ALSO: ClassVar[dict[str, Any]] = {}

    def check(self) -> None:
        """Raise `Refused` where the fields do not go together."""


class ClosedModel(Model, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request of the operator: a field that the route does not know is a typing error."""


def whole(pattern: str) -> str:
    """The pattern of a text that matches from its start to its very end: `$` alone lets a line feed follow."""
    return rf"^(?:{pattern})$(?!\n)"


def one_of(*names: str) -> Meta:
    """One of our own names; the answer to anything else lists them."""
    return Meta(pattern=whole("|".join(names)), extra_json_schema={"enum": list(names)})


_SIX_BITS, _SPACE = "(?:[A-Za-z0-9+/_-][\\r\\n\\t ]*)", "[\\r\\n\\t ]*"
BASE64 = f"^{_SPACE}(?:{_SIX_BITS}{{4}})*{_SIX_BITS}{{2,4}}(?:={_SPACE})*$"
"""What `request_fields.decoded` takes. For the document alone: an expression is no way to read megabytes."""

Author = Annotated[
    str,
    Meta(max_length=AUTHOR_CHARS, pattern=whole(AUTHOR.pattern), description="who does it: recorded, not only spaces"),
]
Comment = Annotated[str, Meta(max_length=500, pattern=whole(PRINTABLE.pattern), description="why")]
MailId = Annotated[
    str, Meta(max_length=36, pattern=whole(MAIL_ID.pattern), description="the mail's deterministic id (UUIDv5)")
]
Stage = Annotated[str, one_of(*STAGE_NAMES)]
Version = Annotated[int, Meta(ge=0, le=2**31 - 1)]
