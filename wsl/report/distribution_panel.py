"""A panel with two distribution functions, recorded against scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wsl.diagnostics.terminal import visible
from wsl.report.distribution import is_skewed, quantile_pair, quantiles, span
from wsl.report.estimates import show_group, show_name
from wsl.report.numbers import decimals, number, percent
from wsl.report.palette import BASELINE, INK, PAPER, RULE, SCENARIO
from wsl.results import Cdf, Estimate
from wsl.results.result import Numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKED = (0.5, 0.95)
_NAME_LEVELS = (0.66, 0.58, 0.4, 0.3, 0.15, 0.82, 0.9)
_NAME_GAPS = (8, 14, 22, 32)  # points
_NAME = (56, 14)  # points, across and up
_NAME_ROOM = 0.012  # of the height


def draw_distribution(axis: Axes, cdf: Cdf, estimates: Sequence[Estimate] = ()) -> None:
    """Draw the two functions, their gap, their names, and what becomes of the median and of P95.

    `estimates` are the scenario's: a quantile that is among them is shown as estimated.
    """
    _frame(axis, cdf)
    value = np.concatenate([cdf.value[:1], cdf.value])
    baseline = np.concatenate([[0.0], cdf.baseline])
    changed = np.concatenate([[0.0], cdf.scenario])
    axis.fill_betweenx(*_between(cdf), color=SCENARIO, alpha=0.12, linewidth=0)
    axis.plot(value, baseline, color=BASELINE, linewidth=1.8, drawstyle="steps-post")
    axis.plot(value, changed, color=SCENARIO, linewidth=2.2, drawstyle="steps-post")
    _quantile_marks(axis, cdf)
    _names(axis, cdf)
    _effect(axis, cdf, estimates)


def _frame(axis: Axes, cdf: Cdf) -> None:
    low, high = span(cdf)
    if is_skewed(cdf):
        axis.set_xscale("log")
        axis.xaxis.set_major_locator(_log_locator(low, high))
        axis.xaxis.set_minor_locator(_nothing())
        axis.set_xlim(low, high)
    else:
        margin = 0.03 * (high - low) or 0.05 * abs(low) or 1.0
        axis.set_xlim(low - margin, high + margin)
        axis.locator_params(axis="x", nbins=6)
    axis.xaxis.set_major_formatter(tick)
    axis.set_ylim(-0.005, 1.03)
    axis.set_yticks([0, 0.25, 0.5, 0.75, 0.95], ["0", "25 %", "50 %", "75 %", "95 %"])
    axis.set_ylabel("rows at or below", fontsize=9)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="y", color=RULE, linewidth=0.6)
    axis.set_axisbelow(True)
    unit = f" [{visible(cdf.unit)}]" if cdf.unit else ""
    axis.set_xlabel(f"{show_name(cdf.variable)}{unit}{', logarithmic' if is_skewed(cdf) else ''}")


def _between(cdf: Cdf) -> tuple[list[float], list[float], list[float]]:
    """Levels, and the two quantile functions there, whose gap is shaded."""
    levels = [float(level) for level in np.linspace(0.002, 0.998, 250)]
    return (
        levels,
        quantiles(cdf.value, cdf.baseline, levels),
        quantiles(cdf.value, cdf.scenario, levels),
    )


def _quantile_marks(axis: Axes, cdf: Cdf) -> None:
    for level in _MARKED:
        before, after = quantile_pair(cdf, level)
        axis.plot([before, after], [level, level], color=INK, linewidth=1.2, zorder=3)
        for x, colour in ((before, BASELINE), (after, SCENARIO)):
            axis.plot(x, level, "o", color=PAPER, markeredgecolor=colour, markeredgewidth=1.6, ms=5, zorder=4)


class _Box(NamedTuple):
    """Where a text stands, in fractions of the axes."""

    left: float
    right: float
    low: float
    high: float

    def overlaps(self, other: _Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and (self.low < other.high and other.low < self.high)
        )


def _names(axis: Axes, cdf: Cdf) -> None:
    """Each curve's name beside it, on the side away from the other curve if there is room."""
    before, after = quantile_pair(cdf, _NAME_LEVELS[0])
    curves = [("baseline", cdf.baseline, BASELINE), ("scenario", cdf.scenario, SCENARIO)]
    if after < before:
        curves.reverse()
    taken: list[_Box] = []
    for (name, probability, colour), left in zip(curves, (True, False), strict=True):
        places = [
            place
            for place in _beside(axis, cdf.value, probability, left)
            if not any(place.overlaps(other) for other in taken)
        ]
        room = [_room(axis, cdf, place) for place in places]
        best = next((at for at, free in enumerate(room) if free > _NAME_ROOM), int(np.argmax(room)))
        taken.append(places[best])
        axis.text(
            (places[best].left + places[best].right) / 2,
            (places[best].low + places[best].high) / 2,
            name,
            transform=axis.transAxes,
            ha="center",
            va="center",
            color=colour,
            weight="bold",
            bbox={"boxstyle": "round,pad=0.1", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.85},
        )


