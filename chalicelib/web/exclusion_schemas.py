"""What `exclusion_routes` take and answer."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta

from chalicelib.core.mail_ids import MAIL_ID
from chalicelib.intake.arrival import REASONS
from chalicelib.operations.reconsider import LIMIT, Wanted
from chalicelib.web.models import Author, ClosedModel, one_of, whole
from chalicelib.web.openapi import schemas as s
from chalicelib.web.openapi.route import ADMIN, Route
from chalicelib.web.request_fields import Refused

CONDITIONS = ("sender", "domain", "rule", "reason")


class Reconsider(ClosedModel, frozen=True):
    """At least one condition, or `all`; every condition must hold."""

    author: Author
    sender: Annotated[str, Meta(min_length=1, max_length=320)] = ""
    domain: Annotated[str, Meta(min_length=1, max_length=255)] = ""
    rule: Annotated[str, Meta(min_length=1, max_length=200)] = ""
    reason: Annotated[str, one_of(*REASONS)] = ""
    all: bool = False
    dry_run: bool = False
    after: Annotated[
        str, Meta(max_length=36, pattern=whole(f"(?:{MAIL_ID.pattern})?"), description="`next` of the page before")
    ] = ""

    ALSO: ClassVar[dict[str, Any]] = {
        "anyOf": [
            *({"required": [name], "properties": {"all": {"const": False}}} for name in CONDITIONS),
            {"required": ["all"], "properties": {"all": {"const": True}, **dict.fromkeys(CONDITIONS, False)}},
        ]
    }

    def check(self) -> None:
        for name in CONDITIONS:
            value = getattr(self, name)
            # JSON Schema has no word for "printable"; a blank condition would mean everything.
            if value and not (value.isprintable() and value.strip()):
                raise Refused("invalid_field", name)
        if self.all == (self.wanted() != Wanted()):  # neither nothing by mistake, nor both
            raise Refused("invalid_field", "all")

    def wanted(self) -> Wanted:
        """The conditions."""
        return Wanted(self.sender, self.domain, self.rule, self.reason)


_MAILS = s.several(s.MAIL_ID, LIMIT)
ROUTES = (
    Route(
        *("POST", "/admin/reconsider", ADMIN),
        f"Have mail that the rules exclude re-evaluated, {LIMIT} at most a call: send `next` as `after` for the "
        "others. At least one condition, or `all`. `allowed_now` counts those whose sender may send now.",
        results={
            200: s.record(
                {
                    "status": s.named("ok", "partial"),
                    "found": s.whole(minimum=0),
                    **dict.fromkeys(("requeued", "forgotten", "failed"), _MAILS),
                    "allowed_now": s.whole(minimum=0),
                },
                {"next": s.MAIL_ID, "dry_run": {"const": True}},
            )
        },
        body=Reconsider,
    ),
)
