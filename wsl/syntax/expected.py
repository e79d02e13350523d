"""What could have stood at a place, in words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from wsl_grammar.keywords import CLAUSES, WORDS

from wsl.syntax.scanner import Token

# The first set of terminals that is all there says what is expected; the words are in order of interest.
_PHRASES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"NAME", "NUMBER", "STRING"}), "a value"),
    (frozenset({"NAME", "QUOTED_NAME"}), "a name"),
    (frozenset({"NAME"}), "a name"),
    (frozenset({"NUMBER"}), "a number"),
    (frozenset({"STRING"}), "a string in quotes"),
    (frozenset({"COMPARISON", "PLUS"}), "an operator"),
    (frozenset({"COMPARISON"}), "a comparison"),
    (frozenset({"ASSIGNMENT"}), "`=` or another assignment"),
    (frozenset({"EQUALS"}), "`=`"),
    (frozenset({"EDGE"}), "an edge"),
    (frozenset({"COMMA"}), "`,`"),
    (frozenset({"COLON"}), "`:`"),
    (frozenset({"LEFT"}), "`(`"),
    (frozenset({"RIGHT"}), "`)`"),
    (frozenset({"LEFT_BRACE"}), "`{`"),
    (frozenset({"RIGHT_BRACE"}), "`}`"),
)
_COVERS = {
    "a value": {"NAME", "QUOTED_NAME", "NUMBER", "STRING", "NOT", "MINUS", "PLUS", "LEFT", "STAR"},
    "a name": {"NAME", "QUOTED_NAME"},
    "an operator": {
        *("COMPARISON", "EQUALS", "PLUS", "MINUS", "STAR", "SLASH"),
        *("AND", "OR", "NOT", "IN", "BETWEEN", "IS", "LIKE", "LEFT"),
    },
    "a comparison": {"COMPARISON", "EQUALS", "AND", "OR"},
    "`=` or another assignment": {"ASSIGNMENT", "EQUALS"},
}


def in_words(accepts: Collection[str]) -> str:
    """Terminals as an enumeration: `a name, WHERE or the end of the statement`."""
    left = set(accepts)
    phrases = []
    for terminals, phrase in _PHRASES:
        if terminals <= left:
            phrases.append(phrase)
            left -= _COVERS.get(phrase, set(terminals))
    phrases += keywords_among(left)
    if "$END" in left or "NEWLINE" in left:
        phrases.append("the end of the statement" if "$END" in left else "the end of the line")
    return alternatives(phrases)


def keywords_among(accepts: Collection[str]) -> list[str]:
    """The keywords among terminals; clauses come in the order of their names."""
    return sorted(set(accepts) & WORDS, key=lambda word: (word in CLAUSES, word))


def shown(token: Token) -> str:
    """A token as messages show it."""
    return token.text if "`" in token.text else f"`{token.text}`"


def listed(words: Sequence[str]) -> str:
    return _enumerated(words, "and")


def alternatives(words: Sequence[str]) -> str:
    return _enumerated(words, "or")


def _enumerated(words: Sequence[str], last: str) -> str:
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
