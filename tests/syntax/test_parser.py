"""What the parser makes of programs: trees, places, every fault in one run, and never an exception."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wsl_grammar.keywords import WORDS

from wsl.diagnostics import Text, WslError
from wsl.diagnostics.render import render_text
from wsl.syntax import ast, format_program, is_complete, parse, tokens
from wsl.syntax.bare_words import bare_word
from wsl.syntax.program import parse_program
from wsl.syntax.writer import format_expression

CORPUS = Path(__file__).parents[2] / "grammar" / "corpus"
GOOD = [path.read_bytes().decode() for path in sorted((CORPUS / "good").glob("*.wsl"))]


def _only(source: str) -> ast.Statement:
    parsed = parse(Text(source))
    assert parsed.diagnostics == ()
    (statement,) = parsed.program.statements
    return statement


def _condition(source: str) -> ast.Expression:
    statement = _only(f"EXPECT {source}")
    assert isinstance(statement, ast.Expect)
    return statement.condition


def _shape(node: ast.Expression) -> str:
    """An expression with every operator in brackets."""
    match node:
        case ast.Binary(operator, left, right):
            return f"({_shape(left)} {operator} {_shape(right)})"
        case ast.Unary(operator, operand):
            return f"({operator} {_shape(operand)})"
        case ast.Name(name):
            return name
        case ast.Number(value, unit):
            return f"{value:g}{unit or ''}"
        case ast.Between(operand, low, high):
            return f"({_shape(operand)} between {_shape(low)} and {_shape(high)})"
        case ast.Parenthesised(inner):
            return f"[{_shape(inner)}]"
    raise AssertionError(node)


@pytest.mark.parametrize(
    ("source", "shape"),
    [
        ("a - b - c * d / e", "((a - b) - ((c * d) / e))"),
        ("NOT a == b AND c", "((NOT (a == b)) AND c)"),
        ("NOT NOT a", "(NOT (NOT a))"),
        ("a < -b + 2ms", "(a < ((- b) + 2ms))"),
        ("- -a * b", "((- (- a)) * b)"),
        ("a BETWEEN 1 AND 2 AND b != c", "((a between 1 and 2) AND (b <> c))"),
        ("(a OR b) AND c", "([(a OR b)] AND c)"),
        ("+a - +b", "(a - b)"),
    ],
)
def test_precedence(source: str, shape: str) -> None:
    assert _shape(_condition(source)) == shape


def test_a_statement_in_full() -> None:
    statement = _only("intervene set FIXED `be` = lax, rtt *= 0.5 setdist x normal(0, sd = 2) where NOT_A")
    assert isinstance(statement, ast.Update)
    assert statement.keyword == "INTERVENE"
    be, rtt, x = statement.assignments
    assert (be.variable.name, be.operator, be.fixed, be.radial) == ("be", "=", True, False)
    assert (rtt.operator, rtt.value) == ("*=", ast.Number(0.5, span=rtt.span))
    assert isinstance(x.value, ast.Distribution)
    assert (x.operator, x.value.name) == ("~", "NORMAL")
    assert [label and label.name for label, _ in x.value.arguments if not isinstance(label, ast.String)] == [
        None,
        "sd",
    ]
    assert isinstance(statement.where, ast.Name)


def test_places_count_characters_from_one() -> None:
    source = "# größe\nUSE *\n  WHERE `naïve` == 'ü' AND\n    rt < 5ms"
    statement = _only(source)
    assert isinstance(statement, ast.Use)
    assert isinstance(statement.where, ast.Binary)
    right = statement.where.right
    assert isinstance(right, ast.Binary)
    span = right.right.span
    assert (span.line, span.column, span.end_line, span.end_column) == (4, 10, 4, 13)
    assert source[span.start : span.end] == "5ms"
    place = statement.places["WHERE"]
    assert source[place.start : place.end].startswith("WHERE `naïve`")
    assert right.operator_span is not None
    assert source[right.operator_span.start : right.operator_span.end] == "<"


def test_every_span_holds_the_source_of_its_node() -> None:
    """A name's span holds that name, and every node's span lies within its parent's."""
    for source in GOOD:
        for statement in parse(Text(source)).program.statements:
            _check_spans(source, statement)


def _check_spans(source: str, node: ast.Node) -> None:
    written = source[node.span.start : node.span.end]
    if isinstance(node, ast.Name):
        assert written in (node.name, f"`{node.name}`")
    for attribute in node.__dataclass_fields__:
        for inner in _nodes(getattr(node, attribute)):
            assert node.span.start <= inner.span.start <= inner.span.end <= node.span.end
            _check_spans(source, inner)


def _nodes(value: object) -> list[ast.Node]:
    if isinstance(value, tuple):
        return [node for inner in value for node in _nodes(inner)]
    return [value] if isinstance(value, ast.Node) else []


TEN_MISTAKES = """\
GRAPH {
  fe → rtt
}
USE cdn WEHRE fe == twn
INTERVENE fe = twn
INTREVENE SET fe = twn
ASSUME SET rtt = 5MS
ESTIMATE MEAN(rt, P95(rt)
ESTIMATE AVG(rt)
EXPECT 1 < MEAN(rt) < 2
USE WHERE fe IN twn, sfo
DESCRIBE rt WHERE fe == twn
ESTIMATE MEAN(rt) BY country
"""


