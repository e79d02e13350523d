"""What benchmarks ask EXPLAIN, and how near its causes come to the true one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray
from wsl_grammar.terminals import written_name

from wsl.diagnostics import WslError
from wsl.results import Cause, Explanation
from wsl.session import Session

METHODS = (
    "SCORE_ORDERING",
    "TRAVERSAL",
    "SMOOTH_TRAVERSAL",
    "TOCA",
    "CONDITIONAL",
    "CIRCA",
    "COUNTERFACTUAL",
)
START = np.datetime64("2024-01-01T00:00:00", "s")
Columns = Mapping[str, NDArray[Any]]


def session(normal: Columns, now: Columns, graph: Any, target: str) -> Session:
    """Normal rows and after them those to explain, a second apart; NaN where either lacks a column."""
    lengths = [len(next(iter(columns.values()))) for columns in (normal, now)]
    rows = {
        name: np.concatenate(
            [
                columns.get(name, np.full(length, np.nan))
                for columns, length in zip((normal, now), lengths, strict=True)
            ]
        )
        for name in dict.fromkeys((*normal, *now))
    }
    moment = START + np.arange(sum(lengths))
    return Session({"moment": moment.astype("datetime64[us]"), **rows}, graph, target, threads=1)


def statement(
    target: str, normal_rows: int, methods: Sequence[str], moment: int | None = None, options: str = ""
) -> str:
    """EXPLAIN one moment, or all that follow the normal rows, against all of these."""
    first = f"'{START + normal_rows}'"
    window = f"WHERE moment >= {first}" if moment is None else f"AT moment == '{START + moment}'"
    against = f"AGAINST WHERE moment < {first}"
    using = f"USING {', '.join(methods)}"
    return " ".join(filter(None, ("EXPLAIN", written_name(target), window, against, using, options))) + "\n"


def explanations(asked: Session, program: str) -> tuple[Explanation, ...]:
    """What a program explains, by method in the order asked; raises WslError if it could not."""
    result = asked.run(program)
    if not result.explanations:
        raise WslError(result.diagnostics)
    return result.explanations


def blocks(found: Explanation) -> list[list[Cause]]:
    """The causes that the method cannot tell apart, together, the best first; of TRAVERSAL those flagged."""
    causes = [cause for cause in found.causes if cause.flagged is not False]
    ranks = sorted({cause.rank for cause in causes})
    return [[cause for cause in causes if cause.rank == rank] for rank in ranks]


def within(found: Explanation, truth: str, count: int) -> bool:
    """Whether the true cause is in the first blocks: ties count as a hit."""
    return any(cause.variable == truth for block in blocks(found)[:count] for cause in block)


def shown(found: Explanation, truth: str, count: int) -> bool:
    """Whether the true cause is among the first as a report shows them, ties in order too."""
    order = [cause.variable for block in blocks(found) for cause in block]
    return truth in order[:count]


def expected(found: Explanation, truth: str, count: int) -> float:
    """The same if one cause of each block were taken at random."""
    shares = [1 / len(block) for block in blocks(found)[:count] for c in block if c.variable == truth]
    return sum(shares)


def first(found: Explanation, truth: str) -> float:
    """The chance that the cause named first is the true one, in random order where the method has none."""
    if found.method != "TRAVERSAL":
        return expected(found, truth, 1)
    flagged = [cause.variable for block in blocks(found) for cause in block]
    return 1 / len(flagged) if truth in flagged else 0.0


def two_errors(values: Sequence[float]) -> float:
    """Two standard errors of a mean of independent values; infinite for a single one."""
    return 2 * stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.inf


def mean(values: Sequence[float]) -> float | None:
    """The mean of some values, if there are any."""
    return fmean(values) if values else None
