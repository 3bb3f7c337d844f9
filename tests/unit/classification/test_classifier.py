"""The rules classifier: what it gets right, what it never does."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.classification import categories
from chalicelib.classification.automatic import CATEGORIES
from chalicelib.classification.categories import load, parse
from chalicelib.classification.classifier import RulesClassifier
from chalicelib.classification.linear import shipped
from chalicelib.classification.scoring import Scorer
from chalicelib.core.messages import Classification, Content

FILE = load()
RULES = RulesClassifier(FILE)
MAILS = Path(__file__).parents[2] / "data" / "classify"
TRAITS = sorted({trait for category in FILE.categories.values() for trait in category.traits} | {"unheard_of"})


def classify(text: str = "", subject: str = "", language: str = "und", **fields: Any) -> Classification:
    content = Content(subject=subject, sender=fields.pop("sender", ""), recipients=(), language=language, **fields)
    return RULES.classify(content, text)


def labelled(name: str) -> list[tuple[dict[str, Any], Classification]]:
    rows = [json.loads(line) for line in (MAILS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        (
            row,
            classify(
                row["text"],
                row["subject"],
                row["language"],
                traits=tuple(row["traits"]),
                attachments=tuple(row.get("attachments", ())),
            ),
        )
        for row in rows
    ]


def share(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


# See tests/data/classify/README.md for what each set is worth. Only `mails_untouched` says how it does on new mail.
@pytest.mark.parametrize(("name", "floor"), [("tuned", 0.95), ("heldout", 0.9), ("unseen", 0.9), ("mails_tuned", 0.95)])
def test_the_category_is_right_as_often_as_promised(name: str, floor: float) -> None:
    assert share([row["category"] == verdict.category for row, verdict in labelled(name)]) >= floor


@pytest.mark.parametrize("language", ["fr", "en", "it"])
def test_the_category_of_new_mail_is_right_as_often_as_promised(language: str) -> None:
    rows = [pair for pair in labelled("mails_untouched") if pair[0]["language"] == language]
    assert share([row["category"] == verdict.category for row, verdict in rows]) >= 0.8


@pytest.mark.parametrize("name", ["tuned", "heldout", "unseen", "mails_tuned", "mails_untouched"])
def test_the_urgency_is_right_as_often_as_promised(name: str) -> None:
    assert share([row["urgency"] == verdict.urgency for row, verdict in labelled(name)]) >= 0.9


def test_a_confident_verdict_on_new_mail_is_right() -> None:
    new = labelled("mails_untouched")
    sure = [row["category"] == verdict.category for row, verdict in new if verdict.confidence >= 0.95]
    assert len(sure) >= len(new) / 2
    assert share(sure) >= 0.95


def test_an_unsure_verdict_on_new_mail_is_wrong_more_often_than_a_confident_one() -> None:
    new = labelled("mails_untouched")
    unsure = [row["category"] == verdict.category for row, verdict in new if verdict.confidence < 0.7]
    assert unsure
    assert share(unsure) <= 0.8


@pytest.mark.parametrize("language", ["fr", "en", "it"])
def test_the_language_of_a_mail_that_claims_none_is_found(language: str) -> None:
    rows = [row for row, _ in labelled("tuned") if row["language"] == language and len(row["text"]) > 80]
    assert share([classify(row["text"], row["subject"]).language == language for row in rows]) >= 0.95


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("C'est urgent, rappelez-moi.", "high"),
        ("Ce n'est pas urgent.", "low"),
        ("Ce n'est pas du tout urgent.", "normal"),
        ("Rien d'urgent de mon côté.", "normal"),
        ("Ce n'est pas grave. Mais urgent !", "high"),
        ("En cas d'urgence, appelez le 15.", "normal"),
        ("Le service des urgences l'a vu hier.", "normal"),
        ("Please answer ASAP.", "high"),
        ("This is not urgent at all.", "low"),
        ("There is no real urgency, nothing urgent here.", "normal"),
        ("He works in the emergency department.", "normal"),
        ("Non è urgente.", "normal"),
        ("È urgente, risponda subito.", "high"),
        ("Nessuna urgenza.", "normal"),
        ("Per urgenze chiamare la segreteria.", "normal"),
        ("detergente insurgent", "normal"),
    ],
)
def test_urgency_words_are_read_in_their_sense(text: str, urgency: str) -> None:
    assert classify(text).urgency == urgency


def test_an_urgent_word_in_a_footer_far_below_is_not_read() -> None:
    assert classify("mot " * 1000 + "urgent").urgency == "normal"


def test_advertising_is_never_urgent() -> None:
    verdict = classify("Soldes, code promo", "URGENT : newsletter", traits=("list", "unsubscribe"))
    assert (verdict.category, verdict.urgency) == ("newsletter", "low")


def test_the_subject_weighs_more_than_the_text() -> None:
    scorer = Scorer(FILE)
    in_subject, in_text = (
        scorer.scores(scorer.zones(subject, text, ()), "fr", (), {})["invoice"].points
        for subject, text in (("facture", "rien"), ("rien", "facture"))
    )
    assert in_subject > in_text


def test_a_repeated_word_proves_no_more_than_one() -> None:
    assert classify("facture").confidence == classify("facture " * 100).confidence


def test_a_quoted_mail_does_not_decide() -> None:
    assert classify("Merci.\n> Veuillez régler la facture impayée\n> par virement").category == "other"


@pytest.mark.parametrize(
    "text",
    [
        "The audience was huge.",
        "My leg of the trip starts in Oslo.",
        "L'audience du concert était ravie.",
        "Le droit de passage",
        "The reception was lovely.",
        "audience",
        "leg",
    ],
)
def test_one_weak_word_never_beats_the_fallback(text: str) -> None:
    assert classify(text).category == "other"


def test_a_quoted_urgent_mail_is_neither_urgent_nor_decides() -> None:
    quoted = "De : <PERSON_1>\nEnvoyé : <DATE_2>\nÀ : <PERSON_3>\nObjet : facture\n\nURGENT : votre facture impayée"
    verdict = classify(f"Merci, c'est noté.\n\n{quoted}", "RE: dossier", "fr", traits=("reply",))
    assert (verdict.category, verdict.urgency) == ("other", "normal")


def test_a_signature_and_a_disclaimer_decide_nothing() -> None:
    below = "-- \n<PERSON_1>\nInvoices and payments\n\nThis message is confidential. Unauthorised use goes to court."
    assert classify(f"Thanks, see the note on the fridge.\n{below}").category == "other"


def test_a_forwarded_mail_is_about_what_was_forwarded() -> None:
    header = "---------- Forwarded message ---------\nFrom: <PERSON_1>\nDate: <DATE_1>\nSubject: Invoice"
    text = f"fyi\n\n{header}\n\nPlease pay the invoice."
    assert classify(text, "Fwd: Invoice", traits=("forward",)).category == "invoice"


def test_personal_data_tokens_change_nothing() -> None:
    with_tokens = classify("Docteur <PERSON_482913007>, <PERSON_482913008> a de la fièvre et tousse.", language="fr")
    assert (
        with_tokens.category == classify("Docteur, elle a de la fièvre et tousse.", language="fr").category == "patient"
    )


def test_an_operators_own_category_works_by_its_words() -> None:
    raw = json.loads(Path(categories.__file__).with_name("categories.json").read_text(encoding="utf-8"))
    other = raw["categories"].pop("other")
    own = {"description": "Mail about boats", "words": {"en": {"strong": ["regatta", "moorings"], "weak": ["sunday"]}}}
    mine = RulesClassifier(
        parse(json.dumps({**raw, "categories": {**raw["categories"], "boats": own, "other": other}}))
    )
    content = Content(subject="Boats", sender="", recipients=(), language="en")
    assert mine.classify(content, "The moorings are free for the regatta on Sunday.").category == "boats"
    assert mine.classify(content, "See you on Sunday.").category != "boats"


def test_a_mail_of_quotes_alone_is_read() -> None:
    assert classify("> Veuillez régler la facture impayée").category == "invoice"


def test_names_of_attachments_and_sender_count() -> None:
    assert classify(
        "Voir ci-joint.", attachments=("facture_impayee.pdf",), sender="Comptabilité <EMAIL_1>"
    ).category == ("invoice")


def test_nothing_known_is_the_fallback_with_little_confidence() -> None:
    verdict = classify("xyzzy")
    assert (verdict.category, verdict.reason) == ("other", "no rule matched")
    assert verdict.confidence <= 0.6


def test_a_report_of_a_mail_system_is_certain() -> None:
    verdict = classify("", traits=("bounce", "delivery_report"))
    assert verdict.category == "bounce"
    assert RULES.is_certain(verdict)


def test_a_patients_mail_is_not_certain_and_may_go_to_an_llm() -> None:
    assert not RULES.is_certain(classify("J'ai de la fièvre et mal au ventre, docteur", "ordonnance"))


def test_what_the_sender_wrote_before_decides_where_the_text_does_not() -> None:
    content = Content(subject="Bonjour", sender="", recipients=(), language="fr", sender_key="k")
    verdict = RULES.classify(content, "Voilà.", {"patient": 12})
    assert (verdict.category, verdict.reason) == ("patient", "history")


def test_history_does_not_outvote_what_the_mail_says() -> None:
    content = Content(subject="Facture impayée", sender="", recipients=(), language="fr", sender_key="k")
    text = "Deuxième relance : règlement par virement."
    assert RULES.classify(content, text, {"patient": 1000}).category == "invoice"


@pytest.mark.parametrize("history", [{}, {"unheard_of": 9}, {"patient": -5}, {"patient": 0}])
def test_a_strange_history_changes_nothing(history: Mapping[str, int]) -> None:
    content = Content(subject="", sender="", recipients=(), language="fr", sender_key="k")
    assert RULES.classify(content, "xyzzy", history).category == "other"


def configured() -> set[str]:
    words = {phrase for c in FILE.categories.values() for g in c.words.values() for p in g.values() for phrase in p}
    urgent = {phrase for kind in (FILE.urgency.high, FILE.urgency.low) for group in kind.values() for phrase in group}
    codes = {f"{sign}{trait}" for trait in TRAITS for sign in "+-"}
    return words | {f"{level}: {word}" for word in urgent for level in ("high", "low")} | codes


KNOWN_REASONS = (
    configured()
    | {"history", "no rule matched", "several small signs"}
    | {f"+{kind}" for kind in CATEGORIES}
    | set(shipped().weights.features)
)
SOME_WORDS = st.lists(
    st.sampled_from([*sorted(KNOWN_REASONS), "<PERSON_1>", "pas", "\n", ">", "\u0301", "\x00", "\ud800", "..."]),
    max_size=40,
).map(" ".join)
TEXTS = st.one_of(st.text(max_size=300), SOME_WORDS)


@settings(max_examples=150, deadline=None)
@given(
    TEXTS,
    TEXTS,
    st.lists(st.sampled_from(TRAITS), max_size=6),
    st.sampled_from(["fr", "en", "it", "de", "und", "", "x\n"]),
)
def test_any_mail_gets_a_valid_verdict_and_always_the_same(
    text: str, subject: str, traits: list[str], language: str
) -> None:
    verdict = classify(text, subject, language, traits=tuple(traits))
    assert verdict.category in FILE.categories
    assert verdict.urgency in ("low", "normal", "high")
    assert len(verdict.language) in (2, 3)
    assert 0.0 <= verdict.confidence <= 1.0
    assert len(verdict.reason) <= 200
    assert verdict == classify(text, subject, language, traits=tuple(reversed(traits)))


@settings(max_examples=100, deadline=None)
@given(TEXTS, TEXTS)
def test_a_reason_is_made_of_the_configuration_alone(text: str, subject: str) -> None:
    reason = classify(text, subject).reason
    parts = [part for half in reason.split(" | ") for part in half.split(", ")]
    whole = parts if len(reason) < 200 else parts[:-1]
    assert set(whole) <= KNOWN_REASONS


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "urgent facture " * 70_000,
        "<a_1" * 250_000,
        "\ufdfa" * 1_000_000,
        ">\n" * 500_000,
        "\u0301" * 1_000_000,
    ],
    ids=["one word", "all words", "half tokens", "expanding", "quotes", "accents"],
)
def test_a_megabyte_in_one_mail_is_classified_at_once(text: str) -> None:
    started = time.process_time()
    classify(text, text, attachments=(text,) * 50, sender=text)
    assert time.process_time() - started < 0.5
