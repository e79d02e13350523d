"""The one place that decides how kernels are compiled, cached and run on several threads."""

from __future__ import annotations

import functools
import hashlib
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

BLOCK = 1 << 16


@functools.cache
def cache_folder() -> Path:
    """Folder of compiled kernels in WSL_CACHE_DIR or the user's cache folder, for this state of the sources.

    Numba looks at a kernel's own file alone, and would keep one that calls a kernel of a changed file.
    """
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    own = os.environ.get("WSL_CACHE_DIR")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wsl"
    return (Path(own) if own else base) / "kernels" / digest.hexdigest()[:16]


def jit_enabled() -> bool:
    """False where WSL_JIT=0 asks for kernels as plain Python (for tests and debuggers)."""
    return os.environ.get("WSL_JIT", "1") != "0"


def _plain(function: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with np.errstate(all="ignore"):  # unsigned integers wrap, and x/0 is inf, as in compiled code
            return function(*args, **kwargs)

    return run


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of plain arrays: cached for the user, without the GIL, without fastmath."""
    return _compiled(function, inline=False)


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of scalars into the loops that call it: a call left there rules out vectors."""
    return _compiled(function, inline=True)


def _compiled(function: Callable[P, R], inline: bool) -> Callable[P, R]:
    if not jit_enabled():
        return _plain(function)
    import numba

    # Numba reads its cache folder when it decorates: ours must not become that of other packages.
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(cache_folder())
    options: dict[str, Any] = {
        "nogil": True,
        "error_model": "numpy",
        "fastmath": False,
        "forceinline": inline,
    }
    try:
        compiled: Callable[P, R] = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder that can be written: compile anew in each process
        compiled = numba.njit(**options)(function)
    finally:
        numba.config.CACHE_DIR = before
    return compiled


def cores() -> int:
    """Threads to use: WSL_THREADS, else one for each processor that this process may run on."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, int(os.environ.get("WSL_THREADS", "0")) or allowed or 1)


_threads = cores()
_here = threading.local()  # `busy` while this thread works on one of several items


@functools.cache
def _pool() -> ThreadPoolExecutor:
    """Threads that help, made once: to start some for every few thousand rows costs more than it gains."""
    return ThreadPoolExecutor(_threads - 1, "wsl")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a fork has no threads


def set_threads(count: int) -> None:
    """Use `count` threads for blocks of rows; results never depend on it."""
    global _threads
    if count < 1:
        raise ValueError("the number of threads must be at least 1")
    _threads = count
    _pool.cache_clear()


def threads() -> int:
    """Number of threads that blocks of rows run on."""
    return _threads


def blocks(rows: int, size: int = BLOCK) -> list[tuple[int, int]]:
    """Half-open ranges that cut `rows` rows into blocks; one empty block where there are none."""
    return [(start, min(rows, start + size)) for start in range(0, rows, size)] or [(0, 0)]


def for_blocks(rows: int, work: Callable[[int, int], None], size: int = BLOCK) -> None:
    """Call work(start, stop) for every block of rows, on all threads.

    Hand kernels slices: they use vectors only in loops that are known to start at 0.
    """
    for_each(blocks(rows, size), lambda ends: work(*ends))


def for_each(items: Iterable[T], work: Callable[[T], R]) -> list[R]:
    """work(item) of every item, on all threads; what that splits in turn stays on the item's own.

    The caller works too, so that it waits for no thread that has not begun. After an error or an interrupt
    nothing more is begun.
    """
    items = list(items)
    if _threads == 1 or len(items) < 2 or getattr(_here, "busy", False):
        return [work(item) for item in items]
    found: dict[int, R] = {}
    places = iter(range(len(items)))

    def help_out() -> None:
        _here.busy = True
        try:
            for place in places:
                found[place] = work(items[place])
        finally:
            _here.busy = False
            deque(places, maxlen=0)

    helpers = [_pool().submit(help_out) for _ in range(min(_threads, len(items)) - 1)]
    try:
        help_out()
    finally:
        begun = [helper for helper in helpers if not helper.cancel()]
        wait(begun)
    for helper in begun:
        helper.result()
    return [found[place] for place in range(len(items))]
