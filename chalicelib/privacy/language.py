"""The language of a paragraph, by its small words: quick, and silent when there is nothing to go by."""

from __future__ import annotations

import re

_WORDS = {
    "fr": "le la les des du une et est que qui dans pour sur avec vous nous je il elle ne pas au aux ce cette votre vos notre nos mon ma mes en par plus merci bonjour cordialement madame monsieur suis sont avez êtes été être ou où mais donc chez leur à très bien rendez-vous",
    "en": "the of and to in is that for with you we i it on are be this have your our my from not will please thanks thank hello dear regards best at as by or an was can would if so do has been am hi",
    "it": "il lo gli della dello delle degli dei del di che per con una sono è non si nel nella alla al ai le mi ci vi buongiorno grazie saluti cordiali gentile signora signor anche come più questo questa suo sua nostro vostro da dal dalla ho abbiamo",
    "de": "der die das und ist nicht mit für von zu den dem ein eine ich sie wir auf im bei auch sind wird haben ihr ihre grüße freundlichen sehr geehrte herr frau",
    "es": "el los las del y es que en por con una para no su se lo como más pero sus este esta gracias saludos estimado usted señor señora hola",
    "nl": "de het een en van is dat op te in voor met niet zijn aan ik u wij naar bij ook deze met vriendelijke groeten geachte",
    "pt": "o os as da do das dos e que em um uma para com não por mais obrigado você cumprimentos ao na no se",
}  # fmt: skip
_BY_WORD: dict[str, tuple[str, ...]] = {}
for _language, _list in _WORDS.items():
    for _word in dict.fromkeys(_list.split()):
        _BY_WORD[_word] = (*_BY_WORD.get(_word, ()), _language)
_TOKEN = re.compile(r"[a-zà-ÿœ]+(?:-vous)?")


def detect(text: str) -> str:
    """`fr`, `en`, `it`, `de`, `es`, `nl`, `pt`, or `und` when the text has no telling words."""
    scores: dict[str, float] = {}
    for word in _TOKEN.findall(text[:4000].lower()):
        languages = _BY_WORD.get(word)
        if languages:
            for language in languages:
                scores[language] = scores.get(language, 0.0) + 1.0 / len(languages)
    if not scores:
        return "und"
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    best, score = ranked[0]
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    return best if score >= 0.5 and score > second else "und"
