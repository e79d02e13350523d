"""A causal graph to start from, made of the data's own columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from textwrap import wrap

from wsl_grammar.keywords import WORDS
from wsl_grammar.terminals import written_name

WIDTH = 90
ROOT_KINDS = ("time", "category", "boolean")

_HOW_TO_EDIT = (
    "causes -> effects: keep the arrows that are true, drop the others, turn round what is wrong",
    "a <-> b is a hidden common cause, a -- b an edge of unknown direction",
)


def skeleton(columns: Mapping[str, str], target: str | None = None) -> str:
    """GRAPH text over `columns`, name -> kind as in "number", to paste and edit.

    Times, categories and booleans are roots, in the order of ROOT_KINDS, numbers stand below them, and the
    target last; without one, the last number is taken for it, or else the last column. Needs a column.
    """
    kinds = {name: kind.casefold() for name, kind in columns.items()}
    numbers = [name for name, kind in kinds.items() if kind not in ROOT_KINDS]
    if target is None or target not in columns:
        target = (numbers or list(columns))[-1]
    roots = [name for kind in ROOT_KINDS for name in columns if kinds[name] == kind and name != target]
    middle = [name for name in numbers if name != target]
    items = [_arrows(roots, middle)] if roots and middle else []
    items.append(_arrows([*roots, *middle], [target]) if len(columns) > 1 else _written(target))
    body = [*(f"# {advice}" for advice in _HOW_TO_EDIT), *items]
    return "\n".join(["GRAPH {", *(f"  {line}" for line in body), f"}} TARGET {_written(target)}", ""])


def _arrows(causes: Iterable[str], effects: Iterable[str]) -> str:
    """One item on one line if it fits; else the arrow begins a line, for none may follow a comma's line."""
    left, right = (", ".join(map(_unbroken, names)) for names in (causes, effects))
    parts = [f"{left} -> {right}"] if len(left) + len(right) < WIDTH - 4 else [left, f"-> {right}"]
    lines = [
        line for part in parts for line in wrap(part, WIDTH, break_long_words=False, break_on_hyphens=False)
    ]
    return "\n    ".join(lines).replace(_SPACE, " ")


_SPACE = "\0"  # stands for a space inside a name, where no line may break


def _unbroken(name: str) -> str:
    return _written(name).replace(" ", _SPACE)


def _written(name: str) -> str:
    return f"`{name}`" if name.upper() in WORDS else written_name(name)
