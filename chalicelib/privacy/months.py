"""The names of months as mail writes them, in five languages."""

from __future__ import annotations

MONTH = (
    r"(?:janv(?:ier|\.)?|févr?(?:ier|\.)?|fevrier|mars|avr(?:il|\.)?|mai|juin|juil(?:let|\.)?|août|aout|"
    r"sept(?:embre|ember|\.)?|oct(?:obre|ober|\.)?|nov(?:embre|ember|\.)?|déc(?:embre|\.)?|decembre|"
    r"jan(?:uary)?|feb(?:ruary|braio)?|mar(?:ch|zo)?|apr(?:ile?)?|may|june?|july?|aug(?:ust)?|sep|dec(?:ember)?|"
    r"gen(?:naio)?|mag(?:gio)?|giu(?:gno)?|lug(?:lio)?|ago(?:sto)?|set(?:tembre)?|ott(?:obre)?|dic(?:embre)?|"
    r"januar|februar|märz|juni|juli|oktober|dezember|enero|febrero|abril|mayo|junio|julio|septiembre|octubre|"
    r"noviembre|diciembre)"
)
"""An expression of lower case; use it without regard to case."""
