"""Parsing with Lark, for the formats that have a grammar."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from wsl_grammar.parsers import parser

from wsl.diagnostics import Text
from wsl.graph.files.graph_file import UnreadableGraphError

OPTIONS = {"propagate_positions": True}


def parse(name: str, grammar: str, text: Text) -> Tree[Token]:
    """The parse tree of the whole text; its tokens know their places."""
    try:
        return _parser(name, grammar).parse(text.content)
    except UnexpectedInput as error:
        raise _unreadable(error, text) from None


def trees(tree: Tree[Token]) -> Iterator[Tree[Token]]:
    """The children of a tree that are trees."""
    return (child for child in tree.children if isinstance(child, Tree))


def place(tree: Tree[Token]) -> tuple[int, int]:
    """The offsets of a tree's first and last character."""
    return tree.meta.start_pos, tree.meta.end_pos


@cache
def _parser(name: str, grammar: str) -> Lark:
    return parser(name, grammar, **OPTIONS)


def _unreadable(error: UnexpectedInput, text: Text) -> UnreadableGraphError:
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        token = error.token
        return UnreadableGraphError(f"unexpected `{_short(token)}`", token.start_pos, token.end_pos)
    if isinstance(error, UnexpectedCharacters):
        character = text.content[error.pos_in_stream]
        unclosed = character == '"' or text.content.startswith("/*", error.pos_in_stream)
        reason = "this is never closed" if unclosed else f"unexpected `{character}`"
        return UnreadableGraphError(reason, error.pos_in_stream, error.pos_in_stream + 1)
    end = len(text.content.rstrip())
    return UnreadableGraphError("it ends in the middle; a closing bracket may be missing", end, end)


def _short(token: str) -> str:
    line = token.split("\n")[0]
    return line if len(line) <= 40 else line[:40] + "..."
