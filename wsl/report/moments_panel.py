"""A panel with the target and its top causes over time, around an unusual moment: a lane for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wsl.diagnostics.terminal import cells, crop
from wsl.report.explanation_words import is_numeric, observed_and_usual, title
from wsl.report.names import name_lines
from wsl.report.numbers import count, number
from wsl.report.palette import INK, MUTED, PAPER, RULE, SCENARIO, UNUSUAL
from wsl.results import Cause, Explanation, Moments
from wsl.results.result import Numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_LANES = 6
_PLOT, _LINE, _ROOM, _AXIS = 0.46, 0.16, 0.18, 1.0  # inches: of a lane, a line of text, above it; below all
_NAME_CELL, _WORDS_CELL = 0.092, 0.075  # inches of a letter, so that none is cut off
_WIDE = 100.0  # inches, where nothing need be broken
_BOTTOM = 0.08  # of a lane, so that markers are whole
_MOST_LINES = 2  # of a name
_GAP = 10  # usual steps without a row, from which a line is broken
_THINNEST = 0.03  # of a lane: a usual range that is next to nothing beside a spike must be seen, too
_MARGIN = 0.025  # of the width: room for half a marker at an edge


@dataclass(frozen=True)
class _Lane:
    """A variable's values, or its scores where it has none that can be drawn, and its usual range.

    Its heading is its name, on lines, and its words beside the last of them or below.
    """

    name: list[str]
    words: str
    series: Numbers
    usual: tuple[float, float] | None


@dataclass(frozen=True)
class _Stretch:
    """The rows that are drawn: where they are on the axis, their usual step, and where gaps begin."""

    rows: slice
    at: Numbers
    step: float
    gaps: NDArray[np.intp]
    cut: float
    """The longest gap beyond which rows are not drawn, 0 without one."""

    @property
    def limits(self) -> tuple[float, float]:
        """The ends of the axis, which leave room for a whole marker."""
        room = max(self.step / 2, _MARGIN * float(self.at[-1] - self.at[0]))
        return float(self.at[0]) - room, float(self.at[-1]) + room


def can_be_drawn(group: Sequence[Explanation]) -> bool:
    """Whether there are rows around the moment, and a cause to draw."""
    moments = group[0].moments
    return moments is not None and len(moments.time) > 1 and bool(_lanes(group, moments, _WIDE))


def height(group: Sequence[Explanation], width: float) -> float:
    """The height of a panel of this width, both in inches, in which all text has room."""
    moments = group[0].moments
    drawn = _lanes(group, moments, width) if moments else []
    return _AXIS + len(drawn) * _lane_height(drawn, width)


def draw_moments(axis: Axes, group: Sequence[Explanation], width: float) -> None:
    """Draw a lane for the target and for each of the causes that the methods of an EXPLAIN rank first.

    `width` is that of the panel, in inches. Rows beyond a gap longer than all that is recorded on both sides
    of it are left out, at other gaps lines are broken.
    """
    moments = group[0].moments
    assert moments is not None
    stretch, drawn = _stretch(moments), _lanes(group, moments, width)
    explained = moments.spokesman - stretch.rows.start
    for start, end in _windows(stretch, moments.inside[stretch.rows]):
        axis.axvspan(start, end, color=SCENARIO, alpha=0.1, linewidth=0)
    top = _PLOT / _lane_height(drawn, width) if drawn else 1.0
    for place, lane in enumerate(drawn):
        floor = len(drawn) - 1 - place
        _draw_lane(axis, lane, floor, top, stretch, explained)
        _name_lane(axis, lane, floor, width)
    axis.set_ylim(0, len(drawn))
    axis.set_yticks([])
    axis.set_xlim(*stretch.limits)
    _label_time(axis, moments, stretch)


def in_words(group: Sequence[Explanation]) -> str:
    """What the panel shows, for those who cannot see it."""
    moments = group[0].moments
    lanes = _lanes(group, moments, _WIDE) if moments else []
    told = (f"{''.join(lane.name)} {lane.words}" for lane in lanes)
    return f"{title(group[0])} Over time: {'; '.join(told)}"


def _lanes(group: Sequence[Explanation], moments: Moments, width: float) -> list[_Lane]:
    """The target, then the causes that rank high by any method, the first ones of every method first."""
    target = group[0].itself
    causes: dict[str, Cause] = {target.variable: target}
    for place in range(max((len(explanation.shown) for explanation in group), default=0)):
        for explanation in group:
            for cause in explanation.shown[place : place + 1]:
                causes.setdefault(cause.variable, cause)
    known = [cause for cause in causes.values() if cause.variable in {*moments.values, *moments.scores}]
    return [_lane(cause, moments, width) for cause in known[:_MOST_LANES]]


def _lane(cause: Cause, moments: Moments, width: float) -> _Lane:
    values = moments.values.get(cause.variable)
    series = moments.scores[cause.variable] if values is None else values
    name = f"{cause.variable} (anomaly score)" if values is None else cause.variable
    ends = [float(end) for end in cause.normal if end is not None] if is_numeric(cause) else []
    return _Lane(
        name_lines(name, int(width / _NAME_CELL), _MOST_LINES),
        crop(observed_and_usual(cause), int(width / _WORDS_CELL)),
        series,
        (ends[0], ends[1]) if ends and values is not None else None,
    )


def _fits(lane: _Lane, width: float) -> bool:
    """Whether the words have room beside the name."""
    return len(lane.name) == 1 and width > _NAME_CELL * cells(lane.name[0]) + _WORDS_CELL * cells(lane.words)


def _lane_height(lanes: Sequence[_Lane], width: float) -> float:
    lines = (len(lane.name) + (not _fits(lane, width)) for lane in lanes)
    return _PLOT + _ROOM + _LINE * max(lines, default=0)


def _draw_lane(axis: Axes, lane: _Lane, floor: int, top: float, stretch: _Stretch, explained: int) -> None:
    """The usual range, the series over it, and the explained row, between 0.08 and `top` of a lane."""
    series = lane.series[stretch.rows]
    known = series[np.isfinite(series)]
    ends = [*(lane.usual or ()), *([known.min(), known.max()] if len(known) else [0.0])]
    low, span = min(ends), (max(ends) - min(ends)) or 1.0

    def level(value: Any) -> Any:
        return floor + _BOTTOM + (top - _BOTTOM) * (value - low) / span

    if floor:
        axis.axhline(floor, color=RULE, linewidth=0.6)
    if lane.usual:
        least, most = (level(end) for end in lane.usual)
        least = min(least, most - _THINNEST)
        axis.fill_between(stretch.limits, least, most, color=RULE, alpha=0.55, linewidth=0)
    moment, whole = stretch.at[explained], [floor, floor + top]
    axis.plot([moment, moment], whole, color=INK, linewidth=0.8, linestyle=(0, (3, 3)))
    at = np.insert(stretch.at, stretch.gaps + 1, stretch.at[stretch.gaps])
    levels = np.insert(level(series), stretch.gaps + 1, np.nan)
    axis.plot(at, levels, color=SCENARIO, linewidth=1.6)
    lonely = _lonely(levels)
    axis.plot(at[lonely], levels[lonely], ".", color=SCENARIO, ms=4)
    if np.isfinite(series[explained]):
        dot: dict[str, Any] = {"color": PAPER, "markeredgecolor": UNUSUAL, "markeredgewidth": 2.0, "ms": 6}
        axis.plot(moment, level(series[explained]), "o", zorder=4, **dot)


def _lonely(levels: Numbers) -> NDArray[np.bool_]:
    """Values with none beside them, which a line does not show."""
    known = np.concatenate([[False], np.isfinite(levels), [False]])
    alone: NDArray[np.bool_] = known[1:-1] & ~known[:-2] & ~known[2:]
    return alone


def _name_lane(axis: Axes, lane: _Lane, floor: int, width: float) -> None:
    text: dict[str, Any] = {
        "xycoords": axis.get_yaxis_transform(),
        "textcoords": "offset points",
        "va": "top",
    }
    line = 72 * _LINE
    for place, part in enumerate(lane.name):
        axis.annotate(part, (0, floor + 1), (2, -5 - line * place), weight="bold", fontsize=9, **text)
    words: dict[str, Any] = {"fontsize": 8.5, "color": MUTED, **text}
    if _fits(lane, width):
        axis.annotate(lane.words, (1, floor + 1), (-2, -5), ha="right", **words)
    else:
        axis.annotate(lane.words, (0, floor + 1), (2, -5 - line * len(lane.name)), **words)


def _stretch(moments: Moments) -> _Stretch:
    """The rows around the explained one, up to a gap that is longer than all that is recorded."""
    at = _time(moments)
    steps = np.diff(at)
    passing = steps[steps > 0]
    step = float(np.quantile(passing, 0.5, method="lower")) if len(passing) else 1.0
    is_gap = steps > _GAP * step
    recorded = float(steps[~is_gap].sum()) + step * (1 + int(is_gap.sum()))
    far = np.flatnonzero(is_gap & (steps > recorded))
    first = int(max((gap + 1 for gap in far if gap < moments.spokesman), default=0))
    last = int(min((gap for gap in far if gap >= moments.spokesman), default=len(steps)))
    gaps = np.flatnonzero(is_gap[first:last])
    cut = max((float(steps[gap]) for gap in far), default=0.0)
    return _Stretch(slice(first, last + 1), at[first : last + 1], step, gaps, cut)


def _time(moments: Moments) -> Numbers:
    """Days as a picture counts them, or row numbers, counted from 1 as in the title."""
    if not moments.is_time:
        return moments.time.astype(np.float64) + 1
    return np.asarray(_dates().date2num(moments.time.astype("M8[us]")), dtype=np.float64)


def _windows(stretch: _Stretch, inside: NDArray[np.bool_]) -> Iterator[tuple[float, float]]:
    """Stretches of rows in the window, each up to halfway to the rows beside it, or by half a usual step."""
    steps = np.diff(stretch.at)
    steps[stretch.gaps] = stretch.step
    half = np.concatenate([[stretch.step], steps, [stretch.step]]) / 2
    changes = np.diff(np.concatenate([[0], inside.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(changes == 1), np.flatnonzero(changes == -1) - 1
    for start, end in zip(starts, ends, strict=True):
        yield float(stretch.at[start] - half[start]), float(stretch.at[end] + half[end + 1])


def _label_time(axis: Axes, moments: Moments, stretch: _Stretch) -> None:
    label = "row"
    if moments.is_time:
        locator = _dates().AutoDateLocator(minticks=3, maxticks=7)
        axis.xaxis.set_major_locator(locator)
        axis.xaxis.set_major_formatter(_dates().ConciseDateFormatter(locator, tz="UTC", show_offset=False))
        drawn = moments.time[stretch.rows][[0, -1]].astype("M8[us]")
        days = dict.fromkeys(map(str, np.datetime_as_string(drawn, unit="D")))
        label = f"{' to '.join(days)}, UTC"
    if stretch.cut:
        label += f"\nnot drawn: {_not_drawn(moments, stretch)}"
    axis.tick_params(axis="x", labelsize=9)
    below: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "top"}
    style: dict[str, Any] = {"color": MUTED, "fontsize": 9, "linespacing": 1.4}
    axis.annotate(label, (0, 0), (0, -20), **below, **style)
    axis.annotate("grey: usual, blue: window, ○ explained", (1, 0), (0, -20), ha="right", **below, **style)


def _not_drawn(moments: Moments, stretch: _Stretch) -> str:
    """`30 rows beyond a gap of 117 days, 5 of them in the window`."""
    beyond = np.ones(len(moments.time), np.bool_)
    beyond[stretch.rows] = False
    of_window = int((beyond & moments.inside).sum())
    inside = f", {of_window:,} of them in the window" if of_window else ""
    far = _duration(stretch.cut) if moments.is_time else count(round(stretch.cut), "row")
    return f"{count(int(beyond.sum()), 'row')} beyond a gap of {far}{inside}"


def _duration(days: float) -> str:
    """`117 days`, in the largest unit of which there are two."""
    units = {"day": 1.0, "hour": 24.0, "minute": 1440.0, "second": 86400.0}
    unit = next((unit for unit, per_day in units.items() if days * per_day >= 2), "second")
    return f"{number(days * units[unit], 0 if days >= 2 / units['second'] else None)} {unit}s"


def _dates() -> Any:
    """matplotlib.dates, which has no types; slow to import, and not needed where rows have no time."""
    return import_module("matplotlib.dates")
