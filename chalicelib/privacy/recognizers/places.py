"""Places by the list of places, and by the words that lead to one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chalicelib.privacy.fold import fold
from chalicelib.privacy.lists import Lists
from chalicelib.privacy.spans import Span

_CAP = r"[A-ZÀ-ÖØ-Þ][\w'’-]{1,24}"
_LED = re.compile(
    r"(?<!\w)(?:(?i:j'habite à|habite à|habitant à|domiciliée? à|réside à|né(?:\(?e\)?)? à|"
    r"déménag\w+ à|ville de|mairie de|CHU de|hôpital de|gare de|antenne de|"
    r"abito a|abita a|residente a|nat[oa] a|trasferi\w+ a|città di|comune di|"
    r"sede di|policlinico di|ospedale di|stazione di|"
    r"live in|lives in|living in|born in|moved to|moving to|from the city of|city of|town of|based in))[ ]"
    rf"({_CAP}(?:[ -](?:(?:de|du|des|la|le|les|sur|en|di|del|della|d'|l')[ -]?)?{_CAP}){{0,4}})"
)
_WORDS = re.compile(rf"(?<![\w'’.-]){_CAP}(?:[ -](?:{_CAP}|la|le))*")


_LED_LOOSELY = re.compile(
    rf"(?<![\w'’])(?:in|near|from|à|da|a|towards|around|outside|across)[ ]({_CAP}(?:[ -]{_CAP}){{0,2}})(?!\w)"
)


class Places:
    """`LOCATION` by list and context. Only capitalised words count."""

    needs = ""

    def __init__(self, lists: Lists) -> None:
        self._places = lists.places
        self._lists = lists

    def find(self, text: str) -> Iterator[Span]:
        """Every find in `text`."""
        for match in _LED.finditer(text):
            yield Span(match.start(1), match.end(1), "LOCATION", "place_led", 0.7)
        for match in _LED_LOOSELY.finditer(text):
            words = [fold(word) for word in match.group(1).replace("-", " ").split()]
            if not match.group(1).isupper() and not any(self._lists.common(word) for word in words):
                yield Span(match.start(1), match.end(1), "LOCATION", "place_led_loosely", 0.42)
        for match in _WORDS.finditer(text):
            whole = fold(match.group())
            if whole in self._places:
                yield Span(match.start(), match.end(), "LOCATION", "place_list", 0.65)
            elif " " in whole:
                position = match.start()
                for word in whole.split(" "):
                    if word in self._places:
                        yield Span(position, position + len(word), "LOCATION", "place_list", 0.6)
                    position += len(word) + 1
