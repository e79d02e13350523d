"""What is formatted reads the same, and stays as it is when formatted again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import expressions, programs

from wsl.diagnostics import Text
from wsl.syntax import ast, format_expression, format_program, format_statement, parse
from wsl.syntax.scanner import scan

CORPUS = Path(__file__).parents[2] / "grammar" / "corpus"
SOURCES = [path.read_bytes().decode() for path in sorted(CORPUS.glob("*/*.wsl"))]


@settings(max_examples=80, deadline=None)
@given(programs)
def test_formatted_reads_the_same(statements: list[ast.Statement]) -> None:
    written = "\n".join(map(format_statement, statements))
    parsed = parse(Text(written))
    assert [finding for finding in parsed.diagnostics if finding.is_error] == []
    assert parsed.program.statements == tuple(statements)
    assert parse(Text(format_program(written))).program.statements == tuple(statements)


@settings(max_examples=60, deadline=None)
@given(programs)
def test_formatting_twice_changes_nothing(statements: list[ast.Statement]) -> None:
    written = "\n".join(map(format_statement, statements)) + "\n"
    assert format_program(written) == written


@settings(max_examples=60, deadline=None)
@given(expressions)
def test_an_expression_reads_the_same(expression: ast.Expression) -> None:
    (statement,) = parse(Text(f"EXPECT {format_expression(expression)}")).program.statements
    assert isinstance(statement, ast.Expect)
    assert statement.condition == expression


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_comments_survive_anywhere(data: st.DataObject) -> None:
    """Comments put at the ends of lines of the corpus, and on lines of their own, are all kept, once."""
    lines = data.draw(st.sampled_from(SOURCES)).split("\n")
    places = data.draw(st.sets(st.integers(0, len(lines) - 1), max_size=4))
    for number, place in enumerate(sorted(places, reverse=True)):
        if data.draw(st.booleans()):
            lines[place] += f" # comment {number}"
        else:
            lines.insert(place, f"# comment {number}")
    source = "\n".join(lines)
    written = format_program(source)
    assert sorted(_comments(written)) == sorted(_comments(source))
    assert parse(Text(written)).program.statements == parse(Text(source)).program.statements
    assert format_program(written) == written


def _comments(source: str) -> list[str]:
    return [token.text.rstrip() for token in scan(source) if token.kind == "comment"]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_what_does_not_parse_is_left_alone(data: st.DataObject) -> None:
    """A program with some of its characters lost keeps the statements it still has."""
    source = data.draw(st.sampled_from(SOURCES))
    start = data.draw(st.integers(0, len(source)))
    source = source[:start] + source[start + data.draw(st.integers(1, 12)) :]
    written = format_program(source)
    assert parse(Text(written)).program.statements == parse(Text(source)).program.statements
    assert format_program(written) == written


STYLE = {
    "keywords": ("use * sample 5\nestimate mean(rt)", "USE * SAMPLE 5\nESTIMATE MEAN(rt)\n"),
    "order of clauses": (
        "ESTIMATE MEAN(rt) WITH (seed=1) INTO 'x.csv' WHERE a==1 BY b",
        'ESTIMATE MEAN(rt) BY b WHERE a == 1 INTO "x.csv" WITH (seed = 1)\n',
    ),
    "backticks only where needed": (
        "DESCRIBE `rt`, `from`, `a b`, `größe`\nUSE `from` WHERE `not` == `use`",
        "DESCRIBE rt, from, `a b`, `größe`\nUSE `from` WHERE `not` == use\n",
    ),
    "operators": (
        "USE WHERE a!=1 and b is null or c = .50",
        "USE WHERE a <> 1 AND b IS MISSING OR c == 0.5\n",
    ),
    "statements of a line": ("USE *; ESTIMATE; ", "USE *\nESTIMATE\n"),
    "blank lines": ("\n\nUSE *\n\n\n\nESTIMATE\n\n", "USE *\n\nESTIMATE\n"),
    "comments between": ("USE *#a\n#b\n\n   # c  \nESTIMATE", "USE *  #a\n#b\n\n# c\nESTIMATE\n"),
    "comments inside": (
        "USE cdn # a\n WHERE x == 1 # b\n # c\n AS d # e",
        "USE cdn  # a\n    WHERE x == 1  # b\n    # c\n    AS d  # e\n",
    ),
    "graph": (
        "GRAPH {\n# a\na->b # b\n\nb:number[ms];c\n# d\n} target b # e",
        "GRAPH {\n  # a\n  a -> b  # b\n\n  b : NUMBER [ms]\n  c\n  # d\n} TARGET b  # e\n",
    ),
    "long lines": (
        "ESTIMATE " + ", ".join(f"P{n}(response_time)" for n in range(10, 19)) + " WHERE tod < 6",
        "ESTIMATE P10(response_time), P11(response_time), P12(response_time), P13(response_time),\n"
        "    P14(response_time), P15(response_time), P16(response_time), P17(response_time),\n"
        "    P18(response_time)\n    WHERE tod < 6\n",
    ),
    "errors": ("use *\nESTIMATE  MEAN(rt\n  use  cdn", "USE *\nESTIMATE  MEAN(rt\nUSE cdn\n"),
    "errors and semicolons": ("foo;bar ;use *", "foo;\nbar;\nUSE *\n"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize("name", STYLE)
def test_style(name: str) -> None:
    source, wanted = STYLE[name]
    assert format_program(source) == wanted
    assert format_program(wanted) == wanted