def _beside(axis: Axes, value: Numbers, probability: Numbers, left: bool) -> list[_Box]:
    """Places for a name beside a curve, best first: in the axes, on the side that is asked for, and near."""
    figure = axis.get_figure(root=True)
    assert figure is not None
    extent = axis.get_window_extent()
    across, up = (72 * size / figure.dpi for size in (extent.width, extent.height))
    width, half = _NAME[0] / across, _NAME[1] / up / 2
    points = zip(quantiles(value, probability, _NAME_LEVELS), _NAME_LEVELS, strict=True)
    places = []
    for at_left, gap, point in product((left, not left), _NAME_GAPS, points):
        at, height = _fractions(axis, *point)
        start = at - gap / across - width if at_left else at + gap / across
        places.append(_Box(start, start + width, height - half, height + half))
    return sorted(places, key=lambda box: not 0 <= box.left < box.right <= 1)


def _room(axis: Axes, cdf: Cdf, box: _Box) -> float:
    """How far a box is above or below both curves, which rise: negative where one passes through it."""
    to_data = axis.transAxes + axis.transData.inverted()
    ends = [float(to_data.transform((x, 0.0))[0]) for x in (box.left, box.right)]
    reached = np.searchsorted(cdf.value, ends, side="right")
    room = []
    for probability in (cdf.baseline, cdf.scenario):
        low, high = (_fractions(axis, ends[0], y)[1] for y in np.concatenate([[0.0], probability])[reached])
        room.append(max(low - box.high, box.low - high))
    return min(room)


def _fractions(axis: Axes, x: float, y: float) -> tuple[float, float]:
    """A point in fractions of the axes."""
    across, up = (axis.transData - axis.transAxes).transform((x, y))
    return float(across), float(up)


def _effect(axis: Axes, cdf: Cdf, estimates: Sequence[Estimate]) -> None:
    """The median and P95, before and after, below the axes: inside them no corner is free of all curves."""
    axis.annotate(
        "\n".join(_effects(cdf, estimates)),
        (0.5, 0.0),
        (0, -5),
        xycoords=axis.xaxis.label,
        textcoords="offset points",
        ha="center",
        va="top",
        multialignment="left",
        linespacing=1.5,
        fontsize=9,
    )


def _effects(cdf: Cdf, estimates: Sequence[Estimate]) -> Iterator[str]:
    """`P50  256.5 → 287.3 ms  (+12.0 %)`"""
    unit = f" {visible(cdf.unit)}" if cdf.unit else ""
    for level in _MARKED:
        before, after = quantile_pair(cdf, level, estimates)
        places = decimals(before, after)
        change = percent(after - before, before)
        figures = f"{number(before, places)} → {number(after, places)}{unit}"
        yield f"P{100 * level:g}  {figures}" + (f"  ({change})" if change else "")


def in_words(cdf: Cdf, estimates: Sequence[Estimate] = ()) -> str:
    """What the panel shows, for those who cannot see it."""
    where = f", {show_group(cdf.group.items())}" if cdf.group else ""
    return f"Distribution of {show_name(cdf.variable)}{where}: {'; '.join(_effects(cdf, estimates))}"


def _log_locator(low: float, high: float) -> Any:
    from matplotlib.ticker import LogLocator

    return LogLocator(subs=(1, 2, 5) if high / low < 300 else (1,), numticks=12)


def _nothing() -> Any:
    from matplotlib.ticker import NullLocator

    return NullLocator()


def tick(value: float, _: float = 0.0) -> str:
    """The label of a tick: `0.05`, `1,000`, `2.5 M`."""
    for factor, suffix in ((1e12, " T"), (1e9, " G"), (1e6, " M")):
        if abs(value) >= factor:
            return f"{value / factor:.6g}{suffix}"
    return f"{value:,.6g}"
