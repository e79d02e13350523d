"""Memory that is free again goes back to the system, so that a large log needs no more than its arrays."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache

MANY_ROWS = 1_000_000


def give_back(rows: int) -> None:
    """After a step on many rows: the allocator's heap is full of gaps that temporary arrays left behind."""
    if rows > MANY_ROWS:
        _trim()(0)


@cache
def _trim() -> Callable[[int], object]:
    """glibc's malloc_trim; other systems' allocators give back by themselves."""
    if sys.platform == "linux":
        trim: Callable[[int], object] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            return trim
    return lambda _: None
