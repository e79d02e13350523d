"""Where statements begin and end: the layout rules of the language, a case each."""

from __future__ import annotations

import pytest

from wsl.diagnostics import Text
from wsl.syntax import parse
from wsl.syntax.splitter import split

# Source; the statements it is cut into, white space made single; the codes of what is wrong.
CASES: dict[str, tuple[str, list[str], list[str]]] = {
    "one a line": ("USE *\nESTIMATE\n", ["USE *", "ESTIMATE"], []),
    "keyword at any indentation": ("USE *\n      ESTIMATE\n", ["USE *", "ESTIMATE"], []),
    "any case": ("use *\nestimate", ["use *", "estimate"], []),
    "semicolons": ("USE *; ESTIMATE;;", ["USE *", "ESTIMATE"], []),
    "deeper line continues": ("DESCRIBE fe,\n  be", ["DESCRIBE fe, be"], []),
    "deeper than an indented statement": (
        "  DESCRIBE fe\n    WITH (seed = 1)",
        ["DESCRIBE fe WITH (seed = 1)"],
        [],
    ),
    "not deeper begins anew": ("  USE *\n  foo", ["USE *", "foo"], ["WSL-P001"]),
    "clause keyword at the margin": (
        "USE cdn\nWHERE fe == twn\nAS s",
        ["USE cdn WHERE fe == twn AS s"],
        [],
    ),
    "AND at the margin": ("USE WHERE a == 1\nAND b == 2", ["USE WHERE a == 1 AND b == 2"], []),
    "OR at the margin": ("USE WHERE a == 1\nOR b == 2", ["USE WHERE a == 1 OR b == 2"], []),
    "NOT IN at the margin": ("USE WHERE a\nNOT IN (b, c)", ["USE WHERE a NOT IN (b, c)"], []),
    "BETWEEN at the margin": ("USE WHERE a\nBETWEEN 1 AND 2", ["USE WHERE a BETWEEN 1 AND 2"], []),
    "IS at the margin": ("USE WHERE a\nIS MISSING", ["USE WHERE a IS MISSING"], []),
    "LIKE at the margin": ("USE WHERE a\nLIKE 'b%'", ["USE WHERE a LIKE 'b%'"], []),
    "operator at the margin": ("USE WHERE a\n== 1", ["USE WHERE a == 1"], []),
    "number at the margin": ("USE WHERE a ==\n1", ["USE WHERE a == 1"], []),
    "line above ends in a comma": ("DESCRIBE fe,\nbe", ["DESCRIBE fe, be"], []),
    "line above ends in an operator": ("USE WHERE a ==\nb", ["USE WHERE a == b"], []),
    "line above ends in a clause keyword": ("USE cdn AS\ndrain", ["USE cdn AS drain"], []),
    "line above ends in AND": ("USE WHERE a == 1 AND\nb == 2", ["USE WHERE a == 1 AND b == 2"], []),
    "comments and blank lines do not count": (
        "DESCRIBE fe,\n\n# the back end\n\nbe",
        ["DESCRIBE fe, be"],
        [],
    ),
    "newlines in brackets": ("ESTIMATE MEAN(\nrt\n)\nUSE *", ["ESTIMATE MEAN( rt )", "USE *"], []),
    "keyword closes brackets": (
        "ESTIMATE MEAN(rt\nUSE *",
        ["ESTIMATE MEAN(rt", "USE *"],
        ["WSL-P002"],
    ),
    "semicolon closes brackets": ("ESTIMATE MEAN(rt; USE *", ["ESTIMATE MEAN(rt", "USE *"], ["WSL-P002"]),
    "keyword closes a block": ("GRAPH { a -> b\nUSE *", ["GRAPH { a -> b", "USE *"], ["WSL-P002"]),
    "strings end with the line": (
        "USE WHERE a == 'b\nESTIMATE",
        ["USE WHERE a == 'b", "ESTIMATE"],
        ["WSL-P004"],
    ),
    "backticks end with the line": ("USE `a\nESTIMATE", ["USE `a", "ESTIMATE"], ["WSL-P004"]),
    "hash in a string": ("USE WHERE a == '#'\nESTIMATE", ["USE WHERE a == '#'", "ESTIMATE"], []),
    "items end with the line": ("GRAPH {\na -> b\nc -> d\n}", ["GRAPH { a -> b c -> d }"], []),
    "items end with a semicolon": ("GRAPH { a -> b; c -> d }", ["GRAPH { a -> b; c -> d }"], []),
    "item goes on after an edge": ("GRAPH {\na ->\nb\n}", ["GRAPH { a -> b }"], []),
    "item goes on after a comma": ("GRAPH {\na,\nb\n-> c\n}", ["GRAPH { a, b -> c }"], []),
    "item goes on before an edge": ("GRAPH {\na\n# why\n-> b\n}", ["GRAPH { a -> b }"], []),
    "comma before a line with an edge": (
        "GRAPH {\na -> b,\nc -> d\n}",
        ["GRAPH { a -> b, c -> d }"],
        ["WSL-P032"],
    ),
    "keyword as source of an edge": ("GRAPH {\nuse -> rt\n}", ["GRAPH { use -> rt }"], []),
    "keyword as declared variable": ("GRAPH {\nparam : NUMBER\n}", ["GRAPH { param : NUMBER }"], []),
    "keyword in a list": ("USE WHERE a IN (b,\nuse, c)", ["USE WHERE a IN (b, use, c)"], []),
    "keyword before a closing bracket": ("USE WHERE a IN (b,\nuse)", ["USE WHERE a IN (b, use)"], []),
    "keyword compared": (
        "USE WHERE a == 1 AND\nuse == 2",
        ["USE WHERE a == 1 AND use == 2"],
        [],
    ),
    "keyword alone after an edge": ("GRAPH {\na ->\nuse\n}", ["GRAPH { a -> use }"], []),
    "keyword alone after an opening bracket": ("GRAPH {\nuse\na -> b\n}", ["GRAPH { use a -> b }"], []),
    "keyword alone before a closing bracket": ("GRAPH {\na -> b\nuse\n}", ["GRAPH { a -> b use }"], []),
    "a sign is no operator": ("USE WHERE a == by\nEXPECT -x < 5", ["USE WHERE a == by", "EXPECT -x < 5"], []),
    "star is no operator here": ("GRAPH { a -> b }\nUSE *", ["GRAPH { a -> b }", "USE *"], []),
    "bare keyword after a comma outside brackets": (
        "DESCRIBE fe,\n  graph",
        ["DESCRIBE fe,", "graph"],
        ["WSL-P006", "WSL-P006"],
    ),
    "the same in backticks": ("DESCRIBE fe,\n  `graph`", ["DESCRIBE fe, `graph`"], []),
    "INTERVENE is a clause of IDENTIFY": (
        "IDENTIFY R1 SYSTEM mesh\nINTERVENE C1 OVER 1 .. 5\nCOST C1 = 3",
        ["IDENTIFY R1 SYSTEM mesh INTERVENE C1 OVER 1 .. 5 COST C1 = 3"],
        ["WSL-P020"],
    ),
    "INTERVENE SET ends an IDENTIFY": (
        "IDENTIFY R1\nINTERVENE\n\n  SET a = 1",
        ["IDENTIFY R1", "INTERVENE SET a = 1"],
        ["WSL-P020"],
    ),
    "INTERVENE without SET elsewhere": (
        "USE *\nINTERVENE fe = twn",
        ["USE *", "INTERVENE fe = twn"],
        ["WSL-P019"],
    ),
    "misspelt statement, indented": (
        "USE *\n  INTREVENE SET a = 1",
        ["USE * INTREVENE SET a = 1"],
        ["WSL-P001"],
    ),
    "tabs count to the next stop": ("\tUSE *\n        foo", ["USE *", "foo"], ["WSL-P001"]),
    "carriage returns": ("USE *\r\nESTIMATE\r\n", ["USE *", "ESTIMATE"], []),
    "byte order mark": ("\ufeffUSE *\nESTIMATE", ["USE *", "ESTIMATE"], []),
    "nothing": ("", [], []),
    "only comments": ("# one\n\n  # two", [], []),
}


@pytest.mark.parametrize("name", CASES)
def test_layout(name: str) -> None:
    source, statements, codes = CASES[name]
    pieces = split(source).pieces
    assert [_without_comments(source[piece.start : piece.end]) for piece in pieces] == statements
    assert [finding.code for finding in parse(Text(source)).diagnostics] == codes


def _without_comments(source: str) -> str:
    lines = (line for line in source.splitlines() if not line.lstrip().startswith("#"))
    return " ".join(" ".join(lines).split())


def test_every_token_belongs_to_one_statement() -> None:
    source = "USE * ; GRAPH { a -> b; c } # x\nESTIMATE MEAN(rt\nfoo 'bar"
    pieces = split(source).pieces
    ends = [0, *(piece.end for piece in pieces)]
    starts = [*(piece.start for piece in pieces), len(source)]
    between = [source[end:start] for end, start in zip(ends, starts, strict=True)]
    assert "".join(between).replace("# x", "").strip(" \n;") == ""
