"""Statements that cannot be: unknown, misspelt, or of a later version."""

from __future__ import annotations

from wsl_grammar.keywords import CLAUSES, CLAUSES_OF, NOT_YET, STATEMENTS, WORDS

from wsl.diagnostics import Diagnostic, Fix, Text, closest, report
from wsl.syntax import near_misses
from wsl.syntax.expected import listed, shown
from wsl.syntax.grammar import Stop
from wsl.syntax.scanner import Token
from wsl.syntax.splitter import Piece

_ANSWERED = [word for word in CLAUSES_OF if (word,) not in NOT_YET]


def unknown_statement(text: Text, token: Token) -> Diagnostic:
    """The finding for a statement that begins with anything but a statement keyword."""
    span = text.span(token.start, token.end)
    word = token.upper
    meant = near_misses.STATEMENTS.get(word) or (closest(word, STATEMENTS) if word else None)
    takers = [name for name, clauses in CLAUSES_OF.items() if word in clauses]
    fixes: tuple[Fix, ...] = ()
    if word in CLAUSES:
        advice = (
            f"{word} is a clause of {listed(takers)}" if takers else "it is a clause, and follows a statement"
        )
        if word in ("SET", "SETDIST"):
            fixes = tuple(Fix(span, f"{statement} {word}") for statement in takers)
    else:
        advice = f"did you mean {meant}?" if meant else ""
        fixes = (Fix(span, meant),) if meant else ()
    statements = None if advice else listed(_ANSWERED)
    return report("WSL-P001", span, fixes=fixes, word=shown(token), advice=advice, statements=statements)


def misspelt_statement(piece: Piece, stop: Stop) -> int | None:
    """The number of the token where a line, taken for a continuation, begins with a misspelt statement."""
    for place, token in enumerate(piece.tokens):
        if token.start == stop.offset and token.start in piece.continued and not stop.at_end:
            word = token.upper
            return place if word and word not in WORDS and closest(word, STATEMENTS) else None
    return None


def not_yet(text: Text, piece: Piece) -> Diagnostic | None:
    """The finding for what the language has but this version does not answer."""
    words = [token.upper for token in piece.tokens]
    for form, advice in NOT_YET.items():
        if words[0] != form[0]:
            continue
        rest = form[1:]
        places = range(1, len(words)) if len(rest) > 1 else [1]
        for place in places:
            if tuple(words[place : place + len(rest)]) == rest:
                first = piece.tokens[place if len(rest) > 1 else 0]
                last = piece.tokens[place + len(rest) - 1]
                name = " ".join(form[1:] if len(rest) > 1 else form)
                return report("WSL-P020", text.span(first.start, last.end), form=name, advice=advice)
    return None
