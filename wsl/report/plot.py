"""Distribution functions, recorded against scenario, as pictures."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import numpy as np

from wsl.diagnostics.terminal import visible
from wsl.report.distribution import is_skewed, quantiles, span
from wsl.report.estimates import show_group, show_name
from wsl.report.numbers import decimals, number, percent
from wsl.report.palette import BASELINE, CSS_VARIABLES, INK, MUTED, PAPER, RULE, SCENARIO
from wsl.report.whole_file import write_whole
from wsl.results import Cdf, Result, Scenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg")

_PANEL = (5.2, 3.5)  # inches
_INLINE = (4.4, 3.15)  # whose text can be read on a phone
_MOST_PANELS = 24
_MARKED = (0.5, 0.95)
_NAME_LEVELS = (0.66, 0.58, 0.4, 0.3, 0.15, 0.82, 0.9)

# No dates, no random identifiers: the same result gives the same bytes.
_STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.facecolor": "none",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "text.parse_math": False,
    "text.usetex": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "wsl",
}


def save_plot(result: Result, path: str | Path) -> None:
    """Write every distribution of a result, a panel each, as PNG or SVG by the suffix of `path`.

    The file is written whole or not at all. Raises ValueError for another suffix or a result without a
    distribution, OSError where the file cannot be written.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(f"a plot is written as .png or .svg, not as {suffix or 'a file without suffix'}")
    panels = [(s, cdf) for s in result.scenarios for cdf in s.cdfs if len(cdf.value)]
    if not panels:
        raise ValueError("there is no distribution to plot; ESTIMATE CDF(x) gives one")
    write_whole(target, _picture(panels[:_MOST_PANELS], suffix[1:]))


def inline_svg(scenario: Scenario, cdf: Cdf) -> str:
    """One panel as an SVG element without a title, its text as text and its colours variables of the page."""
    svg = _picture([(scenario, cdf)], "svg", titled=False).decode()
    body = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    body = re.sub(r'<g id="[^"]*"', "<g", body[body.index("<svg") :])
    box = re.search(r'viewBox="[^"]*"', body)
    label = f'role="img" aria-label={quoteattr(_in_words(cdf))}'
    body = f"<svg {box.group() if box else ''} {label}>{body[body.index('>') + 1 :]}"
    for colour, variable in CSS_VARIABLES.items():
        body = body.replace(colour, variable)
    return body.replace("'DejaVu Sans'", "system-ui").strip()


def _picture(panels: list[tuple[Scenario, Cdf]], kind: str, titled: bool = True) -> bytes:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    across = min(len(panels), 2 if len(panels) <= 4 else 3)
    down = ceil(len(panels) / across)
    width, height = _PANEL if titled else _INLINE
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing")  # drawn as a box
        layout = ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.14)
        figure = Figure(figsize=(width * across, height * down), layout=layout)
        FigureCanvasAgg(figure)
        axes = figure.subplots(down, across, squeeze=False).ravel()
        for unused in axes[len(panels) :]:
            unused.set_axis_off()
        for axis, (scenario, cdf) in zip(axes, panels, strict=False):
            _panel(axis, scenario, cdf, titled)
        return _saved(figure, kind, titled)


def _saved(figure: Figure, kind: str, opaque: bool) -> bytes:
    buffer = BytesIO()
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    face = PAPER if opaque else "none"
    figure.savefig(buffer, format=kind, dpi=200, metadata=metadata, facecolor=face)
    return buffer.getvalue()


def _panel(axis: Axes, scenario: Scenario, cdf: Cdf, titled: bool) -> None:
    _frame(axis, cdf)
    value = np.concatenate([cdf.value[:1], cdf.value])
    baseline = np.concatenate([[0.0], cdf.baseline])
    changed = np.concatenate([[0.0], cdf.scenario])
    axis.fill_betweenx(*_between(cdf), color=SCENARIO, alpha=0.12, linewidth=0)
    axis.plot(value, baseline, color=BASELINE, linewidth=1.8, drawstyle="steps-post")
    axis.plot(value, changed, color=SCENARIO, linewidth=2.2, drawstyle="steps-post")
    _quantile_marks(axis, cdf)
    _names(axis, cdf)
    _effect(axis, cdf)
    if titled:
        _heading(axis, scenario, cdf)


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
    axis.xaxis.set_major_formatter(_tick)
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
        before, after = _pair(cdf, level)
        axis.plot([before, after], [level, level], color=INK, linewidth=1.2, zorder=3)
        for x, colour in ((before, BASELINE), (after, SCENARIO)):
            axis.plot(x, level, "o", color=PAPER, markeredgecolor=colour, markeredgewidth=1.6, ms=5, zorder=4)


def _names(axis: Axes, cdf: Cdf) -> None:
    """Each curve's name beside it, on the side away from the other curve, where there is room."""
    before, after = _pair(cdf, _NAME_LEVELS[0])
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


def _effect(axis: Axes, cdf: Cdf) -> None:
    """The median and P95, before and after, in the corner that a distribution function leaves free."""
    at_right = _across(axis, _pair(cdf, 0.35)[0]) < 0.55
    axis.text(
        0.985 if at_right else 0.015,
        0.06 if at_right else 0.9,
        "\n".join(_effects(cdf)),
        transform=axis.transAxes,
        ha="right" if at_right else "left",
        va="bottom" if at_right else "top",
        linespacing=1.5,
        fontsize=9,
    )


def _effects(cdf: Cdf) -> Iterator[str]:
    """`P50  256.5 → 287.3 ms  (+12.0 %)`"""
    unit = f" {visible(cdf.unit)}" if cdf.unit else ""
    for level in _MARKED:
        before, after = _pair(cdf, level)
        places = decimals(before, after)
        change = percent(after - before, before)
        figures = f"{number(before, places)} → {number(after, places)}{unit}"
        yield f"P{100 * level:g}  {figures}" + (f"  ({change})" if change else "")


def _heading(axis: Axes, scenario: Scenario, cdf: Cdf) -> None:
    where = show_group(cdf.group.items()) if cdf.group else ""
    axis.set_title(show_name(scenario.name), loc="left", weight="bold", fontsize=12, pad=10)
    if where:
        axis.set_title(where, loc="right", color=MUTED, fontsize=10, pad=10)


def _in_words(cdf: Cdf) -> str:
    where = f", {show_group(cdf.group.items())}" if cdf.group else ""
    return f"Distribution of {show_name(cdf.variable)}{where}: {'; '.join(_effects(cdf))}"


def _pair(cdf: Cdf, level: float) -> tuple[float, float]:
    return (
        quantiles(cdf.value, cdf.baseline, (level,))[0],
        quantiles(cdf.value, cdf.scenario, (level,))[0],
    )


def _log_locator(low: float, high: float) -> Any:
    from matplotlib.ticker import LogLocator

    return LogLocator(subs=(1, 2, 5) if high / low < 300 else (1,), numticks=12)


def _nothing() -> Any:
    from matplotlib.ticker import NullLocator

    return NullLocator()


def _tick(value: float, _: float) -> str:
    for factor, suffix in ((1e12, " T"), (1e9, " G"), (1e6, " M")):
        if abs(value) >= factor:
            return f"{value / factor:.6g}{suffix}"
    return f"{value:,.6g}"
