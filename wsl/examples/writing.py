"""A model's log and graph as files, and the command line that writes them."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from wsl.examples.structural import Array, Columns, Model


def table(columns: Columns) -> pa.Table:
    """The columns as Arrow: strings dictionary-encoded, times in microseconds UTC."""
    return pa.table({name: _arrow(values) for name, values in columns.items()})


def write_log(model: Model, folder: Path, rows: int, seed: int, csv: bool = False) -> list[Path]:
    """Write a log and the graph to the folder, as NAME.parquet (or NAME.csv) and NAME.dot; return the paths.

    OSError where the folder cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{model.name}.{'csv' if csv else 'parquet'}"
    graph = folder / f"{model.name}.dot"
    if csv:
        pyarrow.csv.write_csv(table(model.generate(rows, seed)), log)
    else:
        pyarrow.parquet.write_table(table(model.generate(rows, seed)), log)
    graph.write_text(model.dot(), encoding="utf-8")
    return [log, graph]


def command_line(
    name: str, write: Callable[[Path, int, int, bool], list[Path]], argv: Sequence[str] | None
) -> int:
    """Write an example's files as the arguments say; print their paths. Exit code 0, or 2 for bad usage."""
    parser = argparse.ArgumentParser(
        prog=f"python -m wsl.examples.{name}", description=f"Write the {name} example."
    )
    parser.add_argument(
        "--rows", type=_whole_number(1), default=100_000, help="rows of the log (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=_whole_number(0), default=7, help="seed of the log (default: %(default)s)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("data"), help="folder to write to (default: %(default)s)"
    )
    parser.add_argument("--csv", action="store_true", help="write the log as CSV, not as Parquet")
    arguments = parser.parse_args(argv)
    try:
        paths = write(arguments.out, arguments.rows, arguments.seed, arguments.csv)
    except OSError as error:
        parser.error(f"cannot write to {arguments.out}: {error.strerror or error}")
    for path in paths:
        print(path)
    return 0


def _arrow(values: Array) -> pa.Array:
    if values.dtype.kind == "U":
        labels, places = np.unique(values, return_inverse=True)
        return pa.DictionaryArray.from_arrays(places.astype(np.int32), labels.tolist())
    if values.dtype.kind == "M":
        return pa.array(values, type=pa.timestamp("us", tz="UTC"))
    return pa.array(values)


def _whole_number(least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"a whole number of at least {least} is needed, not {text!r}")
        return int(text)

    return parse
