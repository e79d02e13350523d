"""The methods of EXPLAIN: how each ranks the candidates, and what it can say of them.

"Root Cause Analysis of Outliers with Missing Structural Knowledge" (Orchard et al., 2025); CIRCA (Li et al.,
2022); counterfactual contributions (Budhathoki et al., 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import (
    FEWEST,
    Key,
    Learned,
    Reference,
    System,
    all_but,
    best_pair,
    holm,
    learn,
    linear,
    of_any,
    reference,
    shapley_contributions,
    topological_contributions,
    variable_hash,
    window_p,
)

from wsl.engine.anomalies import Anomaly
from wsl.results import NotEvaluated, Several
from wsl.semantics.checked import Method, Using

Numbers = NDArray[np.float64]
THRESHOLD = 3.0
SAMPLES = {Method.TOCA: 1_000, Method.COUNTERFACTUAL: 400}
PERMUTATIONS = 20
MOST_STEPS = 1_300
"""Permutations times candidates beyond which fewer permutations are drawn, but 8 at least."""
ALPHA = 0.05
ROUNDING = 1e-9  # of the observed value, by which a simulated one differs that is the same


@dataclass(frozen=True)
class Found:
    """What a method says of one candidate.

    Candidates with the same `key` are tied, the greatest come first; `order` tells which of the tied does.
    `fields` are those of a result's `Cause`.
    """

    key: tuple[float, ...]
    order: tuple[float, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ranking:
    """What a method found of the candidates, those it cannot evaluate, and whether one cause suffices.

    The mechanisms of `extrapolated` ones had to answer for causes that no normal row is like.
    """

    found: Mapping[str, Found]
    not_evaluated: tuple[NotEvaluated, ...] = ()
    several: Several | None = None
    extrapolated: tuple[str, ...] = ()


@dataclass(frozen=True)
class Candidates:
    """What the methods rank: anomalies with causes before effects and the target last.

    `parents` are each one's nearest causes among them, empty without a graph. `row_ids` are those of the
    normal rows.
    """

    anomalies: Mapping[str, Anomaly]
    parents: Mapping[str, Sequence[str]]
    target: str
    has_graph: bool
    row_ids: NDArray[np.uint64]
    window_rows: int
    seed: int
    alpha: float = ALPHA

    @cached_property
    def learned(self) -> Mapping[str, Learned]:
        """The mechanism of every candidate; one that cannot be learned from its causes stands alone."""
        found = {}
        for name, anomaly in self.anomalies.items():
            parents = [self.anomalies[parent].series() for parent in self.parents[name]]
            mechanism = learn(anomaly.series(), parents, self.row_ids) if parents else None
            mechanism = mechanism or learn(anomaly.series(), [], self.row_ids)
            assert mechanism is not None, "an anomaly has normal values enough"
            found[name] = mechanism
        return found

    def causes_of(self, name: str) -> Sequence[str]:
        """The causes that the mechanism of a candidate reads."""
        return self.parents[name] if self.learned[name].data is not None else ()

    def knows_causes(self, name: str) -> bool:
        """Whether normal rows are like the explained one in what the mechanism of a candidate reads."""
        return bool(self.learned[name].knows(self.at_causes(name))[0])

    @property
    def extrapolated(self) -> tuple[str, ...]:
        """Those with a cause beyond all normal rows."""
        beyond = {name for name, anomaly in self.anomalies.items() if anomaly.is_beyond}
        return tuple(name for name in self.anomalies if not beyond.isdisjoint(self.causes_of(name)))

    def at_causes(self, name: str) -> list[NDArray[Any]]:
        """The explained row's values of these."""
        return [self.anomalies[parent].explained for parent in self.causes_of(name)]

    def complete_rows(self, names: Sequence[str]) -> int:
        """How many of the window's rows have a value of each of these."""
        those = [self.anomalies[name] for name in names]
        return int(np.count_nonzero(np.all([one.is_present(one.window) for one in those], axis=0)))

    def gap(self, name: str, parent: str = "most") -> float:
        """The score less that of the most (or least) anomalous cause; causes of a root have score 0."""
        scores = [self.anomalies[cause].score for cause in self.parents[name]]
        choose = max if parent == "most" else min
        return float(self.anomalies[name].score - choose(scores, default=0.0))


