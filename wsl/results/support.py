"""How much of a scenario's answer rests on data that resembles what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

BANDS = (0.5, 1.0, 2.0, 4.0)
"""Ends of the bands of distances, in units of what 99.9 % of recorded rows stay below; the last is open."""


@dataclass(frozen=True)
class VariableSupport:
    """Support of one variable on the `rows` where a cause of it changed.

    `borrowed` rows had to take another category's values, `outside` ones lie far from all data, `unsupported`
    are one of these; `excess` is their share of the scenario's rows, less the share that were so as recorded.
    `requested` and `recorded` are shares of `rows` by distance (see BANDS), the last those that borrow.
    On the rows beyond the data, ON UNSUPPORTED NEAREST `moved` a cause by a mean of |requested - used| (times
    in seconds), and `exchanged` a category on a share of them. `fault` says in words what no row has.
    """

    rows: int
    borrowed: int
    outside: int
    unsupported: int
    excess: float
    effective_donors: float | None = None
    largest_donor: float | None = None
    moved: Mapping[str, float] = field(default_factory=dict)
    exchanged: Mapping[str, float] = field(default_factory=dict)
    requested: tuple[float, ...] = ()
    recorded: tuple[float, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class Support:
    """Support of a scenario: its `rows` before any were dropped, and of these what its variables share.

    `effective_donors` is the least, `largest_donor` the greatest of any variable; `policy` is what ON
    UNSUPPORTED says, `limit` the excess from which FAIL fails.
    """

    rows: int
    borrowed: int
    outside: int
    excess: float
    effective_donors: float | None
    largest_donor: float | None
    dropped: int
    policy: str
    limit: float
    by_variable: Mapping[str, VariableSupport]
