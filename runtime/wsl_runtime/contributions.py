"""What each variable's noise contributes to the anomaly of a target: in topological order, or as Shapley's.

"Causal structure-based root cause analysis of outliers" (Budhathoki et al., 2022) and "Root Cause Analysis of
Outliers with Missing Structural Knowledge" (Orchard et al., 2025).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from operator import or_
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wsl_runtime.mechanisms import Mechanism
from wsl_runtime.philox import Key, uniforms

PURPOSE_SAMPLE = 6
PURPOSE_PERMUTATION = 7
FLOOR = 0.5  # samples that count as extreme where none is
AT_ONCE = 1 << 23  # values that are held at once

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

    @cached_property
    def ancestry(self) -> Sequence[int]:
        """Each variable with its ancestors, as a set of places in bits."""
        found: list[int] = []
        for place, above in enumerate(self.parents):
            found.append(1 << place)
            for parent in above:
                found[place] |= found[parent]
        return found

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


@dataclass(frozen=True)
class _Samples:
    """Samples of a system with the noise of some variables, a coalition, as it was in the row.

    Coalitions are sets of places in bits. A variable depends on the members among its ancestors and itself
    alone: its values are found once for all coalitions that share these.
    """

    system: System
    sampled: Sequence[Array]
    observed: Sequence[float]

    def log_probabilities(self, coalitions: Iterable[int]) -> dict[int, float]:
        """Of a target as extreme as the observed one, for each coalition."""
        every = (1 << len(self.system)) - 1
        known = {0: -self.system.score, every: 0.0}
        left = [members for members in dict.fromkeys(coalitions) if members not in known]
        step = max(1, AT_ONCE // (len(self.system) * len(self.sampled[0])))
        for first in range(0, len(left), step):
            part = left[first : first + step]
            known.update(zip(part, map(self._log_probability, self._targets(part)), strict=True))
        return known

    def _log_probability(self, target: Values) -> float:
        """Where no sample is as extreme, at most as in normal times.

        More, only because samples are few, would be a contribution of what was fixed first.
        """
        samples = len(target)
        extreme = np.count_nonzero(self.system.is_extreme(target))
        rare = min(np.log(FLOOR / samples), -self.system.score)
        return float(np.log(extreme / samples) if extreme else rare)

    def _targets(self, coalitions: Sequence[int]) -> Values:
        """Values of the target, shape (coalitions, samples)."""
        system = self.system
        values: list[Values] = []
        rows: list[dict[int, int]] = []  # of each variable's values, by the members among its ancestry
        for place, own in enumerate(system.ancestry):
            sets = list(dict.fromkeys(members & own for members in coalitions))
            parents = [
                values[p][[rows[p][members & system.ancestry[p]] for members in sets]].ravel()
                for p in system.parents[place]
            ]
            is_fixed = np.array([members >> place & 1 for members in sets], np.bool_)
            noise = np.where(is_fixed[:, None], self.observed[place], self.sampled[place])
            found = system.mechanisms[place].values(parents, noise.ravel()).reshape(noise.shape)
            found[[members == own for members in sets]] = system.observed[place]
            values.append(found)
            rows.append({members: row for row, members in enumerate(sets)})
        return values[-1][[rows[-1][members] for members in coalitions]]


def topological_contributions(system: System, samples: int) -> Array:
    """By how much the anomaly gets more probable as variable after variable takes its observed value (TOCA).

    Shape (variables,), in natural logarithms; their sum is the target's score. Some may be negative.
    """
    return _gains(system, samples, [range(len(system))]).ravel()


class Shapley(NamedTuple):
    """Contributions (variables,), whose sum is the target's score, and their standard errors."""

    contribution: Array
    error: Array


def shapley_contributions(system: System, samples: int, permutations: int, key: Key) -> Shapley:
    """By how much the anomaly becomes more probable as noises take their observed values, in any order.

    The mean over random permutations, each beside its reverse; the error is that of the choice of these.
    """
    count = len(system)
    orders = [one for order in _orders(count, (permutations + 1) // 2, key) for one in (order, order[::-1])]
    found = _gains(system, samples, orders).reshape(-1, 2, count).mean(axis=1)
    spread = found.std(axis=0, ddof=1) if len(found) > 1 else np.full(count, np.nan)
    return Shapley(found.mean(axis=0), spread / np.sqrt(len(found)))


def _orders(count: int, permutations: int, key: Key) -> Iterator[list[int]]:
    ids = np.arange(permutations * count, dtype=np.uint64)
    keys = uniforms(ids, key, np.zeros(len(ids), np.uint8), PURPOSE_PERMUTATION)
    for row in np.argsort(keys.reshape(permutations, count), axis=1):
        yield row.tolist()


def _gains(system: System, samples: int, orders: Sequence[Sequence[int]]) -> Array:
    """What each variable adds on its turn in each order, shape (orders, variables)."""
    prefixes = [list(accumulate((1 << place for place in order), or_, initial=0)) for order in orders]
    fixed = _Samples(system, system.sampled_noise(samples), system.observed_noise())
    reached = fixed.log_probabilities(members for prefix in prefixes for members in prefix)
    gains = np.empty((len(orders), len(system)))
    for gain, order, prefix in zip(gains, orders, prefixes, strict=True):
        gain[list(order)] = [reached[after] - reached[before] for before, after in pairwise(prefix)]
    return gains
