"""The effect on the target's mean once more, by a way that needs less of the graph."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SecondAnswer:
    """An effect by direct adjustment, and how far it is from the answer by propagation.

    `difference` is second less first, `interval` its 95 % interval. `cancelling` is the partial R^2 that a
    hidden common cause would need with both the `variables` that are set and the target, to make this effect
    0 (Cinelli and Hazlett 2020; Chernozhukov et al. 2022). Where both answers `disagree`, the intervals of
    the figure cover both.
    """

    variables: tuple[str, ...]
    adjusted_for: tuple[str, ...]
    effect: float
    difference: float
    interval: tuple[float, float]
    cancelling: float
    disagree: bool
