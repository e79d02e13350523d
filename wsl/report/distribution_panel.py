"""A panel with two distribution functions, recorded against scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wsl.diagnostics.terminal import visible
from wsl.report.distribution import is_skewed, quantile_pair, quantiles, span
from wsl.report.estimates import show_group, show_name
from wsl.report.numbers import decimals, number, percent
from wsl.report.palette import BASELINE, INK, PAPER, RULE, SCENARIO
from wsl.results import Cdf, Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKED = (0.5, 0.95)
_NAME_LEVELS = (0.66, 0.58, 0.4, 0.3, 0.15, 0.82, 0.9)


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


def _names(axis: Axes, cdf: Cdf) -> None:
    """Each curve's name beside it, on the side away from the other curve, where there is room."""
    before, after = quantile_pair(cdf, _NAME_LEVELS[0])
    curves = [("baseline", cdf.baseline, BASELINE), ("scenario", cdf.scenario, SCENARIO)]
    if after < before:
        curves.reverse()
    for (name, probability, colour), left in zip(curves, (True, False), strict=True):
        places = [(quantiles(cdf.value, probability, (level,))[0], level) for level in _NAME_LEVELS]
        fits = [at for at in places if (_across(axis, at[0]) > 0.22 if left else _across(axis, at[0]) < 0.78)]
        axis.annotate(
            name,
            (fits or places)[0],
            (-8 if left else 8, 0),
            textcoords="offset points",
            ha="right" if left else "left",
            va="center",
            color=colour,
            weight="bold",
            bbox={"boxstyle": "round,pad=0.1", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.85},
        )


def _across(axis: Axes, x: float) -> float:
    """How far across the axes a value lies: 0 at the left, 1 at the right."""
    return float(axis.transAxes.inverted().transform(axis.transData.transform((x, 0.0)))[0])


def _effect(axis: Axes, cdf: Cdf, estimates: Sequence[Estimate]) -> None:
    """The median and P95, before and after, in the corner that a distribution function leaves free."""
    at_right = _across(axis, quantile_pair(cdf, 0.35)[0]) < 0.55
    axis.text(
        0.985 if at_right else 0.015,
        0.06 if at_right else 0.9,
        "\n".join(_effects(cdf, estimates)),
        transform=axis.transAxes,
        ha="right" if at_right else "left",
        va="bottom" if at_right else "top",
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
