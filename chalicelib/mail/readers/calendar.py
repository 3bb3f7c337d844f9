"""An invitation (iCalendar, RFC 5545) to lines that a person reads: what, when, where, by whom."""

from __future__ import annotations

import re

MAX_LINES = 5_000
MAX_EVENTS = 20
_FOLD = re.compile(r"\r?\n[ \t]")
_ESCAPE = re.compile(r"\\([\\;,nN])")
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
_PARAMETER = re.compile(r';([A-Za-z-]{1,40})=("[^"]*"|[^;:",]*)')
_SHOWN = ("SUMMARY", "DTSTART", "DTEND", "LOCATION", "ORGANIZER", "ATTENDEE", "DESCRIPTION", "COMMENT")


def calendar_text(text: str) -> str:
    """The events' readable lines, empty for what is no calendar. Times as the organiser wrote them, with their zone."""
    events: list[list[str]] = []
    values: dict[str, list[tuple[dict[str, str], str]]] | None = None
    for line in _FOLD.sub("", text).splitlines()[:MAX_LINES]:
        name, parameters, value = _parts(line)
        if name == "BEGIN" and value.upper() in ("VEVENT", "VTODO", "VJOURNAL"):
            values = {}
        elif name == "END" and value.upper() in ("VEVENT", "VTODO", "VJOURNAL") and values is not None:
            events.append(_event(values))
            values = None
        elif values is not None and name in _SHOWN and len(values.get(name, ())) < 100:
            values.setdefault(name, []).append((parameters, value))
    return "\n\n".join("\n".join(lines) for lines in events[:MAX_EVENTS] if lines)


def _parts(line: str) -> tuple[str, dict[str, str], str]:
    """(name, parameters, value) of a content line; a quoted parameter may hold a colon."""
    name = re.match(r"[A-Za-z-]{1,60}", line)
    if not name:
        return "", {}, ""
    end = name.end()
    parameters: dict[str, str] = {}
    while found := _PARAMETER.match(line, end):
        parameters[found[1].upper()] = found[2].strip('"')
        end = found.end()
    return name[0].upper(), parameters, line[end:].lstrip(":").strip()


def _event(values: dict[str, list[tuple[dict[str, str], str]]]) -> list[str]:
    def text(name: str) -> str:
        return "\n".join(_unescaped(value) for _, value in values.get(name, ()))

    start, end = _time(values, "DTSTART"), _time(values, "DTEND")
    if start and end.startswith(start[:10]):
        end = end[11:]
    people = [f"Organizer: {_person(*one)}" for one in values.get("ORGANIZER", ())]
    people += [f"Attendee: {_person(*one)}" for one in values.get("ATTENDEE", ())]
    lines = [text("SUMMARY"), " – ".join(filter(None, (start, end))), text("LOCATION"), *people]
    return [line for line in (*lines, text("DESCRIPTION"), text("COMMENT")) if line]


def _time(values: dict[str, list[tuple[dict[str, str], str]]], name: str) -> str:
    parameters, value = values.get(name, [({}, "")])[0]
    found = _TIME.match(value)
    if not found:
        return ""
    year, month, day, hour, minute, utc = found.groups()
    date = f"{year}-{month}-{day}"
    zone = "UTC" if utc else parameters.get("TZID", "")
    return date + (f" {hour}:{minute}" if hour else "") + (f" ({zone})" if zone and name == "DTSTART" else "")


def _person(parameters: dict[str, str], value: str) -> str:
    address = re.sub(r"(?i)^mailto:", "", value).strip()
    return " ".join(filter(None, (_unescaped(parameters.get("CN", "")), f"<{address}>" if "@" in address else "")))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda sign: "\n" if sign[1] in "nN" else sign[1], text).strip()
