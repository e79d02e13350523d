"""This machine's own limits (one thread), to measure kernels against in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from wsl_runtime.compile import kernel
from wsl_runtime.elementary import exp
from wsl_runtime.philox import row_words
from wsl_runtime.sorting import group_by_tile

_ZERO = np.uint64(0)


@kernel
def _gather(values: npt.NDArray[np.float32], at: npt.NDArray[np.int32], out: npt.NDArray[np.float32]) -> None:
    for i in range(len(at)):
        out[i] = values[at[i]]


@kernel
def _philox(out: npt.NDArray[np.uint32]) -> None:
    for i in range(len(out)):
        a, b, c, d = row_words(np.uint64(i), _ZERO, _ZERO, _ZERO)
        out[i] = a ^ b ^ c ^ d


@kernel
def _exp(values: npt.NDArray[np.float64], rounds: int) -> float:
    total = 0.0
    for _ in range(rounds):
        for i in range(len(values)):
            values[i] = exp(values[i]) - 1.0
        total += values[0]
    return total


def _rate(work: Callable[[], object], items: int, repeats: int = 3) -> float:
    """Items per second of CPU time, the best of a few runs after one that compiles."""
    work()
    best = np.inf
    for _ in range(repeats):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return items / max(best, 1e-9)


def copy(size: int = 1 << 25) -> float:
    """Bytes per second that a copy reads and writes."""
    source, target = np.ones(size // 8), np.empty(size // 8)
    return _rate(lambda: np.copyto(target, source), 2 * size)


def gather(rows: int = 1 << 22, values: int = 1 << 13) -> float:
    """Random reads per second from an array of `values` float32: small ones lie in cache."""
    generator = np.random.default_rng(1)
    at = generator.integers(0, values, rows).astype(np.int32)
    source, out = np.ones(values, np.float32), np.empty(rows, np.float32)
    return _rate(lambda: _gather(source, at, out), rows)


def random_words(rows: int = 1 << 22) -> float:
    """32-bit Philox words per second (four a counter)."""
    out = np.empty(rows, np.uint32)
    return 4 * _rate(lambda: _philox(out), rows)


def counting_sort(rows: int = 1 << 22, tiles: int = 1 << 12) -> float:
    """Rows per second put in order of their tile."""
    tile = np.random.default_rng(1).integers(0, tiles, rows).astype(np.int32)
    return _rate(lambda: group_by_tile(tile, tiles), rows)


def exponentials(size: int = 1 << 12, rounds: int = 1 << 10) -> float:
    """Calls per second of our own exp, in cache."""
    values = np.linspace(-1e-3, 0.0, size)
    return _rate(lambda: _exp(values, rounds), size * rounds)


def measure() -> dict[str, float]:
    """All limits of this machine, per second on one thread."""
    return {
        "copy_bytes": copy(),
        "gather_cache": gather(),
        "gather_memory": gather(values=1 << 26),
        "random_words": random_words(),
        "counting_sort": counting_sort(),
        "exponentials": exponentials(),
    }
