"""`ports.ChatBook`: the same cases in memory and over PostgreSQL."""

from __future__ import annotations

import pytest

from chalicelib.adapters.postgres.chats import PostgresChatBook
from chalicelib.adapters.postgres.database import Database
from chalicelib.adapters.postgres.outbox import PostgresOutbox
from chalicelib.adapters.telegram.places import MemoryChatBook
from chalicelib.ports import ChatBook, ChatChanges

DEPLOYED, NEW = "-100", "-1001234567890"


@pytest.fixture(params=["memory", "postgres"])
def book(request: pytest.FixtureRequest) -> ChatBook:
    if request.param == "memory":
        return MemoryChatBook()
    return PostgresChatBook(request.getfixturevalue("database"))


def test_at_first_nothing_has_changed(book: ChatBook) -> None:
    assert book.changes(DEPLOYED) == ChatChanges()


def test_a_move_is_kept(book: ChatBook) -> None:
    book.moved(DEPLOYED, NEW)
    assert book.changes(DEPLOYED) == ChatChanges(NEW)


def test_the_latest_of_two_moves_counts(book: ChatBook) -> None:
    book.moved(DEPLOYED, "-5")
    book.moved(DEPLOYED, NEW)
    assert book.changes(DEPLOYED).chat == NEW


def test_a_deployment_with_another_chat_starts_without_changes(book: ChatBook) -> None:
    book.moved(DEPLOYED, NEW)
    book.remade(DEPLOYED, "email=2", 2, 70)
    assert book.changes(NEW) == ChatChanges()


def test_a_change_in_another_chat_forgets_those_of_the_one_before(book: ChatBook) -> None:
    book.moved(DEPLOYED, "-5")
    book.remade(NEW, "email=2", 2, 70)
    assert (book.changes(NEW), book.changes(DEPLOYED)) == (ChatChanges("", {"email=2": 70}), ChatChanges())


def test_a_topic_that_was_made_again_is_kept(book: ChatBook) -> None:
    assert book.remade(DEPLOYED, "email=2", 2, 70) == 70
    assert book.remade(DEPLOYED, "system=3", 3, 71) == 71
    assert book.changes(DEPLOYED).threads == {"email=2": 70, "system=3": 71}


def test_of_two_workers_that_make_a_topic_again_the_first_one_s_counts(book: ChatBook) -> None:
    book.remade(DEPLOYED, "email=2", 2, 70)
    assert book.remade(DEPLOYED, "email=2", 2, 71) == 70


def test_a_topic_that_was_made_again_can_be_lost_again(book: ChatBook) -> None:
    book.remade(DEPLOYED, "email=2", 2, 70)
    assert book.remade(DEPLOYED, "email=2", 70, 80) == 80


def test_a_move_makes_the_threads_void(book: ChatBook) -> None:
    book.remade(DEPLOYED, "email=2", 2, 70)
    book.moved(DEPLOYED, NEW)
    assert book.changes(DEPLOYED) == ChatChanges(NEW)


def test_a_topic_made_in_the_new_chat_does_not_undo_the_move(book: ChatBook) -> None:
    book.moved(DEPLOYED, NEW)
    book.remade(DEPLOYED, "email=2", 0, 70)
    assert book.changes(DEPLOYED) == ChatChanges(NEW, {"email=2": 70})


def test_the_pace_of_the_chat_does_not_change_with_its_address(database: Database) -> None:
    outbox = PostgresOutbox(database)
    outbox.add_system("a", {})
    outbox.add_system("b", {})
    outbox.claim(1, 60)
    PostgresChatBook(database).moved(DEPLOYED, NEW)
    assert outbox.claim(1, 60).wait > 0
