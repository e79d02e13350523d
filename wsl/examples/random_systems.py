"""Random structural causal models with an anomaly whose root cause is known, after appendix C.1 of Orchard et
al., "Root Cause Analysis of Outliers with Missing Structural Knowledge" (2024, arXiv:2406.05014).

A fifth to two fifths of the variables are roots; the others have few parents among those before them, and are
linear or a random network of sigmoids of them, with additive noise. In one further row the noise of one
variable, the root cause, is shifted by some standard deviations of the variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import expit

from wsl.examples.structural import Array

ROOTS = (0.2, 0.4)
PARENTS = np.array([0.6, 0.85, 0.6 + 1 / 4 + 1 / 9])  # shares with at most 1, 2, 3; the others have 4
NETWORKS = 0.8  # share of the functions that are networks of sigmoids; the others are linear
WEIGHT = 5.0
LAYER = (2, 99)  # units of a hidden layer
NOISE = 0.1  # standard deviation
OUTLIER = 0.01  # two-sided tail probability under which a variable may be the target
MANY = 10_000  # anomalies that are drawn at most for one

Function = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Incident:
    """Normal rows of a random system, one row in which the noise of `cause` is unusual, and an outlier."""

    normal: dict[str, Array]
    anomaly: dict[str, float]
    parents: dict[str, tuple[str, ...]]
    cause: str
    target: str

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        return tuple((parent, child) for child, its in self.parents.items() for parent in its)

    @property
    def candidates(self) -> set[str]:
        """The target and its ancestors."""
        found: set[str] = {self.target}
        for child in reversed(self.parents):
            if child in found:
                found.update(self.parents[child])
        return found

    @property
    def dot(self) -> str:
        """The graph as DOT text, with variables that have no edge."""
        lines = (f"  {name};\n" for name in self.parents)
        arrows = (f"  {parent} -> {child};\n" for parent, child in self.edges)
        return f"digraph {{\n{''.join(lines)}{''.join(arrows)}}}\n"


def draw(seed: int, nodes: int = 50, rows: int = 1000, strength: float = 3.0) -> Incident:
    """An incident of a random system, its cause shifted by `strength` of its standard deviations.

    A function of its arguments alone; incidents of one seed, and so many nodes and rows, are of one system.
    The anomaly is drawn until the cause or a variable that it reaches is an outlier, the target. ValueError
    where there is none in many, for among few rows there are no outliers.
    """
    system = _System(seed, nodes, rows)
    for attempt in range(MANY):
        generator = _generator(seed, nodes, attempt)
        cause = int(generator.integers(nodes))
        row = system.anomaly(generator, cause, strength)
        reached = system.reached(cause)
        targets = [node for node in reached if _tail(system.values[node], row[node]) < OUTLIER]
        if targets:
            target = int(generator.choice(targets))
            names = [f"X{node}" for node in range(nodes)]
            return Incident(
                dict(zip(names, system.values, strict=True)),
                dict(zip(names, map(float, row), strict=True)),
                {names[node]: tuple(names[p] for p in its) for node, its in enumerate(system.parents)},
                names[cause],
                names[target],
            )
    raise ValueError(f"no outlier in {MANY} anomalies of {strength:g} standard deviations, {rows} rows")


class _System:
    """Parents, functions and training values of all variables, causes first."""

    def __init__(self, seed: int, nodes: int, rows: int) -> None:
        generator = _generator(seed)
        roots = max(1, round(nodes * generator.uniform(*ROOTS)))
        self.parents = [_some_parents(generator, node) if node >= roots else () for node in range(nodes)]
        self.noises: list[Callable[[np.random.Generator, int], Array]] = []
        self.functions: list[Function | None] = []
        self.values: list[Array] = []
        for node, parents in enumerate(self.parents):
            generator = _generator(seed, node)
            noise = _additive_noise if parents else _root_noise(generator)
            drawn = noise(generator, rows)
            inputs = self._inputs(self.values, parents)
            function = _random_function(generator, inputs) if parents else None
            self.noises.append(noise)
            self.functions.append(function)
            self.values.append(drawn if function is None else function(inputs) + drawn)

    def anomaly(self, generator: np.random.Generator, cause: int, strength: float) -> Array:
        """A fresh row in which the noise of one variable is moved away from 0."""
        row: list[Array] = []
        for node, (noise, function) in enumerate(zip(self.noises, self.functions, strict=True)):
            drawn = noise(generator, 1)
            if node == cause:
                drawn = drawn + np.where(drawn < 0, -1, 1) * strength * self.values[node].std()
            inputs = self._inputs(row, self.parents[node])
            row.append(drawn if function is None else function(inputs) + drawn)
        return np.concatenate(row)

    def reached(self, cause: int) -> Iterator[int]:
        """The cause and its descendants."""
        found = {cause}
        for node, parents in enumerate(self.parents):
            if not found.isdisjoint(parents):
                found.add(node)
        return iter(sorted(found))

    @staticmethod
    def _inputs(values: list[Array], parents: tuple[int, ...]) -> Array:
        """The parents' values, shape (rows, parents)."""
        return np.column_stack([values[parent] for parent in parents]) if parents else np.empty((0, 0))


