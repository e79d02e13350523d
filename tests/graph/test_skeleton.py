from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wsl.diagnostics import Text
from wsl.graph.skeleton import skeleton
from wsl.syntax import ast, parse


def test_it_reads_from_roots_to_target() -> None:
    columns = {
        "rt": "number",
        "fe": "category",
        "ts": "time",
        "rtt": "number",
        "use": "boolean",
        "a b": "number",
    }
    assert skeleton(columns, "rt") == (
        "GRAPH {\n"
        "  # causes -> effects: keep the arrows that are true, drop the others, turn round what is wrong\n"
        "  # a <-> b is a hidden common cause, a -- b an edge of unknown direction\n"
        "  ts, fe, `use` -> rtt, `a b`\n"
        "  ts, fe, `use`, rtt, `a b` -> rt\n"
        "} TARGET rt\n"
    )


def test_without_a_target_the_last_number_is_taken() -> None:
    assert skeleton({"rt": "number", "fe": "category"}).endswith("  fe -> rt\n} TARGET rt\n")
    assert skeleton({"a": "category", "b": "category"}).endswith("  a -> b\n} TARGET b\n")
    assert skeleton({"a": "number"}).endswith("  a\n} TARGET a\n")


NAMES = st.text(st.sampled_from("ab `.é9_-"), min_size=1, max_size=12) | st.sampled_from(
    ["use", "WHERE", "graph", "target", "In", "not"]
)


@given(
    st.dictionaries(
        NAMES, st.sampled_from(["number", "category", "time", "boolean"]), min_size=1, max_size=40
    )
)
def test_it_is_a_program(columns: dict[str, str]) -> None:
    parsed = parse(Text(skeleton(columns)))
    assert list(parsed.diagnostics) == []
    [graph] = parsed.program.statements
    assert isinstance(graph, ast.Graph)
