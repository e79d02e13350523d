"""A panel with the target and its top causes over time, around an unusual moment: a lane for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wsl.diagnostics.terminal import crop
from wsl.report.estimates import show_name
from wsl.report.explanation_words import is_numeric, observed_and_usual, title
from wsl.report.palette import INK, MUTED, PAPER, RULE, SCENARIO, UNUSUAL
from wsl.results import Cause, Explanation, Moments
from wsl.results.result import Numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_LANES = 6
_BOTTOM, _TOP = 0.08, 0.66  # of a lane, whose name is above
_NAME_WIDTH, _WORDS_WIDTH = 22, 38  # cells, so that both fit beside each other on a phone
_THINNEST = 0.03  # of a lane: a usual range that is next to nothing beside a spike must be seen, too


@dataclass(frozen=True)
class _Lane:
    """A variable's values, or its scores where it has none that can be drawn, and its usual range."""

    name: str
    words: str
    series: Numbers
    usual: tuple[float, float] | None


def can_be_drawn(group: Sequence[Explanation]) -> bool:
    """Whether there are rows around the moment, and a cause to draw."""
    return group[0].moments is not None and len(group[0].moments.time) > 1 and bool(_lanes(group))


def lanes(group: Sequence[Explanation]) -> int:
    """How many lanes the panel has."""
    return len(_lanes(group))


def draw_moments(axis: Axes, group: Sequence[Explanation]) -> None:
    """Draw a lane for the target and for each of the causes that the methods of an EXPLAIN rank first."""
    moments = group[0].moments
    assert moments is not None
    time = _time(moments)
    drawn = _lanes(group)
    for start, end in _windows(moments):
        axis.axvspan(start, end, color=SCENARIO, alpha=0.1, linewidth=0)
    axis.axvline(time[moments.spokesman], color=INK, linewidth=0.8, linestyle=(0, (3, 3)))
    for place, lane in enumerate(drawn):
        _draw_lane(axis, lane, len(drawn) - 1 - place, time, moments.spokesman)
    axis.set_ylim(0, len(drawn))
    axis.set_yticks([])
    axis.set_xlim(time[0], time[-1])
    _label_time(axis, moments)


def in_words(group: Sequence[Explanation]) -> str:
    """What the panel shows, for those who cannot see it."""
    return f"{title(group[0])} Over time: {'; '.join(f'{lane.name} {lane.words}' for lane in _lanes(group))}"


def _lanes(group: Sequence[Explanation]) -> list[_Lane]:
    """The target, then the causes that rank high by any method, the first ones of every method first."""
    moments, target = group[0].moments, group[0].itself
    if moments is None:
        return []
    causes: dict[str, Cause] = {target.variable: target}
    for place in range(max((len(explanation.shown) for explanation in group), default=0)):
        for explanation in group:
            for cause in explanation.shown[place : place + 1]:
                causes.setdefault(cause.variable, cause)
    known = [cause for cause in causes.values() if cause.variable in {*moments.values, *moments.scores}]
    return [_lane(cause, moments) for cause in known[:_MOST_LANES]]


def _lane(cause: Cause, moments: Moments) -> _Lane:
    name = crop(show_name(cause.variable), _NAME_WIDTH)
    words = observed_and_usual(cause)
    values = moments.values.get(cause.variable)
    if values is None:
        return _Lane(f"{name} (anomaly score)", words, moments.scores[cause.variable], None)
    usual = tuple(float(end) for end in cause.normal if end is not None) if is_numeric(cause) else None
    return _Lane(name, words, values, (usual[0], usual[1]) if usual else None)


def _draw_lane(axis: Axes, lane: _Lane, floor: int, time: Numbers, explained: int) -> None:
    known = lane.series[np.isfinite(lane.series)]
    ends = [*(lane.usual or ()), *([known.min(), known.max()] if len(known) else [0.0])]
    low, span = min(ends), (max(ends) - min(ends)) or 1.0

    def height(value: Any) -> Any:
        return floor + _BOTTOM + (_TOP - _BOTTOM) * (value - low) / span

    if floor:
        axis.axhline(floor, color=RULE, linewidth=0.6)
    if lane.usual:
        bottom, top = (height(end) for end in lane.usual)
        bottom = min(bottom, top - _THINNEST)
        axis.fill_between([time[0], time[-1]], bottom, top, color=RULE, alpha=0.55, linewidth=0)
    axis.plot(time, height(lane.series), color=SCENARIO, linewidth=1.6)
    if np.isfinite(lane.series[explained]):
        dot: dict[str, Any] = {"color": PAPER, "markeredgecolor": UNUSUAL, "markeredgewidth": 2.0, "ms": 6}
        axis.plot(time[explained], height(lane.series[explained]), "o", zorder=4, **dot)
    text: dict[str, Any] = {
        "xycoords": axis.get_yaxis_transform(),
        "textcoords": "offset points",
        "va": "top",
    }
    axis.annotate(lane.name, (0, floor + 1), (2, -5), weight="bold", fontsize=9, **text)
    words = crop(lane.words, _WORDS_WIDTH)
    axis.annotate(words, (1, floor + 1), (-2, -5), ha="right", fontsize=8.5, color=MUTED, **text)


def _time(moments: Moments) -> Numbers:
    """Days as a picture counts them, or row numbers."""
    if not moments.is_time:
        return moments.time.astype(np.float64)
    return np.asarray(_dates().date2num(moments.time.astype("M8[us]")), dtype=np.float64)


def _windows(moments: Moments) -> Iterator[tuple[float, float]]:
    """Stretches of rows in the window, each up to halfway to the rows beside it."""
    time = _time(moments)
    between = np.concatenate([time[:1], (time[1:] + time[:-1]) / 2, time[-1:]])
    starts, ends = (np.flatnonzero(change) for change in _changes(moments.inside))
    yield from ((float(between[start]), float(between[end])) for start, end in zip(starts, ends, strict=True))


def _changes(inside: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    steps = np.diff(np.concatenate([[0], inside.astype(np.int8), [0]]))
    return steps == 1, steps == -1


def _label_time(axis: Axes, moments: Moments) -> None:
    key: dict[str, Any] = {
        "xycoords": "axes fraction",
        "textcoords": "offset points",
        "va": "top",
        "ha": "right",
    }
    axis.annotate("grey: usual, blue: window, ○ explained", (1, 0), (0, -19), color=MUTED, fontsize=9, **key)
    if not moments.is_time:
        axis.set_xlabel("row", loc="left")
        return
    locator = _dates().AutoDateLocator(minticks=3, maxticks=7)
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(_dates().ConciseDateFormatter(locator, tz="UTC", show_offset=False))
    day = np.datetime_as_string(moments.time[:1].astype("M8[us]"), unit="D")[0]
    axis.set_xlabel(f"{day}, UTC", loc="left")


def _dates() -> Any:
    """matplotlib.dates, which has no types; slow to import, and not needed where rows have no time."""
    return import_module("matplotlib.dates")
