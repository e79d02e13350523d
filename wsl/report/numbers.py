"""Figures for people: four significant digits, signs, percent, counts; decided once for every report."""

from __future__ import annotations

import re
from math import floor, isfinite, log10

from wsl.results import Estimate

SIGNIFICANT = 4
EXPONENT = -1  # places of a figure that is better written with an exponent
NONE = "–"  # a value that does not exist


def decimals(*values: float | None) -> int:
    """The decimal places that show the largest of the values with four significant digits, or EXPONENT.

    Whole numbers need none.
    """
    known = [abs(v) for v in values if v is not None and isfinite(v) and v != 0]
    largest = max(known, default=0.0)
    if known and not 1e-4 <= largest < 1e15:
        return EXPONENT
    if all(v == round(v) for v in known):
        return 0
    return max(0, SIGNIFICANT - 1 - floor(log10(largest)))


def number(value: float | None, places: int | None = None, sign: bool = False) -> str:
    """A figure with thousands separators, `12,345`, `798.1`, `+0.0312`, with places as `decimals` decides.

    A figure that would vanish gets two more places; `+0.0` is more than nothing, `0.0` is nothing.
    """
    if value is None or not isfinite(value):
        return NONE
    places = decimals(value) if places is None else places
    mark = "+" if sign and value > 0 else ""
    if places < 0:
        return f"{mark}{value:.{SIGNIFICANT}g}" if value else "0"
    if value and round(value, places) == 0 and round(value, places + 2) != 0:
        places += 2
    shown = f"{mark}{value:,.{places}f}"
    return shown if value else shown.lstrip("-")


def percent(part: float | None, whole: float | None, sign: bool = True) -> str:
    """`+9.4 %`, the change relative to the whole; empty where there is no whole to relate it to."""
    if part is None or not whole or not isfinite(part / whole):
        return ""
    share = 100 * part / abs(whole)
    mark = "+" if sign and part > 0 else ""
    return f"{mark}{share:,.1f} %"


def count(number_of: int, noun: str) -> str:
    """`1 row`, `9,906 rows`."""
    return f"{number_of:,} {noun}{'' if number_of == 1 else 's'}"


def is_share(expression: str) -> bool:
    """Whether an expression is a single SHARE(...), which people read as a percentage."""
    return bool(_SHARE.fullmatch(_outline(expression)))


def compares_shares(expression: str) -> bool:
    """Whether a side of a comparison is a single SHARE(...), so that people read both as percentages."""
    sides = re.split("[<>=!]+", _outline(expression))
    return len(sides) > 1 and any(map(_SHARE.fullmatch, sides))


_SHARE = re.compile(r"\s*SHARE\s*\[\]\s*", re.IGNORECASE)


def _outline(expression: str) -> str:
    """An expression with `[]` for whatever stands in parentheses."""
    outline, before = re.sub(r"'[^']*'|`[^`]*`", "", expression), ""
    while outline != before:
        outline, before = re.sub(r"\([^()]*\)", "[]", outline), outline
    return outline


def unit_of(estimate: Estimate) -> str | None:
    """The unit a figure is shown in: percent for a share, else the unit it has."""
    return "%" if is_share(estimate.expression) else estimate.unit


def scale_of(estimate: Estimate) -> float:
    """The factor from a figure to the unit it is shown in."""
    return 100.0 if is_share(estimate.expression) else 1.0
