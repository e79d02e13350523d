"""The table of keywords, the grammar and what is loaded for it agree with each other."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.resources import files

import pytest
from wsl_grammar.keywords import CLAUSES, CLAUSES_OF, IN_GRAMMAR, NOT_YET, STATEMENTS, WORDS
from wsl_grammar.terminals import UNITS

from wsl.diagnostics import Text
from wsl.syntax import ast, parse

RULES = re.sub(r"//.*", "", files("wsl_grammar").joinpath("wsl.lark").read_text(encoding="utf-8"))


def test_the_grammar_uses_every_keyword_and_no_other() -> None:
    terminals = set(re.findall(r"\b[A-Z][A-Z_]*\b", RULES))
    assert terminals >= IN_GRAMMAR
    assert not (terminals & WORDS) - IN_GRAMMAR


def test_clauses_in_the_table_are_the_clauses_of_the_grammar() -> None:
    """A statement takes a clause if its rule leads to the clause's keyword."""
    taken: dict[str, set[str]] = {}
    rules = dict(re.findall(r"^\??(\w+):((?:.|\n(?=\s+\|))*)", RULES, re.MULTILINE))
    for words in rules.values():
        keywords = set(re.findall(r"\b[A-Z]+\b", words)) & STATEMENTS
        for keyword in keywords:
            parts = [rules[part] for part in re.findall(r"_?\w+_clause|_change|item", words)]
            parts += [rules[part] for body in parts for part in re.findall(r"\w+_clause", body)]
            found = {word for body in parts for word in re.findall(r"\b[A-Z]+\b", body)} & CLAUSES
            taken.setdefault(keyword, set()).update(found)
    for keyword, found in taken.items():
        assert found - {"AS"} == set(CLAUSES_OF[keyword]) - {"AS"}, keyword


def test_every_form_of_a_later_version_says_so() -> None:
    for form in NOT_YET:
        words = " ".join(form)
        (finding,) = parse(Text(f"{words} x")).diagnostics
        assert finding.code == "WSL-P020", words


@pytest.mark.parametrize("word", sorted(WORDS))
def test_every_keyword_can_name_a_variable(word: str) -> None:
    """In backticks anywhere; without them wherever no keyword can stand."""
    source = (
        f"ESTIMATE MEAN(`{word}`) BY `{word}`\nUSE WHERE x == 1 AND `{word}` == 2\nINTERVENE SET `{word}` = 1"
    )
    parsed = parse(Text(source))
    assert parsed.diagnostics == ()
    assert len(parsed.program.statements) == 3
    (statement,) = parse(Text(f"ESTIMATE P95(rt) BY {word.lower()}")).program.statements
    assert isinstance(statement, ast.Estimate)
    assert statement.by[0].variable.name == word.lower()


@pytest.mark.parametrize("unit", UNITS)
def test_units(unit: str) -> None:
    (statement,) = parse(Text(f"PARAM x = 1.5{unit}")).program.statements
    assert isinstance(statement, ast.Param)
    assert statement.value == ast.Number(1.5, unit, span=statement.span)


def test_nothing_heavy_is_loaded() -> None:
    """Importing loads no parser generator, parsing no numerical library."""
    program = (
        "import sys; from wsl.syntax import Text, parse; assert 'lark' not in sys.modules;"
        "parse(Text('USE *'));"
        "heavy = {'numpy', 'scipy', 'numba', 'pandas', 'pyarrow', 'networkx', 'rich', 'duckdb'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_many_statements() -> None:
    lines = ["USE cdn WHERE country == deu AS s", "INTERVENE SET fe = twn", "ESTIMATE MEAN(rt) BY country"]
    parsed = parse(Text("\n".join(lines * 3_000)))
    assert parsed.diagnostics == ()
    assert len(parsed.program.statements) == 9_000
    assert parsed.program.statements[-1].span.line == 9_000
