"""Whether what is learned from all rows holds for those of USE, and at all times (ALGORITHMS 1.9).

Where its causes are all that decides about a variable, a row's rank within its conditional distribution is
uniform. So the ranks of USE's rows are compared with the others', and those of each time with all others'.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import InitVar, dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import (
    Key,
    Ranked,
    TileIndex,
    compare_ranks,
    hash_rows,
    index_for_ranks,
    q_values,
    ranks_of,
    variable_hash,
)

from wsl.data import MISSING_TIME, Dataset, Kind
from wsl.diagnostics import Diagnostic, WslError, report
from wsl.engine.clusters import cluster_keys
from wsl.engine.indexes import Indexes, Learning
from wsl.engine.rows import BLOCK, Mask, hash_bound, present
from wsl.planning import Mechanism, Plan
from wsl.results import Transport
from wsl.results.transport import BLOCKS, REST
from wsl.semantics.checked import Scenario, Use, reads
from wsl.semantics.question import ways_out

_MOST_ROWS = 5_000  # about so many are compared, half of them of USE where that leaves a rest
_FEWEST_ROWS = 50  # of which something can be said
_BLOCKS = 5  # of time, of as many rows each
_SALT = np.uint64(0xA5A5_5A5A_C3C3_3C3C)  # so that these are not the rows that tiles keep

_Used = tuple[str, tuple[str, ...]]
"""A variable, and what it is conditioned on."""
_Found = tuple[Transport, float | None]
"""A comparison without its rate, and the probability that chance makes such a difference."""


@dataclass(frozen=True)
class _Sample:
    """Rows that are compared: as many of USE as of the rest, or all there are.

    `even` are those that leave both as frequent as in the data; `block` numbers stretches of `time`, -1 where
    a row has none; rows of one of the `clusters` are not independent.
    """

    rows: NDArray[np.int64]
    inside: Mask
    even: Mask
    time: str | None
    times: NDArray[np.int64]
    block: NDArray[np.int64]
    clusters: NDArray[np.uint64] | None


@dataclass
class TransportChecks:
    """Looks up indexes for a scenario, and ranks some rows in each of them while it is at hand.

    `selected` are the rows that USE's WHERE selects, whether or not SAMPLE takes them.
    """

    indexes: Indexes
    plan: Plan
    dataset: Dataset
    options: Learning
    selected: InitVar[Mask]
    _ranks: dict[_Used, Ranked] = field(default_factory=dict)

    def __post_init__(self, selected: Mask) -> None:
        self._used = frozenset(self.plan.checked)
        if self._used:
            self._sample = _sampled(self.dataset, self.plan, self.options, selected)

    def index(self, dataset: Dataset, mechanism: Mechanism, options: Learning) -> TileIndex:
        """The index of a mechanism; rows are ranked in it when it is first asked for."""
        index = self.indexes.index(dataset, mechanism, options)
        for child, name in enumerate(mechanism.children):
            used = (name, mechanism.conditioning)
            if used in self._used and used not in self._ranks:
                self._ranks[used] = self._ranked(index, mechanism, child)
        return index

    def result(self) -> tuple[Transport, ...]:
        """All comparisons; what could not be compared is among them, with the reason."""
        found = [
            one
            for used, ranks in self._ranks.items()
            for one in _Comparisons(self.plan.scenario, self._sample, used, ranks).all()
        ]
        rates = iter(q_values([p for _, p in found if p is not None]).tolist())
        return tuple(one if p is None else replace(one, q=next(rates)) for one, p in found)

    def _ranked(self, index: TileIndex, mechanism: Mechanism, child: int) -> Ranked:
        """Ranks of the sampled rows; they depend on no program's seed."""
        rows, name = self._sample.rows, mechanism.children[child]
        parents = [self.dataset.column(cause).values[rows] for cause in mechanism.conditioning]
        values = self.dataset.column(name).values[rows]
        groups = self.indexes.groups(self.dataset, self.options.cluster)[rows]
        ids, key = self.dataset.row_ids[rows], Key(0, variable_hash(name))
        larger = index_for_ranks(index, parents, len(rows))
        return ranks_of(larger, parents, values, ids, groups, key, child)


# The rows that are compared


def _sampled(dataset: Dataset, plan: Plan, options: Learning, selected: Mask) -> _Sample:
    """The rows with the smallest hashes of their ids; of USE alone where nothing else is learned from."""
    inside = int(np.count_nonzero(selected))
    others = 0 if options.among else dataset.rows - inside
    most = _MOST_ROWS // 2 if others else _MOST_ROWS
    ends = hash_bound(most, inside), hash_bound(most, others)
    rows: list[NDArray[np.int64]] = []
    hashes: list[NDArray[np.uint64]] = []
    for begin in range(0, dataset.rows, BLOCK):
        found = hash_rows(dataset.row_ids[begin : begin + BLOCK] ^ _SALT)[0]
        kept = np.flatnonzero(found <= np.where(selected[begin : begin + BLOCK], *ends))
        rows.append(kept + begin)
        hashes.append(found[kept])
    chosen = np.concatenate(rows)
    even = np.concatenate(hashes) <= (min(ends) if others else ends[0])
    clusters = None if options.cluster is None else cluster_keys(dataset, options.cluster, chosen)
    time = plan.time
    times = np.full(len(chosen), MISSING_TIME)
    if time is not None:
        with suppress(WslError):  # a column that the program may never mention is not to fail it
            times = dataset.column(time).values[chosen]
        dataset.forget_all_but(plan.columns)  # it may be large, and nothing else reads it
    return _Sample(chosen, selected[chosen], even, time, times, _time_blocks(times, even), clusters)