def test_ten_mistakes_are_found_in_one_run_at_their_places() -> None:
    parsed = parse(Text(TEN_MISTAKES))
    assert [(d.code, d.span and (d.span.line, d.span.column)) for d in parsed.diagnostics] == [
        ("WSL-P007", (2, 6)),
        ("WSL-P005", (4, 9)),
        ("WSL-P019", (5, 11)),
        ("WSL-P001", (6, 1)),
        ("WSL-P015", (7, 18)),
        ("WSL-P002", (8, 14)),
        ("WSL-P017", (9, 10)),
        ("WSL-P012", (10, 8)),
        ("WSL-P011", (11, 17)),
        ("WSL-P014", (12, 13)),
    ]
    assert [type(statement) for statement in parsed.program.statements] == [ast.Estimate, ast.Estimate]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("USE cdn WEHRE x == 1 AS drain", {"keyword": "USE", "dataset": "cdn", "scenario": "drain"}),
        ("USE ?", {"keyword": "USE"}),
        ("PARAM site == twn", {"keyword": "PARAM", "parameter": "site"}),
        (
            "GRAPH { fe -> `a b`, rt : NUMBER [ms]; x } TARGET rt SAMPLE 5",
            {"keyword": "GRAPH", "variables": ("fe", "a b", "rt", "x"), "target": "rt"},
        ),
        ("GRAPPH { fe -> rt }", {"keyword": "GRAPH", "variables": ("fe", "rt")}),
        ("ESTIMAT MEAN(rt)", {"keyword": "ESTIMATE"}),
        ("frobnicate", {"keyword": None}),
    ],
)
def test_a_failed_statement_tells_what_it_would_have_defined(
    source: str, expected: dict[str, object]
) -> None:
    parsed = parse(Text(source))
    (failed,) = parsed.failed
    assert parsed.program.statements == ()
    assert failed == ast.Failed(**expected, span=failed.span)


def test_a_misspelt_statement_leaves_the_one_above_whole() -> None:
    parsed = parse(Text("USE cdn WHERE x == 1\n  INTREVENE SET fe = twn\n  INTREVENE SET be = twn"))
    assert len(parsed.program.statements) == 1
    assert [finding.code for finding in parsed.diagnostics] == ["WSL-P001"]


def test_warnings_do_not_stop_a_statement() -> None:
    parsed = parse(Text("USE WHERE a = 1 AND b = 2 OR c = 3"))
    assert [finding.code for finding in parsed.diagnostics] == ["WSL-P023", *["WSL-P022"] * 3]
    assert len(parsed.program.statements) == 1


def test_lone_surrogate() -> None:
    for source in ("USE \ud800", "USE WHERE a == '\ud800'", "USE `\udfff`", "USE * # \ud800"):
        parsed = parse(Text(source))
        codes = [finding.code for finding in parsed.diagnostics]
        assert codes == ([] if "#" in source else ["WSL-P009"])
        render_text(parsed.diagnostics, [Text(source)]).encode()


@pytest.mark.parametrize(
    "source",
    [
        "USE WHERE " + "(" * 20_000 + "a" + ")" * 20_000,
        "USE WHERE " + "(" * 20_000,
        "USE WHERE " + ")" * 20_000,
        "USE WHERE " + "NOT " * 20_000 + "a",
        "USE WHERE x == " + "- " * 20_000 + "a",
        "USE WHERE x == " + "a + " * 20_000 + "a",
        "GRAPH " + "{" * 20_000,
        "ESTIMATE " + "MEAN(" * 20_000 + "rt" + ")" * 20_000,
    ],
    ids=lambda source: source[:16].strip(),
)
def test_nesting_is_limited_without_recursion(source: str) -> None:
    parsed = parse(Text(source))
    assert parsed.program.statements == ()
    assert [finding.is_error for finding in parsed.diagnostics] == [True]
    assert format_program(source).strip() == source.strip()


def test_flat_chains_are_not_nested() -> None:
    terms = [f"(a == {n} AND NOT b > {n})" for n in range(5_000)]
    source = "USE WHERE " + " OR ".join(terms)
    parsed = parse(Text(source))
    assert parsed.diagnostics == ()
    assert parsed.program == parse(Text(source)).program
    assert hash(parsed.program) == hash(parse(Text(source)).program)
    assert repr(parsed.program)
    (use,) = parsed.program.statements
    assert isinstance(use, ast.Use)
    assert use.where is not None
    assert format_expression(use.where) == " OR ".join(terms)
    assert parse(Text(format_program(source))).program == parsed.program
    assert (use.where.span.start, use.where.span.end) == (10, len(source))