def _generator(*key: int) -> np.random.Generator:
    """The stream of a system, of one of its variables, or of one of its anomalies: the key tells which."""
    seed, *others = key
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=others)))


def _some_parents(generator: np.random.Generator, earlier: int) -> tuple[int, ...]:
    count = min(earlier, 1 + int(np.searchsorted(PARENTS, generator.random(), side="right")))
    return tuple(sorted(map(int, generator.choice(earlier, count, replace=False))))


def _root_noise(generator: np.random.Generator) -> Callable[[np.random.Generator, int], Array]:
    """Normal, uniform, or a mixture of normals that is scaled so that their means are from -1 to 1."""
    kind = generator.integers(3)
    if kind == 0:
        return lambda source, rows: source.standard_normal(rows)
    if kind == 1:
        return lambda source, rows: source.uniform(-1, 1, rows)
    means = generator.uniform(-1, 1, generator.integers(2, 6))
    means -= means.mean()
    least, most = means.min(), means.max()

    def mixture(source: np.random.Generator, rows: int) -> Array:
        values: Array = source.choice(means, rows) + 0.5 * source.standard_normal(rows)
        return np.asarray((values - least) / (most - least) * 2 - 1)

    return mixture


def _additive_noise(generator: np.random.Generator, rows: int) -> Array:
    return NOISE * generator.standard_normal(rows)


def _random_function(generator: np.random.Generator, inputs: Array) -> Function:
    if generator.random() >= NETWORKS:
        coefficients = generator.uniform(-1, 1, inputs.shape[1])
        return lambda values: np.asarray(values @ coefficients)
    return _network(generator, inputs)


def _network(generator: np.random.Generator, inputs: Array) -> Function:
    """Two hidden layers; inputs and output are scaled by the training rows alone, whatever comes later."""
    sizes = [inputs.shape[1], *generator.integers(LAYER[0], LAYER[1] + 1, 2), 1]
    weights = [generator.uniform(-WEIGHT, WEIGHT, shape) for shape in pairwise(sizes)]
    mean, deviation = inputs.mean(axis=0), inputs.std(axis=0)

    def output(values: Array) -> Array:
        layer = (values - mean) / deviation
        for hidden in weights[:-1]:
            layer = expit(layer @ hidden)
        return np.asarray((layer @ weights[-1])[:, 0])

    seen = output(inputs)
    least, span = seen.min(), np.ptp(seen)
    return lambda values: (output(values) - least) / span * 2 - 1


def _tail(training: Array, value: float) -> float:
    """Two-sided tail probability of a value, by the training rows."""
    further = min((training <= value).sum(), (training >= value).sum())
    return float((1 + 2 * further) / (1 + len(training)))
