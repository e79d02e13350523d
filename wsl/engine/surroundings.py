"""What a reader should know of a moment and the rows around it before reading its causes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from wsl_grammar.terminals import written_name
from wsl_runtime import ENOUGH_BLOCKS, FEWEST, reference

from wsl.data import Dataset
from wsl.engine.anomalies import Anomaly, Numbers, Selection, anomalies, shown_value, values_of
from wsl.engine.choosing import timeline
from wsl.planning import Diagnosis
from wsl.results import Ongoing, OtherSide, Surroundings

NEXT = 3  # rows beside a window, most of which are like it where it goes on
FEWEST_ALIKE = 3
ELSEWHERE = 0.05  # share of all other rows that are like the window, up to which it is the trouble
FEWEST_SUSTAINED = 3
RESETS = 0.002  # share of steps in which a counter may begin anew
GROWS = 0.5  # share of steps in which a counter grows


def surroundings(
    plan: Diagnosis, dataset: Dataset, selection: Selection, found: Mapping[str, Anomaly]
) -> Surroundings:
    """What is to be said of this window, and of the variables `found` to rank first by some method."""
    target = found[plan.explain.target]
    return Surroundings(
        outside=_outside(target),
        p_sustained=p_sustained(target.normal, target.window),
        other_side=_other_side(plan, dataset, selection, target),
        ongoing=_ongoing(plan, dataset, selection),
        growing=_growing(plan, dataset, selection, found),
        elsewhere=_elsewhere(plan, dataset, selection),
    )


def _outside(target: Anomaly) -> int:
    """How many rows of the window are on the explained one's side of the usual range."""
    low, high = target.numbers.usual
    beyond = target.window < low if target.direction == "low" else target.window > high
    return int(np.count_nonzero(beyond))


def p_sustained(normal: Numbers, window: Numbers) -> float | None:
    """p of the window's median among those of stretches of as many normal rows in order; None if too few."""
    normal, window = normal[~np.isnan(normal)], window[~np.isnan(window)]
    length = len(window)
    blocks = len(normal) // length if length else 0
    if length < FEWEST_SUSTAINED or blocks < ENOUGH_BLOCKS:
        return None
    medians = np.median(normal[: blocks * length].reshape(blocks, length), axis=1)
    return float(np.exp(-reference(medians).score(np.median(window))))


def _other_side(plan: Diagnosis, dataset: Dataset, selection: Selection, target: Anomaly) -> OtherSide | None:
    """The window's row farthest out at the other end, where it is outside of the usual range too."""
    low, high = target.numbers.usual
    is_low = target.direction == "low"
    farthest = np.nanargmax(target.window) if is_low else np.nanargmin(target.window)
    value = float(target.window[farthest])
    if not (value > high if is_low else value < low):
        return None
    row = int(selection.window[farthest])
    return OtherSide(value, "high" if is_low else "low", row + 1, time_of(plan, dataset, row))


def time_of(plan: Diagnosis, dataset: Dataset, row: int) -> str | None:
    """When a row was recorded, if that is known."""
    if plan.time is None:
        return None
    column = dataset.column(plan.time)
    shown = shown_value(column, column.values[row])
    return shown if isinstance(shown, str) else None


def _ongoing(plan: Diagnosis, dataset: Dataset, selection: Selection) -> Ongoing | None:
    """Whether rows right beside the window, among the normal ones, are as the window and all others are not.

    These stretch from the window as far as most of the next rows lie on its side of the middle between its
    median and that of the normal rows.
    """
    if plan.explain.against is not None:
        return None
    every = timeline(plan, dataset, selection)
    inside = np.flatnonzero(np.isin(every, selection.window))
    if len(inside) != len(selection.window) or inside[-1] - inside[0] + 1 != len(inside):
        return None
    values = values_of(dataset.column(plan.explain.target), every)
    compared = np.isin(every, selection.normal) & ~np.isnan(values)
    usual, now = np.median(values[compared]), np.nanmedian(values[inside])
    alike = (values - (usual + now) / 2) * np.sign(now - usual) > 0
    last = _reach(alike, int(inside[-1]))
    first = len(every) - 1 - _reach(alike[::-1], len(every) - 1 - int(inside[0]))
    stretch = np.zeros(len(every), np.bool_)
    stretch[first : last + 1] = True
    rows, others = int(np.count_nonzero(compared & stretch)), compared & ~stretch
    around = last - first + 1 - len(inside)
    if (
        not rows
        or around < FEWEST_ALIKE
        or np.count_nonzero(others) < FEWEST
        or alike[others].mean() > ELSEWHERE
    ):
        return None
    starts, ends = (time_of(plan, dataset, int(every[place])) for place in (first, last))
    return Ongoing(rows, starts, ends, _against(plan, compared, first, last, starts, ends))


def _reach(alike: NDArray[np.bool_], last: int) -> int:
    """The place up to which most of the next rows are alike."""
    while np.count_nonzero(ahead := alike[last + 1 : last + 1 + NEXT]) > NEXT // 2:
        last += 1 + int(np.flatnonzero(ahead)[-1])
    return last


def _against(
    plan: Diagnosis, compared: NDArray[np.bool_], first: int, last: int, starts: str | None, ends: str | None
) -> str | None:
    """A condition that selects what was before, or else after; None where rows have no time."""
    if plan.time is None or starts is None or ends is None:
        return None
    name = written_name(plan.time)
    before, after = int(compared[:first].sum()), int(compared[last + 1 :].sum())
    if before >= max(FEWEST, after // 10):
        return f"{name} < '{_shortest(starts)}'"
    return f"{name} > '{_shortest(ends)}'"


def _shortest(time: str) -> str:
    """A time as a program writes it, to the minute where that is all there is."""
    text = time.removesuffix("Z")
    for zeros in (".000000", ":00"):
        text = text.removesuffix(zeros) if len(text) > len("2024-01-01T00:00") else text
    return text


def _growing(
    plan: Diagnosis, dataset: Dataset, selection: Selection, found: Mapping[str, Anomaly]
) -> tuple[str, ...]:
    """The variables that only grow, or only fall, from row to row, as counters do."""
    every = timeline(plan, dataset, selection)
    return tuple(
        name
        for name, one in found.items()
        if not one.is_discrete and _only_grows(values_of(one.column, every))
    )


def _only_grows(values: Numbers) -> bool:
    steps = np.diff(values[~np.isnan(values)])
    if len(steps) < 2 * FEWEST:
        return False
    up, down = (np.count_nonzero(side) / len(steps) for side in (steps > 0, steps < 0))
    return bool(max(up, down) >= GROWS and min(up, down) <= RESETS)


def _elsewhere(plan: Diagnosis, dataset: Dataset, selection: Selection) -> tuple[str, ...]:
    """The variables of the graph that are no candidates and more extreme than in all normal rows."""
    found, _ = anomalies(dataset, plan.others, selection, "quantile")
    return tuple(name for name, one in found.items() if one.is_beyond and one.is_capped)
