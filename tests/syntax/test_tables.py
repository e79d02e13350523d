"""The parsers' tables that come with the package are those of the grammars."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from lark import Lark
from wsl_grammar import parsers
from wsl_grammar.terminals import grammar

from wsl.graph.files import bif, dagitty, dot, gml, lark_parser
from wsl.syntax.grammar import OPTIONS

GRAPH_FORMATS = {"bif": bif, "dagitty": dagitty, "dot": dot, "gml": gml}
GRAMMARS: dict[str, tuple[str, dict[str, Any]]] = {
    "wsl": (grammar(), OPTIONS),
    **{name: (module.GRAMMAR, lark_parser.OPTIONS) for name, module in GRAPH_FORMATS.items()},
}


@pytest.mark.parametrize("name", GRAMMARS)
def test_tables_are_those_of_the_grammar(name: str, bless: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    text, options = GRAMMARS[name]
    path = Path(str(files("wsl_grammar").joinpath(f"tables/{name}.json")))
    if bless:
        path.write_text(parsers.tables_of(text, **options), encoding="utf-8")
    built = parsers.parser("of another name", text, **options)
    monkeypatch.setattr(Lark, "__init__", None)  # what is read is not built
    read = parsers.parser(name, text, **options)
    assert set(read.rules) == set(built.rules)
    for ours, theirs in zip(read.terminals, built.terminals, strict=True):
        assert (ours.name, ours.priority) == (theirs.name, theirs.priority)
        assert ours.pattern.to_regexp() == theirs.pattern.to_regexp()
