"""A small CDN log, in memory, and sessions on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from wsl import Result, Session
from wsl.examples import cdn

GRAPH = "GRAPH { " + "; ".join(f"{a} -> {b}" for a, b in cdn.EDGES) + " } TARGET rt\n"
ROWS = 4_000


@pytest.fixture(scope="session")
def log() -> dict[str, np.ndarray]:
    return dict(cdn.generate(ROWS, 5))


@pytest.fixture
def run(log: Mapping[str, Any]) -> Callable[..., Result]:
    """Run a program on the log; keywords are those of Session."""

    def answer(program: str, **settings: Any) -> Result:
        data = settings.pop("data", log)
        return Session(data=dict(data), **settings).run(GRAPH + program)

    return answer
