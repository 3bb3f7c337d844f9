"""Overlaps: what comes out is disjoint, in order, and covers every character that went in."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.privacy.spans import Span, resolve

_span = st.builds(
    lambda start, length, entity, score, rank: Span(start, start + length, entity, "r", score, rank),
    st.integers(0, 60),
    st.integers(1, 20),
    st.sampled_from(["PERSON", "LOCATION", "PHONE_NUMBER"]),
    st.sampled_from([0.4, 0.7, 1.0]),
    st.integers(0, 2),
)


@given(st.lists(_span, max_size=30))
def test_resolved_spans_are_disjoint_and_in_order(spans: list[Span]) -> None:
    done = resolve(spans)
    assert all(a.end <= b.start for a, b in pairwise(done))


@given(st.lists(_span, max_size=30))
def test_nothing_that_was_found_is_uncovered(spans: list[Span]) -> None:
    covered = {i for s in resolve(spans) for i in range(s.start, s.end)}
    assert covered == {i for s in spans for i in range(s.start, s.end)}


def test_a_checksummed_number_beats_a_guess_over_it() -> None:
    guess, sure = Span(0, 10, "PHONE_NUMBER", "a", 0.9, 1), Span(2, 8, "IBAN_CODE", "b", 0.9, 2)
    assert [s.entity for s in resolve([guess, sure])] == ["PHONE_NUMBER", "IBAN_CODE", "PHONE_NUMBER"]


def test_two_overlapping_finds_of_one_person_are_one() -> None:
    assert resolve([Span(0, 4, "PERSON", "a", 0.5), Span(0, 10, "PERSON", "b", 0.7)]) == [
        Span(0, 10, "PERSON", "b", 0.7)
    ]