def rank(candidates: Candidates, using: Using) -> Ranking:
    """Rank the candidates by a method."""
    return _METHODS[using.method](candidates, using.parameters)


def _score_ordering(candidates: Candidates, parameters: Mapping[str, Any]) -> Ranking:
    """Highest scores; of equal ones that with the greater gap, then that farther beyond all normal values."""
    found = {}
    for name, anomaly in candidates.anomalies.items():
        gap = candidates.gap(name) if candidates.has_graph else None
        order = (gap or 0.0, anomaly.beyond)
        found[name] = Found(
            (anomaly.score,), order, {"p_normal": anomaly.p, **_gap_fields(gap, candidates.window_rows)}
        )
    return Ranking(found)


def _smooth_traversal(candidates: Candidates, parameters: Mapping[str, Any]) -> Ranking:
    found = {}
    for name, anomaly in candidates.anomalies.items():
        gap = candidates.gap(name, parameters.get("parent", "most"))
        fields = {"p_normal": anomaly.p, **_gap_fields(gap, candidates.window_rows)}
        found[name] = Found((gap,), (anomaly.score, anomaly.beyond), fields)
    return Ranking(found)


def _gap_fields(gap: float | None, window_rows: int) -> dict[str, float]:
    """The gap, and how likely one as large is in any of the window's rows."""
    return {} if gap is None else {"gap": gap, "bound": float(of_any(window_rows, np.exp(-max(0.0, gap))))}


def _traversal(candidates: Candidates, parameters: Mapping[str, Any]) -> Ranking:
    """Anomalous, without an anomalous cause."""
    threshold = parameters.get("threshold", THRESHOLD)
    anomalous = {name for name, anomaly in candidates.anomalies.items() if anomaly.score > threshold}
    found = {}
    for name, anomaly in candidates.anomalies.items():
        flagged = name in anomalous and anomalous.isdisjoint(candidates.parents[name])
        found[name] = Found((flagged, anomaly.score), (anomaly.beyond,), {"flagged": flagged})
    return Ranking(found)


def _conditional(candidates: Candidates, parameters: Mapping[str, Any]) -> Ranking:
    """How unusual each is given its causes; p of all others' being as usual (theorem 4.8)."""
    found, left_out = {}, []
    for name, anomaly in candidates.anomalies.items():
        learned, parents = candidates.learned[name], candidates.at_causes(name)
        if not candidates.knows_causes(name):
            left_out.append(NotEvaluated(name, "no normal row is like this one in its direct causes"))
            continue
        unusual = float(learned.unusual(parents, anomaly.explained)[0])
        score = float(learned.reference.score(unusual))
        rows = candidates.complete_rows([name, *candidates.causes_of(name)])
        p = _p_of(learned.reference, learned.usual, unusual, rows)
        order = (float(learned.reference.beyond(unusual)),)
        found[name] = Found((score,), order, {"conditional": score, "p_normal": p})
    return _with_others(candidates, found, left_out)


def _p_of(reference: Reference, usual: Numbers, unusual: float, window_rows: int) -> float:
    """p of a row, corrected for the choice among as many of the window."""
    if window_rows == 1:
        return float(np.exp(-reference.score(unusual)))
    return window_p(reference.as_extreme(usual, unusual), window_rows).p


def _with_others(
    candidates: Candidates, found: Mapping[str, Found], left_out: Sequence[NotEvaluated]
) -> Ranking:
    names = list(found)
    if len(names) < 2:  # of a single one that could be evaluated there are no others to tell of
        return Ranking(found, tuple(left_out))
    scores = np.array([found[name].key[0] for name in names])
    can_vary = np.array([not candidates.learned[name].reference.is_constant for name in names])
    p_others = all_but(scores, can_vary, candidates.window_rows)
    told = {
        name: Found(one.key, one.order, {**one.fields, "p_others": float(p)})
        for (name, one), p in zip(found.items(), p_others, strict=True)
    }
    # One far out does not show in a sum over many, two by themselves do.
    unusual = np.count_nonzero(
        holm(np.array([found[name].fields["p_normal"] for name in names])) <= candidates.alpha
    )
    several = None
    if p_others.max() <= candidates.alpha or unusual > 1:
        first, second, p = best_pair(scores, can_vary, candidates.window_rows)
        several = Several((names[first], names[second]), p, p > candidates.alpha)
    return Ranking(told, tuple(left_out), several)


