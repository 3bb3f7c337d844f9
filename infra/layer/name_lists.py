"""Builds the name and word lists in `chalicelib/privacy/data/` from sources whose licence allows shipping.

Run by hand, with Faker and the `names` source package unpacked on the path:
`python -m infra.layer.name_lists <folder with faker/> <names-0.3.0.tar.gz>`. Sources: Faker (MIT) for twelve
European and American locales, US Census 1990 through `names` (public domain), word lists of Faker and stop words
of spaCy (MIT) for what is a word before it is a name.
"""

from __future__ import annotations

import importlib
import re
import sys
import tarfile
from pathlib import Path

from chalicelib.privacy.fold import fold

DATA = Path(__file__).parents[2] / "chalicelib" / "privacy" / "data"
LOCALES = "fr_FR fr_BE fr_CH fr_QC it_IT en_US en_GB en_IE es_ES pt_PT de_DE nl_BE".split()
FIRST_OF_CENSUS, SURNAMES_OF_CENSUS = 1500, 4000
_NAME = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿĀ-ſ'’ -]{2,24}")


def names(tarball: Path) -> tuple[set[str], set[str]]:
    """First names and surnames, folded."""
    first: set[str] = set()
    last: set[str] = set()
    for locale in LOCALES:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        for attribute in dir(provider):
            chosen = first if attribute.startswith("first_names") else last if attribute.startswith("last_names") else None
            if chosen is not None:
                chosen |= {fold(name.replace("’", "'")) for name in getattr(provider, attribute) if _NAME.fullmatch(name)}
    with tarfile.open(tarball) as archive:
        for file, chosen, limit in (
            ("dist.male.first", first, FIRST_OF_CENSUS),
            ("dist.female.first", first, FIRST_OF_CENSUS),
            ("dist.all.last", last, SURNAMES_OF_CENSUS),
        ):
            content = archive.extractfile(f"names-0.3.0/names/{file}")
            if content is None:
                raise SystemExit(f"{file} is not in {tarball}")
            rows = content.read().decode().splitlines()
            chosen |= {fold(row.split()[0]) for row in rows[:limit] if row.split()}
    return first, last


def words() -> set[str]:
    """Common words, folded. Not the Spanish and Dutch lists: they hold first names."""
    found: set[str] = set()
    for locale in ("en_US", "fr_FR", "it_IT", "de_DE"):
        found |= {fold(word) for word in importlib.import_module(f"faker.providers.lorem.{locale}").Provider.word_list}
    for language in ("en", "fr", "it", "de", "es", "nl", "pt"):
        found |= {fold(word) for word in importlib.import_module(f"spacy.lang.{language}.stop_words").STOP_WORDS}
    return {word for word in found if word.isalpha()}


def main() -> None:
    """Write the three lists."""
    sys.path.insert(0, sys.argv[1])
    first, last = names(Path(sys.argv[2]))
    for name, values in (("first_names", first), ("surnames", last), ("words", words())):
        (DATA / f"{name}.txt").write_text("\n".join(sorted(values)) + "\n", "utf-8")


if __name__ == "__main__":
    main()
