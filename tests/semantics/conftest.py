"""A small log of two hundred requests, and the graph that most programs here use."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

ROWS = 200
GRAPH = """\
GRAPH {
  region -> fe, rtt, sB
  fe -> be, rtt
  rtt -> srP
  be, rtt, sB, srP, ok, loss -> rt
  twin; ts; tod; as_num
  rtt, rt : NUMBER [ms]
  loss : NUMBER [%]
} TARGET rt
"""


@pytest.fixture(scope="session")
def log() -> dict[str, Any]:
    draws = np.random.default_rng(1)

    def any_of(*labels: object) -> np.ndarray:
        return np.array(labels)[draws.integers(0, len(labels), ROWS)]

    return {
        "region": any_of("ind", "deu", "twn", "zaf"),
        "fe": any_of("twn", "fra", "sfo", "sin"),
        "be": any_of("lax", "dub"),
        "rtt": draws.lognormal(4, 0.5, ROWS),
        "sB": draws.integers(1_000, 20_000, ROWS),
        "loss": draws.random(ROWS) * 5,
        "ok": any_of(True, False),
        "ts": np.datetime64("2024-03-01") + draws.integers(0, 3 * 86_400, ROWS).astype("timedelta64[s]"),
        "tod": draws.integers(0, 24, ROWS),
        "as_num": draws.integers(1, 6, ROWS) + 0.5,
        "srP": draws.integers(0, 5, ROWS),
        "rt": draws.lognormal(6, 0.5, ROWS),
        "twin": draws.random(ROWS),
    }
