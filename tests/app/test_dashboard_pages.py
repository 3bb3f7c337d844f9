"""What the dashboard shows and does, form by form, as a browser without scripts has it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.adapters.breaker import key
from chalicelib.core.errors import Permanent, Retryable
from chalicelib.core.messages import Receipt, encode
from chalicelib.resilience.circuit import OPEN, State
from chalicelib.web.dashboard.confirmation import CHOSEN
from chalicelib.web.dashboard.frame import MOST_BYTES
from chalicelib.web.dashboard.mails import A_PAGE
from tests.app.browser import Browser, Page
from tests.app.world import World
from tests.contract.mails import ORIGINAL, envelope, exclusion, mail_id, note

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'\" onmouseover='alert(1)",
    "</td></table></main><h1>Sign in</h1><form action=//evil.example>",
    "&lt;b&gt; &#60;script&#62;",
    "javascript:alert(1)",
    "<!-- --><svg onload=alert(1)>",
    "\u202egnp.exe\u202c \x00\x07\x1b[31m",
    "\ud800 lone",
    "<%= 7*7 %> {{7*7}} ${7*7} {0.__class__}",
)


@pytest.fixture
def browser(world: World) -> Browser:
    made = Browser(world)
    made.sign_in("Ada")
    return made


def soon(minutes: float = -5) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


def failed(world: World, name: str, stage: str = "anonymize", reason: str = "spool_missing") -> str:
    """A mail in quarantine with its message in the dead-letter queue."""
    values = {"reason": reason, "attempts": "3", "first_at": soon(-60), "last_at": soon(-50)}
    world.queues.send_dead(stage, encode(envelope(name)), values)
    world.store.quarantine(note(name, reason=reason))
    return mail_id(name)


def stored(world: World, name: str, minutes: float = -5, **more: str) -> str:
    world.store.store(envelope(name, received_at=soon(minutes), **more), "text", ORIGINAL, [])  # type: ignore[arg-type]
    return mail_id(name)


def names(page: Page) -> list[str]:
    return [tag for tag, _ in page.tags]


# what is shown


def test_the_overview_shows_each_stage_with_its_numbers(world: World, browser: Browser) -> None:
    world.queues.send("classify", ["x"] * 3, "practice")
    failed(world, "a", "store")
    text = browser.open("/dashboard").source
    assert '<h3>classify</h3><p class="big"><strong>3</strong>' in text
    assert "quarantine?stage=store" in text


def test_the_balance_adds_up(world: World, browser: Browser) -> None:
    stored(world, "a")
    world.store.exclude(exclusion("b"))
    failed(world, "c")
    world.queues.send("anonymize", ["x", "y"], "practice")
    world.queues.send("notify", ["z"], "practice")  # stored already
    assert "5 seen = 1 stored + 1 excluded + 1 quarantined + 2 in progress" in browser.open("/dashboard").text


def test_reasons_are_shown_in_words(world: World, browser: Browser) -> None:
    world.store.exclude(exclusion("b"))
    assert "sender not on the allowlist" in browser.open("/dashboard").text
    assert "expéditeur hors liste" in browser.open("/dashboard?lang=fr").text


def test_the_intake_results_of_the_day_are_those_of_the_receipts(world: World, browser: Browser) -> None:
    receipt = Receipt("ingress", "email.receive", soon(), 0.1, "accepted_held")
    world.store.add_receipts([(mail_id("a"), receipt)])
    page = browser.open("/dashboard")
    assert "accepted, notification delayed <strong>1</strong>" in page.source
    assert "appear only in the metrics" in page.text


def test_an_open_breaker_is_shown(world: World, browser: Browser) -> None:
    state = State(OPEN, until=time.time() + 20, since=time.time(), failures=5)
    world.cache.set(key("telegram"), state.encode(), 60)
    assert "paused, next attempt in" in browser.open("/dashboard").text


@pytest.mark.parametrize("path", ["", "/mails"])
def test_recent_mail_is_shown_with_its_state(world: World, browser: Browser, path: str) -> None:
    stored(world, "a", subject="Results of <PERSON_1>", urgency="high")
    page = browser.open(f"/dashboard{path}")
    assert "Results of <PERSON_1>" in page.text
    assert "urgent" in page.text
    assert any(mail_id("a") in link for link in page.links)


def test_recent_mail_goes_on_page_by_page_without_gap_or_repeat(world: World, browser: Browser) -> None:
    ids = {stored(world, f"m{number}", -number) for number in range(A_PAGE * 2 + 7)}
    page, seen = browser.open("/dashboard/mails"), list[str]()
    for _ in range(3):
        seen += [link.rpartition("/")[2] for link in page.links if "/mails/" in link]
        older = [link for link in page.links if "mails?before=" in link]
        if older:
            page = browser.open(older[0])
    assert (len(seen), set(seen)) == (len(ids), ids)


def test_recent_mail_of_one_state(world: World, browser: Browser) -> None:
    stored(world, "a")
    failed(world, "b")
    links = browser.open("/dashboard/mails?state=quarantined").links
    assert [mail_id(name) in " ".join(links) for name in "ab"] == [False, True]


@pytest.mark.parametrize("query", ["state=x", "before=x", "before=%27--", "state=%3Cb%3E"])
def test_a_list_of_something_else_is_refused(browser: Browser, query: str) -> None:
    assert browser.open(f"/dashboard/mails?{query}").code == 400


def test_the_other_language_shows_the_same_part_of_the_list(browser: Browser) -> None:
    links = browser.open("/dashboard/mails?state=stored&done=switched").links
    assert "?state=stored&lang=fr" in links


def test_one_mail_shows_its_receipts_as_a_time_line(world: World, browser: Browser) -> None:
    stored(world, "a")
    receipts = [Receipt("classify", "email.classify", soon(-3), 0.5, "ok", 0.9)]
    steps = [Receipt("ingress", "email.receive", soon(-4), 0.1, "accepted"), *receipts]
    world.store.add_receipts([(mail_id("a"), step) for step in steps])
    text = browser.open(f"/dashboard/mails/{mail_id('a')}").text
    assert text.index("email.receive") < text.index("email.classify") < text.index("Ledger")
    assert "confidence 90%" in text


def test_one_mail_shows_who_decided_what_about_it(world: World, browser: Browser) -> None:
    failed(world, "a")
    world.ledger.redriven("anonymize", [mail_id("a")], "grace")
    assert "redriven by grace" in browser.open(f"/dashboard/mails/{mail_id('a')}").text


@pytest.mark.parametrize("wrong", ["x", "..%2f", mail_id("nobody")])
def test_a_mail_that_is_not_there_is_404(browser: Browser, wrong: str) -> None:
    assert browser.open(f"/dashboard/mails/{wrong}").code == 404


@pytest.mark.parametrize("text", HOSTILE)
def test_a_mail_s_text_is_text_wherever_it_is_shown(world: World, browser: Browser, text: str) -> None:
    one = stored(world, "a", subject="x", category="x")
    paths = ("/dashboard", "/dashboard/mails", f"/dashboard/mails/{one}")
    harmless = [names(browser.open(path)) for path in paths]
    world.store.emails[one] |= {"subject": text, "sender": text, "category": text, "classifier": text}
    pages = [browser.open(path) for path in paths]
    assert list(map(names, pages)) == harmless
    for page in pages:
        assert not [values for _, values in page.tags for name in values if name.startswith("on")]
        assert not any(sign in page.source for sign in ("\u202e", "\x1b", "\x00", "\ud800"))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_failed_message_s_text_is_text(world: World, browser: Browser, text: str) -> None:
    values = {"reason": text, "error": text, "attempts": "3", "first_at": text, "last_at": text}
    world.queues.send_dead("anonymize", encode(envelope("a")), values)
    page = browser.open("/dashboard/quarantine")
    assert page.code == 200
    assert not {"script", "img"} & set(names(page))
    assert not [values for _, values in page.tags for name in values if name.startswith("on")]


def test_a_rule_s_text_is_text(world: World, browser: Browser) -> None:
    rule = {"name": "x", "when": {"subject": {"contains": ["<img src=x>"]}}, "then": {"topic": "<img src=y>"}}
    world.rules.save({"rules": [rule]}, "<img src=z>", "<img src=c>", 0)
    for path in ("/dashboard/rules", "/dashboard/rules/1"):
        page = browser.open(path)
        assert "img" not in names(page)
        assert all(f"<img src={one}>" in page.text for one in "xyzc")


def test_a_full_page_is_bounded(world: World, browser: Browser) -> None:
    for number in range(300):
        failed(world, f"x{number}")
        stored(world, f"m{number}", subject="é" * 2_000)
    for path in ("", "/mails", "/quarantine", "/quarantine?stage=anonymize"):
        assert len(browser.open(f"/dashboard{path}").source.encode()) < MOST_BYTES / 8


def test_as_many_messages_are_shown_as_can_be_chosen_at_once(world: World, browser: Browser) -> None:
    ids = [
        failed(world, f"{stage} {number}", stage) for stage in ("anonymize", "store", "notify") for number in range(60)
    ]
    page = browser.open("/dashboard/quarantine")
    form = page.form("/dashboard/quarantine", action="redrive")
    assert (len(form.boxes), "The list may be incomplete" in page.text) == (CHOSEN, True)
    asked = browser.send(form, action="redrive", message=[value for _, value in form.boxes])
    assert f"{CHOSEN} redriven" in browser.send(asked.form("/quarantine/redrive")).text
    assert len(ids) - CHOSEN == sum(map(len, world.queues.dead.values()))


# what is unavailable


@pytest.mark.parametrize("path", ["", "/flags", "/mails", "/rules", "/quarantine"])
def test_without_the_database_the_rest_of_a_page_stays(world: World, browser: Browser, path: str) -> None:
    world.reports.down = world.ledger.down = True
    world.rules.error = Retryable("database_unavailable")

    def refuse(each: int) -> list[object]:
        raise Retryable("database_unavailable")

    world.durable.history = refuse  # type: ignore[method-assign,assignment]
    page = browser.open(f"/dashboard{path}")
    assert page.code == 200
    assert ("Unavailable" in page.text and "database_unavailable" in page.text) == (path != "/quarantine")


def test_without_the_database_a_flag_is_what_redis_knows(world: World, browser: Browser) -> None:
    world.cache.values.clear()
    world.container.flags.switch("notifications_enabled", False, "grace")

    def refuse(*_: object) -> list[object]:
        raise Retryable("database_unavailable")

    world.durable.history = refuse  # type: ignore[method-assign,assignment]
    page = browser.open("/dashboard/flags")
    assert page.source.count('aria-checked="false"') == 1
    assert 'aria-checked="true"' not in page.source
    assert "currently unknown" in page.text


def test_without_the_queues_the_balance_does_not_pretend(world: World, browser: Browser) -> None:
    stored(world, "a")
    world.queues.down = True
    page = browser.open("/dashboard")
    assert "queue_unavailable" in page.text
    assert "the number of messages in progress is unknown" in page.text
    assert "seen =" not in page.text


def test_a_database_that_is_unavailable_is_asked_once(world: World, browser: Browser) -> None:
    asked: list[int] = []

    def refuse(*_: object) -> list[object]:
        asked.append(1)
        raise Retryable("database_unavailable")

    for name in ("totals", "day", "latest"):
        setattr(world.reports, name, refuse)
    world.durable.history = refuse  # type: ignore[method-assign,assignment]
    browser.open("/dashboard")
    assert len(asked) == 1


# flags


def test_a_flag_is_switched_in_the_name_of_who_is_signed_in(world: World, browser: Browser) -> None:
    form = browser.open("/dashboard/flags").form("/flags/notifications_enabled", value="off")
    assert "The flag was changed." in browser.send(form).text
    assert world.durable.changes == [("notifications_enabled", None, False, "Ada")]


def test_who_changed_a_flag_is_shown(world: World, browser: Browser) -> None:
    world.container.flags.switch("notifications_enabled", False, "grace")
    page = browser.open("/dashboard/flags")
    assert "by grace" in page.text
    assert "– → off" in page.text


def test_from_the_overview_a_switch_leads_back_to_it(browser: Browser) -> None:
    browser.send(browser.open("/dashboard").form("/flags/gmail_ingress_enabled"))
    assert browser.at.startswith("/dashboard?")


@pytest.mark.parametrize(("name", "value", "code"), [("other", "on", 404), ("notifications_enabled", "x", 400)])
def test_what_is_no_switch_is_refused(world: World, browser: Browser, name: str, value: str, code: int) -> None:
    token = dict(browser.open("/dashboard/flags").forms[0].fields)["token"]
    assert browser.post(f"/dashboard/flags/{name}", [("token", token), ("value", value)]).code == code
    assert world.durable.changes == []


def test_a_switch_that_is_not_durable_says_that_nothing_was_changed(world: World, browser: Browser) -> None:
    form = browser.open("/dashboard/flags").form("/flags/notifications_enabled")

    def refuse(name: str, value: bool, author: str) -> None:
        raise Retryable("database_unavailable")

    world.durable.set_flag = refuse  # type: ignore[method-assign]
    page = browser.send(form)
    assert (page.code, "Nothing was changed" in page.text) == (503, True)


# failed messages


def test_failed_messages_are_listed_with_reason_stage_attempts_and_times(world: World, browser: Browser) -> None:
    failed(world, "a", "classify", "worker_died")
    text = browser.open("/dashboard/quarantine").text
    assert all(values in text for values in (mail_id("a"), "classify", "worker_died", "3"))


def test_failed_messages_of_one_stage(world: World, browser: Browser) -> None:
    failed(world, "a", "classify")
    failed(world, "b", "store")
    text = browser.open("/dashboard/quarantine?stage=store").text
    assert (mail_id("a") in text, mail_id("b") in text) == (False, True)


def test_looking_hides_no_message_from_the_next(world: World, browser: Browser) -> None:
    failed(world, "a")
    for _ in range(3):
        assert mail_id("a") in browser.open("/dashboard/quarantine").text


def ask(browser: Browser, action: str, *ids: str) -> Page:
    form = browser.open("/dashboard/quarantine").form("/dashboard/quarantine", action=action)
    return browser.send(form, action=action, message=list(ids))


@pytest.mark.parametrize("action", ["redrive", "discard"])
def test_choosing_messages_asks_first_and_changes_nothing(world: World, browser: Browser, action: str) -> None:
    one = failed(world, "a")
    page = ask(browser, action, one)
    assert one in page.text
    assert (world.ledger.decisions, len(world.queues.dead["anonymize"])) == ([], 1)


def test_chosen_messages_are_redriven(world: World, browser: Browser) -> None:
    ids = [failed(world, name) for name in "abc"]
    asked = ask(browser, "redrive", *ids[:2])
    page = browser.send(asked.form("/quarantine/redrive"))
    assert "2 redriven, 0 failed, 0 not found." in page.text
    assert [len(world.queues.queues["anonymize"]), len(world.queues.dead["anonymize"])] == [2, 1]
    assert {(who, what) for _, _, what, _, who in world.ledger.decisions} == {("Ada", "redriven")}


def test_chosen_messages_are_discarded_for_a_reason(world: World, browser: Browser) -> None:
    one = failed(world, "a")
    asked = ask(browser, "discard", one)
    assert "1 discarded" in browser.send(asked.form("/quarantine/discard"), reason="spam").text
    assert world.store.ledger_state([one]) == {one: ("excluded", "discarded:spam")}
    assert world.ledger.decisions == [(one, "anonymize", "discarded", "spam", "Ada")]


@pytest.mark.parametrize("reason", ["", "Spam", "two words", "<b>", "x" * 61, "jane@example.org"])
def test_a_reason_that_is_no_code_is_asked_for_again(world: World, browser: Browser, reason: str) -> None:
    one = failed(world, "a")
    asked = ask(browser, "discard", one)
    token = dict(asked.form("/quarantine/discard").fields)["token"]
    again = browser.post("/dashboard/quarantine/discard", [("token", token), ("message", one), ("reason", reason)])
    assert (again.code, world.ledger.decisions) == (400, [])
    browser.send(again.form("/quarantine/discard"), reason="spam")
    assert world.store.ledger_state([one])[one][0] == "excluded"


def test_a_failed_message_is_redriven_from_its_mail_s_page(world: World, browser: Browser) -> None:
    one = failed(world, "a")
    form = browser.open(f"/dashboard/mails/{one}").form("/quarantine", action="redrive")
    browser.send(browser.send(form, action="redrive").form("/quarantine/redrive"))
    assert len(world.queues.queues["anonymize"]) == 1


@pytest.mark.parametrize("movable", [True, False])
def test_all_messages_of_a_stage_are_redriven(world: World, browser: Browser, movable: bool) -> None:
    for name in "abc":
        failed(world, name, "store")
    world.dead.movable = movable
    form = browser.open("/dashboard/quarantine").form("/dashboard/quarantine", stage="store")
    page = browser.send(browser.send(form, action="redrive_all").form("/quarantine/redrive"))
    assert page.code == 200
    assert (len(world.queues.queues["store"]), len(world.queues.dead["store"])) == (3, 0)


def test_a_second_move_of_one_queue_is_reported(world: World, browser: Browser) -> None:
    failed(world, "a", "store")

    def refuse(stage: str) -> None:
        raise Permanent("move_refused")

    world.dead.move = refuse  # type: ignore[method-assign]
    form = browser.open("/dashboard/quarantine").form("/dashboard/quarantine", stage="store")
    assert "SQS is already moving" in browser.send(browser.send(form, action="redrive_all").form("/redrive")).text


def test_a_message_that_holds_no_mail_is_chosen_by_its_own_id(world: World, browser: Browser) -> None:
    world.queues.send_dead("alert", "no mail", {"reason": "malformed_message", "attempts": "1"})
    world.queues.dead["alert"][0].id = mail_id("a message")
    page = browser.open("/dashboard/quarantine")
    [(_, identifier)] = page.form("/dashboard/quarantine").boxes
    asked = browser.send(page.form("/dashboard/quarantine"), action="redrive", message=identifier)
    browser.send(asked.form("/quarantine/redrive"))
    assert (len(world.queues.queues["alert"]), world.queues.dead["alert"]) == (1, [])


@pytest.mark.parametrize(
    "fields",
    [
        [("action", "redrive")],
        [("action", "other"), ("message", mail_id("a"))],
        [("action", "redrive"), ("message", "x")],
        [("action", "redrive_all"), ("stage", "x")],
        [("action", "redrive"), *(("message", mail_id(str(number))) for number in range(CHOSEN + 1))],
    ],
    ids=["none", "action", "id", "stage", "many"],
)
def test_a_choice_that_is_none_is_refused(browser: Browser, world: World, fields: list[tuple[str, str]]) -> None:
    token = dict(browser.open("/dashboard").forms[0].fields)["token"]
    assert browser.post("/dashboard/quarantine", [("token", token), *fields]).code == 400
    assert world.ledger.decisions == []


def test_a_message_that_is_gone_is_reported(world: World, browser: Browser) -> None:
    token = dict(browser.open("/dashboard").forms[0].fields)["token"]
    page = browser.post("/dashboard/quarantine/redrive", [("token", token), ("message", mail_id("gone"))])
    assert "0 redriven, 0 failed, 1 not found." in page.text


@pytest.mark.parametrize("query", ["done=x", "done=redriven&n=<b>", "done=redriven&n=99999999999", "done=%3Cscript%3E"])
def test_an_address_cannot_put_words_on_a_page(browser: Browser, query: str) -> None:
    page = browser.open(f"/dashboard/quarantine?{query}")
    assert "<b>" not in page.text
    assert "99999999999" not in page.text
    assert "script" not in names(page)


# rules

RULE = {"name": "bulk", "when": {"subject": {"contains": ["sale"]}}, "then": {"stop_processing": True}}


def test_rules_are_shown_as_sentences(world: World, browser: Browser) -> None:
    world.rule({"rules": [RULE]})
    assert "If the subject contains “sale”, then exclude it." in browser.open("/dashboard/rules").text
    assert "Si l’objet contient «\xa0sale\xa0», alors l’exclure." in browser.open("/dashboard/rules?lang=fr").text


def test_while_there_are_no_rules_the_page_says_so(browser: Browser) -> None:
    assert "No rules were ever saved" in browser.open("/dashboard/rules").text


def test_the_overview_names_the_rules_in_force(world: World, browser: Browser) -> None:
    world.container.rules.save({"rules": [RULE]}, "grace", "no sales", 0)
    text = browser.open("/dashboard").text
    assert all(values in text for values in ("Version 1, in force", "by grace", "no sales"))


def test_the_history_names_version_author_and_comment(world: World, browser: Browser) -> None:
    world.container.rules.save({"rules": [RULE]}, "grace", "no sales", 0)
    text = browser.open("/dashboard/rules").text
    assert all(values in text for values in ("Version 1", "grace", "no sales", "in force"))


def test_a_version_shows_what_it_changed(world: World, browser: Browser) -> None:
    world.rule({"rules": [RULE]})
    world.rule({"rules": [RULE, RULE | {"name": "more"}]})
    text = browser.open("/dashboard/rules/2").text
    assert "rules: more added" in text
    assert '+   "name": "more"' in text


def test_rolling_back_shows_the_difference_first(world: World, browser: Browser) -> None:
    world.rule({"rules": [RULE]})
    world.rule({})
    assert "rules: bulk added" in browser.open("/dashboard/rules/1").text


def test_rolling_back_makes_a_new_version_in_the_name_of_who_is_signed_in(world: World, browser: Browser) -> None:
    world.rule({"rules": [RULE]})
    world.rule({})
    page = browser.send(browser.open("/dashboard/rules/1").form("/rules/rollback"))
    assert "Rolled back: version 3 is in force." in page.text
    saved = world.rules.current()
    assert saved is not None
    assert (saved.change.author, saved.change.restores, saved.document) == ("Ada", 1, {"rules": [RULE]})


def test_a_rollback_that_another_change_overtook_changes_nothing(world: World, browser: Browser) -> None:
    world.rule({"rules": [RULE]})
    world.rule({})
    form = browser.open("/dashboard/rules/1").form("/rules/rollback")
    world.rule({"rules": [RULE, RULE | {"name": "more"}]})
    assert browser.send(form).code == 409
    saved = world.rules.current()
    assert saved is not None
    assert saved.change.version == 3


@pytest.mark.parametrize("number", ["9", "x", "-1", "1" * 12, "0x1"])
def test_a_version_that_is_not_there_is_404(browser: Browser, number: str) -> None:
    assert browser.open(f"/dashboard/rules/{number}").code == 404


@pytest.mark.parametrize(("version", "base", "code"), [("9", "0", 404), ("x", "0", 400), ("0", "7", 409)])
def test_a_rollback_to_nowhere_is_refused(browser: Browser, version: str, base: str, code: int) -> None:
    token = dict(browser.open("/dashboard").forms[0].fields)["token"]
    fields = [("token", token), ("version", version), ("base", base)]
    assert browser.post("/dashboard/rules/rollback", fields).code == code


def test_rules_that_this_code_does_not_understand_are_shown_as_such(world: World, browser: Browser) -> None:
    world.rules.save({"rules": [{"name": "x", "when": {"unknown": {}}}]}, "ada", "", 0)
    page = browser.open("/dashboard/rules")
    assert (page.code, "cannot read these rules" in page.text) == (200, True)
