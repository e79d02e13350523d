"""A panel with figures as dots on a line: recorded, and in the scenario."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wsl.diagnostics.terminal import crop, visible
from wsl.report.distribution import SKEWED
from wsl.report.distribution_panel import tick
from wsl.report.estimates import show_code, show_name, show_value
from wsl.report.numbers import decimals, number, percent, scale_of, unit_of
from wsl.report.palette import BASELINE, INK, PAPER, RULE, SCENARIO
from wsl.results import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_ROWS = 16
_LABEL_WIDTH = 30


def by_unit(estimates: Sequence[Estimate]) -> list[list[Estimate]]:
    """The figures that exist, those of one unit together, as many as a panel holds."""
    units: dict[str | None, list[Estimate]] = {}
    for estimate in estimates:
        if estimate.scenario is not None:
            units.setdefault(unit_of(estimate), []).append(estimate)
    return [found[:_MOST_ROWS] for found in units.values()]


def draw_figures(axis: Axes, estimates: Sequence[Estimate]) -> None:
    """Draw a row for each figure, from top to bottom; its change stands at its right."""
    for row, estimate in enumerate(estimates):
        _row(axis, row, estimate)
    unit, logarithmic = unit_of(estimates[0]), _is_wide(estimates)
    if logarithmic:
        axis.set_xscale("log")
    words = (f"[{visible(unit)}]" if unit else "", "logarithmic" if logarithmic else "")
    axis.set_xlabel(", ".join(filter(None, words)), loc="left")
    axis.set_yticks(range(len(estimates)), [_label(e) for e in estimates], fontsize=9)
    axis.set_ylim(len(estimates) - 0.5, -0.6)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="y", color=RULE, linewidth=0.6)
    axis.set_axisbelow(True)
    axis.margins(x=0.05)
    axis.xaxis.set_major_formatter(tick)
    _names(axis)


def _is_wide(estimates: Sequence[Estimate]) -> bool:
    """Whether the figures are positive and spread so far that logarithms read better."""
    values: list[float] = [
        v for e in estimates for v in (e.baseline, e.scenario, *(e.interval or ())) if v is not None
    ]
    return bool(min(values) > 0 and max(values) / min(values) >= SKEWED)


def _row(axis: Axes, row: int, estimate: Estimate) -> None:
    factor = scale_of(estimate)
    scenario = (estimate.scenario or 0.0) * factor
    if estimate.interval is not None:
        ends = [bound * factor for bound in estimate.interval]
        axis.plot(ends, [row, row], color=SCENARIO, linewidth=5, alpha=0.25, solid_capstyle="round")
    if estimate.baseline is not None:
        baseline = estimate.baseline * factor
        axis.plot([baseline, scenario], [row, row], color=INK, linewidth=1.2)
        _dot(axis, baseline, row, BASELINE)
    _dot(axis, scenario, row, SCENARIO)
    axis.annotate(
        _change(estimate),
        (1, row),
        (6, 0),
        xycoords=axis.get_yaxis_transform(),
        textcoords="offset points",
        ha="left",
        va="center",
        fontsize=9,
    )


def _dot(axis: Axes, x: float, row: int, colour: str) -> None:
    axis.plot(x, row, "o", color=PAPER, markeredgecolor=colour, markeredgewidth=1.8, ms=6, zorder=3)


def _names(axis: Axes) -> None:
    """Which dot is which, below the axis at its right."""
    style: dict[str, Any] = {"ha": "right", "weight": "bold", "fontsize": 9}
    below: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "top"}
    scenario = axis.annotate("○ scenario", (1, 0), (0, -21), color=SCENARIO, **below, **style)
    axis.annotate("○ baseline", (-0.12, 0), xycoords=scenario, va="bottom", color=BASELINE, **style)


def _label(estimate: Estimate) -> str:
    name = show_name(estimate.alias) if estimate.alias else show_code(estimate.expression)
    return crop("  ".join([name, *map(show_value, estimate.group.values())]), _LABEL_WIDTH)


def _change(estimate: Estimate) -> str:
    factor = scale_of(estimate)
    if estimate.difference is None:
        return number((estimate.scenario or 0.0) * factor)
    if factor == 1 and (change := percent(estimate.difference, estimate.baseline)):
        return change
    places = decimals((estimate.baseline or 0.0) * factor, (estimate.scenario or 0.0) * factor)
    points = " pp" if factor != 1 else ""  # percentage points
    return number(estimate.difference * factor, places, sign=True) + points
