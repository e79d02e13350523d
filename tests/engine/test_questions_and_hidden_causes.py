"""The three questions where a hidden cause changes what is redrawn from what, and their intervals."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.test_hidden_causes import front_door, two_in_turn
from wsl import Session
from wsl.results import Estimate

RANK, CAUSES = "WITH (coupling = rank)", "WITH (selection = causes)"
FRONT_DOOR = "GRAPH { x -> m -> y; x <-> y } TARGET y"
IN_TURN = "GRAPH { x -> m; w -> m; x -> z; m -> y; z -> y; m <-> z } TARGET y"


def mean(columns: dict[str, np.ndarray], program: str, figure: str = "MEAN(y)") -> Estimate:
    columns.pop("hidden", None)
    session = Session(data=columns, seed=3)
    return session.run(f"{program}\nESTIMATE {figure} AS asked").scenarios[0].estimates[0]


@pytest.mark.parametrize("option", [RANK, CAUSES])
@pytest.mark.parametrize("rows", ["*", "WHERE y > 1"])
def test_the_front_door_holds_for_these_requests_and_for_their_causes(option: str, rows: str) -> None:
    use = f"USE {rows} ON UNSUPPORTED FAIL ABOVE 100% {option}"
    found = mean(front_door({}), f"{FRONT_DOOR}\n{use}\nINTERVENE SET x += 1")
    plain = FRONT_DOOR.replace("; x <-> y", "")
    biased = mean(front_door({}), f"{plain}\n{use}\nINTERVENE SET x += 1")
    assert found.difference == pytest.approx(1, abs=0.12)
    assert biased.difference != pytest.approx(1, abs=0.2)
    assert found.difference_interval is not None
    assert found.difference_interval[0] < found.difference < found.difference_interval[1]


@pytest.mark.parametrize("option", [RANK, CAUSES])
def test_a_change_of_nothing_is_none_where_natural_values_are_read(option: str) -> None:
    use = f"USE WHERE y > 1 ON UNSUPPORTED FAIL ABOVE 100% {option}"
    updates = "INTERVENE SET x = x + 0\nINTERVENE SET m = m + 0"
    found = mean(two_in_turn({}), f"{IN_TURN}\n{use}\n{updates}")
    assert found.difference == 0.0
    assert found.difference_interval == (0.0, 0.0)


def test_natural_values_keep_their_ranks() -> None:
    """m is set back to its own value: y changes by what z does, of which m's natural value tells a part."""
    program = f"{IN_TURN}\nUSE * ON UNSUPPORTED FAIL ABOVE 100% {RANK}\nINTERVENE SET x += 1, m = 1"
    before, after = (two_in_turn(change) for change in ({}, {"x": lambda x: x + 1, "m": np.ones_like}))
    found = mean(two_in_turn({}), program)
    assert found.difference == pytest.approx(float((after["y"] - before["y"]).mean()), abs=0.15)


def test_a_share_against_the_baseline_has_an_interval_within_its_bounds_or_beside_them() -> None:
    program = f"{FRONT_DOOR}\nUSE * ON UNSUPPORTED FAIL ABOVE 100%\nINTERVENE SET x += 1"
    found = mean(front_door({}), program, "SHARE(y > BASELINE(y) + 0.5)")
    assert found.scenario is not None
    assert found.interval is not None
    assert found.share_bounds is not None
    assert found.share_bounds[0] <= found.scenario <= found.share_bounds[1]
    assert 0 < found.interval[1] - found.interval[0] < 0.2
