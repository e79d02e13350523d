"""A structural causal model: each variable is one function of its parents and of its own noise.

The noise is a function of (seed, variable), so that an intervention re-runs the very same world with some
mechanisms replaced: its answers are exact, up to sampling (Pearl, "Causality", 2nd ed., chapter 7).
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Columns = Mapping[str, Array]
Mask = NDArray[np.bool_]
Value = Callable[[Columns], Any] | str | float
Condition = Callable[[Columns], Any]


def no_noise(generator: np.random.Generator, rows: int) -> Array:
    """The noise of a deterministic mechanism."""
    return np.zeros(rows, dtype=np.uint8)


def uniform(generator: np.random.Generator, rows: int) -> Array:
    """Uniform noise on [0, 1), shape (rows,)."""
    return generator.random(rows)


def sorted_uniform(generator: np.random.Generator, rows: int) -> Array:
    """Uniform noise on [0, 1) in ascending order: when things happened, for a log is in the order of time."""
    return np.sort(generator.random(rows))


def normal(generator: np.random.Generator, rows: int) -> Array:
    """Standard normal noise, shape (rows,)."""
    return generator.standard_normal(rows)


@dataclass(frozen=True)
class Mechanism:
    """A variable's function of its parents, called as function(*parents, noise), elementwise along axis 0."""

    name: str
    parents: tuple[str, ...]
    function: Callable[..., Array]
    noise: Callable[[np.random.Generator, int], Array]


class Kind(Enum):
    """What a changed variable's descendants do: all respond, or the target alone."""

    INTERVENE = "intervene"
    ASSUME = "assume"


@dataclass(frozen=True)
class Update:
    """One joint change of some variables on the rows where a condition holds.

    A value is a constant or a function of the columns as they were before this update, and gives one value a
    row. `fixed` pins the variables on those rows: later updates do not redraw them.
    """

    values: Mapping[str, Value]
    where: Condition | None = None
    kind: Kind = Kind.INTERVENE
    fixed: bool = False


class Truth(NamedTuple):
    """The same rows in two worlds: as generated, and after the updates. Two dicts of arrays of one length."""

    factual: dict[str, Array]
    scenario: dict[str, Array]


class Model:
    """A structural causal model; its mechanisms are listed causes first."""

    def __init__(self, name: str, target: str, mechanisms: Sequence[Mechanism]) -> None:
        self.name = name
        self.target = target
        self.mechanisms = {mechanism.name: mechanism for mechanism in mechanisms}
        self.edges = tuple((parent, m.name) for m in mechanisms for parent in m.parents)

    def descendants(self, variables: Sequence[str]) -> set[str]:
        """The proper descendants of any of the variables."""
        found: set[str] = set()
        for name, mechanism in self.mechanisms.items():
            if any(parent in found or parent in variables for parent in mechanism.parents):
                found.add(name)
        return found

    def dot(self) -> str:
        """The graph as DOT text, one edge a line."""
        lines = (f"  {parent} -> {child};\n" for parent, child in self.edges)
        return f"digraph {self.name} {{\n{''.join(lines)}}}\n"

    def noise(self, name: str, rows: int, seed: int) -> Array:
        """The noise of a variable: a function of (seed, variable) and the number of rows alone."""
        stream = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(name.encode()),))
        return self.mechanisms[name].noise(np.random.Generator(np.random.Philox(stream)), rows)

    def generate(self, rows: int, seed: int) -> dict[str, Array]:
        """A log of so many rows: a dict of arrays, categories as strings."""
        columns: dict[str, Array] = {}
        for name, mechanism in self.mechanisms.items():
            parents = [columns[parent] for parent in mechanism.parents]
            columns[name] = mechanism.function(*parents, self.noise(name, rows, seed))
        return columns

    def truth(
        self,
        rows: int,
        seed: int,
        updates: Update | Sequence[Update] = (),
        where: Condition | None = None,
        other_noise: int | None = None,
    ) -> Truth:
        """What the updates, one after the other, do to a population.

        `rows` are drawn and `where` selects among them. It sees every column that does not respond to an
        update: a selection on a consequence asks about these very requests, which no fresh sample answers.
        Another seed than that of the log makes the rows new ones. With `other_noise`, a seed, what responds
        has other noise in the scenario: a row keeps nothing that was particular about it. A variable set to
        a category without a mechanism (a new site) needs all its children set in the same update, else
        ValueError.
        """
        updates = [updates] if isinstance(updates, Update) else updates
        factual = self.generate(rows, seed)
        kept = np.arange(rows)
        if where is not None:
            responding = set().union(*(self._responding(update) for update in updates))
            selectable = {name: values for name, values in factual.items() if name not in responding}
            try:
                kept = np.flatnonzero(_mask(where, selectable, rows))
            except KeyError as error:
                raise ValueError(f"the selection reads {error}, which is unknown or responds") from None
            factual = {name: values[kept] for name, values in factual.items()}

        scenario = dict(factual)
        pinned: dict[str, Mask] = {}
        luck = seed if other_noise is None else other_noise
        for update in updates:
            scenario = self._updated(
                scenario, update, pinned, lambda name: self.noise(name, rows, luck)[kept]
            )
        return Truth(factual, scenario)

    def _responding(self, update: Update) -> set[str]:
        below = self.descendants(list(update.values))
        return below if update.kind is Kind.INTERVENE else below & {self.target}

    def _updated(
        self,
        before: dict[str, Array],
        update: Update,
        pinned: dict[str, Mask],
        noise: Callable[[str], Array],
    ) -> dict[str, Array]:
        """The columns after one update; `pinned` is extended by what the update fixes."""
        rows = len(before[self.target])
        matched = np.ones(rows, dtype=bool) if update.where is None else _mask(update.where, before, rows)
        after = dict(before)
        for name, value in update.values.items():
            after[name] = np.where(matched, value(before) if callable(value) else value, before[name])

        held = pinned | {name: matched | pinned.get(name, False) for name in update.values}
        if update.fixed:
            pinned.update(held)

        responding = self._responding(update)
        for name, mechanism in self.mechanisms.items():
            if name in responding:
                parents = mechanism.parents
                changed = np.any([after[parent] != before[parent] for parent in parents], axis=0)
                at = np.flatnonzero(changed & ~held.get(name, np.False_))
                drawn = mechanism.function(*(after[parent][at] for parent in parents), noise(name)[at])
                after[name] = after[name].astype(np.result_type(after[name], drawn))
                after[name][at] = drawn
        return after


def codes(values: Array, labels: Array) -> Array:
    """The places of category values among sorted labels; ValueError names one that has no mechanism."""
    places = np.minimum(np.searchsorted(labels, values), len(labels) - 1)
    unknown = labels[places] != values
    if unknown.any():
        raise ValueError(
            f"no mechanism for the category {values[unknown][0]!r}: set every child of it as well"
        )
    return places


def _mask(condition: Condition, columns: Columns, rows: int) -> Mask:
    return np.broadcast_to(np.asarray(condition(columns), dtype=bool), (rows,))
