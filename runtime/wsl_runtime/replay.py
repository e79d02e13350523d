"""The scenario's distribution: the observed one, plus what the updates change of the drawn one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from wsl_runtime.sums import distribution_at, quantiles

LEVELS = 10_000

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Replay:
    """Sorted values as observed, and as drawn without (`replayed`) and with the updates (`scenario`).

    Sums of quantiles, or of shares, need not rise with the level: they are put in order (rearrangement;
    Chernozhukov, Fernandez-Val and Galichon 2009), which never increases their error. Without a change they
    are those observed, to the bit.
    """

    observed: Array
    replayed: Array
    scenario: Array

    def change(self, levels: Array) -> Array:
        """What the updates change of the quantiles at these levels."""
        return quantiles(self.scenario, levels) - quantiles(self.replayed, levels)

    def quantiles(self, levels: Sequence[float] | Array) -> Array:
        """Quantiles of the scenario; they rise with the level, in steps of 1/10,000 at the finest."""
        asked = np.asarray(levels, np.float64)
        found = self._raw(asked)
        grid, ordered = self._rearranged
        if not len(ordered):
            return found
        place = np.minimum(np.searchsorted(grid, asked), len(grid) - 1)
        low, high = ordered[np.maximum(place - 1, 0)], ordered[place]
        return np.where(grid[place] == asked, high, np.clip(found, low, high))

    def distribution(self, values: Array) -> Array:
        """Shares of the scenario at or below these ascending values."""
        raw = distribution_at(self.observed, values) + (
            distribution_at(self.scenario, values) - distribution_at(self.replayed, values)
        )
        return np.sort(np.clip(raw, 0.0, 1.0))

    def _raw(self, levels: Array) -> Array:
        return quantiles(self.observed, levels) + self.change(levels)

    @cached_property
    def _rearranged(self) -> tuple[Array, Array]:
        """Levels, and the quantiles there in ascending order; empty where there are none."""
        grid = np.linspace(0.0, 1.0, min(LEVELS, max(len(self.observed), len(self.scenario))) + 1)
        raw = self._raw(grid)
        return (grid, np.sort(raw)) if np.isfinite(raw).all() else (grid[:0], raw[:0])
