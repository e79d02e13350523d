"""Tables in CSV: a list of edges, or an adjacency matrix."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO

from wsl.diagnostics import Text
from wsl.graph.causal_graph import Edge, Mark
from wsl.graph.files.graph_file import GraphFile, UnreadableGraphError, graph_file, mark_of

ENDS = (
    ("source", "target"),
    ("src", "dst"),
    ("from", "to"),
    ("cause", "effect"),
    ("parent", "child"),
    ("caller", "callee"),
)
DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class _Row:
    cells: tuple[str, ...]
    place: tuple[int, int]


def read(text: Text) -> GraphFile:
    """Edges under a header as `source,target[,mark]`, or without one; or a square matrix, row -> column.

    A row of edges with one empty end names a variable alone. In a matrix any number but 0 is an edge.
    """
    rows = _rows(text)
    if not rows:
        return GraphFile(())
    header = [cell.casefold() for cell in rows[0].cells]
    ends = next(((header.index(a), header.index(b)) for a, b in ENDS if a in header and b in header), None)
    if ends:
        mark = next((header.index(name) for name in ("mark", "edge") if name in header), None)
        return _edges(rows[1:], ends, mark, text)
    if _is_matrix(rows):
        return _matrix(rows, text)
    if len(header) in (2, 3):
        return _edges(rows, (0, 1), 2 if len(header) == 3 else None, text)
    raise UnreadableGraphError(
        "its first row is neither `source,target` nor the labels of a matrix", *rows[0].place
    )


def _rows(text: Text) -> list[_Row]:
    first = next((line for line in text.lines if line.strip() and not line.startswith("#")), "")
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(StringIO(text.content), delimiter=delimiter, skipinitialspace=True)
    rows, line = [], 0
    starts = [*text.line_starts, len(text.content) + 1]
    try:
        for cells in reader:
            place = starts[line], starts[reader.line_num] - 1
            line = reader.line_num
            stripped = tuple(cell.strip() for cell in cells)
            if any(stripped) and not stripped[0].startswith("#"):
                rows.append(_Row(stripped, place))
    except csv.Error as error:
        raise UnreadableGraphError(str(error), starts[line], starts[line]) from None
    return rows


def _edges(rows: list[_Row], ends: tuple[int, int], mark: int | None, text: Text) -> GraphFile:
    edges: list[Edge] = []
    nodes: dict[str, None] = {}
    for row in rows:
        if len(row.cells) <= max(ends):
            raise UnreadableGraphError("this row has too few cells", *row.place)
        written = row.cells[mark] if mark is not None and mark < len(row.cells) else None
        found, backwards = mark_of(written, Mark.CAUSE, *row.place)
        source, target = (row.cells[end] for end in ends)
        nodes |= dict.fromkeys(name for name in (source, target) if name)
        if source and target:
            edge = Edge(source, found, target, text.span(*row.place), text.name)
            edges.append(edge.reversed() if backwards else edge)
    return graph_file(edges, nodes)


def _is_matrix(rows: list[_Row]) -> bool:
    """Whether rows and columns have the same labels and cells are numbers, or it can be nothing else."""
    corner, *columns = rows[0].cells
    labels = {row.cells[0] for row in rows[1:]}
    numbers = all(_number(cell) is not None for row in rows[1:] for cell in row.cells[1:])
    if labels == set(columns) and numbers:
        return True
    return bool(labels) and (corner == "" or (len(columns) > 2 and not labels.isdisjoint(columns)))


def _matrix(rows: list[_Row], text: Text) -> GraphFile:
    columns = rows[0].cells[1:]
    labels = {row.cells[0] for row in rows[1:]}
    for names in (columns, [row.cells[0] for row in rows[1:]]):
        if repeated := next((name for name in names if list(names).count(name) > 1), None):
            raise UnreadableGraphError(f"`{repeated}` labels two rows or columns", *rows[0].place)
    if missing := next((name for name in columns if name not in labels), None):
        raise UnreadableGraphError(f"the column `{missing}` has no row of that name", *rows[0].place)
    edges = []
    for row in rows[1:]:
        if row.cells[0] not in columns:
            raise UnreadableGraphError(f"the row `{row.cells[0]}` has no column of that name", *row.place)
        if len(row.cells) != len(columns) + 1:
            raise UnreadableGraphError(
                f"this row has {len(row.cells)} cells, not {len(columns) + 1}", *row.place
            )
        for column, cell in zip(columns, row.cells[1:], strict=True):
            if (weight := _number(cell)) is None:
                raise UnreadableGraphError(f"`{cell}` is no number", *row.place)
            if weight:
                edges.append(Edge(row.cells[0], Mark.CAUSE, column, text.span(*row.place), text.name))
    return graph_file(edges, columns)


def _number(cell: str) -> float | None:
    """A matrix cell: a number or a truth; an empty cell is 0, and what is no number is None."""
    if cell.casefold() in ("", "false", "true"):
        return float(cell.casefold() == "true")
    try:
        number = float(cell)
    except ValueError:
        return None
    return None if number != number else number
