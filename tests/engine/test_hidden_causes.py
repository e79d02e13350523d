"""Logs with a hidden cause: answers with the `<->` in the graph and without it, beside the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.graph.enumeration import Question, asked, random_assumption, random_question
from wsl import Session
from wsl.diagnostics import WslError
from wsl.planning import Mechanism

ROWS = 40_000
Array = NDArray[np.float64]
Columns = dict[str, Array]
World = Callable[[dict[str, Callable[[Array], Array]]], Columns]


@dataclass(frozen=True)
class Case:
    """A graph, a program, the same change as functions of what is set, and the world it is of.

    `world` returns all variables, with those that are set replaced as `change` says before they are felt.
    """

    graph: str
    program: str
    change: dict[str, Callable[[Array], Array]]
    world: World
    use: str = "USE *"

    def answer(self, *, latent: bool = True) -> float:
        """The effect on MEAN(y)."""
        items = [item for item in self.graph.split("; ") if latent or "<->" not in item]
        columns = self.world({})
        columns.pop("hidden")
        graph = f"GRAPH {{ {'; '.join(items)} }} TARGET y\n"
        program = f"{graph}{self.use} ON UNSUPPORTED FAIL ABOVE 100%\n{self.program}\nESTIMATE MEAN(y)"
        mean = Session(data=columns, seed=3).run(program).scenarios[0].estimate("MEAN(y)")
        assert mean.difference is not None
        return mean.difference

    def truth(self) -> float:
        """The effect on the very rows of the log."""
        before, after = self.world({}), self.world(self.change)
        chosen = np.ones(ROWS, bool) if self.use == "USE *" else before["k"] > 0
        return float((after["y"] - before["y"])[chosen].mean())


def noise(count: int) -> Array:
    return np.random.default_rng(17).normal(size=(count, ROWS))


def felt(change: dict[str, Callable[[Array], Array]], name: str, natural: Array) -> Array:
    return change[name](natural) if name in change else natural


def front_door(change: dict[str, Callable[[Array], Array]]) -> Columns:
    hidden, ex, em, ey = noise(4)
    x = felt(change, "x", hidden + ex)
    m = x + 1.5 * em
    return {"hidden": hidden, "x": x, "m": m, "y": m + 2 * hidden + ey}


def sites(change: dict[str, Callable[[Array], Array]]) -> Columns:
    """x is a category, which clients of one kind choose more often."""
    hidden, ex, em, ey = noise(4)
    x = felt(change, "x", np.where(hidden + ex > 0, "a", "b"))
    m = np.where(x == "a", 3, 1) + em
    return {"hidden": hidden, "x": x, "m": m, "y": np.exp(0.3 * m + 0.5 * hidden + 0.2 * ey)}


def bent_front_door(change: dict[str, Callable[[Array], Array]]) -> Columns:
    """Skewed, positive, and with a carrier that saturates."""
    hidden, ex, em, ey = noise(4)
    x = felt(change, "x", np.exp(3 + 0.5 * hidden + 0.4 * ex))
    m = 100 * x / (x + 20) * np.exp(0.4 * em)
    return {"hidden": hidden, "x": x, "m": m, "y": m * np.exp(0.5 * hidden + 0.2 * ey) + 20}


def proxy(change: dict[str, Callable[[Array], Array]]) -> Columns:
    """What is hidden acts on y and on z, which decides on x: z closes the back door, and is no cause of y."""
    hidden, ez, ex, ey = noise(4)
    z = hidden + 0.5 * ez
    x = felt(change, "x", z + ex)
    return {"hidden": hidden, "z": z, "x": x, "y": np.exp(0.3 * x + 0.8 * hidden + 0.2 * ey)}


def selected(change: dict[str, Callable[[Array], Array]]) -> Columns:
    """Rows are chosen by k, which the hidden cause of y acts on."""
    hidden, ek, ex, ey = noise(4)
    k = hidden + 0.5 * ek
    x = felt(change, "x", ex)
    return {"hidden": hidden, "k": k, "x": x, "y": x * hidden + 2 * x + ey}


def two_in_turn(change: dict[str, Callable[[Array], Array]]) -> Columns:
    """m and z share a cause; both follow from x, and m is set once it has."""
    hidden, ex, w, em, ez, ey = noise(6)
    x = felt(change, "x", ex)
    m = felt(change, "m", x + w + hidden + 0.5 * em)
    z = x + 2 * hidden + 0.5 * ez
    return {"hidden": hidden, "w": w, "x": x, "m": m, "z": z, "y": m * z + ey}


def one(values: Array) -> Array:
    return np.ones_like(values)


FRONT = "x -> m; m -> y; x <-> y"
TURN = "w -> m; x -> m; x -> z; m -> y; z -> y; m <-> z"


def normal(values: Array) -> Array:
    return np.random.default_rng(1).normal(1, 0.5, len(values))


CASES = {
    "front door, relative": Case(FRONT, "INTERVENE SET x += 1", {"x": lambda x: x + 1}, front_door),
    "front door, some rows": Case(
        FRONT, "INTERVENE SET x -= 1 WHERE x > 0", {"x": lambda x: np.where(x > 0, x - 1, x)}, front_door
    ),
    "front door, drawn": Case(FRONT, "INTERVENE SETDIST x NORMAL(1, 0.5)", {"x": normal}, front_door),
    "front door, category": Case(FRONT, "INTERVENE SET x = b", {"x": lambda x: np.full(ROWS, "b")}, sites),
    "bent front door": Case(FRONT, "INTERVENE SET x *= 0.5", {"x": lambda x: x * 0.5}, bent_front_door),
    "proxy": Case("z -> x; x -> y; z <-> y", "INTERVENE SET x -= 1", {"x": lambda x: x - 1}, proxy),
    "selection": Case(
        "x -> y; k <-> y", "INTERVENE SET x += 1", {"x": lambda x: x + 1}, selected, "USE WHERE k > 0"
    ),
    "in turn": Case(
        TURN,
        "INTERVENE SET x += 1\nINTERVENE SET m *= 0.5 WITH (allow = 'WSL-C008')",
        {"x": lambda x: x + 1, "m": lambda m: 0.5 * m},
        two_in_turn,
    ),
    "fixed below on some rows": Case(
        TURN,
        "INTERVENE SET FIXED m = 1 WHERE w > 0\nINTERVENE SET x += 1",
        {"x": lambda x: x + 1, "m": lambda m: np.where(two_in_turn({})["w"] > 0, 1, m)},
        two_in_turn,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_rule_finds_the_truth_that_a_plain_redraw_misses(name: str) -> None:
    case = CASES[name]
    truth = case.truth()
    assert case.answer() == pytest.approx(truth, rel=0.08)
    assert abs(case.answer(latent=False) - truth) > 0.2 * abs(truth)


def run(program: str, columns: Columns) -> list[tuple[float | None, ...]]:
    (scenario,) = Session(data=dict(columns), seed=3).run(program).scenarios
    return [(e.baseline, e.replayed, e.scenario, e.difference) for e in scenario.estimates]


@pytest.fixture(scope="module")
def columns() -> Columns:
    found = proxy({})
    found.pop("hidden")
    return found


ASK = "USE *\nINTERVENE SET x += 1\nESTIMATE MEAN(y), P90(y)"
BOW = "GRAPH { x -> y; z -> x; x <-> y } TARGET y\n"


def test_what_no_redraw_can_tell_is_refused(columns: Columns) -> None:
    with pytest.raises(WslError) as caught:
        run(BOW + ASK, columns)
    assert [finding.code for finding in caught.value.diagnostics] == ["WSL-C020"]


def test_what_is_let_pass_is_answered_as_without_the_hidden_cause(columns: Columns) -> None:
    allowed = ASK.replace("+= 1", "+= 1 WITH (allow = 'WSL-C020')")
    assert run(BOW + allowed, columns) == run(BOW.replace("; x <-> y", "") + ASK, columns)


def test_a_hidden_cause_that_does_not_matter_changes_no_bit(columns: Columns) -> None:
    """It is behind z alone, or behind what is not asked for."""
    graph = "GRAPH {{ z -> x; x -> y; y -> late{0} }} TARGET y\n"
    data = {**columns, "late": columns["y"] + 1.0}
    plain = run(graph.format("") + ASK, data)
    for edge in ("; x <-> late", "; z <-> x", "; late <-> z"):
        assert run(graph.format(edge) + ASK, data) == plain


def test_natural_values_make_no_second_index(columns: Columns) -> None:
    """y is learned given x and z whether z is set or only known."""
    session = Session(data=dict(columns), seed=3)
    for graph, update in (("z -> x; x -> y; z <-> y", "x += 1"), ("z -> x; x -> y; z -> y", "x += 1")):
        session.run(f"GRAPH {{ {graph} }} TARGET y\nUSE *\nINTERVENE SET {update}\nESTIMATE MEAN(y)")
    assert len(session.engine.indexes._kept) == 1
    session.run("GRAPH { z -> x; x -> y; z <-> y } TARGET y\nUSE *\nINTERVENE SET z += 1\nESTIMATE MEAN(y)")
    assert {key.mechanism for key in session.engine.indexes._kept} == {
        Mechanism(("y",), ("x", "z")),
        Mechanism(("x",), ("z",)),
    }


def test_a_set_variable_in_the_district_is_read_as_it_was(columns: Columns) -> None:
    """Setting z reaches y through x alone: with x pinned, nothing changes."""
    program = "GRAPH { z -> x; x -> y; z <-> y } TARGET y\nUSE *\n" + (
        "INTERVENE SET FIXED x = x\nINTERVENE SET z += 5\nESTIMATE MEAN(y)"
    )
    assert run(program, columns)[0][3] == 0


@pytest.mark.parametrize("kind", [random_question, random_assumption])
def test_logs_of_random_models_are_answered_as_enumeration_does(
    kind: Callable[[np.random.Generator], Question],
) -> None:
    """Where a plain redraw would read something else; noise is about a percent."""
    draws = np.random.default_rng(4)
    errors = []
    for question, model in asked(120, 21, kind):
        given = question.rule.conditioning(question.target).variables
        if question.rule.obstacles or given == question.graph.parents(question.target):
            continue
        log = {name: bits.astype(float) for name, bits in model.sample(20_000, draws).items()}
        (scenario,) = Session(data=log, seed=3).run(question.program).scenarios
        difference = scenario.estimate(f"MEAN({question.target})").difference
        assert difference is not None
        errors.append(abs(difference - model.effect(question)))
    assert len(errors) > 5
    assert max(errors) < 0.03
    assert np.median(errors) < 0.01
