"""The DOT language of Graphviz (https://graphviz.org/doc/info/lang.html)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from lark import Token, Tree

from wsl.diagnostics import Text
from wsl.graph.causal_graph import Edge, Mark
from wsl.graph.files.graph_file import GraphFile, UnreadableGraphError, graph_file, is_hidden, pairs
from wsl.graph.files.lark_parser import parse, place, trees

DEEPEST_GROUP = 100

GRAMMAR = r"""
start: STRICT? (GRAPH | DIGRAPH) id? "{" _statement* "}"
_statement: ";" | assignment | defaults | chain
assignment: id "=" id
defaults: (GRAPH | NODE | EDGE) attributes+
chain: (node | group) (ARROW (node | group))* attributes*
node: id (":" id (":" id)?)?
group: (SUBGRAPH id?)? "{" _statement* "}"
attributes: "[" (attribute ("," | ";")?)* "]"
attribute: id ("=" id)?
id: NAME | NUMBER | HTML | STRING ("+" STRING)*

ARROW: "->" | "--"
STRICT.2: /strict(?!\w)/i
GRAPH.2: /graph(?!\w)/i
DIGRAPH.2: /digraph(?!\w)/i
SUBGRAPH.2: /subgraph(?!\w)/i
NODE.2: /node(?!\w)/i
EDGE.2: /edge(?!\w)/i
NAME: /[^\W\d]\w*/
NUMBER: /-?(\.\d+|\d+(\.\d*)?)/
STRING: /"(\\.|[^"\\])*"/s
HTML: /<([^<>]|<[^<>]*>)*>/
%ignore /\s+/
%ignore /\/\/[^\n]*/
%ignore /\/\*(.|\n)*?\*\//
%ignore /#[^\n]*/
"""


def read(text: Text) -> GraphFile:
    """A digraph's arrows are causes; `dir=both` is a hidden cause, `dir=none` or `--` an unknown direction.

    With `dir=both`, a circle for tail (`arrowtail=odot`) makes it `?->`, as partial ancestral graphs have it.
    A node with `observed=no` is hidden, an edge with `style=invis` is none, and the graph attribute `target`
    names the target.
    """
    tree = parse("dot", GRAMMAR, text)
    reader = _Reader(text, "->" if any(_is(child, "DIGRAPH") for child in tree.children) else "--")
    reader.block(tree, {}, 0)
    return graph_file(reader.edges, reader.nodes, reader.targets, reader.hidden)


class _Reader:
    """Walks the statements in order, since attributes hold from where they are set."""

    def __init__(self, text: Text, arrow: str) -> None:
        self.text = text
        self.arrow = arrow
        self.edges: list[Edge] = []
        self.nodes: dict[str, None] = {}
        self.hidden: set[str] = set()
        self.targets: list[str] = []

    def block(self, block: Tree[Token], inherited: Mapping[str, str], depth: int) -> list[str]:
        """Reads what stands in braces, under the edge attributes in force; returns the nodes it names."""
        if depth > DEEPEST_GROUP:
            start, _ = place(block)
            raise UnreadableGraphError("its groups are nested too deeply", start, start + 1)
        named: list[str] = []
        in_force = dict(inherited)
        for statement in trees(block):
            if statement.data == "chain":
                named += self.chain(statement, in_force, depth)
            elif statement.data == "assignment":
                name, value = trees(statement)
                self.graph_attributes({_value(name): _value(value)})
            elif statement.data == "defaults":
                if _is(statement.children[0], "EDGE"):
                    in_force |= _attributes(statement)
                elif _is(statement.children[0], "GRAPH"):
                    self.graph_attributes(_attributes(statement))
        return named

    def graph_attributes(self, attributes: Mapping[str, str]) -> None:
        if target := attributes.get("target"):
            self.targets.append(target)

    def chain(self, chain: Tree[Token], in_force: Mapping[str, str], depth: int) -> list[str]:
        ends = [part for part in trees(chain) if part.data != "attributes"]
        sides = [self.side(end, in_force, depth) for end in ends]
        own = _attributes(chain)
        for arrow in chain.children:
            if isinstance(arrow, Token) and arrow != self.arrow:
                reason = _WRONG_ARROW[self.arrow]
                raise UnreadableGraphError(reason, arrow.start_pos, arrow.end_pos)
        if len(ends) == 1 and ends[0].data == "node" and is_hidden(own):
            self.hidden.update(sides[0])
        for (left, lefts), (right, rights) in pairwise(zip(ends, sides, strict=True)):
            where = left.meta.start_pos, right.meta.end_pos
            for ends_of_edge in pairs(lefts, rights, *where):
                self.edge(*ends_of_edge, {**in_force, **own}, where)
        return [name for side in sides for name in side]

    def side(self, end: Tree[Token], in_force: Mapping[str, str], depth: int) -> list[str]:
        if end.data == "group":
            return list(dict.fromkeys(self.block(end, in_force, depth + 1)))
        name = _value(next(trees(end)))
        if not name:
            raise UnreadableGraphError("a node has no name", *place(end))
        self.nodes[name] = None
        return [name]

    def edge(self, a: str, b: str, attributes: Mapping[str, str], where: tuple[int, int]) -> None:
        if attributes.get("style") == "invis":
            return
        direction = attributes.get("dir", "forward" if self.arrow == "->" else "none")
        if direction not in _MARKS:
            raise UnreadableGraphError(
                f"`{direction}` is no value of dir; those are {', '.join(_MARKS)}", *where
            )
        mark = _MARKS[direction]
        if mark is Mark.LATENT and attributes.get("arrowtail") in _CIRCLES:
            mark = Mark.POSSIBLE
        edge = Edge(a, mark, b, self.text.span(*where), self.text.name)
        self.edges.append(edge.reversed() if direction == "back" else edge)


_MARKS = {"forward": Mark.CAUSE, "back": Mark.CAUSE, "both": Mark.LATENT, "none": Mark.UNDIRECTED}
_CIRCLES = ("odot", "dot")
_WRONG_ARROW = {
    "->": "a digraph joins nodes by `->`, with [dir=none] where the direction is unknown",
    "--": "a graph joins nodes by `--`; begin with `digraph` to draw arrows",
}


def _attributes(statement: Tree[Token]) -> dict[str, str]:
    found = {}
    for part in trees(statement):
        if part.data == "attributes":
            for attribute in trees(part):
                name, *value = trees(attribute)
                found[_value(name)] = _value(value[0]) if value else "true"
    return found


def _value(identifier: Tree[Token]) -> str:
    """An identifier's text; of a quoted one, with its parts joined and its escapes undone."""
    parts = [str(token) for token in identifier.children]
    if parts[0].startswith('"'):
        return "".join(re.sub(r'\\(["\\])', r"\1", part[1:-1].replace("\\\n", "")) for part in parts)
    return parts[0]


def _is(child: Tree[Token] | Token, kind: str) -> bool:
    return isinstance(child, Token) and child.type == kind