def _time_blocks(times: NDArray[np.int64], even: Mask) -> NDArray[np.int64]:
    """The number of each row's block: as many rows in each as in the others, but for equal times."""
    known = present(times, Kind.TIME)
    ordered = np.sort(times[known & even])
    block = np.full(len(times), -1, np.int64)
    if len(ordered):
        starts = ordered[[place * len(ordered) // _BLOCKS for place in range(1, _BLOCKS)]]
        block[known] = np.searchsorted(starts, times[known], side="right")
    return block


# Comparing


@dataclass(frozen=True)
class _Comparisons:
    """Comparisons of one variable's ranks."""

    scenario: Scenario
    sample: _Sample
    used: _Used
    ranks: Ranked

    def all(self) -> Iterator[_Found]:
        """Against the rest, where USE leaves any, and over time, where the data know it."""
        known = ~np.isnan(self.ranks.rank)
        chosen_by, time = tuple(reads(self.scenario.use.where)), self.sample.time
        if not self.sample.inside.all():
            blank = self._blank(REST, chosen_by)
            if self._decides(*chosen_by):
                yield replace(blank, unknown="USE selects by consequences"), None
            else:
                yield self._against(blank, known, self.sample.inside)
        if time is not None and not self._decides(time):
            blank = self._blank(BLOCKS, (time,))
            yield self._over_time(blank, known & self.sample.even & (self.sample.block >= 0))

    def _blank(self, against: str, deciding: tuple[str, ...]) -> Transport:
        name, conditioning = self.used
        missing = tuple(other for other in deciding if other not in conditioning)
        return Transport(name, against, None, None, 0, 0, missing)

    def _decides(self, *names: str) -> bool:
        """Whether the variable is one of these, or a cause of one, so that they tell of its ranks."""
        name, graph = self.used[0], self.scenario.graph
        return name in names or (graph is not None and name in graph.ancestors(*names))

    def _over_time(self, blank: Transport, rows: Mask) -> _Found:
        """The block of time that differs most from the others."""
        found = []
        for block in np.unique(self.sample.block[rows]):
            inside = self.sample.block == block
            one, p = self._against(blank, rows, inside)
            if p is not None:
                found.append((p, one, self.sample.times[rows & inside]))
        if not found:
            return replace(blank, unknown=f"no time has {_FEWEST_ROWS} rows"), None
        p, one, times = min(found, key=lambda part: part[0])
        start, end = (f"{np.datetime64(int(at), 'us')}"[:19] + "Z" for at in (times.min(), times.max()))
        return replace(one, start=start, end=end), min(1.0, p * len(found))

    def _against(self, blank: Transport, rows: Mask, inside: Mask) -> _Found:
        """Some of the rows against the others."""
        inside, ranks, sample = inside[rows], self.ranks, self.sample
        counted = replace(blank, rows=int(inside.sum()), others=int((~inside).sum()))
        if min(counted.rows, counted.others) < _FEWEST_ROWS:
            side = "of USE" if counted.rows < _FEWEST_ROWS else "outside of USE"
            return replace(counted, unknown=f"fewer than {_FEWEST_ROWS} rows {side}"), None
        units = None if sample.clusters is None else len(np.unique(sample.clusters[rows]))
        found = compare_ranks(ranks.rank[rows], ranks.tile[rows], ranks.points[rows], inside, units)
        return replace(counted, distance=found.distance), found.p_value


# What is said


def transport_warnings(found: tuple[Transport, ...], use: Use, name: str) -> Iterator[Diagnostic]:
    """What differs, and what can be done about it."""
    for one in found:
        if not one.differs:
            continue
        if one.against == REST:
            ways = "learn from these rows alone: end USE in `WITH (donors = use)`"
            fixes = ways_out(use, ["donors = use"])
        else:
            ways = "learn from a stretch of time alone: USE WHERE .. `WITH (donors = use)`"
            fixes = ()
        edges = " or ".join(f"`{cause} -> {one.variable}`" for cause in one.missing)
        if edges:
            ways = f"add {edges} to the graph, if that is what makes the difference; where it is not, {ways}"
        yield report(
            "WSL-D204" if one.against == REST else "WSL-D205",
            use.span,
            fixes=fixes,
            variable=one.variable,
            name=name,
            distance=f"{one.distance:.2f}",
            rows=f"{one.rows:,}",
            others=f"{one.others:,}",
            start=one.start,
            end=one.end,
            ways=ways,
        )
