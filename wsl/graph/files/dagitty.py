"""The text format of dagitty (Textor et al., Int. J. Epidemiology 2016): dag, pdag, mag and pag."""

from __future__ import annotations

from itertools import pairwise

from lark import Token, Tree

from wsl.diagnostics import Text
from wsl.graph.causal_graph import Edge, Mark
from wsl.graph.files.graph_file import GraphFile, UnreadableGraphError, graph_file, pairs
from wsl.graph.files.lark_parser import parse, place, trees

GRAMMAR = r"""
start: KIND name? "{" _statement* "}"
_statement: ";" | setting | chain
setting: name "=" _value
chain: _end (ARROW _end)* attributes?
_end: name | group
group: "{" (name | ";" | ",")* "}"
attributes: "[" (attribute ","?)* "]"
attribute: name ("=" _value)?
_value: name | NUMBER
name: NAME | STRING

KIND.2: /(dag|pdag|mag|pag)(?=[\s{])/
ARROW: /[<@-]?-[>@-]|<-/
NUMBER.2: /-[\d.]+/
NAME: /[\w.]+/
STRING: /"(\\.|[^"\\])*"/s
%ignore /\s+/
%ignore /\/\/[^\n]*/
%ignore /\/\*(.|\n)*?\*\//
"""

# The mark of each arrow, and whether it is written from effect to cause.
MARKS = {
    "->": (Mark.CAUSE, False),
    "<-": (Mark.CAUSE, True),
    "<->": (Mark.LATENT, False),
    "--": (Mark.UNDIRECTED, False),
    "@->": (Mark.POSSIBLE, False),
    "<-@": (Mark.POSSIBLE, True),
}
OUTCOMES = {"outcome", "o"}
HIDDEN = {"latent", "unobserved", "l", "u"}


def read(text: Text) -> GraphFile:
    """`[latent]` nodes are hidden, `[outcome]` is the target, `@->` is `?->`; layout is not read."""
    edges: list[Edge] = []
    nodes: list[str] = []
    targets: list[str] = []
    hidden: list[str] = []
    for chain in (part for part in trees(parse("dagitty", GRAMMAR, text)) if part.data == "chain"):
        ends = [part for part in trees(chain) if part.data != "attributes"]
        arrows = [part for part in chain.children if isinstance(part, Token)]
        sides = [_names(end) for end in ends]
        nodes += [name for side in sides for name in side]
        if len(ends) == 1:
            attributes = _attributes(chain)
            targets += sides[0] if attributes & OUTCOMES else []
            hidden += sides[0] if attributes & HIDDEN else []
        for arrow, (left, right) in zip(arrows, pairwise(range(len(ends))), strict=True):
            if arrow not in MARKS:
                reason = (
                    f"the mark `{arrow}` says less than an edge of WSL, which is one of {', '.join(MARKS)}"
                )
                raise UnreadableGraphError(reason, arrow.start_pos, arrow.end_pos)
            mark, backwards = MARKS[arrow]
            where = place(ends[left])[0], place(ends[right])[1]
            for a, b in pairs(sides[left], sides[right], *where):
                edge = Edge(a, mark, b, text.span(*where), text.name)
                edges.append(edge.reversed() if backwards else edge)
    return graph_file(edges, nodes, targets, hidden)


def _names(end: Tree[Token]) -> list[str]:
    return [_name(end)] if end.data == "name" else [_name(name) for name in trees(end)]


def _attributes(chain: Tree[Token]) -> set[str]:
    lists = (part for part in trees(chain) if part.data == "attributes")
    return {_name(next(trees(attribute))).casefold() for part in lists for attribute in trees(part)}


def _name(name: Tree[Token]) -> str:
    written = str(name.children[0])
    return written[1:-1].replace('\\"', '"') if written.startswith('"') else written
