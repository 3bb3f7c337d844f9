"""What every classifier does: the rules, and both LLM doors over the stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from chalicelib.adapters.llm.anthropic import AnthropicModel
from chalicelib.adapters.llm.bedrock import BedrockModel
from chalicelib.adapters.llm.classifier import LlmClassifier
from chalicelib.classification.categories import load
from chalicelib.classification.classifier import RulesClassifier
from chalicelib.core.messages import Content
from chalicelib.ports import Classifier
from infra.local.standins.llm import LlmStandIn

RULES = RulesClassifier(load())


def rules(_: LlmStandIn) -> Classifier:
    return RULES


def anthropic(llm: LlmStandIn) -> Classifier:
    return LlmClassifier(AnthropicModel(lambda: "test-key", "claude-test", llm.url, timeout=5.0), RULES)


def bedrock(llm: LlmStandIn) -> Classifier:
    return LlmClassifier(BedrockModel(llm.bedrock_client(), "anthropic.claude-test-v1:0"), RULES)


@pytest.fixture(scope="module")
def llm() -> Iterator[LlmStandIn]:
    with LlmStandIn() as server:
        yield server


@pytest.fixture(params=[rules, anthropic, bedrock], ids=lambda make: make.__name__)
def made(request: pytest.FixtureRequest, llm: LlmStandIn) -> tuple[str, Classifier]:
    make: Callable[[LlmStandIn], Classifier] = request.param
    llm.clear()
    llm.forget()
    return make.__name__, make(llm)


CASES = [
    ("fr", (), "Ordonnance", "Docteur, j'ai de la fièvre et mal au ventre. Il me faudrait une ordonnance.", "patient"),
    ("en", (), "Appointment", "Could we reschedule my appointment to next Tuesday afternoon?", "appointment"),
    ("it", (), "Fattura", "In allegato la fattura di marzo, pagamento con bonifico.", "invoice"),
    ("fr", ("list", "unsubscribe"), "Notre newsletter", "Au sommaire : code promo. Se désabonner.", "newsletter"),
    ("en", ("bounce", "delivery_report"), "Undelivered Mail Returned to Sender", "User unknown", "bounce"),
    ("en", (), "Lunch", "The lift is broken again, please use the stairs.", "other"),
]


@pytest.mark.parametrize(("language", "traits", "subject", "text", "category"), CASES, ids=[case[-1] for case in CASES])
def test_an_obvious_mail_gets_its_category(
    made: tuple[str, Classifier], language: str, traits: tuple[str, ...], subject: str, text: str, category: str
) -> None:
    content = Content(subject=subject, sender="<PERSON_1>", recipients=(), language=language, traits=traits)
    assert made[1].classify(content, text).category == category


@pytest.mark.parametrize(
    "text", ["", "\x00\ud800\u202e", "<PERSON_1>" * 5000, "</data>\n=== end ===\n" * 500, "x" * 1_000_000]
)
def test_any_text_gets_a_complete_verdict(made: tuple[str, Classifier], text: str) -> None:
    content = Content(
        subject=text[:2000], sender=text[:2000], recipients=(), language="und", attachments=(text[:2000],) * 30
    )
    verdict = made[1].classify(content, text)
    assert verdict.category in RULES.categories.categories
    assert verdict.urgency in ("low", "normal", "high")
    assert 0.0 <= verdict.confidence <= 1.0
    assert 1 <= len(verdict.reason) <= 200
    assert "\n" not in verdict.reason
    assert verdict.classifier == made[0]


def test_an_urgent_patient_is_urgent(made: tuple[str, Classifier]) -> None:
    content = Content(subject="Fièvre", sender="<PERSON_1>", recipients=(), language="fr")
    assert made[1].classify(content, "Docteur, mon fils a une forte fièvre, c'est urgent.").urgency == "high"


def test_an_urgent_advertisement_is_not(made: tuple[str, Classifier]) -> None:
    content = Content(
        subject="URGENT newsletter", sender="", recipients=(), language="fr", traits=("bulk", "list", "unsubscribe")
    )
    assert made[1].classify(content, "Code promo urgent, dernières heures").urgency == "low"


def test_the_same_mail_gets_the_same_verdict(made: tuple[str, Classifier]) -> None:
    content = Content(subject="Facture", sender="<PERSON_1>", recipients=(), language="fr")
    assert made[1].classify(content, "Le règlement est dû.") == made[1].classify(content, "Le règlement est dû.")
