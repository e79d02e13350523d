"""Work on all threads: what comes back, what is split within, and what happens after an error."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import wsl_runtime as runtime
from wsl_runtime.compile import for_blocks


@pytest.fixture(params=[1, 2, 5])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = runtime.threads()
    runtime.set_threads(request.param)
    yield request.param
    runtime.set_threads(before)


def test_results_come_in_the_order_of_the_items(threads: int) -> None:
    assert runtime.for_each(range(100), lambda item: item * item) == [item * item for item in range(100)]
    assert runtime.for_each([], lambda item: item) == []


def test_what_an_item_splits_stays_on_its_thread(threads: int) -> None:
    def work(item: int) -> bool:
        own, seen = threading.get_ident(), set[int]()
        for_blocks(10, lambda *_: seen.add(threading.get_ident()), size=1)
        return seen == {own}

    assert all(runtime.for_each(range(20), work))


def test_items_are_shared_by_threads() -> None:
    meeting, before = threading.Barrier(2, timeout=10), runtime.threads()
    runtime.set_threads(2)
    try:
        runtime.for_each(range(2), lambda _: meeting.wait())  # one thread alone would wait in vain
    finally:
        runtime.set_threads(before)


@pytest.mark.parametrize("wrong", [0, 7])
def test_after_an_error_nothing_more_is_begun(threads: int, wrong: int) -> None:
    begun: list[int] = []
    known = threading.Event()

    def work(item: int) -> None:
        begun.append(item)
        if item == wrong:
            known.set()
            raise LookupError(item)
        if item > wrong:
            known.wait(10)

    with pytest.raises(LookupError, match=str(wrong)):
        runtime.for_each(range(1000), work)
    assert len(begun) < 1000
    assert runtime.for_each(range(9), str) == [*"012345678"], "and the threads work on"
