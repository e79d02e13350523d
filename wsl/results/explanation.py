"""What EXPLAIN found: candidates for root causes of an unusual moment, ranked by one method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsl.diagnostics import Diagnostic
from wsl.results.graph import ScenarioGraph

Numbers = NDArray[np.float64]
MANY = 10
"""Causes beyond TOP that a report shows only if asked for, though they are tied with the last."""
Value = float | str | bool | None


@dataclass(frozen=True)
class Cause:
    """A candidate: how unusual it was, how it ranks by the method, and how sure that is.

    `rank` is shared by the `tied` candidates that the method cannot tell apart, this one included; among
    these the order is that of `beyond`, how far outside all normal values it was, in ranges of these.
    `score` is the anomaly score in natural logarithms, -log of a tail probability, and is `capped` where no
    normal value was as extreme. What the method ranks by is `gap` (score less a parent's, SMOOTH_TRAVERSAL),
    `contribution` with its standard error (TOCA, COUNTERFACTUAL), `conditional` (the score given the direct
    causes: CONDITIONAL, CIRCA) or the score itself; None where the method has no such figure. Small
    `p_normal`: this variable, or its mechanism, is unusual. Large `p_others`: all others are as usual, which
    supports this one. The adjusted ones are Holm's, over all candidates. `bound` is exp(-gap), corrected for
    the window's rows, for a cause elsewhere under monotone, non-negatively dependent anomalies. `normal` are
    the 5 % and 95 % points of the normal rows, or their most frequent categories. `flagged` is TRAVERSAL's
    verdict, None for other methods.
    """

    rank: int
    variable: str
    score: float
    tied: int
    rows: int
    observed: Value
    normal: tuple[Value, ...]
    direction: str | None
    path: tuple[str, ...]
    unit: str | None = None
    gap: float | None = None
    contribution: float | None = None
    contribution_error: float | None = None
    conditional: float | None = None
    p_normal: float | None = None
    p_normal_adjusted: float | None = None
    p_others: float | None = None
    p_others_adjusted: float | None = None
    bound: float | None = None
    beyond: float = 0.0
    capped: bool = False
    flagged: bool | None = None


@dataclass(frozen=True)
class NotEvaluated:
    variable: str
    reason: str


@dataclass(frozen=True)
class Several:
    """No single cause explains the moment: the pair that leaves the rest most usual, and whether as usual."""

    variables: tuple[str, str]
    p_others: float
    suffices: bool


@dataclass(frozen=True)
class OtherSide:
    """A row of the window that is unusual too, at the other end: its number from 1, and when it was."""

    value: float
    direction: str
    row: int
    at: str | None


@dataclass(frozen=True)
class Ongoing:
    """So many `rows` beside the window, among the normal ones, are as the window is, and hardly any others.

    It all lasts from `starts` to `ends`; `against` is a condition that selects rows without it.
    """

    rows: int
    starts: str | None
    ends: str | None
    against: str | None


@dataclass(frozen=True)
class Surroundings:
    """What a reader should know of the moment before reading its causes.

    `outside` rows of the window have a target outside the usual range, at the end that is explained; p of the
    window's median is `p_sustained`, None where there are too few rows. `growing` variables only grow or only
    fall. Those `elsewhere` in the graph are beyond all normal values too, and no candidates.
    """

    outside: int
    p_sustained: float | None = None
    other_side: OtherSide | None = None
    ongoing: Ongoing | None = None
    growing: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Moments:
    """The rows of the window and around it, in order: what is drawn over time.

    `time` is in microseconds UTC, or row numbers where the data has no time. `values` and `scores` are, by
    variable, the recorded values (NaN where missing) and the anomaly scores of these rows; categories have
    scores alone. `inside` tells which rows are in the window, `spokesman` is the place of the explained row.
    """

    time: NDArray[np.int64]
    is_time: bool
    values: Mapping[str, Numbers]
    scores: Mapping[str, Numbers]
    inside: NDArray[np.bool_]
    spokesman: int


@dataclass(frozen=True, eq=False)
class Explanation:
    """The candidates for root causes of an unusual moment, by one method.

    `observation` are the candidates' values in the explained row, the most anomalous one of the window:
    number `row` of the data, counted from 1, recorded `at` this time; `itself` is the target as it was then.
    `p_target` is the probability of a target as extreme in a window like this under normal conditions
    (`p_is_approximate` where the normal regime is too short to cut it into such windows) and at least
    `target_resolution`, no p of a variable can be below `resolution`, and `causes` are all that could be
    evaluated, of which a short report shows `top`.
    `several` is set where every "all but one are fine" is rejected. The contributions of `extrapolated`
    variables may be those of their causes, which no normal row is like.
    """

    target: str
    method: str
    line: int
    dataset: str
    parameters: Mapping[str, Any]
    window: str
    window_rows: int
    normal: str | None
    normal_rows: int
    guard_rows: int
    observation: Mapping[str, Value]
    at: str | None
    row: int
    itself: Cause
    p_target: float
    p_is_approximate: bool
    target_resolution: float
    resolution: float
    causes: tuple[Cause, ...]
    top: int
    not_evaluated: tuple[NotEvaluated, ...] = ()
    several: Several | None = None
    graph: ScenarioGraph | None = None
    moments: Moments | None = field(default=None, repr=False)
    warnings: tuple[Diagnostic, ...] = ()
    extrapolated: tuple[str, ...] = ()
    surroundings: Surroundings | None = None

    @property
    def target_score(self) -> float:
        return self.itself.score

    @property
    def shown(self) -> tuple[Cause, ...]:
        """The first causes, `top` of them, and those tied with the last unless these are many."""
        ranks = [cause.rank for cause in self.causes[: self.top]]
        tied = [cause for cause in self.causes if ranks and cause.rank <= ranks[-1]]
        return tuple(tied[: max(self.top, MANY)])
