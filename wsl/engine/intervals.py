"""Intervals of figures, from the same figures of half-samples (ALGORITHMS 1.7).

A half-sample differs from the whole by the rows it has and by what its mechanisms say. The first part is
taken from all of the scenario's rows, the second from replicates on some of them. These are split in two, so
that the products of both deviations hold nothing of the random numbers that a replicate has drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from wsl_runtime import HALVES, half_width, hash_rows

from wsl.engine.figures import Figures, Triple, combine
from wsl.engine.grouping import Part, parts
from wsl.engine.replicates import Replicates, World, in_every, of_groups
from wsl.engine.rows import Mask, ScenarioRows, Selecting
from wsl.semantics.checked import Expression, Figure, Formula, Group, Statistic, figures_of
from wsl.semantics.evaluate import Evaluator

_GroupKey = tuple[tuple[str, str | float | bool | None], ...]
_Triples = dict[Figure, Triple]
_Replicate = tuple[_Triples, _Triples, _Triples]
"""Figures of a half-sample: of all the scenario's rows in it, and twice with its own mechanisms."""


@dataclass(frozen=True)
class Spread:
    """Half the width of the intervals of a figure's level and of its effect; NaN where there is none."""

    level: float
    effect: float


@dataclass(frozen=True)
class _Asked:
    """The figures of a replicate, and where its rows are asked about: group by group, in two parts."""

    figures: Figures
    masks: dict[_GroupKey, Mask]
    first: Mask

    def halves(self, group: _GroupKey) -> tuple[Mask, Mask]:
        mask = self.masks.get(group)
        if mask is None:
            mask = np.zeros(len(self.first), np.bool_)
        return mask & self.first, mask & ~self.first


@dataclass
class Intervals:
    """Intervals of the figures of one request; `own` are the scenario's figures themselves."""

    own: Figures
    figures: Sequence[Figure]
    replicates: Replicates | None
    whole: _Asked | None = None
    halves: Sequence[_Asked] = ()
    _part: Part | None = None
    _triples: list[_Replicate] = field(default_factory=list)

    def prepare(self) -> None:
        """Estimate what the figures read, one after the other, in the scenario and every replicate."""
        asked = (self.whole, *self.halves) if self.whole else ()
        for figure in self.figures:
            self.own.prepare(figure)
            in_every([one.figures for one in asked], partial(Figures.prepare, figure=figure))

    def spread(self, formula: Formula, part: Part, found: Triple) -> Spread:
        """How far a formula's value, and what the updates change of it, may be off for these rows.

        What the estimator misses of the recorded figure is added: no replicate shows it.
        """
        if self.replicates is None:
            return Spread(np.nan, np.nan)
        if part is not self._part:
            self._part, self._triples = part, list(self._replicated(self.replicates, part))
        triples = [[combine(formula, known.__getitem__) for known in three] for three in self._triples]
        missed = found.replayed - found.baseline if found.difference else 0.0
        return Spread(
            half_width([[triple.scenario for triple in three] for three in triples], missed),
            half_width([[triple.difference for triple in three] for three in triples], missed),
        )

    def _replicated(self, replicates: Replicates, part: Part) -> Iterator[_Replicate]:
        """The figures of every half-sample."""
        assert self.whole is not None
        group = tuple(part.group.items())
        counts = {f: self.own.figure(f, part.mask) for f in self.figures if f.statistic is Statistic.COUNT}
        for half, kept, within in zip(self.halves, HALVES, replicates.within, strict=True):
            rows = self._of(self.own, part.mask & of_groups(self.own.rows.groups, kept))
            twice = []
            for learned, all_learned in zip(half.halves(group), self.whole.halves(group), strict=True):
                less, more = (
                    self._of(half.figures, learned),
                    self._of(self.whole.figures, all_learned & within),
                )
                twice.append({f: rows[f].plus(less[f], 1.0).plus(more[f], -1.0) for f in rows} | counts)
            yield rows | counts, twice[0], twice[1]

    def _of(self, figures: Figures, mask: Mask) -> _Triples:
        """All figures but numbers of rows, which are no estimates."""
        return {f: figures.figure(f, mask) for f in self.figures if f.statistic is not Statistic.COUNT}


def intervals_of(
    own: Figures,
    replicates: Replicates | None,
    formulas: Sequence[Formula],
    where: Expression | None,
    by: tuple[Group, ...],
) -> Intervals:
    """The intervals of a request: formulas over rows that `where` selects, by groups."""
    figures = tuple(dict.fromkeys(value.figure for formula in formulas for value in figures_of(formula)))
    if replicates is None:
        return Intervals(own, figures, None)

    def asked(world: World) -> _Asked:
        rows = Selecting(world.rows)
        found = parts(rows, by, world.rows.kept(Evaluator(rows).selects(where)))
        masks = {tuple(part.group.items()): part.mask for part in found}
        return _Asked(world.figures(own.mechanisms, own.estimator), masks, _first(world.rows))

    whole, *halves = map(asked, replicates.worlds)
    return Intervals(own, figures, replicates, whole, halves)


def _first(rows: ScenarioRows) -> Mask:
    """Every second row, by its id."""
    return (hash_rows(rows.row_ids)[0] & np.uint64(1)).astype(np.bool_)
