"""Whether two samples have one distribution: Kolmogorov-Smirnov, and many such tests together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import kernel
from wsl_runtime.elementary import exp
from wsl_runtime.sums import ordered_sum

_TERMS = 100
_CERTAIN = 0.2  # below this the tail is 1 to twelve digits, and the series converges slowly


class Difference(NamedTuple):
    """Largest difference of two distribution functions, and how probable such a one is by chance."""

    distance: float
    p_value: float


def compare_ranks(
    rank: npt.NDArray[np.float64],
    tile: npt.NDArray[np.int32],
    points: npt.NDArray[np.int64],
    inside: npt.NDArray[np.bool_],
    units: int | None = None,
) -> Difference:
    """Compare the ranks (m,) of the rows inside with the others', from the tiles that they were ranked in.

    Rows of a tile share what chance made of its `points`: a difference of the shares that a tile has of both
    sides counts as so many values. `units` is the number of independent rows, where not all are.
    """
    numbers, tiles = np.unique(tile, return_inverse=True)
    shares = [np.bincount(tiles[side], minlength=len(numbers)) / side.sum() for side in (inside, ~inside)]
    learned = np.ones(len(numbers))
    learned[tiles] = np.maximum(points, 1)
    variance = (
        1.0 / inside.sum() + 1.0 / (~inside).sum() + ordered_sum((shares[0] - shares[1]) ** 2 / learned)
    )
    variance *= len(rank) / (units or len(rank))
    distance = ks_distance(rank[inside], rank[~inside])
    return Difference(distance, ks_p_value(distance, float(variance)))


def ks_distance(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Largest difference of two samples' distribution functions; NaN where a sample is empty."""
    if not len(one) or not len(other):
        return float("nan")
    values = np.concatenate([one, other])
    shares = [np.searchsorted(np.sort(side), values, side="right") / len(side) for side in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())


def ks_p_value(distance: float, variance: float) -> float:
    """Probability of such a distance or a larger one, by Kolmogorov's series.

    `variance` is 1/n + 1/m for two samples of n and m independent values of a continuous distribution; with
    few of them the probability is too large.
    """
    return float(_tail(distance / float(np.sqrt(variance))))


@kernel
def _tail(x: float) -> float:
    """2 sum over k >= 1 of (-1)^(k-1) exp(-2 k^2 x^2) (Kolmogorov 1933)."""
    if x < _CERTAIN:
        return 1.0
    total, sign = 0.0, 1.0
    for k in range(1, _TERMS):
        term = exp(-2.0 * k * k * x * x)
        total += sign * term
        sign = -sign
        if term < 1e-18:
            break
    return min(max(2.0 * total, 0.0), 1.0)


def q_values(p_values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Least rate of false discoveries at which each of the tests is one (Benjamini and Hochberg 1995)."""
    p = np.asarray(p_values, np.float64)
    order = np.argsort(p, kind="stable")
    rates = p[order] * len(p) / np.arange(1, len(p) + 1)
    result = np.empty(len(p))
    result[order] = np.minimum(np.minimum.accumulate(rates[::-1])[::-1], 1.0)
    return result
