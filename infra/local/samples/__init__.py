"""The demo's invented mails in French, English and Italian, through both doors, each with what must come of it."""

from __future__ import annotations

from datetime import datetime

from infra.local.samples import doubles, english, french, italian, odd, refused
from infra.local.samples.model import Expect, Sample

__all__ = ["ACCOUNTS", "Expect", "Sample", "samples"]

ACCOUNTS = ("practice", "faculty", "research", "personal")


def samples(now: datetime) -> tuple[Sample, ...]:
    """The set, in the order to send it: a double comes after the mail that it repeats.

    Deterministic: the same `now` (timezone-aware) gives the same bytes. Sizes: one mail of about 3 MiB
    and, among the refused, one over the door's limit; the others are small.
    """
    drafts = (*french.drafts(), *english.drafts(), *italian.drafts())
    regular = tuple(draft.sample(number, now) for number, draft in enumerate(drafts))
    return (*regular, *odd.samples(now), *doubles.samples(regular, now), *refused.samples(now))
