"""Save and load an index as an .npz archive: plain arrays and one JSON text, never a pickle."""

from __future__ import annotations

import json
import os
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from wsl_runtime.grid import Axis, Summary
from wsl_runtime.index import Options, Sketch, TileIndex
from wsl_runtime.layout import Layout, Sample, Survey
from wsl_runtime.series import Series
from wsl_runtime.tiles import Directory, Tiles

FORMAT = 1
_CLASSES: dict[str, type[Any]] = {
    cls.__name__: cls
    for cls in (
        Axis,
        Directory,
        Layout,
        Options,
        Sample,
        Series,
        Sketch,
        Summary,
        Survey,
        TileIndex,
        Tiles,
    )
}


def _encode(value: Any, arrays: dict[str, npt.NDArray[Any]]) -> Any:
    if isinstance(value, np.ndarray):
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {"array": name}
    if is_dataclass(value):
        parts = {f.name: _encode(getattr(value, f.name), arrays) for f in fields(value)}
        return {"class": type(value).__name__, "fields": parts}
    if isinstance(value, tuple):
        return {"tuple": [_encode(part, arrays) for part in value]}
    if isinstance(value, np.generic):
        return value.item()
    return value


def _decode(value: Any, archive: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return archive[value["array"]]
    if "tuple" in value:
        return tuple(_decode(part, archive) for part in value["tuple"])
    parts = {name: _decode(part, archive) for name, part in value["fields"].items()}
    return _CLASSES[value["class"]](**parts)


def save_index(target: str | os.PathLike[str] | BinaryIO, index: TileIndex | Sketch | Survey) -> None:
    """Write an index, sketch or survey; a path is replaced in one step."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    text = json.dumps({"format": FORMAT, "value": _encode(index, arrays)})
    content = {"json": np.frombuffer(text.encode(), np.uint8), **arrays}
    if not isinstance(target, str | os.PathLike):
        np.savez(target, allow_pickle=False, **content)
        return
    path = Path(target)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load_index(source: str | os.PathLike[str] | BinaryIO) -> Any:
    """Read what `save_index` wrote; ValueError where the file is not of this format."""
    if isinstance(source, str | os.PathLike):
        with Path(source).open("rb") as file:
            return load_index(file)
    try:
        with np.load(source, allow_pickle=False) as archive:
            document = json.loads(archive["json"].tobytes())
            if document["format"] != FORMAT:
                raise ValueError(f"format {document['format']} is not {FORMAT}")
            return _decode(document["value"], archive)
    except Exception as error:
        raise ValueError(f"not an index of this version: {error}") from error
