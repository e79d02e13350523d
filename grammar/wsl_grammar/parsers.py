"""LALR parsers whose tables come with the package: to build them takes as long as all else of a short run."""

from __future__ import annotations

import json
from hashlib import blake2b
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark


def parser(name: str, grammar: str, transformer: Any = None, **options: Any) -> Lark:
    """A parser of a grammar, from `tables/NAME.json` where that is of this grammar and this Lark."""
    from lark import Lark

    known = {"parser": "lalr", **options}
    try:
        tables = json.loads(files("wsl_grammar").joinpath(f"tables/{name}.json").read_bytes())
        if tables["of"] == _digest(grammar, known):
            loaded: Lark = Lark._load_from_dict(*_numbered(tables), transformer=transformer)
            return loaded
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        pass  # none, or those of another Lark: they are built
    return Lark(grammar, transformer=transformer, **known)


def tables_of(grammar: str, **options: Any) -> str:
    """What `tables/NAME.json` has to hold for a grammar."""
    from lark import Lark
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    known = {"parser": "lalr", **options}
    data, memo = Lark(grammar, **known).memo_serialize([TerminalDef, Rule])
    return (
        json.dumps({"of": _digest(grammar, known), "data": data, "memo": memo}, separators=(",", ":")) + "\n"
    )


def _digest(grammar: str, options: dict[str, Any]) -> str:
    """Changes with the grammar, its options, and Lark but for its last number."""
    import lark

    version = lark.__version__.split(".")[:2]
    return blake2b(repr((grammar, sorted(options.items()), version)).encode(), digest_size=16).hexdigest()


def _numbered(tables: Any) -> tuple[Any, Any]:
    """Data and memo with numbers for keys where JSON has texts."""
    table = tables["data"]["parser"]["parser"]
    states = table["states"].items()
    table["states"] = {int(state): {int(t): to for t, to in actions.items()} for state, actions in states}
    table["tokens"] = {int(token): name for token, name in table["tokens"].items()}
    return tables["data"], {int(key): value for key, value in tables["memo"].items()}
