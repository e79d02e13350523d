"""First, mergeable pass over the data: from it come the bucket grid and the fold order, fixed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from wsl_runtime.folding import Bit, category_ranks, fold_order, key_tables, lowest_bit_of, responses
from wsl_runtime.grid import Axis, Summary, axis_of, coordinates_of, keys_of, summarise
from wsl_runtime.philox import hash_rows
from wsl_runtime.relevance import matters, residuals
from wsl_runtime.series import Series, complete

SAMPLE = 4096  # rows that the fold order is learned from
FEWEST = 2_000  # rows that group 0 must have to serve alone


@dataclass(frozen=True)
class Sample:
    """The rows with the smallest hashes, at most `SAMPLE`, in order of (hash, row id)."""

    hashes: npt.NDArray[np.uint64]
    row_ids: npt.NDArray[np.uint64]
    children: tuple[Series, ...]
    parents: tuple[Series, ...]

    def merge(self, other: Sample) -> Sample:
        """Sample of both parts; associative and commutative."""
        hashes = np.concatenate([self.hashes, other.hashes])
        row_ids = np.concatenate([self.row_ids, other.row_ids])
        keep = np.lexsort((row_ids, hashes))[:SAMPLE]

        def both(ours: tuple[Series, ...], others: tuple[Series, ...]) -> tuple[Series, ...]:
            return tuple(
                Series(np.concatenate([a.values, b.values])[keep], a.kind, max(a.levels, b.levels))
                for a, b in zip(ours, others, strict=True)
            )

        return Sample(
            hashes[keep],
            row_ids[keep],
            both(self.children, other.children),
            both(self.parents, other.parents),
        )


@dataclass(frozen=True)
class Survey:
    """Summaries of all columns and samples of the complete rows of group 0 and of all groups."""

    children: tuple[Summary, ...]
    parents: tuple[Summary, ...]
    first_group: Sample
    everyone: Sample

    def merge(self, other: Survey) -> Survey:
        """Survey of both parts; associative and commutative."""
        return Survey(
            tuple(a.merge(b) for a, b in zip(self.children, other.children, strict=True)),
            tuple(a.merge(b) for a, b in zip(self.parents, other.parents, strict=True)),
            self.first_group.merge(other.first_group),
            self.everyone.merge(other.everyone),
        )


@dataclass(frozen=True)
class Layout:
    """Grid and fold order of one mechanism, shared by its point estimate and every replicate."""

    children: tuple[Summary, ...]
    axes: tuple[Axis, ...]
    order: tuple[Bit, ...]  # most significant first
    tables: tuple[npt.NDArray[np.uint64], ...] = field(repr=False)
    irrelevant: tuple[int, ...]  # categories that make no difference beyond the numeric parents: folded first
    category_place: int  # widening a prefix by more bits than this mixes categories that matter
    category_lost: bool  # more bits of such categories than a key holds

    @property
    def bits(self) -> int:
        """Bits of a key."""
        return len(self.order)

    @property
    def numbers(self) -> int:
        """Number of numeric parents."""
        return sum(not axis.discrete for axis in self.axes)


def survey(
    children: Sequence[Series],
    parents: Sequence[Series],
    row_ids: npt.NDArray[np.uint64],
    groups: npt.NDArray[np.uint8],
) -> Survey:
    """Survey of one partition; surveys of partitions merge in any order to the same bits."""
    hashes = hash_rows(row_ids)[0]
    usable = complete(children, parents, len(row_ids))
    first = np.flatnonzero(usable & (groups == 0))
    return Survey(
        tuple(summarise(child) for child in children),
        tuple(summarise(parent) for parent in parents),
        _sample(first, hashes, row_ids, children, parents),
        _sample(np.flatnonzero(usable), hashes, row_ids, children, parents),
    )


def _sample(
    rows: npt.NDArray[np.int64],
    hashes: npt.NDArray[np.uint64],
    row_ids: npt.NDArray[np.uint64],
    children: Sequence[Series],
    parents: Sequence[Series],
) -> Sample:
    if len(rows) > 2 * SAMPLE:  # a bound on the hash first: sorting everything is not needed
        share = 1.25 * SAMPLE / len(rows)
        low = rows[hashes[rows] < np.uint64(share * 2.0**64)]
        rows = low if len(low) >= SAMPLE else rows
    rows = rows[np.lexsort((row_ids[rows], hashes[rows]))][:SAMPLE]
    return Sample(
        hashes[rows],
        row_ids[rows],
        tuple(child.take(rows) for child in children),
        tuple(parent.take(rows) for parent in parents),
    )


def plan_layout(found: Survey, every_category: bool = False) -> Layout:
    """Grid and fold order: from group 0 alone, or from all rows where it has fewer than 2,000.

    With `every_category` none counts as making no difference.
    """
    sample = found.first_group if len(found.first_group.hashes) >= FEWEST else found.everyone
    response = responses(sample.children)
    axes = []
    for summary, parent in zip(found.parents, sample.parents, strict=True):
        ranks = category_ranks(parent.values, summary.levels, response) if parent.discrete else None
        axes.append(axis_of(summary, ranks))
    buckets = [_buckets(parent, axis) for parent, axis in zip(sample.parents, axes, strict=True)]
    irrelevant = () if every_category else _irrelevant(sample, axes, buckets, response)
    ranks_of = [2 if i in irrelevant else int(not axis.discrete) for i, axis in enumerate(axes)]
    order = fold_order(buckets, axes, response, ranks_of)
    lowest, lost = lowest_bit_of([i for i, rank in enumerate(ranks_of) if rank == 0], order, axes)
    return Layout(found.children, tuple(axes), order, key_tables(order, axes), irrelevant, lowest, lost)


def _irrelevant(
    sample: Sample,
    axes: Sequence[Axis],
    buckets: Sequence[npt.NDArray[np.int64]],
    response: npt.NDArray[np.float64],
) -> tuple[int, ...]:
    """Categories that make no difference to any child beyond the numeric parents."""
    numbers = [i for i, axis in enumerate(axes) if not axis.discrete and axis.bits]
    categories = [i for i, axis in enumerate(axes) if axis.discrete and axis.bits]
    rows = len(sample.hashes)
    if not numbers or not categories or not rows:
        return ()
    own_axes = [axes[i] for i in numbers]
    order = fold_order([buckets[i] for i in numbers], own_axes, response, [0] * len(numbers))
    values = [sample.parents[i].values for i in numbers]
    keys, _ = keys_of(values, own_axes, key_tables(order, own_axes), rows)
    coordinates = coordinates_of(values, own_axes, rows)
    unexplained = [residuals(keys, coordinates, one) for one in response]
    return tuple(
        i for i in categories if not matters(sample.parents[i].values, sample.parents[i].levels, unexplained)
    )


def _buckets(parent: Series, axis: Axis) -> npt.NDArray[np.int64]:
    table = np.arange(max(1, axis.buckets), dtype=np.uint64)
    keys, _ = keys_of([parent.values], [axis], [table], len(parent))
    return keys.astype(np.int64)
