"""What must hold of every check: it never raises, says nothing twice, and takes seconds for long programs."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wsl import Session, WslError
from wsl.data import Declaration, Kind
from wsl.diagnostics import Diagnostic, Text
from wsl.semantics.checked import figures_of
from wsl.semantics.checker import check
from wsl.semantics.environment import Environment
from wsl.semantics.expressions import ExpressionChecker
from wsl.semantics.figures import FigureChecker
from wsl.semantics.parameters import with_parameters
from wsl.semantics.scope import Scope
from wsl.syntax import ast, parse

from .conftest import GRAPH

WORDS = ("region", "fe", "rtt", "sB", "ok", "ts", "loss", "rt", "twn", "nowhere", "foo", "site", "`fe`")
LITERALS = ("5", "-1.5", "5ms", "3KB", "5%", "'twn'", "'2024-03-02'", "true", "'x'")
VALUES = st.sampled_from(WORDS + LITERALS)


def _values(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("MIN({}, {})".format, inner, inner),
        st.builds("LOG({})".format, inner),
        st.builds("-{}".format, inner),
        st.builds("BASELINE({})".format, inner),
    )


EXPRESSIONS = st.recursive(VALUES, _values, max_leaves=4)
ATOMS = st.one_of(
    st.builds("{} {} {}".format, EXPRESSIONS, st.sampled_from(("==", "<>", "<", ">=")), EXPRESSIONS),
    st.builds("{} IN ({}, {})".format, VALUES, VALUES, VALUES),
    st.builds("{} BETWEEN {} AND {}".format, EXPRESSIONS, VALUES, VALUES),
    st.builds("{} IS MISSING".format, EXPRESSIONS),
    st.builds("{} LIKE 't%'".format, VALUES),
    VALUES,
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("NOT ({})".format, inner),
    ),
    max_leaves=3,
)
FIGURES = st.one_of(
    st.builds("MEAN({})".format, EXPRESSIONS),
    st.builds("P95({})".format, EXPRESSIONS),
    st.builds("SHARE({})".format, CONDITIONS),
    st.builds("QUANTILE({}, {})".format, VALUES, VALUES),
    st.sampled_from(("CDF(rt)", "COUNT(*)", "5ms", "limit", "BASELINE(MEAN(rt))")),
)
FORMULAS = st.one_of(FIGURES, st.builds("{} {} {}".format, FIGURES, st.sampled_from("+-*/"), FIGURES))
NUMBERS = st.sampled_from(("50, 10", "mean = 5", "50ms, site", "rtt, 2", "-1, -1"))
STATEMENTS = st.one_of(
    st.builds("USE WHERE {}".format, CONDITIONS),
    st.builds("EXPLAIN {} AT {} TOP {}".format, VALUES.filter(str.isidentifier), CONDITIONS, VALUES),
    st.builds(
        "EXPLAIN rt WHERE {} AGAINST WHERE {} USING {}".format,
        CONDITIONS,
        CONDITIONS,
        st.sampled_from(("TOCA", "TRAVERSAL(threshold = 2), TOCA(samples = 5)", "nothing", "TOCA, TOCA")),
    ),
    st.sampled_from(("USE *", "USE * AS a", "USE cdn", "USE * SAMPLE 9", "DESCRIBE fe, foo", "EXPLAIN PLAN")),
    st.sampled_from(
        ("PARAM site = twn", "PARAM limit = 50ms", "PARAM rt = 5", "GRAPH { rtt -> rt } TARGET rt")
    ),
    st.builds(
        "INTERVENE SET {} = {} WHERE {}".format, VALUES.filter(str.isidentifier), EXPRESSIONS, CONDITIONS
    ),
    st.builds("ASSUME SET FIXED {} *= {}".format, VALUES.filter(str.isidentifier), EXPRESSIONS),
    st.builds("INTERVENE SETDIST {} NORMAL({})".format, VALUES.filter(str.isidentifier), NUMBERS),
    st.builds("INTERVENE SETDIST fe CATEGORICAL({}: 0.5, {}: 50%)".format, VALUES, VALUES),
    st.builds("ESTIMATE {}, {} BY region WHERE {}".format, FORMULAS, FORMULAS, CONDITIONS),
    st.builds("EXPECT {} <= {} OR {} > 5".format, FORMULAS, FORMULAS, FIGURES),
    st.sampled_from(("INTERVENE SET fe = = twn", "ESTIMATE", "ESTIMATE ROWS", "GRAPH { rt -> rtt -> rt }")),
)
PROGRAMS = st.lists(STATEMENTS, min_size=1, max_size=6).map("\n".join)
many = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(PROGRAMS, st.booleans())
@many
def test_no_program_breaks_the_checker(log: dict[str, Any], program: str, with_data: bool) -> None:
    """Every finding has a place, and none is said twice of one place."""
    session = Session(data=dict(log) if with_data else None)
    found = session.check(GRAPH + program, need_data=with_data)
    assert all(finding.span is not None for finding in found)
    said = Counter((f.code, f.span.start, f.span.end, f.message) for f in found if f.span is not None)
    assert max(said.values(), default=0) <= 1


@given(st.lists(CONDITIONS, min_size=1, max_size=2), st.lists(FIGURES, min_size=1, max_size=2))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_passes_the_check_runs(log: dict[str, Any], conditions: list[str], figures: list[str]) -> None:
    where = " AND ".join(f"({condition})" for condition in conditions)
    program = f"{GRAPH}USE *\nINTERVENE SET sB = 5000 WHERE {where}\nESTIMATE {', '.join(figures)}"
    session = Session(data=dict(log))
    if any(finding.is_error for finding in session.check(program)):
        return
    assert session.run(program).status in ("ok", "failed")


def chain(operator: str, operands: list[ast.Expression]) -> ast.Expression:
    """The operands joined from left to right, as the parser joins them."""
    joined = operands[0]
    for operand in operands[1:]:
        joined = ast.Binary(operator, joined, operand, span=joined.span.to(operand.span))
    return joined


@pytest.mark.parametrize("operator", ["AND", "OR"])
def test_long_chains_are_no_deep_trees(operator: str) -> None:
    use, expect = parse(Text("USE WHERE rtt > limit\nEXPECT MEAN(rt) < limit")).program.statements
    assert isinstance(use, ast.Use)
    assert isinstance(expect, ast.Expect)
    assert use.where is not None
    limit = {"limit": ast.Number(50.0, span=use.span)}
    rows = ast.Use(None, where=chain(operator, [use.where] * 5_000), span=use.span)
    figures = ast.Expect(chain(operator, [expect.condition] * 5_000), span=expect.span)
    said: list[Diagnostic] = []
    declarations = {"rtt": Declaration(Kind.NUMBER), "rt": Declaration(Kind.NUMBER)}
    expressions = ExpressionChecker(Scope(None, None, declarations), said.append)
    where = expressions.condition(with_parameters(rows, limit).where)
    checker = FigureChecker(expressions, said.append, lambda name: False, "rt")
    formula = checker.formula(with_parameters(figures, limit).condition)
    assert where is not None
    assert formula is not None
    assert len(list(figures_of(formula.formula))) == 5_000
    assert hash(where) != hash(formula)
    assert said == []


@pytest.mark.parametrize(
    "line",
    [
        "INTERVENE SET fe = twn",
        "INTERVENE SET sB = 1 WHERE sB == {}",
        "INTERVENE SET rtt += 1 WHERE rtt > {}",
        "ESTIMATE MEAN(rt) WHERE rtt > {}",
        "INTERVENE SET foo{} = 1",
        "INTERVENE SET be = lax\nINTERVENE SET fe = twn WHERE region == ind",
        "USE WHERE sB > {}\nINTERVENE SET fe = twn",
        "PARAM p{} = 3",
    ],
)
def test_time_grows_with_the_length_of_a_program(log: dict[str, Any], line: str) -> None:
    def seconds(count: int) -> float:
        text = Text(f"{GRAPH}USE *\n" + "\n".join(line.format(number) for number in range(count)))
        parsed = parse(text)
        session = Session(data=dict(log))
        environment = Environment(session._files, {"": session.dataset} if session.dataset else {})
        start = time.process_time()
        check(text, parsed, environment)
        return time.process_time() - start

    seconds(10)
    assert seconds(1_200) < 6 * 4 * max(seconds(200), 0.02)


# A conversation: what an earlier input said is not said again, nor placed in the wrong text.


def conversation(log: dict[str, Any], *inputs: str) -> list[list[tuple[str, str]]]:
    """The codes and culprits of each input."""
    session = Session(data=dict(log))
    answers = []
    for text in inputs:
        try:
            found = session.run(text, report_unasked=False).diagnostics
        except WslError as error:
            found = error.diagnostics
        answers.append([(f.code, text[f.span.start : f.span.end] if f.span else "") for f in found])
    return answers


def test_a_warning_is_told_once(log: dict[str, Any]) -> None:
    answers = conversation(
        log, GRAPH, "USE *", "INTERVENE SET twin = 3", "ESTIMATE MEAN(rt)", "ESTIMATE P95(rt)", "USE *"
    )
    assert answers[3] == [("WSL-C006", "ESTIMATE MEAN(rt)")]
    assert [answer for place, answer in enumerate(answers) if place != 3] == [[]] * 5


def test_a_fault_of_an_earlier_input_is_shown_where_the_reader_is(log: dict[str, Any]) -> None:
    answers = conversation(
        log,
        GRAPH,
        "USE WHERE rt > 10",
        "INTERVENE SET fe = twn",
        "USE *",
        "INTERVENE SET be = lax",
        "INTERVENE SET region = ind, fe = sin",
        "ASSUME SET be = dub",
    )
    assert answers[2] == [("WSL-C004", "INTERVENE SET fe = twn")]
    assert answers[5] == [("WSL-C002", "fe = sin")]
    # The input that failed left nothing behind.
    assert answers[6] == [("WSL-C009", "be = dub")]


def test_scenarios_and_graphs_may_be_written_again(log: dict[str, Any]) -> None:
    answers = conversation(
        log, GRAPH, "USE * AS a", "INTERVENE SET fe = twn", GRAPH, "ESTIMATE MEAN(rt)", "USE * AS a"
    )
    assert [[code for code, _ in answer] for answer in answers] == [[], [], [], [], ["WSL-C013"], []]


def test_what_is_given_from_outside_counts_after_the_program(log: dict[str, Any]) -> None:
    def target(**given: Any) -> str | None:
        state = Session(data=dict(log), **given).checked("GRAPH { fe -> rtt -> rt }\nUSE *").state
        return state.graph.target if state.graph is not None else None

    assert target(target="rtt") == "rtt"
    session = Session(data=dict(log), target="rtt", seed=3, graph="digraph { fe -> rtt }")
    found = session.check(GRAPH + "USE * WITH (seed = 4)")
    assert [finding.code for finding in found] == ["WSL-C014"] * 3


def test_a_missing_target_is_to_be_named_where_the_graph_is(log: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "service.dot").write_text("digraph { rtt -> rt }")

    def advice(program: str, **given: Any) -> str | None:
        found = Session(data=dict(log), root=tmp_path, **given).check(
            f"{program}USE *\nINTERVENE SET rtt = 3"
        )
        return next((finding.help for finding in found if finding.code == "WSL-G009"), None)

    assert "} TARGET rt" in (advice("GRAPH { rtt -> rt }\n") or "")
    named = advice('GRAPH FROM "service.dot" { rtt : NUMBER [ms] }\n')
    assert named is not None
    assert named.endswith('GRAPH FROM "service.dot" TARGET rt')
    assert advice('GRAPH FROM "service.dot" TARGET rt { rtt : NUMBER [ms] }\n') is None
    assert "--target rt" in (advice("", graph=tmp_path / "service.dot") or "")
    assert advice("", graph=tmp_path / "service.dot", target="rt") is None


def test_parameters_from_outside_have_the_type_of_the_program(log: dict[str, Any]) -> None:
    def codes(value: str) -> list[str]:
        program = f"{GRAPH}PARAM site = twn\nPARAM limit = 50ms\nUSE WHERE rtt > limit AND fe == site"
        name = "limit" if value[0].isdigit() or value == "high" else "site"
        return [f.code for f in Session(data=dict(log), parameters={name: value}).check(program)]

    assert codes("20ms") == codes("20") == codes("sfo") == codes("'sfo'") == []
    assert codes("20KB") == ["WSL-T002"]
    assert codes("high") == ["WSL-T028"]
    assert codes("sfoo") == ["WSL-D101"]
    assert codes("x; USE *") == ["WSL-D101"]


def test_a_scenario_carries_what_was_let_pass_in_it(log: dict[str, Any]) -> None:
    program = (
        f"{GRAPH}USE WHERE rt > 10 AS a\nINTERVENE SET rtt *= 1 WITH (allow = 'WSL-C004')\n"
        "USE * AS b\nINTERVENE SET rtt *= 1"
    )
    first, second = Session(data=dict(log)).run(program).scenarios
    assert [warning.code for warning in first.warnings] == ["WSL-C004"]
    assert "let pass" in first.warnings[0].notes[-1]
    assert second.warnings == ()


@pytest.mark.parametrize(
    "program",
    [
        "USE WHERE rt > 500\nINTERVENE SET fe = twn",
        "USE WHERE rt > 500 AS slow  # a remark\nINTERVENE SET fe = twn",
        "USE WHERE rt > 500 WITH (seed = 7)\nINTERVENE SET fe = twn",
        "USE WHERE rt > (500)\nINTERVENE SET fe = twn",
        "USE *\nINTERVENE SET fe = twn WHERE rtt > 50\nESTIMATE MEAN(rt)",
        "USE *; INTERVENE SET fe = twn; ESTIMATE MEAN(rt) BY be",
    ],
)
def test_fixes_say_whom_a_scenario_is_about(program: str, log: dict[str, Any]) -> None:
    session, text = Session(data=dict(log)), GRAPH + program
    findings = [finding for finding in session.check(text) if finding.is_error]
    assert findings
    for finding in findings:
        assert [fix.text.strip(" ,") for fix in finding.fixes] != []
        for fix in finding.fixes:
            mended = text[: fix.span.start] + fix.text + text[fix.span.end :]
            assert not [left for left in session.check(mended) if left.is_error], mended


def test_no_fix_reaches_into_an_earlier_text(log: dict[str, Any]) -> None:
    session = Session(data=dict(log))
    session.run(f"{GRAPH}USE WHERE rt > 500")
    (finding,) = session.check("INTERVENE SET fe = twn")
    assert finding.code == "WSL-C004"
    assert finding.fixes == ()
