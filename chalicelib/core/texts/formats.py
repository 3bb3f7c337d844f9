"""Numbers and times as an English or a French reader writes them."""

from __future__ import annotations

from datetime import datetime

GROUP = "\N{NARROW NO-BREAK SPACE}"


def number(language: str, value: int) -> str:
    """A whole number with groups of three: `12,345`, `12 345`."""
    return f"{value:,}" if language == "en" else f"{value:,}".replace(",", GROUP)


def seconds(language: str, value: float) -> str:
    """Seconds with two decimals: `0.04 s`, `0,04 s`."""
    written = f"{value:.2f}\N{NO-BREAK SPACE}s"
    return written if language == "en" else written.replace(".", ",")


def percent(language: str, share: float) -> str:
    """A share from 0 to 1: `88%`, `88 %`."""
    return f"{round(share * 100)}{'' if language == 'en' else GROUP}%"


def moment(language: str, at: datetime) -> str:
    """Date and time to the second: `2026-03-04 05:06:07`, `04/03/2026 05:06:07`."""
    return at.strftime("%Y-%m-%d %H:%M:%S" if language == "en" else "%d/%m/%Y %H:%M:%S")


def clock(language: str, minute: int) -> str:
    """A minute of the day: `08:30`, `8 h 30`."""
    hours, minutes = divmod(minute, 60)
    if language == "en":
        return f"{hours:02}:{minutes:02}"
    return "\N{NO-BREAK SPACE}".join([f"{hours}", "h", *([f"{minutes:02}"] if minutes else [])])


def quoted(language: str, value: str) -> str:
    """A value in quotation marks: `“x”`, `« x »`."""
    return f"“{value}”" if language == "en" else f"«\N{NO-BREAK SPACE}{value}\N{NO-BREAK SPACE}»"