@pytest.mark.parametrize(("terms", "codes"), [(99, []), (5_000, ["WSL-P021"])])
def test_the_way_out_of_a_long_sum_works(terms: int, codes: list[str]) -> None:
    source = "USE WHERE x > " + " + ".join(["a"] * terms)
    assert [finding.code for finding in parse(Text(source)).diagnostics] == codes
    group = f"({' + '.join(['a'] * 70)})"
    assert parse(Text("USE WHERE x > " + " + ".join([group] * (terms // 200 + 2)))).diagnostics == ()


def test_what_is_nested_as_deep_as_allowed_works_everywhere() -> None:
    source = "USE WHERE " + "(" * 98 + "a == 1" + ")" * 98
    parsed = parse(Text(source))
    assert parsed.diagnostics == ()
    assert parsed.program == parse(Text(source)).program
    assert hash(parsed.program) == hash(parse(Text(source)).program)
    assert repr(parsed.program)
    assert format_program(source).split() == source.split()


_PIECES = (
    *("rt", "fe", "5ms", "'x'", "`a_b`", "->", "--", "//", "“x”", "→", "{", "}", "(", ")", "[", "]", ","),
    *(";", ":", "=", "==", "<", "<=", "+", "-", "*", "/", "\\=", "..", "%", "#", "'", "`", "?", "5xx"),
    *("\n", "\n  "),
)
_WORDS = st.sampled_from([*sorted(WORDS), *_PIECES])


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(_WORDS, max_size=25).map(" ".join)))
@example("INTERVENE")
@example("GRAPH {\n--")
@example("'")
@example("\r")
@example("USE * WITH")
def test_no_text_raises(source: str) -> None:
    text = Text(source)
    parsed = parse(text)
    assert bool(parsed.failed) <= any(finding.is_error for finding in parsed.diagnostics)
    for finding in parsed.diagnostics:
        assert finding.span is not None
        assert 0 <= finding.span.start <= finding.span.end <= len(source)
    render_text(parsed.diagnostics, [text])
    written = format_program(source)
    assert parse(Text(written)).program.statements == parsed.program.statements
    is_complete(source)
    spans = [(token.start, token.end) for token in tokens(source)]
    assert spans == sorted(spans)


@pytest.mark.parametrize(
    ("source", "complete"),
    [
        ("", True),
        ("# only a comment", True),
        ("USE *", True),
        ("USE", True),
        ("USE WHERE", False),
        ("USE WHERE fe ==", False),
        ("INTERVENE", False),
        ("INTERVENE SET fe = twn,", False),
        ("ESTIMATE MEAN(rt", False),
        ("ESTIMATE MEAN(\nrt)", True),
        ("GRAPH {", False),
        ("GRAPH {\n  a -> b\n}", True),
        ("EXPECT MEAN(rt) <", False),
        ("USE WHERE fe == 'tw", True),  # strings end with the line: an error to show
        ("foo bar", True),
        ("USE *; ESTIMATE MEAN(", False),
        ("ESTIMATE MEAN(;", True),
    ],
)
def test_complete(source: str, complete: bool) -> None:
    assert is_complete(source) is complete


def test_highlighting() -> None:
    source = "use cdn WHERE MEAN(rt) >= 5ms AND where == 'x' # why\nGRAPH { use -> rt [ms] } TARGET target"
    shown = [(source[token.start : token.end], str(token.token_class)) for token in tokens(source)]
    assert shown == [
        ("use", "keyword"),
        ("cdn", "name"),
        ("WHERE", "keyword"),
        ("MEAN", "function"),
        ("(", "punctuation"),
        ("rt", "name"),
        (")", "punctuation"),
        (">=", "operator"),
        ("5ms", "number"),
        ("AND", "keyword"),
        ("where", "name"),
        ("==", "operator"),
        ("'x'", "string"),
        ("# why", "comment"),
        ("GRAPH", "keyword"),
        ("{", "punctuation"),
        ("use", "name"),
        ("->", "operator"),
        ("rt", "name"),
        ("[ms]", "number"),
        ("}", "punctuation"),
        ("TARGET", "keyword"),
        ("target", "name"),
    ]


def test_policies_are_keywords_in_their_clause_alone() -> None:
    source = "USE WHERE drop > above ON UNSUPPORTED FAIL ABOVE 5% WITH (redraw = nearest)"
    classes = {source[t.start : t.end]: str(t.token_class) for t in tokens(source)}
    assert {classes[word] for word in ("ON", "UNSUPPORTED", "FAIL", "ABOVE")} == {"keyword"}
    assert {classes[word] for word in ("drop", "above", "nearest")} == {"name"}


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("us-west-2", "us-west-2"),
        ("a/b-c", "a/b-c"),
        ("us - west", None),
        ("a+b", None),
        ("plain", "plain"),
        ("`quoted`-2", None),
    ],
)
def test_bare_words(source: str, word: str | None) -> None:
    assert bare_word(_condition(source)) == word


def test_parse_program() -> None:
    assert len(parse_program("USE *\nESTIMATE").statements) == 2
    with pytest.raises(WslError, match="WSL-P001") as raised:
        parse_program("foo\nUSE WHERE a = 1")
    assert [finding.code for finding in raised.value.diagnostics] == ["WSL-P001", "WSL-P022"]
