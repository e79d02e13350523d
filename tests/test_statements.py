"""A statement of the language is known in every place that CONTRIBUTING lists."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from wsl_grammar.keywords import STATEMENTS

from wsl.semantics import checker
from wsl.semantics.knobs import KNOBS, statement_words
from wsl.syntax import Text, ast, build, format_statement, parse

CLASSES = [cls for cls in vars(ast).values() if inspect.isclass(cls) and issubclass(cls, ast.Statement)]
STATEMENT_CLASSES = [cls for cls in CLASSES if cls is not ast.Statement]
WRITTEN = {"Update": ("INTERVENE", "ASSUME"), "ExplainPlan": ("EXPLAIN",)}
ROOT = Path(__file__).parents[1]


def keywords(cls: type[ast.Statement]) -> tuple[str, ...]:
    return WRITTEN.get(cls.__name__, (cls.__name__.upper(),))


@pytest.mark.parametrize("cls", STATEMENT_CLASSES, ids=lambda cls: cls.__name__)
def test_a_statement_is_known_everywhere(cls: type[ast.Statement]) -> None:
    assert set(keywords(cls)) <= STATEMENTS
    for module in (build, checker):
        assert f"ast.{cls.__name__}" in inspect.getsource(module), module.__name__
    reference = (ROOT / "docs" / "language.md").read_text("utf-8")
    corpus = "\n".join(p.read_text("utf-8") for p in (ROOT / "grammar" / "corpus" / "good").glob("*.wsl"))
    written = [s for s in parse(Text(corpus)).program.statements if isinstance(s, cls)]
    assert {format_statement(s).split()[0] for s in written} == set(keywords(cls))
    assert all(KNOBS["allow"].statements >= {statement_words(s)} for s in written)
    for keyword in keywords(cls):
        assert re.search(rf"^#+ .*\b{keyword}\b", reference, re.MULTILINE), f"docs/language.md: {keyword}"
        assert re.search(rf"^\s*{keyword}\b", corpus, re.MULTILINE | re.IGNORECASE), f"corpus: {keyword}"
