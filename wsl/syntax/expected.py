"""What could have stood at a place, in words."""

from __future__ import annotations

from collections.abc import Collection

from wsl_grammar.keywords import CLAUSES, WORDS

_OPERATORS = {"COMPARISON", "PLUS", "STAR"}
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
        *("AND", "OR", "NOT", "IN", "BETWEEN", "IS", "LIKE"),
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
    return either(phrases)


def keywords_among(accepts: Collection[str]) -> list[str]:
    """The keywords among terminals; clauses come in the order of their names."""
    return sorted(set(accepts) & WORDS, key=lambda word: (word in CLAUSES, word))


def either(phrases: list[str]) -> str:
    return " or ".join([", ".join(phrases[:-1]), phrases[-1]] if len(phrases) > 1 else phrases)
