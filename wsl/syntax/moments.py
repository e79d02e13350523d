"""How EXPLAIN is told the moment, in examples; the checker, which knows the data, names its time in them."""

from __future__ import annotations

import re

from wsl_grammar.terminals import written_name

_TIME = re.compile(r"""['"][0-9]{4}-[0-9]{2}.*""")


def is_time(text: str) -> bool:
    """Whether a token is a string that spells a time."""
    return _TIME.fullmatch(text) is not None


def example_of_moment(target: str, time: str = "time", moment: str = ">= '2024-05-01T10:00'") -> str:
    """An EXPLAIN of a target with its moment: an operator and times, or a single time."""
    return f"EXPLAIN {written_name(target)} {clause_of(moment, time)}{moment}"


def clause_of(moment: str, time: str) -> str:
    """What stands before a moment, up to the time that it is compared with."""
    return f"AT {written_name(time)} == " if is_time(moment) else f"WHERE {written_name(time)} "
