"""Reading a distribution function: quantiles, where it lies, and the axis that suits it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wsl.results import Cdf, Estimate
from wsl.results.result import Numbers

SKEWED = 20.0  # the ratio of the 99 % to the 1 % quantile from which a logarithmic axis reads better


def quantiles(value: Numbers, probability: Numbers, levels: Sequence[float]) -> list[float]:
    """The least values whose probability reaches each level; `value` ascends, shapes (n,) and (n,)."""
    at = np.searchsorted(probability, np.asarray(levels) - 1e-12)
    return [float(value[min(index, len(value) - 1)]) for index in at]


def quantile_pair(cdf: Cdf, level: float, estimates: Sequence[Estimate] = ()) -> tuple[float, float]:
    """A quantile as recorded and in the scenario: as estimated if that was asked for, else read off."""
    expression = f"P{100 * level:g}({cdf.variable})"
    for estimate in estimates:
        asked = estimate.expression == expression and dict(estimate.group) == dict(cdf.group)
        if asked and estimate.baseline is not None and estimate.scenario is not None:
            return estimate.baseline, estimate.scenario
    before, after = (quantiles(cdf.value, p, (level,))[0] for p in (cdf.baseline, cdf.scenario))
    return before, after


def span(cdf: Cdf) -> tuple[float, float]:
    """The range that matters: from the least 0.5 % to the greatest 99.5 % quantile of the two functions."""
    ends = [quantiles(cdf.value, p, (0.005, 0.995)) for p in (cdf.baseline, cdf.scenario)]
    return min(low for low, _ in ends), max(high for _, high in ends)


def is_skewed(cdf: Cdf) -> bool:
    """Whether the values are positive and spread over so many magnitudes that logarithms read better."""
    low, high = span(cdf)
    return low > 0 and high / low >= SKEWED


def density(value: Numbers, probability: Numbers, edges: Numbers) -> Numbers:
    """The probability between consecutive edges, that at the first included, shape (len(edges) - 1,)."""
    at = np.searchsorted(value, edges, side="right")
    at[0] = np.searchsorted(value, edges[0], side="left")
    below = np.concatenate([[0.0], probability])[at]
    return np.diff(below)


def edges(cdf: Cdf, bins: int) -> Numbers:
    """The edges of bins of equal width on the axis that suits the values, shape (bins + 1,)."""
    low, high = span(cdf)
    if is_skewed(cdf):
        return np.geomspace(low, high, bins + 1)
    if low == high:
        margin = 0.05 * abs(low) or 1.0
        low, high = low - margin, high + margin
    return np.linspace(low, high, bins + 1)
