"""GRAPH: the edges, variables and declarations that a block writes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from wsl.data import Declaration, Kind
from wsl.graph import Edge, Mark
from wsl.syntax import ast


@dataclass(frozen=True)
class Block:
    """What the items of a GRAPH block say."""

    edges: tuple[Edge, ...]
    nodes: tuple[str, ...]
    declarations: dict[str, Declaration]


def read_block(statement: ast.Graph) -> Block:
    """Lists on both sides of a mark are the product; a chain is one edge after the other."""
    edges: list[Edge] = []
    nodes: list[str] = []
    declarations: dict[str, Declaration] = {}
    for item in statement.items:
        match item:
            case ast.EdgeItem(mark=mark, sides=sides):
                edges += [
                    Edge(a.name, Mark(mark), b.name, a.span.to(b.span))
                    for left, right in pairwise(sides)
                    for a in left
                    for b in right
                ]
            case ast.DeclarationItem(variables=variables, kind=kind, unit=unit):
                nodes += [name.name for name in variables]
                for name in variables:
                    declarations[name.name] = Declaration(Kind[kind.upper()], unit)
            case ast.NodeItem(variables=variables):
                nodes += [name.name for name in variables]
    return Block(tuple(edges), tuple(nodes), declarations)
