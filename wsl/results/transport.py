"""Whether what a scenario took over from other rows holds where it was used (ALGORITHMS 1.9)."""

from __future__ import annotations

from dataclasses import dataclass

LARGE = 0.05
"""Kolmogorov-Smirnov distance from which a difference is worth a warning, if chance hardly makes it."""
RARE = 0.01
"""Rate of false discoveries below which chance hardly makes a difference."""
REST, BLOCKS = "rest", "time blocks"


@dataclass(frozen=True)
class Transport:
    """How a variable behaves, at equal causes, in some `rows` beside the `others` that it is compared with.

    `against` is rest (the rows of USE beside the rest of the data) or time blocks (the block that differs
    most, from `start` to `end`, beside the others). `distance` is that of Kolmogorov-Smirnov between the
    ranks of the rows' own values, `q` the rate of false discoveries among a scenario's comparisons; both are
    None where nothing could be compared, and `unknown` says why. `missing` are variables that decide which
    rows are compared and that the variable is not conditioned on.
    """

    variable: str
    against: str
    distance: float | None
    q: float | None
    rows: int
    others: int
    missing: tuple[str, ...] = ()
    start: str | None = None
    end: str | None = None
    unknown: str | None = None

    @property
    def differs(self) -> bool:
        """Whether the difference is large, and not one that chance makes."""
        return self.distance is not None and self.q is not None and self.distance > LARGE and self.q < RARE
