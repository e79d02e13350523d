"""The pictures of a result as PNG and SVG: its distributions, else its figures, else its explanations."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from wsl.report.distribution_panel import draw_distribution, in_words
from wsl.report.estimates import show_group, show_name
from wsl.report.explanation_words import grouped, title
from wsl.report.figures_panel import by_unit, draw_figures
from wsl.report.moments_panel import can_be_drawn, draw_moments, height
from wsl.report.moments_panel import in_words as moments_in_words
from wsl.report.palette import CSS_VARIABLES, MUTED, PAPER, STYLE
from wsl.report.whole_file import write_whole
from wsl.results import Cdf, Estimate, Explanation, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg")

_PANEL = (5.2, 3.9)  # inches
_INLINE = (4.4, 3.55)  # whose text can be read on a phone
_OVER_TIME, _OVER_TIME_INLINE = 7.6, 4.6  # inches across
_MOST_PANELS = 24


@dataclass(frozen=True)
class _Panel:
    """What fills a panel, and its title on the left and on the right."""

    draw: Callable[[Axes], None]
    title: str = ""
    subtitle: str = ""


def save_plot(result: Result, path: str | Path) -> None:
    """Write a result's distributions, else its figures, else its explanations, as PNG or SVG by the suffix.

    The file is written whole or not at all. Raises ValueError for another suffix or a result without any of
    them, OSError where the file cannot be written.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(f"a plot is written as .png or .svg, not as {suffix or 'a file without suffix'}")
    write_whole(target, draw_plot(result, suffix[1:]))


def draw_plot(result: Result, kind: str = "png") -> bytes:
    """The picture that `save_plot` writes, `png` or `svg`; raises ValueError where there is no figure."""
    if panels := _distributions(result) or _figures(result):
        return _picture(panels[:_MOST_PANELS], kind, _PANEL, PAPER)
    drawn = [group for group in grouped(result.explanations) if can_be_drawn(group)][:_MOST_PANELS]
    if not drawn:
        raise ValueError(
            "there is nothing to plot; ESTIMATE gives figures and distributions, EXPLAIN causes over time"
        )
    draw = partial(draw_moments, width=_OVER_TIME)
    panels = [_Panel(partial(draw, group=group), title(group[0])) for group in drawn]
    return _picture(panels, kind, (_OVER_TIME, max(height(group, _OVER_TIME) for group in drawn)), PAPER)


def inline_svg(cdf: Cdf, estimates: Sequence[Estimate] = ()) -> str:
    """A distribution as an SVG element without a title, its colours variables of the page around it."""
    draw = partial(draw_distribution, cdf=cdf, estimates=estimates)
    return _inline(draw, in_words(cdf, estimates), _INLINE)


def inline_moments(group: Sequence[Explanation]) -> str | None:
    """The target and its top causes over time as an SVG element; None where there is nothing to draw."""
    if not can_be_drawn(group):
        return None
    size = (_OVER_TIME_INLINE, height(group, _OVER_TIME_INLINE))
    return _inline(partial(draw_moments, group=group, width=size[0]), moments_in_words(group), size)


def _inline(draw: Callable[[Axes], None], words: str, size: tuple[float, float]) -> str:
    svg = _picture([_Panel(draw)], "svg", size, "none").decode()
    body = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    body = re.sub(r'<g id="[^"]*"', "<g", body[body.index("<svg") :])
    box = re.search(r'viewBox="[^"]*"', body)
    label = f'role="img" aria-label={quoteattr(words)}'
    body = f"<svg {box.group() if box else ''} {label}>{body[body.index('>') + 1 :]}"
    for colour, variable in CSS_VARIABLES.items():
        body = body.replace(colour, variable)
    return body.replace("'DejaVu Sans'", "system-ui").strip()


def _distributions(result: Result) -> list[_Panel]:
    return [
        _Panel(
            partial(draw_distribution, cdf=cdf, estimates=scenario.estimates),
            show_name(scenario.name),
            show_group(cdf.group.items()) if cdf.group else "",
        )
        for scenario in result.scenarios
        for cdf in scenario.cdfs
        if len(cdf.value)
    ]


def _figures(result: Result) -> list[_Panel]:
    return [
        _Panel(partial(draw_figures, estimates=estimates), show_name(scenario.name))
        for scenario in result.scenarios
        for estimates in by_unit(scenario.estimates)
    ]


def _picture(panels: Sequence[_Panel], kind: str, size: tuple[float, float], face: str) -> bytes:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    across = min(len(panels), 2 if len(panels) <= 4 else 3)
    down = ceil(len(panels) / across)
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing")  # drawn as a box
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        layout = ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.14)
        figure = Figure(figsize=(size[0] * across, size[1] * down), layout=layout)
        FigureCanvasAgg(figure)
        axes = figure.subplots(down, across, squeeze=False).ravel()
        for unused in axes[len(panels) :]:
            unused.set_axis_off()
        for axis, panel in zip(axes, panels, strict=False):
            panel.draw(axis)
            axis.set_title(panel.title, loc="left", weight="bold", fontsize=12, pad=10)
            axis.set_title(panel.subtitle, loc="right", color=MUTED, fontsize=10, pad=10)
        return _saved(figure, kind, face)


def _saved(figure: Figure, kind: str, face: str) -> bytes:
    buffer = BytesIO()
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    figure.savefig(buffer, format=kind, dpi=200, metadata=metadata, facecolor=face)
    return buffer.getvalue()
