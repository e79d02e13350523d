"""What each variable's noise contributes to the anomaly of a target: in topological order, or as Shapley's.

"Causal structure-based root cause analysis of outliers" (Budhathoki et al., 2022) and "Root Cause Analysis of
Outliers with Missing Structural Knowledge" (Orchard et al., 2025).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wsl_runtime.mechanisms import Mechanism
from wsl_runtime.philox import Key, uniforms

PURPOSE_SAMPLE = 6
PURPOSE_PERMUTATION = 7
FLOOR = 0.5  # samples that count as extreme where none is

Array = npt.NDArray[np.float64]
Values = npt.NDArray[Any]


@dataclass(frozen=True)
class System:
    """Variables with causes before effects, the target last, and a row of them that is to be explained.

    `parents` are places among the variables, `observed` the row's values, `keys` those of each variable's
    random numbers. `is_extreme` tells which values of the target are as extreme as the observed one, whose
    anomaly score is `score`: -log of the probability of that.
    """

    parents: Sequence[Sequence[int]]
    mechanisms: Sequence[Mechanism]
    observed: Sequence[float]
    keys: Sequence[Key]
    is_extreme: Callable[[Values], npt.NDArray[np.bool_]]
    score: float

    def __len__(self) -> int:
        return len(self.parents)

    def sampled_noise(self, samples: int) -> list[Array]:
        """Noise of every variable, drawn from the normal rows' independently of all others'."""
        ids, times = np.arange(samples, dtype=np.uint64), np.zeros(samples, np.uint8)
        draws = (uniforms(ids, key, times, PURPOSE_SAMPLE) for key in self.keys)
        noises = (np.sort(mechanism.noise) for mechanism in self.mechanisms)  # in no order of rows
        return [noise[(u * len(noise)).astype(np.int64)] for u, noise in zip(draws, noises, strict=True)]

    def observed_noise(self) -> list[float]:
        """The noise that the row must have had."""
        return [
            float(mechanism.noise_of([self._row(p) for p in above], np.array([value]))[0])
            for above, mechanism, value in zip(self.parents, self.mechanisms, self.observed, strict=True)
        ]

    def _row(self, place: int) -> Values:
        return np.array([self.observed[place]])


class _Population:
    """Samples of the system, in which more and more variables are what they were in the row."""

    def __init__(self, system: System, samples: int) -> None:
        self.system = system
        self.noise = system.sampled_noise(samples)
        self.values: list[Values] = []
        self._fixed: set[int] = set()
        for place in range(len(system)):
            self.values.append(self._value(place))

    def copy(self) -> _Population:
        other = copy(self)
        other.noise, other.values, other._fixed = list(self.noise), list(self.values), set(self._fixed)
        return other

    def fix_value(self, place: int) -> None:
        """Let a variable have its observed value."""
        self.values[place] = np.full(len(self.noise[place]), self.system.observed[place])
        self._fixed.add(place)
        self._respond({place})

    def fix_noise(self, noise: dict[int, float]) -> None:
        """Let variables have their observed noise."""
        for place, value in noise.items():
            self.noise[place] = np.full(len(self.noise[place]), value)
        self._respond(set(noise), themselves=True)

    def log_probability(self) -> float:
        """Of a target as extreme as the observed one; where no sample is, at most as in normal times.

        More, only because samples are few, would be a contribution of what was fixed first.
        """
        samples = len(self.values[-1])
        extreme = np.count_nonzero(self.system.is_extreme(self.values[-1]))
        return float(
            np.log(extreme / samples) if extreme else min(np.log(FLOOR / samples), -self.system.score)
        )

    def _respond(self, changed: set[int], *, themselves: bool = False) -> None:
        """Let what is below changed variables follow, and these `themselves` where their noise changed."""
        for place in range(min(changed), len(self.system)):
            own = themselves and place in changed
            if own or (place not in self._fixed and changed.intersection(self.system.parents[place])):
                self.values[place] = self._value(place)
                changed.add(place)

    def _value(self, place: int) -> Values:
        parents = [self.values[parent] for parent in self.system.parents[place]]
        return self.system.mechanisms[place].values(parents, self.noise[place])


def topological_contributions(system: System, samples: int) -> Array:
    """By how much the anomaly gets more probable as variable after variable takes its observed value (TOCA).

    Shape (variables,), in natural logarithms; their sum is the target's score. Some may be negative.
    """
    population = _Population(system, samples)
    reached = [-system.score]
    for place in range(len(system) - 1):
        population.fix_value(place)
        reached.append(population.log_probability())
    return np.diff(reached, append=0.0)


class Shapley(NamedTuple):
    """Contributions (variables,), whose sum is the target's score, and their standard errors."""

    contribution: Array
    error: Array


def shapley_contributions(system: System, samples: int, permutations: int, key: Key) -> Shapley:
    """By how much the anomaly becomes more probable as noises take their observed values, in any order.

    The mean over random permutations, each beside its reverse; the error is that of the choice of these.
    """
    count = len(system)
    noise = system.observed_noise()
    start = _Population(system, samples)
    every = (1 << count) - 1
    known = {0: -system.score, every: 0.0}
    pairs = []
    for order in _orders(count, (permutations + 1) // 2, key):
        gains = [_gains(one, start, noise, known) for one in (order, order[::-1])]
        pairs.append((gains[0] + gains[1]) / 2)
    found = np.array(pairs)
    spread = found.std(axis=0, ddof=1) if len(found) > 1 else np.full(count, np.nan)
    return Shapley(found.mean(axis=0), spread / np.sqrt(len(found)))


def _orders(count: int, permutations: int, key: Key) -> Iterator[list[int]]:
    ids = np.arange(permutations * count, dtype=np.uint64)
    keys = uniforms(ids, key, np.zeros(len(ids), np.uint8), PURPOSE_PERMUTATION)
    for row in np.argsort(keys.reshape(permutations, count), axis=1):
        yield row.tolist()


def _gains(
    order: Sequence[int], start: _Population, noise: Sequence[float], known: dict[int, float]
) -> Array:
    """What each variable adds on its turn; sets whose answer is `known` are not simulated again."""
    gains = np.empty(len(order))
    population, waiting = start.copy(), {}
    members = 0
    for place in order:
        before = known[members]
        members |= 1 << place
        waiting[place] = noise[place]
        if members not in known:
            population.fix_noise(waiting)
            waiting = {}
            known[members] = population.log_probability()
        gains[place] = known[members] - before
    return gains
