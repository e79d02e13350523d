"""The engine of one machine: scenarios on arrays in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from wsl_runtime import LEVEL, hash_rows

from wsl.data import Dataset
from wsl.data.writing import write_table
from wsl.diagnostics import Diagnostic, Span, WslError, report
from wsl.engine.conflicts import Conflicts
from wsl.engine.dependence import dependence_warnings
from wsl.engine.describing import describe
from wsl.engine.engine import Progress
from wsl.engine.estimation import Estimators
from wsl.engine.explaining import explain
from wsl.engine.figures import Figures
from wsl.engine.grouping import MOST_GROUPS, Part, parts
from wsl.engine.indexes import Indexes, Learning, among
from wsl.engine.intervals import Intervals, intervals_of
from wsl.engine.judging import COMPARISONS, UNDECIDED, UNKNOWN, judge
from wsl.engine.replicates import Replicates, World, refresh, replicates_of, run_block
from wsl.engine.rows import Mask, ScenarioRows, Selecting, differ
from wsl.engine.second_answer import compared, disagreement
from wsl.engine.share_bounds import bounds_of
from wsl.engine.support import SupportChecks
from wsl.engine.tables import figures_table, rows_table
from wsl.engine.transport import TransportChecks, transport_warnings
from wsl.engine.updating import Updater
from wsl.planning import Adjustment, Answer, Block, Diagnosis, Plan, Refresh, is_mean_of
from wsl.results import (
    Cdf,
    Description,
    Estimate,
    Expectation,
    Explanation,
    Scenario,
    Variable,
    scenario_graph,
)
from wsl.semantics import checked
from wsl.semantics.checked import Describe, FigureValue, FormulaOperation, Statistic, figures_of, reads
from wsl.semantics.evaluate import Evaluator
from wsl.semantics.knobs import scenario_knobs
from wsl.semantics.question import Question, question_of
from wsl.semantics.recorded import selected
from wsl.semantics.scope import listed


@dataclass
class LocalEngine:
    """Runs plans with NumPy and Numba; indexes are kept from one question to the next."""

    seed: int
    indexes: Indexes
    overwrite: bool = False
    inputs: Sequence[Path] = ()

    def run(self, plan: Plan, progress: Progress) -> Scenario:
        return _Run(self, plan, progress).run()

    def describe(self, item: Describe) -> Description:
        return describe(item)

    def explain(self, plan: Diagnosis, progress: Progress) -> tuple[Explanation, ...]:
        return explain(plan, self.seed, progress)


@dataclass
class _Run:
    engine: LocalEngine
    plan: Plan
    progress: Progress
    estimates: list[Estimate] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list)
    cdfs: list[Cdf] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    order: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scenario = self.plan.scenario
        knobs = self.scenario.use.knobs
        self.question = question_of(knobs)
        self.seed = int(knobs.get("seed", self.engine.seed))
        sizes: dict[str, Any] = {name: int(knobs[name]) for name in ("nmin", "nmax") if name in knobs}
        self.options = Learning(**sizes, cluster=knobs.get("cluster"))

    def run(self) -> Scenario:
        dataset = self.scenario.use.dataset
        assert dataset is not None, "the checker lets no scenario without data through"
        self.progress(f"{self.scenario.name}: reading {len(self.plan.columns)} columns")
        dataset.forget_all_but(self.plan.columns)
        self._load(dataset)
        self.rows = self._select(dataset)
        if self.question is not Question.THESE and self.plan.compares_with_baseline:
            self.rows.coupled = self.rows.again()
        use = self.scenario.use
        self.support = SupportChecks(self.rows, self.engine.indexes, self.options, use.unsupported)
        self.world = self._world()
        self.replicates: Replicates | None = None
        if self._has_figures():
            self.replicates = replicates_of(self.world, self.scenario, self.engine.indexes)
        worlds = (self.world, *(self.replicates.worlds if self.replicates else ()))
        for step in self.plan.steps:
            if isinstance(step, Refresh):
                self.progress(f"{self.scenario.name}: redrawing its baseline")
                refresh(step, worlds)
            elif isinstance(step, Block):
                names = ", ".join(name for update in step.updates for name in update.variables)
                self.progress(f"{self.scenario.name}: changing {names}")
                self.order += run_block(step, worlds)
            elif isinstance(step, Answer):
                self.progress(f"{self.scenario.name}: estimating")
                self._answer(step)
        return self._result(dataset)

    def _load(self, dataset: Dataset) -> None:
        """Read what the plan needs in one scan, with the time that only checks look at."""
        time = self.plan.time
        if time is not None:
            with suppress(WslError):  # a column that the program may never mention is not to fail it
                dataset.load((*self.plan.columns, time))
        dataset.load(self.plan.columns)

    def _world(self) -> World:
        """The scenario's rows and what answers for them, learned from all of the data."""
        indexes, options = self.transport, self.options
        mode = self.scenario.use.knobs.get("redraw", "nearest")
        if self.question is Question.THESE:
            mode = "rank"
        conflicts = Conflicts(self.rows, self.scenario)
        return World(
            self.rows,
            Updater(self.rows, indexes, options, self.seed, mode, conflicts, self.warnings, self.support),
            Estimators(self.rows, indexes, options, self.seed, self.support, self.question),
        )

    def _has_figures(self) -> bool:
        """Whether anything is asked that has an interval."""
        requests = [step.request for step in self.plan.steps if isinstance(step, Answer)]
        return any(isinstance(request, checked.Expect) or not request.rows for request in requests)

    def _select(self, dataset: Dataset) -> ScenarioRows:
        """The rows of USE; a sample is those with the smallest hashes of their ids."""
        use = self.scenario.use
        mask = selected(dataset, use.where)
        count = int(np.count_nonzero(mask))
        if not count:
            raise WslError([report("WSL-D101", use.span, dataset=dataset.name, where=use.where_text or "")])
        if "donors" in use.knobs:
            self.options = replace(self.options, among=among(mask))
        self.transport = TransportChecks(self.engine.indexes, self.plan, dataset, self.options, mask)
        ids, groups = dataset.row_ids, self.engine.indexes.groups(dataset, self.options.cluster)
        sampled = use.sample is not None and use.sample < count
        if count == dataset.rows and not sampled:
            return ScenarioRows(dataset, None, ids, groups)
        chosen = np.flatnonzero(mask)
        if sampled:
            hashes = hash_rows(ids[chosen] ^ np.uint64(self.seed))[0]
            chosen = np.sort(chosen[np.argsort(hashes, kind="stable")[: use.sample]])
        return ScenarioRows(dataset, chosen, ids[chosen], groups[chosen])

    # Requests

    def _answer(self, answer: Answer) -> None:
        request = answer.request
        mechanisms = {mechanism.children[0]: mechanism for mechanism in answer.mechanisms}
        estimator = request.knobs.get("estimator", self.scenario.use.knobs.get("estimator", "distribution"))
        figures = self.world.figures(mechanisms, estimator)
        self.world.estimators.check(answer.mechanisms)
        self.support.judge(self._at(), self.scenario.name)
        mask = self.rows.kept(Evaluator(Selecting(self.rows)).selects(request.where))
        if not mask.any() and not self.rows.as_recorded(reads(request.where, recorded=False)):
            self.warnings.append(report("WSL-D102", request.span))  # else the check has said so
        first = len(self.estimates)
        if isinstance(request, checked.Expect) or not request.rows:
            self._report(answer, figures, mask)
        if isinstance(request, checked.Estimate) and request.into is not None:
            self._write(request, request.into, mask, figures, first)

    def _report(self, answer: Answer, figures: Figures, mask: Mask) -> None:
        """The figures, or the verdicts, of every group of rows."""
        request = answer.request
        formulas = (
            [item.formula for item in request.requested]
            if isinstance(request, checked.Estimate)
            else [request.formula]
        )
        found = list(self._parts(request, mask))
        if self.replicates is not None:
            self.replicates.drop(self.rows.dropped)
        intervals = intervals_of(figures, self.replicates, formulas, request.where, request.by)
        intervals.prepare()
        self.engine.indexes.make_room()
        if isinstance(request, checked.Expect):
            self._undecided(request, [(part, self._judge(intervals, request, part)) for part in found])
        else:
            means: list[tuple[int, Adjustment]] = []
            way = answer.adjustment
            for part in found:
                for requested in request.requested:
                    self._figure(intervals, request, requested, part)
                    if way is not None and is_mean_of(requested.formula, way.target):
                        means.append((len(self.estimates) - 1, way))
            figures.forget_selected()
            for mean in means:
                self._compare(*mean, intervals, request.span)

    def _parts(self, request: checked.Estimate | checked.Expect, mask: Mask) -> Iterator[Part]:
        found = parts(Selecting(self.rows), request.by, mask)
        if len(found) > MOST_GROUPS:
            by = ", ".join(group.variable for group in request.by)
            raise WslError(
                [report("WSL-D103", request.span, count=f"{len(found):,}", by=by, most=f"{MOST_GROUPS:,}")]
            )
        yield from found

    def _figure(
        self, intervals: Intervals, request: checked.Estimate, requested: checked.Requested, part: Part
    ) -> None:
        figures, formula, line = intervals.own, requested.formula, request.span.line
        if isinstance(formula, FigureValue) and formula.figure.statistic is Statistic.CDF:
            curve = figures.curve(formula.figure, part.mask)
            variable = requested.text[len("CDF(") : -1]
            sides = (curve.value, curve.baseline, curve.scenario)
            self.cdfs.append(Cdf(variable, part.group, requested.unit, line, *sides, request.where_text))
            return
        triple = figures.formula(formula, part.mask)
        spread = intervals.spread(formula, part, triple)
        level, effect = _around(triple.scenario, spread.level), _around(triple.difference, spread.effect)
        if all(value.figure.statistic is Statistic.COUNT for value in figures_of(formula)):
            level = effect = None  # counted, not estimated
        if isinstance(formula, FigureValue) and formula.figure.statistic is Statistic.SHARE and level:
            level = (max(level[0], 0.0), min(level[1], 1.0))
        found = bounds_of(formula, figures, self.scenario, request, part.mask, triple.scenario)
        by_scenario = any(group.scenario for group in request.by)
        self.estimates.append(
            Estimate(
                requested.text,
                part.group,
                requested.alias,
                line,
                requested.unit,
                figures.estimator,
                None if by_scenario else _existing(triple.baseline),
                None if by_scenario else _existing(triple.replayed),
                _existing(triple.scenario),
                None if by_scenario else _existing(triple.difference),
                triple.rows,
                interval=level,
                difference_interval=None if by_scenario else effect,
                level=None if level is None else LEVEL,
                where=request.where_text,
                share_bounds=found.ends,
                without_bounds=found.why_not,
            )
        )

    def _compare(self, place: int, way: Adjustment, intervals: Intervals, span: Span) -> None:
        """Put a second answer beside an estimate; say where the two disagree."""
        self.estimates[place] = found = compared(self.estimates[place], way, intervals)
        if warning := disagreement(found, self.scenario, span):
            self.warnings.append(warning)

    def _judge(self, intervals: Intervals, request: checked.Expect, part: Part) -> str:
        """Judge a condition by the intervals of its comparisons."""
        formula = request.formula
        left = right = None
        if isinstance(formula, FormulaOperation) and formula.operator in COMPARISONS:
            sides = [intervals.own.formula(operand, part.mask).scenario for operand in formula.operands]
            left, right = map(_existing, sides)
        verdict = judge(intervals, formula, part)
        self.expectations.append(
            Expectation(
                request.text,
                part.group,
                request.span.line,
                UNDECIDED if verdict == UNKNOWN else verdict,
                left,
                right,
                request.unit,
                request.where_text,
            )
        )
        return verdict

    def _undecided(self, request: checked.Expect, found: list[tuple[Part, str]]) -> None:
        """Say of a condition that is neither met nor failed why, and for which groups."""
        for verdict, code in ((UNKNOWN, "WSL-D104"), (UNDECIDED, "WSL-D107")):
            parts = [part for part, given in found if given == verdict]
            groups = [" and ".join(f"{name} == {value}" for name, value in p.group.items()) for p in parts]
            if parts:
                self.warnings.append(
                    report(code, request.span, expression=request.text, groups=listed(groups, 6))
                )

    def _write(self, request: checked.Estimate, path: Path, mask: Mask, figures: Figures, first: int) -> None:
        self.progress(f"{self.scenario.name}: writing {path.name}")
        if request.rows:
            table = rows_table(self.rows, self.plan, figures, mask)
        else:
            table = figures_table(self.scenario.name, self.estimates[first:], self.cdfs)
        try:
            write_table(table, path, overwrite=self.engine.overwrite, inputs=self.engine.inputs)
        except WslError as error:
            raise WslError(finding.at(request.span) for finding in error.diagnostics) from None
        self.outputs.append(str(path))

    # The result

    def _result(self, dataset: Dataset) -> Scenario:
        scenario = self.scenario
        blocks = [step for step in self.plan.steps if isinstance(step, Block)]
        target = scenario.target
        unsupported = self.support.warning(self._at(), scenario.name)
        if unsupported is not None and unsupported.code not in scenario.use.allowed:
            self.warnings.append(unsupported)
        transport = self.transport.result()
        differing = transport_warnings(transport, scenario.use, scenario.name)
        found: list[Estimate | Expectation] = [*self.estimates, *self.expectations]
        dependent = dependence_warnings(self.plan, self.rows, self.options, found)
        self.warnings += (one for one in (*differing, *dependent) if one.code not in scenario.use.allowed)
        missing = 0
        if target is not None and target in dataset.kinds and target in self.plan.columns:
            missing = self.world.estimators.without_value(target)
        return Scenario(
            scenario.name,
            scenario.use.span.line,
            int(np.count_nonzero(self.rows.kept())),
            dataset.rows,
            target,
            dataset.name,
            scenario.use.where_text,
            {"seed": self.seed, **scenario_knobs(scenario.use.knobs)},
            tuple(names for _, names in self.order),
            tuple(update.text for update in scenario.updates),
            tuple(self.estimates),
            tuple(self.expectations),
            tuple(self.cdfs),
            tuple(self._variables(blocks)),
            scenario_graph(scenario.graph),
            (*scenario.warnings, *self.warnings),
            missing,
            self._changed_rows(),
            self.support.result(),
            partial(self._table),
            tuple(self.outputs),
            tuple(self.order),
            question=self.question.value,
            refreshed=tuple(name for name in dataset.kinds if name in self.rows.refreshed),
            allowed=tuple(
                sorted(scenario.use.allowed.union(*(update.allowed for update in scenario.updates)))
            ),
            transport=transport,
        )

    def _at(self) -> Span:
        """Where a finding about the rows that are asked for points: the one update, or else the USE."""
        updates = self.scenario.updates
        return updates[0].span if len(updates) == 1 else self.scenario.use.span

    def _table(self) -> Any:
        every = self.rows.kept()
        mechanisms = {
            mechanism.children[0]: mechanism
            for step in self.plan.steps
            if isinstance(step, Answer)
            for mechanism in step.mechanisms
        }
        figures = self.world.figures(mechanisms, "distribution")
        return rows_table(self.rows, self.plan, figures, every)

    def _variables(self, blocks: list[Block]) -> Iterator[Variable]:
        conditioning = {
            name: redraw.mechanism for block in blocks for redraw in block.redraws for name in redraw.drawn
        }
        estimated = {m.children[0]: m for block in blocks for m in block.reached}
        names = dict.fromkeys(name for block in blocks for level in block.levels for name in level)
        for name in dict.fromkeys((*names, *estimated)):
            mechanism = estimated.get(name) or conditioning.get(name)
            indexes, options = self.engine.indexes, self.options
            learned = indexes.learned(self.rows.dataset, mechanism, options) if mechanism else None
            yield Variable(
                name,
                int(self.rows.flag(self.rows.assigned, name).sum()),
                self.rows.redrawn(name),
                int(self.rows.flag(self.rows.pinned, name).sum()),
                self.world.estimators.borrowed_rows(name)
                or int(self.rows.flag(self.rows.borrowed, name).sum()),
                mechanism.conditioning if mechanism else (),
                learned.rows if learned else 0,
                learned.left_out if learned else 0,
                learned.irrelevant if learned else (),
            )

    def _changed_rows(self) -> int:
        changed = np.zeros(len(self.rows), np.bool_)
        for name, values in self.rows.current.items():
            changed |= differ(self.rows.recorded(name), values)
        return int(self.rows.kept(changed).sum())


def _existing(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _around(value: float, half_width: float) -> tuple[float, float] | None:
    """An interval, where there is one."""
    low, high = value - half_width, value + half_width
    return (low, high) if np.isfinite(low) and np.isfinite(high) else None
