"""p-values of root causes: of the worst of several rows, of several variables, and of all but one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

ENOUGH_BLOCKS = 20

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class WindowP(NamedTuple):
    """A p-value for one of several rows, and whether the normal rows were too few to compare windows."""

    p: float
    is_approximate: bool


def window_p(extreme: Mask, length: int) -> WindowP:
    """p of a row chosen among `length` with a value: which normal rows with one, in order, are as extreme.

    These are cut into blocks of as many, whose most extreme rows it is compared with. With fewer than 20
    blocks the rows are taken to be independent.
    """
    blocks = len(extreme) // length
    if length > 1 and blocks < ENOUGH_BLOCKS:
        return WindowP(float(of_any(length, (1 + np.count_nonzero(extreme)) / (1 + len(extreme)))), True)
    worst = extreme[: blocks * length].reshape(blocks, length).any(axis=1)
    return WindowP((1 + int(worst.sum())) / (1 + blocks), False)


def least_window_p(rows: int, length: int) -> float:
    """p of a row more extreme than all of so many normal ones."""
    return window_p(np.zeros(rows, np.bool_), length).p


def of_any(rows: int, p: npt.ArrayLike) -> Array:
    """p of the smallest p-value among those of independent rows."""
    with np.errstate(divide="ignore"):  # of a p of 1
        return np.asarray(-np.expm1(rows * np.log1p(-np.asarray(p))))


def holm(p: Array) -> Array:
    """p-values, shape (m,), adjusted for all of them (Holm, 1979); NaN stays and does not count."""
    adjusted = np.full(len(p), np.nan)
    order = np.argsort(p, kind="stable")[: np.count_nonzero(~np.isnan(p))]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * factors))
    return adjusted


def all_but(scores: Array, can_vary: Mask, rows: int = 1) -> Array:
    """p of "all variables but this one are as usual", from their independent scores, shape (m,).

    The scores' sum is Gamma distributed then (Orchard et al., 2025, equation 10 and theorem 4.8); those that
    cannot vary, and did not, would make any sum look small. A large p supports this one as the cause; a small
    one for every variable means that there are several. Each of the `rows` that the explained one was chosen
    among could have had scores as high.
    """
    counted = can_vary | (scores > 0)
    return of_any(rows, _cumulative(scores.sum() - scores, counted.sum() - counted))


def best_pair(scores: Array, can_vary: Mask, rows: int = 1) -> tuple[int, int, float]:
    """The two variables without which the others are most usual, and p of that."""
    first, second = np.argsort(-scores, kind="stable")[:2].tolist()
    rest = np.delete(np.arange(len(scores)), [first, second])
    counted = np.count_nonzero(can_vary[rest] | (scores[rest] > 0))
    p = of_any(rows, _cumulative(scores[rest].sum(keepdims=True), np.array([counted])))
    return first, second, float(p[0])


def _cumulative(total: Array, count: npt.NDArray[np.integer[Any]]) -> Array:
    from scipy.special import gammaincc

    return np.where(count < 1, 1.0, gammaincc(np.maximum(count, 1), np.maximum(total, 0.0)))
