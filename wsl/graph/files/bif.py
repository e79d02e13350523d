"""The structure of a Bayesian network in the Bayesian Interchange Format; its numbers are not read."""

from __future__ import annotations

from lark import Token, Tree

from wsl.diagnostics import Text
from wsl.graph.causal_graph import Edge, Mark
from wsl.graph.files.graph_file import GraphFile, UnreadableGraphError, graph_file
from wsl.graph.files.lark_parser import parse, place, trees

GRAMMAR = r"""
start: (network | variable | probability)*
network: "network" _word? block
variable: "variable" name "{" (kind | _word | block)* "}"
kind: _TYPE WORD
probability: "probability" "(" name ("|" name ("," name)*)? ")" block
block: "{" (_word | _TYPE | block)* "}"
_word: WORD | STRING | "[" | "]" | "(" | ")" | "|" | "," | ";"
name: WORD | STRING

_TYPE.2: /type(?=\s)/
WORD: /(?!\/[\/*])[^\s{}()|,;\[\]"]+/
STRING: /"[^"]*"/
%ignore /\s+/
%ignore /\/\/[^\n]*/
%ignore /\/\*(.|\n)*?\*\//
"""

KINDS = {"discrete": "CATEGORY", "continuous": "NUMBER"}


def read(text: Text) -> GraphFile:
    """`probability (x | a, b)` says that a and b cause x; discrete variables are declared categories."""
    tree = parse("bif", GRAMMAR, text)
    variables = {_name(next(trees(part))): part for part in trees(tree) if part.data == "variable"}
    edges = []
    for part in trees(tree):
        if part.data == "probability":
            names = [name for name in trees(part) if name.data == "name"]
            for name in names:
                if _name(name) not in variables:
                    raise UnreadableGraphError(f"`{_name(name)}` is not declared as a variable", *place(name))
            child, *parents = names
            edges += [_edge(parent, child, text) for parent in parents]
    declarations = {name: kind for name, part in variables.items() if (kind := _kind(part))}
    return graph_file(edges, variables, declarations=declarations)


def _edge(parent: Tree[Token], child: Tree[Token], text: Text) -> Edge:
    return Edge(_name(parent), Mark.CAUSE, _name(child), text.span(*place(parent)), text.name)


def _name(name: Tree[Token]) -> str:
    return str(name.children[0]).strip('"')


def _kind(variable: Tree[Token]) -> str | None:
    kinds = [str(part.children[0]) for part in trees(variable) if part.data == "kind"]
    return KINDS.get(kinds[0]) if kinds else None
