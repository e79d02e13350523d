"""EXPLAIN: rows are selected, variables scored, and the candidates for root causes ranked by each method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
from wsl_runtime import holm, least_window_p

from wsl.data import Dataset
from wsl.engine.anomalies import Anomaly, Selection, anomalies, parents_among, values_of
from wsl.engine.choosing import select, timeline
from wsl.engine.printed import printed_anomalies
from wsl.engine.ranking import ALPHA, Candidates, Found, Ranking, rank
from wsl.engine.surroundings import surroundings, time_of
from wsl.planning import Diagnosis
from wsl.results import Cause, Explanation, Moments, NotEvaluated, scenario_graph
from wsl.semantics.checked import Explain, Using

TOP = 5
AROUND = 3
"""Window lengths before and after the window that are drawn, but 30 rows at least and 1,000 at most."""
FEWEST_AROUND, MOST_AROUND = 30, 1_000


def explain(plan: Diagnosis, seed: int, progress: Callable[[str], None]) -> tuple[Explanation, ...]:
    """The candidates ranked by each of the methods asked for."""
    dataset = plan.explain.use.dataset
    assert dataset is not None, "the checker lets no EXPLAIN without data through"
    progress(f"EXPLAIN {plan.explain.target}: reading {len(plan.columns)} columns")
    dataset.load(plan.columns)
    progress(f"EXPLAIN {plan.explain.target}: scoring {len(plan.candidates)} variables")
    evidence = _Evidence(plan, dataset, int(plan.explain.knobs.get("seed", seed)))
    found = []
    for using in plan.explain.methods:
        progress(f"EXPLAIN {plan.explain.target}: {using.method.value}")
        found.append(evidence.explanation(using))
    return evidence.around(found)


@dataclass(frozen=True)
class _Evidence:
    """What is known of the moment, whatever the method."""

    plan: Diagnosis
    dataset: Dataset
    seed: int
    _known: dict[str, tuple[Candidates, list[NotEvaluated]]] = field(default_factory=dict)

    @property
    def explain(self) -> Explain:
        return self.plan.explain

    @property
    def as_printed(self) -> bool:
        """Whether scores are to be those of the paper's tables."""
        return self.explain.knobs.get("protocol") == "paper"

    @cached_property
    def selection(self) -> Selection:
        """The rows, and which of the window's speaks for it: by its most anomalous target, or by `side`."""
        selection = select(self.plan, self.dataset)
        if self.as_printed:
            return replace(selection, spokesman=len(selection.window) // 2)
        target = self.explain.target
        seen = values_of(self.dataset.column(target), selection.window)
        present = np.flatnonzero(~np.isnan(seen)).tolist()
        if side := self.explain.knobs.get("side"):
            farthest = np.nanargmax(seen) if side == "high" else np.nanargmin(seen)
            return replace(selection, spokesman=int(farthest))
        selection = replace(selection, spokesman=present[0])
        anomaly = anomalies(self.dataset, [target], selection, "quantile")[0][target]
        scores, beyond = anomaly.scores, anomaly.beyond_of(seen)
        worst = max(present, key=lambda place: (scores[place], beyond[place], -place))
        return replace(selection, spokesman=worst)

    def candidates(self, feature: str) -> tuple[Candidates, list[NotEvaluated]]:
        """What methods rank by this feature, with mechanisms that all of them share; and what is left out."""
        if feature not in self._known:
            found, left_out = self._scored(feature)
            self._known[feature] = self._candidates(found), left_out
        return self._known[feature]

    def _scored(self, feature: str) -> tuple[dict[str, Anomaly], list[NotEvaluated]]:
        if self.as_printed:
            return printed_anomalies(self.dataset, self.plan.candidates, self.selection), []
        return anomalies(self.dataset, self.plan.candidates, self.selection, feature)

    def _candidates(self, found: dict[str, Anomaly]) -> Candidates:
        graph = self.plan.graph
        names = self.plan.candidates
        parents = parents_among(found, names, graph.parents) if graph else dict.fromkeys(found, ())
        return Candidates(
            found,
            parents,
            self.explain.target,
            graph is not None,
            self.dataset.row_ids[self.selection.normal],
            len(self.selection.window),
            self.seed,
            float(self.explain.knobs.get("alpha", ALPHA)),
        )

    def explanation(self, using: Using) -> Explanation:
        """The result of one method, without what all methods share."""
        candidates, left_out = self.candidates(using.parameters.get("feature", "quantile"))
        found = candidates.anomalies
        ranking = rank(candidates, using)
        explain, selection, target = self.explain, self.selection, found[self.explain.target]
        alone = target.p_of_window()
        return Explanation(
            target=explain.target,
            method=using.method.value,
            line=explain.span.line,
            dataset=self.dataset.name,
            parameters={**explain.knobs, **using.parameters},
            window=explain.window_text,
            window_rows=len(selection.window),
            normal=explain.against_text,
            normal_rows=len(selection.normal),
            guard_rows=len(selection.guarded),
            observation={name: anomaly.observed for name, anomaly in found.items()},
            at=time_of(self.plan, self.dataset, selection.row),
            row=selection.row + 1,
            itself=self._cause(candidates, explain.target, Found(()), 0, 0, {}),
            p_target=alone.p,
            p_is_approximate=alone.is_approximate,
            target_resolution=least_window_p(target.rows, target.window_rows),
            resolution=min(
                least_window_p(*n) for n in {(one.rows, one.window_rows) for one in found.values()}
            ),
            causes=tuple(self._causes(candidates, ranking)),
            top=explain.top or TOP,
            not_evaluated=(*left_out, *ranking.not_evaluated),
            several=ranking.several,
            graph=scenario_graph(self.plan.graph),
            extrapolated=ranking.extrapolated,
        )

    def around(self, explanations: Sequence[Explanation]) -> tuple[Explanation, ...]:
        """The same with what is known of the moment, and the rows around it of all causes that are shown."""
        shown = (cause.variable for one in explanations for cause in one.causes[: one.top])
        found = self.candidates("quantile")[0].anomalies
        drawn = {name: found[name] for name in dict.fromkeys((*shown, self.explain.target))}
        moments = self._moments(drawn)
        known = surroundings(self.plan, self.dataset, self.selection, drawn)
        return tuple(replace(one, moments=moments, surroundings=known) for one in explanations)

    def _causes(self, candidates: Candidates, ranking: Ranking) -> Sequence[Cause]:
        """The candidates in order; those of one key share a rank."""
        digits = 4 if self.as_printed else 9
        ranked = sorted(
            ranking.found.items(),
            key=lambda item: (
                *(-round(k, digits) for k in item[1].key),
                *(-o for o in item[1].order),
                item[0],
            ),
        )
        adjusted = {
            p: holm(np.array([one.fields.get(p, np.nan) for _, one in ranked]))
            for p in ("p_normal", "p_others")
        }
        causes: list[Cause] = []
        for _, tied in groupby(ranked, key=lambda item: tuple(round(k, digits) for k in item[1].key)):
            together = list(tied)
            first = len(causes)
            for name, one in together:
                more = {f"{p}_adjusted": _existing(a[len(causes)]) for p, a in adjusted.items()}
                causes.append(self._cause(candidates, name, one, first + 1, len(together), more))
        return causes

    def _cause(
        self, candidates: Candidates, name: str, found: Found, rank: int, tied: int, more: dict[str, Any]
    ) -> Cause:
        anomaly = candidates.anomalies[name]
        graph = self.plan.graph
        return Cause(
            rank,
            name,
            anomaly.score,
            tied,
            anomaly.rows,
            anomaly.observed,
            anomaly.usual,
            anomaly.direction,
            tuple(graph.path(name, self.explain.target)) if graph else (),
            anomaly.column.unit,
            beyond=anomaly.beyond,
            capped=anomaly.is_capped,
            **found.fields,
            **more,
        )

    def _moments(self, found: dict[str, Anomaly]) -> Moments | None:
        """The window's rows and those around it, in order; None where the explained row has no time."""
        selection = self.selection
        margin = min(max(FEWEST_AROUND, AROUND * len(selection.window)), MOST_AROUND)
        every = timeline(self.plan, self.dataset, selection)
        if selection.row not in every:
            return None
        inside = np.isin(every, selection.window)
        places = np.flatnonzero(inside)
        part = slice(max(0, places[0] - margin), places[-1] + margin + 1)
        rows, inside = every[part], inside[part]
        times = rows if self.plan.time is None else self.dataset.column(self.plan.time).values[rows]
        numbers = {name: one for name, one in found.items() if not one.is_discrete}
        return Moments(
            np.asarray(times, np.int64),
            self.plan.time is not None,
            {name: values_of(one.column, rows) for name, one in numbers.items()},
            {name: one.score_of(values_of(one.column, rows)) for name, one in found.items()},
            inside,
            int(np.flatnonzero(rows == selection.row)[0]),
        )


def _existing(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
