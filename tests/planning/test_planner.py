"""What must hold of every plan: order, nothing missing, nothing in vain, and the same bits when merged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wsl import Session
from wsl.data import Dataset
from wsl.planning import Answer, Block, Plan, Refresh, plan, planner, shared_causes
from wsl.semantics.requested import read_by

ROWS = 240
RANK, CAUSES = " WITH (coupling = rank)", " WITH (selection = causes)"
NAMES = ("a", "b", "c", "d", "e", "f")


def table() -> dict[str, np.ndarray]:
    """Six columns that depend on each other somehow; `a` is a category."""
    draws = np.random.default_rng(3)
    a = draws.integers(0, 3, ROWS)
    columns = {"a": np.array(["x", "y", "z"])[a]}
    total = a.astype(float)
    for name in NAMES[1:]:
        total = 0.6 * total + draws.normal(size=ROWS)
        columns[name] = np.round(total, 3)
    return columns


TABLE = table()


LENIENT = "WITH (allow = ('WSL-C002', 'WSL-C003', 'WSL-C004', 'WSL-C020', 'WSL-C021'))"


@st.composite
def programs(draw: st.DrawFn, hidden: bool = False) -> str:
    """A graph whose edges follow the alphabet, some updates of numbers, and requests between them."""
    pairs = list(combinations(NAMES, 2))
    edges = [f"{a} -> {b}" for a, b in pairs if draw(st.booleans())]
    edges += [f"{a} <-> {b}" for a, b in pairs if hidden and draw(st.integers(0, 4)) == 0]
    lines = [f"GRAPH {{ {'; '.join([*edges, *NAMES])} }} TARGET f"]
    lines.append(f"USE * ON UNSUPPORTED FAIL ABOVE 100%{draw(st.sampled_from(('', RANK, CAUSES)))}")
    for _ in range(draw(st.integers(1, 4))):
        keyword = draw(st.sampled_from(("INTERVENE", "INTERVENE", "ASSUME")))
        name = draw(st.sampled_from(NAMES[1:5]))
        value = draw(st.sampled_from(("= 0.5", "+= 1", "= b - 1", "*= 2")))
        fixed = draw(st.sampled_from(("", "FIXED ")))
        where = draw(st.sampled_from(("", " WHERE a == x", " WHERE a == y", " WHERE b > 0")))
        lines.append(f"{keyword} SET {fixed}{name} {value}{where} {LENIENT}")
        if draw(st.integers(0, 3)) == 0:
            lines.append(f"ESTIMATE MEAN({draw(st.sampled_from(NAMES[1:]))})")
    asked = draw(st.lists(st.sampled_from(NAMES[1:]), min_size=1, max_size=2, unique=True))
    return "\n".join([*lines, f"ESTIMATE {', '.join(f'MEAN({name}), P90({name})' for name in asked)}"])


def planned(program: str) -> Plan:
    found = Session(data=dict(TABLE)).checked(program)
    assert found.ok, found.diagnostics
    return plan(found.program.scenarios[0])


def figures(program: str) -> list[tuple[object, ...]]:
    (scenario,) = Session(data=dict(TABLE), seed=5).run(program).scenarios
    return [
        (e.expression, e.baseline, e.replayed, e.scenario, e.difference, e.rows) for e in scenario.estimates
    ]


def blocks(found: Plan) -> Iterator[Block]:
    return (step for step in found.steps if isinstance(step, Block))


quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(programs())
@quick
def test_no_variable_is_redrawn_before_its_parents(program: str) -> None:
    found = planned(program)
    graph = found.scenario.graph
    assert graph is not None
    for block in blocks(found):
        level = {name: redraw.level for redraw in block.redraws for name in redraw.drawn}
        for name, own in level.items():
            assert all(level.get(parent, 0) < own for parent in graph.parents(name))
        assert all(before.level <= after.level for before, after in pairwise(block.redraws))
        assert level.keys().isdisjoint(block.levels[0])


@given(programs(hidden=True))
@quick
def test_no_variable_is_redrawn_before_what_it_is_drawn_from(program: str) -> None:
    for block in blocks(planned(program)):
        level = {name: redraw.level for redraw in block.redraws for name in redraw.drawn}
        for redraw in block.redraws:
            assert all(level.get(name, 0) < redraw.level for name in redraw.mechanism.conditioning)
            assert set(redraw.mechanism.natural) <= set(redraw.mechanism.conditioning)
        assert all(before.level <= after.level for before, after in pairwise(block.redraws))


@given(programs(hidden=True))
@quick
def test_merged_blocks_answer_as_separate_ones_do_with_hidden_causes(program: str) -> None:
    merged = figures(program)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner, "_merged", list)
        assert figures(program) == merged


@given(programs())
@quick
def test_what_becomes_stale_is_redrawn_just_where_something_reads_it(program: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner, "_merged", list)
        found = planned(program)
    graph = found.scenario.graph
    assert graph is not None
    read: set[str] = set()
    for step in reversed(found.steps):
        if isinstance(step, Answer):
            estimated = {name for mechanism in step.mechanisms for name in mechanism.children}
            read |= {name for mechanism in step.mechanisms for name in mechanism.conditioning}
            read |= set(read_by(step.request)) - estimated
        elif isinstance(step, Block):
            (update,) = step.updates
            stale = graph.descendants(*update.variables) - {*update.variables} if update.intervene else set()
            drawn = {name for redraw in step.redraws for name in redraw.drawn}
            read |= {parent for name in drawn for parent in graph.parents(name)}
            assert drawn == stale & read
            read |= set(update.reads)


@given(programs())
@quick
def test_what_else_is_asked_for_changes_no_figure(program: str) -> None:
    """With every row asked for, nothing is pruned."""
    assert figures(program) == figures(f"{program}\nESTIMATE ROWS")


@given(programs())
@quick
def test_merged_blocks_answer_as_separate_ones_do(program: str) -> None:
    merged = figures(program)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner, "_merged", list)
        assert figures(program) == merged


@given(st.booleans().flatmap(lambda hidden: programs(hidden=hidden)))
@quick
def test_a_run_reads_only_the_columns_of_its_plan(program: str) -> None:
    columns = set(planned(program).columns)
    session = Session(data=dict(TABLE), seed=5)
    found = session.checked(program)
    read: set[str] = set()
    with pytest.MonkeyPatch.context() as patch:
        original = Dataset.column

        def column(self: Dataset, name: str) -> object:
            read.add(name)
            return original(self, name)

        patch.setattr(Dataset, "column", column)
        session.engine.run(plan(found.program.scenarios[0]), lambda words: None)
    assert read <= columns


def test_independent_updates_are_one_block_and_others_are_not() -> None:
    graph = "GRAPH { a -> b -> d; c -> e; d, e -> f } TARGET f\nUSE *\n"

    def count(*updates: str) -> int:
        return len(list(blocks(planned(graph + "\n".join(updates) + "\nESTIMATE MEAN(f), MEAN(d)"))))

    assert count("INTERVENE SET b = 1", "INTERVENE SET c = 2") == 1
    assert count("INTERVENE SET b = 1", "INTERVENE SET c = b") == 2
    assert count("INTERVENE SET b = 1", "INTERVENE SET e = 1 WHERE d > 0") == 2
    # What the first reaches, the second sets.
    assert count("INTERVENE SET b = 1", "INTERVENE SET d = 2 WHERE a == x") == 2


def test_siblings_share_a_donor_whichever_of_them_is_asked_for() -> None:
    graph = "GRAPH { a, b -> c, d; c, d -> e; e -> f } TARGET f\nUSE *\nINTERVENE SET b = 1\n"
    for request in ("MEAN(f)", "MEAN(f), SHARE(c > 0)"):
        (block,) = blocks(planned(f"{graph}ESTIMATE {request}"))
        assert block.redraws[0].mechanism.children == ("c", "d")
        assert block.redraws[0].drawn == ("c", "d")
        assert block.levels == (("b",), ("c", "d"), ("e",))


def test_what_nothing_reads_is_pruned() -> None:
    found = planned(
        "GRAPH { b -> c, d; c -> f; d -> e } TARGET f\nUSE *\nINTERVENE SET b = 1\nESTIMATE MEAN(f)"
    )
    assert found.pruned == ("d", "e")
    # A sibling of what is redrawn is read: the two share their donors whether or not both are asked for.
    assert found.columns == ("b", "c", "d", "f")


CONFOUNDED = "GRAPH { a -> c; b -> c; b -> d; c -> e; d -> e; e -> f; c <-> d } TARGET f\nUSE *\n"


def test_siblings_take_one_donor_only_where_they_are_drawn_from_the_same() -> None:
    program = "GRAPH { b -> c, d; c, d -> f%s } TARGET f\nUSE *\nINTERVENE SET b = 1\nESTIMATE MEAN(f)"
    (together,) = blocks(planned(program % ""))
    (apart,) = blocks(planned(program % "; c <-> d"))
    assert [redraw.drawn for redraw in together.redraws] == [("c", "d")]
    assert [(r.drawn, r.mechanism.conditioning) for r in apart.redraws] == [
        (("c",), ("b",)),
        (("d",), ("b", "c")),
    ]


def test_the_natural_value_of_what_is_set_below_is_redrawn_for_what_reads_it() -> None:
    for updates in (
        ("INTERVENE SET b = 1, c = 2",),
        ("INTERVENE SET FIXED c = 2", "INTERVENE SET b = 1"),
        ("INTERVENE SET b = 1", "INTERVENE SET c = 2"),
    ):
        *_, block = [
            b
            for b in blocks(planned(CONFOUNDED + "\n".join((*updates, "ESTIMATE MEAN(f)"))))
            if "b" in b.levels[0]
        ]
        drawn = {name: redraw.mechanism for redraw in block.redraws for name in redraw.drawn}
        assert drawn["c"].conditioning == ("a", "b")
        assert drawn["d"].conditioning == ("a", "b", "c")
        assert drawn["d"].natural == ("c",)


def test_a_natural_value_that_nothing_reads_is_not_redrawn() -> None:
    plain = CONFOUNDED.replace("; c <-> d", "")
    (block,) = blocks(planned(f"{plain}INTERVENE SET b = 1, c = 2\nESTIMATE MEAN(f)"))
    assert {name for redraw in block.redraws for name in redraw.drawn} == {"d", "e"}


def test_an_update_after_the_last_request_changes_nothing_of_it() -> None:
    """Setting b would be refused: it feeds into its own district."""
    program = "GRAPH { c -> d; d -> f; c <-> f; b -> f; b <-> c } TARGET f\nUSE *\nINTERVENE SET c += 1\n" + (
        f"ESTIMATE MEAN(f)\nINTERVENE SET b = 1 {LENIENT}\nESTIMATE MEAN(f)"
    )
    scenario = planned(program).scenario
    *_, answer = [
        s for s in plan(replace(scenario, steps=scenario.steps[:-1])).steps if isinstance(s, Answer)
    ]
    (mechanism,) = answer.mechanisms
    assert (mechanism.conditioning, mechanism.natural) == (("b", "c", "d"), ("c",))
    *_, answer = plan(scenario).steps
    assert isinstance(answer, Answer)
    assert answer.mechanisms[0].conditioning == ("b", "d")


@pytest.mark.parametrize(
    ("more", "updates", "expected"),
    [
        ("", "INTERVENE SET b = 1", {"a", "b", "c", "e"}),
        ("", "ASSUME SET d = 1", {"d", "e"}),
        ("", "INTERVENE SET b = 1\nINTERVENE SET e = 2", {"a", "b", "c", "e"}),
        ("", "INTERVENE SET b = 1 WHERE a == x\nINTERVENE SET d = 2 WHERE a == y", None),
        ("; c <-> f", "INTERVENE SET b = 1 WITH (allow = 'WSL-C005')", None),
    ],
)
def test_both_worlds_share_what_is_set_and_what_is_kept(
    more: str, updates: str, expected: set[str] | None
) -> None:
    graph = f"GRAPH {{ a -> b -> d -> f; a, c -> d; e -> f{more} }} TARGET f"
    found = shared_causes(planned(f"{graph}\nUSE *\n{updates}\nESTIMATE MEAN(f)").scenario, "f")
    assert (None if found is None else set(found)) == expected


def test_a_fresh_population_redraws_the_natural_value_of_what_is_set_below() -> None:
    use = CONFOUNDED.replace("USE *", f"USE *{CAUSES}")
    fresh, *_ = planned(f"{use}INTERVENE SET b = 1, c = 2\nESTIMATE MEAN(f)").steps
    assert isinstance(fresh, Refresh)
    drawn = {name: redraw.mechanism for redraw in fresh.redraws for name in redraw.drawn}
    assert list(drawn) == ["c", "d", "e"]
    assert (drawn["d"].conditioning, drawn["d"].natural) == (("a", "b", "c"), ("c",))
