"""The two things that the anonymizer is measured against: stock Presidio, and the bare NER models."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from chalicelib.privacy.ner import FOR, MODELS
from infra.bench.privacy_score import GoldSpan

_UNUSED = ["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "morphologizer", "senter"]


class Stock:
    """`AnalyzerEngine` with the same models and its default recognizers; Italian has no model and takes the French."""

    def __init__(self) -> None:
        import tldextract
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import NlpEngineProvider

        logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL)
        # Its e-mail recognizer fetches a list from the network at the first address; the bundled list serves here.
        offline = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
        tldextract.extract = offline
        tldextract.tldextract.TLD_EXTRACTOR = offline
        languages = [*MODELS, "it"]
        models = [{"lang_code": code, "model_name": MODELS.get(code, MODELS["fr"])} for code in languages]
        provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
        registry = RecognizerRegistry(supported_languages=languages)
        registry.load_predefined_recognizers(languages=languages)
        self._engine: Any = AnalyzerEngine(
            nlp_engine=provider.create_engine(), registry=registry, supported_languages=languages
        )

    def find(self, text: str, language: str) -> list[GoldSpan]:
        """What stock Presidio finds when it is given the true language."""
        return [(r.start, r.end, r.entity_type) for r in self._engine.analyze(text, language=language)]


class BareNer:
    """The NER-only pipelines as spaCy runs them, without the `tok2vec` that their `ner` does not use: the floor."""

    def __init__(self) -> None:
        self._models = {code: import_module(name).load(exclude=_UNUSED) for code, name in MODELS.items()}

    def read(self, text: str, language: str) -> Sequence[Any]:
        """The model's entities."""
        entities: Sequence[Any] = self._models[language if language in self._models else FOR[language][0]](text).ents
        return entities
