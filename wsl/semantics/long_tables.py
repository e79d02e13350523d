"""Tables of (time, name, value) that are read as they stand, where their names were meant as variables."""

from __future__ import annotations

from wsl_grammar.terminals import written_name

from wsl.data import Dataset, Kind


def as_long_table(dataset: Dataset | None, name: str) -> str | None:
    """How to read data of which a column of text holds a name that was meant as a variable."""
    if dataset is None or name in dataset.kinds:
        return None
    of_kind = {kind: [column for column, its in dataset.kinds.items() if its is kind] for kind in Kind}
    times, texts, numbers = (of_kind[kind] for kind in (Kind.TIME, Kind.CATEGORY, Kind.NUMBER))
    if len(times) != 1 or len(numbers) != 1 or len(texts) > 2:
        return None
    holder = next((text for text in texts if name in dataset.column(text).categories), None)
    if holder is None:
        return None
    columns = [*times, holder, *(text for text in texts if text != holder), *numbers]
    option = f"long = ({', '.join(map(written_name, columns))})"
    return f"`{name}` is a value of `{holder}`: USE .. WITH ({option}) makes a column of each"
