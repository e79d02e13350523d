"""Tables in memory: whatever speaks Arrow's C stream, and mappings of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wsl.data.formats import table_fields
from wsl.data.problems import failure
from wsl.data.source import NO_LIMITS, Limits, Part, Source, connect


def read_table(table: object, name: str, limits: Limits = NO_LIMITS) -> Source:
    """The rows of `table`, which is shared where its memory allows, in their order."""
    return arrow_source(_arrow(table, name), name, limits)


def arrow_source(table: Any, name: str, limits: Limits = NO_LIMITS) -> Source:
    """An Arrow table as a source that shares its memory."""
    connection = connect(limits=limits)
    relation, fields = table_fields(connection, table, name)
    return Source(connection, [Part(name, relation, fields)])


def is_table(value: object) -> bool:
    return hasattr(value, "__arrow_c_stream__") or isinstance(value, Mapping)


def _arrow(table: object, name: str) -> Any:
    import pyarrow as pa

    try:
        if isinstance(table, Mapping):
            if not table:
                raise failure("WSL-D019", dataset=name)
            _equally_long(table, name)
            return pa.table({str(key): _array(values) for key, values in table.items()})
        return pa.table(table)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise failure("WSL-R015", name=name, reason=str(error).splitlines()[0]) from None


def _array(values: Any) -> Any:
    import numpy as np
    import pyarrow as pa

    if isinstance(values, np.ndarray) and values.dtype == object:
        return pa.array(values, from_pandas=True)
    return values if hasattr(values, "__arrow_c_array__") else pa.array(values)


def _equally_long(table: Mapping[Any, Any], name: str) -> None:
    lengths = {str(key): len(values) for key, values in table.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{key}: {length}" for key, length in list(lengths.items())[:6])
        raise failure("WSL-D017", dataset=name, lengths=listed)
