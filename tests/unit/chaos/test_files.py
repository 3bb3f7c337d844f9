"""The verdict of a run on files of links."""

from __future__ import annotations

import pytest

from infra.chaos import rules
from infra.chaos.files import judged
from infra.chaos.judge import Fate

MAIL = "240e7310-045e-5836-97d4-93228334817e"
SENT = {MAIL: rules.DELIVERED}
KNOWN = {MAIL: Fate(MAIL, "stored", "", 0.0, 1.0, 2.0, 1)}


@pytest.mark.parametrize(
    ("links", "whole", "found"),
    [
        ([(MAIL, "stored", rules.FILE_BYTES)], 1, ()),
        ([(MAIL, "original", None)], 0, ()),
        ([], 0, (f"{MAIL}: nobody looked at its link",)),
        ([(MAIL, "waiting", None)], 0, (f"{MAIL}: its link is waiting",)),
        ([(MAIL, "stored", 5)], 1, (f"{MAIL}: a file of 5 bytes",)),
        ([(MAIL, "stored", rules.FILE_BYTES)], 0, ("0 whole files in the bucket for 1 stored links",)),
    ],
)
def test_each_link_has_its_file_or_stays(
    links: list[tuple[str, str, int | None]], whole: int, found: tuple[str, ...]
) -> None:
    assert judged(frozenset({rules.DELIVERED}), SENT, KNOWN, links, whole).found == found
