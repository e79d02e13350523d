"""How far the causes of each variable lie from the data, as bars of shares: recorded above requested."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from wsl.report.estimates import show_name
from wsl.results import BANDS, Support

BANDS_IN_WORDS = {
    "near": "as near as most recorded rows",
    "usual": "as near as 99.9 % of them",
    "beyond": "up to twice as far",
    "far": "up to four times",
    "farthest": "farther",
    "borrowed": "too rare categories",
}
"""Class of each band of distances, and what it says; in the order of the bands."""

_WIDTH, _NAME, _BAR, _GAP, _LINE = 420, 19, 11, 3, 52  # narrow, so that a phone shows all of it
_LABEL = 66
_LEAST = 2.0  # what is rare must be seen, too


def draw_support(support: Support) -> str:
    """An inline SVG with two bars a variable; everything that comes from data is escaped."""
    assert len(BANDS_IN_WORDS) == len(BANDS) + 2
    variables = {name: v for name, v in support.by_variable.items() if v.rows and v.requested}
    height = _LINE * len(variables)
    parts = []
    for line, (name, variable) in enumerate(variables.items()):
        top = line * _LINE
        parts.append(f'<text x="0" y="{top + 13}" class="name">{escape(show_name(name))}</text>')
        for place, (label, shares) in enumerate(
            (("recorded", variable.recorded), ("requested", variable.requested))
        ):
            y = top + _NAME + place * (_BAR + _GAP)
            parts.append(f'<text x="0" y="{y + 9}" class="label">{label}</text>')
            parts += _bar(shares, y)
    words = "; ".join(
        f"{name}: {100 * sum(variable.requested[2:]):.3g} % of rows beyond the data, "
        f"{100 * sum(variable.recorded[2:]):.3g} % as recorded"
        for name, variable in variables.items()
    )
    opening = f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label={quoteattr(words)}>'
    return f"{opening}{''.join(parts)}</svg>"


def _bar(shares: Sequence[float], y: int) -> Iterator[str]:
    left = float(_LABEL)
    whole = _WIDTH - left
    for style, share in zip(BANDS_IN_WORDS, shares, strict=True):
        if share > 0:
            width = max(share * whole, _LEAST)
            x = min(left, _WIDTH - width)
            yield f'<rect x="{x:.2f}" y="{y}" width="{width:.2f}" height="{_BAR}" class="{style}"/>'
        left += share * whole
