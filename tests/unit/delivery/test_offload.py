"""Files of links: off-loaded in parts, continued, bounded, and given up in peace."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import Permanent, Postponed, Retryable
from chalicelib.core.spool_keys import links_key
from chalicelib.delivery.offload import FOLDER_TIMEOUT, MAX_TRIES, TIMEOUT, Share, address_of, read_links, timeout_of
from chalicelib.delivery.transfer import PART
from tests.twins.delivery import Source
from tests.unit.delivery.side import URL, Side

BIG = random.Random(1).randbytes(2 * PART + 1000)


@pytest.fixture
def side() -> Side:
    return Side()


def test_a_small_file_goes_into_the_bucket_at_once(side: Side) -> None:
    side.share(Source(b"content", "a.zip"))
    side.offload()
    assert side.bucket.files == {f"practice/{side.mail.mail_id}/0/a.zip": b"content"}


def test_an_empty_file_is_a_file(side: Side) -> None:
    side.share(Source(b""))
    side.offload()
    assert (side.file, side.states()) == (b"", [("stored", "")])


@pytest.mark.parametrize("size", [PART - 1, PART, PART + 1, 2 * PART])
def test_a_large_file_is_the_same_in_parts(side: Side, size: int) -> None:
    side.share(Source(BIG[:size]))
    side.offload()
    assert side.file == BIG[:size]


def test_no_more_than_a_part_is_held(side: Side) -> None:
    side.share(Source(BIG, piece=PART))
    side.offload()
    assert side.bucket.largest == PART


def test_name_type_and_size_are_recorded(side: Side) -> None:
    side.share(Source(b"content", "a.zip", "application/zip"))
    side.offload()
    [link] = side.deliveries.claim(side.mail.mail_id, "desk", [], links=True).links
    assert (link.name, link.content_type, link.size, link.url) == ("a.zip", "application/zip", 7, URL)


def test_every_link_is_off_loaded(side: Side) -> None:
    side.share(Source(b"one"), Source(b"two"), Source(b"three"))
    side.offload()
    assert sorted(side.bucket.files.values()) == [b"one", b"three", b"two"]


def test_a_file_that_broke_off_is_continued_where_its_last_part_ended(side: Side) -> None:
    side.share(Source(BIG, cut=[PART + 10]))
    with pytest.raises(Retryable, match="target_broken"):
        side.offload()
    side.offload()
    assert (side.file == BIG, [start for _, _, start, _ in side.downloads.asked]) == (True, [0, PART])


def test_a_source_that_cannot_be_continued_is_fetched_from_its_front(side: Side) -> None:
    side.share(Source(BIG, cut=[PART + 10], ranges=False))
    with pytest.raises(Retryable):
        side.offload()
    side.offload()
    assert (side.file == BIG, side.bucket.uploads) == (True, {})


def test_a_file_that_changed_meanwhile_is_fetched_from_its_front(side: Side) -> None:
    side.share(Source(BIG, cut=[PART + 10]))
    with pytest.raises(Retryable):
        side.offload()
    side.downloads.sources[URL] = Source(BIG[::-1], validator='"v2"')
    side.offload()
    assert side.file == BIG[::-1]


class Killed(BaseException):
    """SIGKILL: nothing of the worker goes on."""


@pytest.mark.parametrize("reads", [0, 1, 100, 130, 200, 257])
def test_a_worker_that_is_killed_while_it_reads_loses_nothing(side: Side, reads: int) -> None:
    left = iter(range(reads))

    def die() -> None:
        if next(left, None) is None:
            raise Killed

    source = Source(BIG, on_read=die)
    side.share(source)
    with pytest.raises(Killed):
        side.offload()
    source.on_read = lambda: None
    side.offload()
    assert (side.file == BIG, side.states()) == (True, [("stored", "")])


@pytest.mark.parametrize("method", ["begin", "part", "complete", "completed"])
def test_a_bucket_that_fails_once_has_the_file_in_the_end(side: Side, method: str) -> None:
    side.share(Source(BIG))
    side.bucket.fail[method] = [Retryable("bucket_unavailable")]
    with pytest.raises(Retryable, match="bucket_unavailable"):
        side.offload()
    side.offload()
    assert (side.file == BIG, side.bucket.uploads, side.states()) == (True, {}, [("stored", "")])


def test_an_upload_that_the_bucket_forgot_is_restarted(side: Side) -> None:
    side.share(Source(BIG, cut=[PART + 10]))
    with pytest.raises(Retryable):
        side.offload()
    side.bucket.uploads.clear()
    with pytest.raises(Retryable, match="offload_restarted"):
        side.offload()
    side.offload()
    assert side.file == BIG


def test_another_worker_that_got_further_is_left_alone(side: Side) -> None:
    """Both have the message: the parts are the same, so the slower one gives way."""
    source = Source(BIG)
    side.share(source)

    def overtake() -> None:
        source.on_read = lambda: None
        side.offload()

    source.on_read = overtake
    with pytest.raises(Retryable, match="offload_overtaken"):
        side.offload()
    assert (side.file == BIG, side.bucket.uploads) == (True, {})


def ticking(side: Side, source: Source, seconds: float) -> Source:
    """Each read takes so long."""

    def pass_time() -> None:
        side.clock.now += seconds

    source.on_read = pass_time
    return source


def finished(side: Side) -> int:
    """Invocations until the file was there or given up."""
    for number in range(1, 50):
        try:
            side.offload()
        except Postponed:
            continue
        return number
    return 0


def test_time_that_is_over_is_no_failure_and_the_rest_comes_next(side: Side) -> None:
    side.share(ticking(side, Source(BIG), 1.0))
    assert (finished(side), side.file == BIG) == (2, True)


def test_a_source_that_brings_no_part_in_the_whole_time_is_given_up(side: Side) -> None:
    side.share(ticking(side, Source(BIG), 2.5))
    assert (finished(side), side.states()) == (MAX_TRIES, [("original", "offload_unfinished")])


def test_a_file_is_not_begun_without_the_time_that_its_source_may_take(side: Side) -> None:
    side.share(Source(b"one"))
    worker = side.offloader
    side.clock.now += 240.0 - TIMEOUT + 1
    with pytest.raises(Postponed, match="offload_unfinished"):
        worker.process(side.mail)
    assert (side.downloads.asked, side.states()) == ([], [])


def test_a_file_above_the_limit_is_not_begun(side: Side) -> None:
    side.limit = 1000
    side.share(Source(b"x" * 1001))
    side.offload()
    assert (side.states(), side.bucket.files) == ([("original", "file_too_large")], {})


def test_a_file_that_lies_about_its_length_is_cut_off_at_the_limit(side: Side) -> None:
    side.limit = PART + 1000
    side.share(Source(BIG, reported=10))
    side.offload()
    assert (side.states(), side.bucket.files, side.bucket.uploads) == ([("original", "file_too_large")], {}, {})


def test_a_file_that_is_shorter_than_it_says_is_none(side: Side) -> None:
    side.share(Source(b"content", reported=8))
    with pytest.raises(Retryable, match="target_broken"):
        side.offload()
    assert side.bucket.files == {}


def test_a_source_that_drips_is_as_good_as_none(side: Side) -> None:
    source = Source(b"x" * 1000, piece=1)

    def drip() -> None:
        side.clock.now += 1.0

    source.on_read = drip
    side.share(source)
    with pytest.raises(Retryable, match="link_too_slow"):
        side.offload()
    assert ("OffloadTimeout", 1, {"stage": "offload"}) in side.telemetry.counts


def test_a_slow_but_steady_source_is_waited_for(side: Side) -> None:
    source = Source(BIG[:PART], piece=64 * 1024)

    def pass_time() -> None:
        side.clock.now += 1.0

    source.on_read = pass_time
    side.share(source)
    side.offload()
    assert side.file == BIG[:PART]


def test_a_link_that_is_gone_leaves_the_original(side: Side) -> None:
    side.share(Source(b"here"), Source(b"gone"))
    del side.downloads.sources[URL]
    assert side.offload() == side.mail
    assert side.states() == [("original", "link_gone"), ("stored", "")]


def test_a_link_that_fails_does_not_keep_the_others_from_the_bucket(side: Side) -> None:
    side.share(Source(b"away", error=[Retryable("target_unreachable")]), Source(b"here"))
    with pytest.raises(Retryable, match="target_unreachable"):
        side.offload()
    assert side.states() == [("waiting", ""), ("stored", "")]


def test_what_is_in_the_bucket_is_not_fetched_again(side: Side) -> None:
    side.share(Source(b"away", error=[Retryable("target_unreachable")]), Source(b"here"))
    with pytest.raises(Retryable):
        side.offload()
    side.offload()
    assert [url for url, *_ in side.downloads.asked] == [URL, f"{URL}-1", URL]


def test_a_link_that_fails_for_good_is_given_up_after_its_tries(side: Side) -> None:
    side.share(Source(error=[Retryable("target_timeout")] * MAX_TRIES))
    for _ in range(MAX_TRIES - 1):
        with pytest.raises(Retryable):
            side.offload()
    assert (side.offload(), side.states()) == (side.mail, [("original", "target_timeout")])


def test_each_part_resets_the_tries(side: Side) -> None:
    side.share(Source(BIG, error=[Retryable("target_timeout")] * (MAX_TRIES - 1), cut=[PART + 1, PART + 1]))
    for _ in range(MAX_TRIES + 1):
        with pytest.raises(Retryable):
            side.offload()
    side.offload()
    assert side.file == BIG


def test_a_worker_that_dies_with_every_try_ends_with_the_original_link(side: Side) -> None:
    def die() -> None:
        raise Killed

    side.share(Source(BIG, on_read=die))
    for _ in range(MAX_TRIES):
        with pytest.raises(Killed):
            side.offload()
    side.offload()
    assert side.states() == [("original", "offload_worker_died")]


def test_what_is_given_up_leaves_no_parts_behind(side: Side) -> None:
    side.share(Source(BIG, cut=[PART + 10], error=[]))
    with pytest.raises(Retryable):
        side.offload()
    del side.downloads.sources[URL]
    side.offload()
    assert side.bucket.uploads == {}


def test_without_a_bucket_the_original_link_stays(side: Side) -> None:
    side.share(Source(b"content"))
    worker = replace(side.offloader, target=None)
    worker.begin([])
    worker.process(side.mail)
    assert side.states() == [("original", "offload_not_configured")]


def test_a_mail_without_links_goes_on(side: Side) -> None:
    assert side.offload() == side.mail


UNREADABLE = [b"", b"garbage", b"\xff", b"[1]", b"[[1,2]]", b"[[1,2,3]]", b"{}", b"null", b'"ab"', b'["ab"]']
UNREADABLE += [b'[["files"]]', b'[["files","https://files.example/a"],null]', b'[{"files":1,"url":2}]', b"[" * 100_000]


@pytest.mark.parametrize("content", UNREADABLE)
def test_links_of_another_shape_are_none(side: Side, content: bytes) -> None:
    side.spool.put(links_key("practice", side.mail.mail_id), content)
    assert (side.offload(), side.states()) == (side.mail, [])


SHAPES = st.recursive(
    st.none() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
)


@given(SHAPES)
def test_links_of_any_shape_are_read_whole_or_permanent(content: object) -> None:
    with suppress(Permanent):
        shares = read_links(json.dumps(content).encode())
        assert [[share.provider, share.url] for share in shares] == content


def test_while_the_spool_is_away_the_mail_waits(side: Side) -> None:
    side.spool.down = True
    with pytest.raises(Retryable, match="spool_unavailable"):
        side.offload()


def test_a_mail_that_was_erased_is_not_fetched_for(side: Side) -> None:
    side.share(Source(b"content"))
    side.store.emails.clear()
    side.offload()
    assert (side.downloads.asked, side.bucket.files) == ([], {})


def test_a_note_is_no_mail(side: Side) -> None:
    with pytest.raises(Permanent, match="malformed_message"):
        side.offloader.process(object())  # type: ignore[arg-type]


def test_dropbox_is_asked_for_the_file_and_given_time_for_a_folder(side: Side) -> None:
    url = "https://www.dropbox.com/scl/fo/abcd?rlkey=x"
    side.spool.put(links_key("practice", side.mail.mail_id), json.dumps([["dropbox", url]]).encode())
    side.offload()
    [(asked, hosts, _, timeout)] = side.downloads.asked
    assert (asked, timeout) == (f"{url}&dl=1", FOLDER_TIMEOUT)
    assert hosts == ("files.example", "*.dropbox.com", "*.dropboxusercontent.com")


@pytest.mark.parametrize(
    ("share", "address", "timeout"),
    [
        (Share("dropbox", "https://www.dropbox.com/s/abcd/a"), "https://www.dropbox.com/s/abcd/a?dl=1", TIMEOUT),
        (Share("other", "https://files.example/scl/fo/a"), "https://files.example/scl/fo/a", TIMEOUT),
    ],
)
def test_each_link_has_its_address_and_time(share: Share, address: str, timeout: float) -> None:
    assert (address_of(share), timeout_of(share)) == (address, timeout)


def test_no_name_of_a_file_is_logged(side: Side) -> None:
    side.share(Source(b"x", "private.zip", error=[]), Source(b"y"))
    del side.downloads.sources[URL]
    side.offload()
    assert "private" not in repr(side.telemetry.lines)
    assert "files.example" not in repr(side.telemetry.lines)


@settings(deadline=None, max_examples=40)
@given(
    size=st.integers(0, 3 * PART),
    cuts=st.lists(st.integers(0, 3 * PART), max_size=5),
    failures=st.dictionaries(st.sampled_from(["begin", "part", "complete", "completed", "put"]), st.just(1)),
    ranges=st.booleans(),
)
def test_whatever_breaks_the_file_is_whole_or_the_link_stays(
    size: int, cuts: list[int], failures: dict[str, int], ranges: bool
) -> None:
    side = Side()
    data = (BIG * 2)[:size]
    side.share(Source(data, cut=cuts, ranges=ranges, piece=1 << 20))
    side.bucket.fail = {name: [Retryable("bucket_unavailable")] * times for name, times in failures.items()}
    for _ in range(30):
        try:
            side.offload()
        except Retryable:
            continue
        break
    assert side.states()[0][0] in ("stored", "original")
    assert list(side.bucket.files.values()) in ([], [data])


def test_links_are_counted_by_their_provider(side: Side) -> None:
    side.share(Source(b"x" * 1000), Source(error=[Permanent("link_gone")]))
    side.offload()
    assert [labels["status"] for name, _, labels in side.telemetry.counts if name == "Provider"] == [
        "stored",
        "original",
    ]
    assert {labels["provider"] for name, _, labels in side.telemetry.counts if name == "Provider"} == {"files"}


def test_a_try_that_does_not_time_out_counts_as_none(side: Side) -> None:
    side.share(Source(b"x" * 1000))
    side.offload()
    assert [one for one in side.telemetry.counts if one[0] == "OffloadTimeout"] == [
        ("OffloadTimeout", 0, {"stage": "offload"})
    ]
