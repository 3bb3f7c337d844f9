"""The worker of `classify`: rules always, a language model where one is configured."""

from __future__ import annotations

from chalicelib.adapters.breaker import GuardedModel
from chalicelib.adapters.llm.anthropic import AnthropicModel
from chalicelib.adapters.llm.bedrock import BedrockModel
from chalicelib.adapters.llm.classifier import LlmClassifier
from chalicelib.bootstrap.container import Container
from chalicelib.classification.categories import load as load_categories
from chalicelib.classification.classifier import RulesClassifier
from chalicelib.classification.llm_prompt import Model
from chalicelib.pipeline.classify import ClassifyWorker
from chalicelib.pipeline.runner import Worker
from chalicelib.ports import Classifier


def make(parts: Container) -> Worker:
    """Classifies anonymized mail."""
    return ClassifyWorker(classifier(parts), parts.spool, parts.cache)


def classifier(parts: Container) -> Classifier:
    """The rules, and a model in front of them where one is configured."""
    rules = RulesClassifier(load_categories())
    if parts.settings.classifier == "rules":
        return rules
    return LlmClassifier(GuardedModel(_model(parts), parts.breaker("llm")), rules)


def _model(parts: Container) -> Model:
    settings, secrets = parts.settings, parts.backend_secrets
    if settings.classifier == "bedrock":
        return BedrockModel(parts.aws.client("bedrock-runtime"), settings.llm_model)
    return AnthropicModel(lambda: secrets.text("anthropic_key"), settings.llm_model, settings.llm_url)