def _circa(candidates: Candidates, parameters: Mapping[str, Any]) -> Ranking:
    """The residual of a linear regression on the causes, in standard deviations."""
    found, left_out = {}, []
    for name, anomaly in candidates.anomalies.items():
        parents = [candidates.anomalies[parent] for parent in candidates.parents[name]]
        if anomaly.is_discrete:
            left_out.append(NotEvaluated(name, "it is a category, and CIRCA is linear"))
            continue
        rows = np.all([one.is_present(one.normal) for one in (anomaly, *parents)], axis=0)
        if np.count_nonzero(rows) < max(FEWEST, 2 + len(parents)):
            left_out.append(NotEvaluated(name, "too few normal rows have a value of it and its causes"))
            continue
        fitted = linear([one.series().take(np.flatnonzero(rows)) for one in parents], anomaly.normal[rows])
        explained = [one.explained for one in parents]
        if not np.all(fitted.knows(explained)):
            left_out.append(
                NotEvaluated(name, "few normal rows, or none, have these categories of its causes")
            )
            continue
        residual = fitted.residual(explained, anomaly.explained).item()
        size = float(np.abs(fitted.left_out).max()) or 1.0  # squares of small numbers would be 0
        spread = size * float((fitted.left_out / size).std())
        z = abs(residual) / spread if spread > 0 else (np.inf if residual else 0.0)
        z = min(z, 1e12)
        window_rows = candidates.complete_rows([name, *candidates.parents[name]])
        p = _p_of(reference(fitted.left_out), fitted.left_out, residual, window_rows)
        found[name] = Found((z,), (anomaly.score, anomaly.beyond), {"conditional": z, "p_normal": p})
    return Ranking(found, tuple(left_out))


def _toca(candidates: Candidates, parameters: Mapping[str, Any]) -> Ranking:
    samples = parameters.get("samples", SAMPLES[Method.TOCA])
    contributions = topological_contributions(_system(candidates), samples)
    return Ranking(
        {
            name: Found((float(one),), (), {"contribution": float(one)})
            for name, one in zip(candidates.anomalies, contributions, strict=True)
        },
        extrapolated=candidates.extrapolated,
    )


def _counterfactual(candidates: Candidates, parameters: Mapping[str, Any]) -> Ranking:
    samples = parameters.get("samples", SAMPLES[Method.COUNTERFACTUAL])
    usual = min(PERMUTATIONS, max(8, MOST_STEPS // len(candidates.anomalies)))
    permutations = parameters.get("permutations", usual)
    key = Key(candidates.seed, variable_hash(candidates.target))
    shapley = shapley_contributions(_system(candidates), samples, permutations, key)
    return Ranking(
        {
            name: Found(
                (float(one),),
                (),
                {
                    "contribution": float(one),
                    "contribution_error": float(error) if np.isfinite(error) else None,
                },
            )
            for name, one, error in zip(candidates.anomalies, *shapley, strict=True)
        },
        extrapolated=candidates.extrapolated,
    )


def _system(candidates: Candidates) -> System:
    names = list(candidates.anomalies)
    place = {name: at for at, name in enumerate(names)}
    target = candidates.anomalies[candidates.target]
    observed = float(target.value)

    def is_extreme(values: Numbers) -> NDArray[np.bool_]:
        same = np.abs(values - observed) <= ROUNDING * abs(observed)
        return same | (target.score_of(values) >= target.score)

    return System(
        [[place[parent] for parent in candidates.causes_of(name)] for name in names],
        [candidates.learned[name].mechanism for name in names],
        [one.value for one in candidates.anomalies.values()],
        [Key(candidates.seed, variable_hash(name)) for name in names],
        is_extreme,
        target.score,
    )


_METHODS: dict[Method, Callable[[Candidates, Mapping[str, Any]], Ranking]] = {
    Method.SCORE_ORDERING: _score_ordering,
    Method.SMOOTH_TRAVERSAL: _smooth_traversal,
    Method.TRAVERSAL: _traversal,
    Method.CONDITIONAL: _conditional,
    Method.CIRCA: _circa,
    Method.TOCA: _toca,
    Method.COUNTERFACTUAL: _counterfactual,
}
