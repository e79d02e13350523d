"""What an update sets: expressions, draws from distributions, values of a file, observed values nearby."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from wsl_runtime import Key, uniforms, variable_hash
from wsl_runtime.elementary import exp_array, log_array
from wsl_runtime.radial import draw_near, silverman

from wsl.data import Kind
from wsl.engine.rows import Mask, ScenarioRows, Selecting
from wsl.semantics.checked import (
    Assignment,
    Categorical,
    Distribution,
    Expression,
    FileValues,
    Label,
    Read,
    Type,
)
from wsl.semantics.evaluate import Evaluator, Values

_LARGEST_EXPONENT = 709.0  # of our own exp, which is exact up to there
ELEMENTARY: dict[str, Callable[[Values], Values]] = {
    "LOG": lambda values: log_array(np.asarray(values, np.float64)),
    "EXP": lambda values: np.where(
        values > _LARGEST_EXPONENT, np.inf, exp_array(np.asarray(values, np.float64))
    ),
    "SQRT": np.sqrt,
}
_PURPOSE_SET = 101


@dataclass(frozen=True)
class Assigner:
    """Computes the new values of assignments on a scenario's rows as they were before the statement.

    `own` are the variables that the statement sets.
    """

    rows: ScenarioRows
    seed: int
    own: frozenset[str] = frozenset()

    def values(self, assignment: Assignment, mask: Mask) -> Values:
        """The new values of a variable on the rows of `mask`."""
        value = assignment.value
        if isinstance(value, Distribution):
            return self._rounded(assignment, quantile_function(value)(self._uniforms(assignment, mask)))
        if isinstance(value, Categorical):
            return self._categorical(assignment, value, mask)
        if isinstance(value, FileValues):
            return self._from_file(assignment, value, mask)
        if assignment.radial:
            return self._radial(assignment, value, mask)
        return self._expression(assignment.variable, value)[mask]

    def _uniforms(self, assignment: Assignment, mask: Mask) -> NDArray[np.float64]:
        key = Key(self.seed, variable_hash(assignment.variable))
        counts = self.rows.redraws.get(assignment.variable, np.zeros(len(self.rows), np.uint8))
        return uniforms(self.rows.row_ids[mask], key, counts[mask], _PURPOSE_SET)

    def _expression(self, variable: str, value: Expression) -> Values:
        evaluator = Evaluator(Selecting(self.rows, self.own), ELEMENTARY)
        column = self.rows.column(variable)
        if column.kind is Kind.CATEGORY:
            for label in _labels(value, self.rows):
                self.rows.with_label(variable, label)
            return evaluator.codes(value, self.rows.column(variable).categories)
        if column.kind is Kind.BOOLEAN:
            truth = evaluator.truth(value) if value.type is Type.TRUTH else evaluator.number(value) * 2 - 1
            return np.where(truth == 0, -1, truth > 0).astype(np.int8)
        return evaluator.number(value)

    def _categorical(self, assignment: Assignment, value: Categorical, mask: Mask) -> Values:
        codes = np.array([self.rows.with_label(assignment.variable, label) for label in value.labels])
        edges = np.cumsum(value.probabilities)[:-1]
        return codes[np.searchsorted(edges, self._uniforms(assignment, mask), side="right")]

    def _from_file(self, assignment: Assignment, value: FileValues, mask: Mask) -> Values:
        edges = np.cumsum(value.weights / value.weights.sum())[:-1]
        places = np.searchsorted(edges, self._uniforms(assignment, mask), side="right")
        column = value.values
        if column.kind is not Kind.CATEGORY:
            return np.asarray(column.values[places])
        codes = np.array([self.rows.with_label(assignment.variable, label) for label in column.categories])
        return np.asarray(codes[column.values[places]])

    def _radial(self, assignment: Assignment, value: Expression, mask: Mask) -> Values:
        observed = self.rows.dataset.column(assignment.variable).values
        ordered = np.sort(observed[np.isfinite(observed)])
        wanted = self._expression(assignment.variable, value)[mask]
        bandwidth = assignment.bandwidth if assignment.bandwidth is not None else silverman(ordered)
        key = Key(self.seed, variable_hash(assignment.variable))
        counts = self.rows.redraws.get(assignment.variable, np.zeros(len(self.rows), np.uint8))
        return draw_near(ordered, wanted, bandwidth, self.rows.row_ids[mask], key, counts[mask])

    def _rounded(self, assignment: Assignment, values: NDArray[np.float64]) -> Values:
        """Whole numbers for a variable that has only whole numbers: half a packet is never sent."""
        column = self.rows.dataset.column(assignment.variable)
        return np.round(values) if column.integer else values


def quantile_function(
    distribution: Distribution,
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """The inverse distribution function; the arguments are those of LANGUAGE's signatures."""
    from scipy import special, stats

    first, second = (*distribution.parameters, 0.0)[:2]
    exp, log = ELEMENTARY["EXP"], ELEMENTARY["LOG"]

    def survival(u: NDArray[np.float64]) -> Values:
        return -log(1.0 - u)

    functions: dict[str, Callable[[NDArray[np.float64]], Values]] = {
        "NORMAL": lambda u: first + second * special.ndtri(_open(u)),
        "LOGNORMAL": lambda u: first * exp(second * special.ndtri(_open(u))),
        "UNIFORM": lambda u: first + (second - first) * u,
        "EXPONENTIAL": lambda u: first * survival(u),
        "GAMMA": lambda u: second * special.gammaincinv(first, u),
        "WEIBULL": lambda u: first * exp(log(_open(survival(u), 1.0, np.inf)) / second),
        "PARETO": lambda u: first * exp(survival(u) / second),
        "POISSON": lambda u: stats.poisson.ppf(_open(u), first),
    }
    function = functions[distribution.name]
    return lambda u: np.asarray(function(u), np.float64)


def _open(u: Values, scale: float = 1.0, top: float = 1.0) -> Values:
    """Uniform numbers without 0, which has no quantile where a distribution has no least value."""
    least = 2.0**-54 * scale
    return np.clip(u, least, top if top == np.inf else top - 2.0**-53)


def _labels(value: Expression, rows: ScenarioRows) -> tuple[str, ...]:
    if isinstance(value, Label):
        return (value.text,)
    return rows.column(value.variable).categories if isinstance(value, Read) else ()
