"""Record batches to plain arrays, without an object per row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wsl.data.schema import MISSING_TIME, Column, Kind

if TYPE_CHECKING:
    import pyarrow as pa


WHOLE_IN_SINGLE = 2.0**24


class Decoder(Protocol):
    """Collects one column, chunk after chunk."""

    def add(self, chunk: pa.Array) -> None: ...

    def column(self, name: str, kind: Kind, unit: str | None, integer: bool) -> Column: ...


def decoder(kind: Kind, rows: int, integer: bool = False) -> Decoder:
    """The decoder for a column of `rows` values; its chunks are DOUBLE, BIGINT, TINYINT or VARCHAR."""
    match kind:
        case Kind.NUMBER if integer:
            return _Integers(np.empty(rows, np.float32), np.nan)
        case Kind.NUMBER:
            return _Plain(np.empty(rows, np.float64), np.nan)
        case Kind.TIME:
            return _Plain(np.empty(rows, np.int64), MISSING_TIME)
        case Kind.BOOLEAN:
            return _Plain(np.empty(rows, np.int8), -1, ("false", "true"))
        case Kind.CATEGORY:
            return _Labels(rows)


class _Plain:
    """Numbers, times and truths go straight to their place."""

    def __init__(
        self, values: NDArray[np.generic], missing: float | int, categories: tuple[str, ...] = ()
    ) -> None:
        self.values = values
        self.missing = missing
        self.categories = categories
        self.filled = 0
        self.absent = 0

    def add(self, chunk: pa.Array) -> None:
        part = filled(chunk, self.missing)
        absent = np.isnan(part) if part.dtype.kind == "f" else part == self.missing
        self.absent += int(np.count_nonzero(absent))
        self.values[self.filled : self.filled + len(part)] = part
        self.filled += len(part)

    def column(self, name: str, kind: Kind, unit: str | None, integer: bool) -> Column:
        return Column(name, kind, self.values, self.categories, unit, self.absent, integer)


class _Integers(_Plain):
    """Integers take half the room as long as single precision holds them all."""

    def add(self, chunk: pa.Array) -> None:
        if self.values.dtype == np.float32:
            part = filled(chunk, self.missing)
            if np.any(np.abs(part) > WHOLE_IN_SINGLE):
                wider = np.empty(len(self.values))  # what is not yet filled may be anything: it is not cast
                wider[: self.filled] = self.values[: self.filled]
                self.values = wider
        super().add(chunk)


class _Labels:
    """Text becomes codes into the sorted list of labels; the labels stay with Arrow until the end."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.chunks: list[pa.DictionaryArray] = []

    def add(self, chunk: pa.Array) -> None:
        self.chunks.append(chunk.dictionary_encode())

    def column(self, name: str, kind: Kind, unit: str | None, integer: bool) -> Column:
        import pyarrow as pa
        import pyarrow.compute as pc

        if not self.chunks:
            return Column(name, kind, np.empty(0, np.int8), unit=unit)
        chunks = pa.chunked_array(self.chunks).unify_dictionaries().chunks
        self.chunks = []
        labels = chunks[0].dictionary
        order = np.from_dlpack(pc.sort_indices(labels))
        codes = np.empty(len(labels) + 1, code_type(len(labels)))
        codes[order] = np.arange(len(labels))
        codes[-1] = -1
        values = np.empty(self.rows, codes.dtype)
        begin = missing = 0
        for chunk in chunks:
            missing += chunk.null_count
            places = filled(chunk.indices, len(labels))
            np.take(codes, places, out=values[begin : begin + len(places)])
            begin += len(places)
        texts = labels.to_pylist()
        return Column(name, kind, values, tuple(texts[place] for place in order), unit, missing)


def filled(array: pa.Array, missing: float | int) -> NDArray[Any]:
    """The values of a primitive array, with `missing` for nulls; Arrow's own ways to this load pandas."""
    bare = type(array).from_buffers(array.type, len(array), [None, array.buffers()[1]], offset=array.offset)
    values = np.from_dlpack(bare)
    if not array.null_count:
        return values
    present = np.from_dlpack(array.is_valid().cast("uint8"))
    return np.where(present == 1, values, np.asarray(missing, values.dtype))


def code_type(labels: int) -> type[np.int8 | np.int16 | np.int32]:
    """The narrowest of int8, int16 and int32 that holds the codes of so many labels, and -1."""
    if labels <= 127:
        return np.int8
    return np.int16 if labels <= 32767 else np.int32
