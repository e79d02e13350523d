"""EXPLAIN: which candidate for a root cause was how unusual, and what that says of the others."""

from __future__ import annotations

from collections.abc import Callable

from wsl.planning import Diagnosis
from wsl.results import Explanation


def explain(plan: Diagnosis, seed: int, progress: Callable[[str], None]) -> tuple[Explanation, ...]:
    """The candidates ranked by each of the methods asked for."""
    raise NotImplementedError
