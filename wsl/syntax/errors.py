"""Why a statement did not parse, said so that the writer sees what to change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from wsl_grammar.keywords import CLAUSES, CLAUSES_OF, NOT_YET, STATEMENTS, WORDS
from wsl_grammar.terminals import UNITS

from wsl.diagnostics import Diagnostic, Fix, Span, Text, closest, report
from wsl.syntax import near_misses
from wsl.syntax.expected import in_words, keywords_among
from wsl.syntax.grammar import Stop, attempt
from wsl.syntax.scanner import Token
from wsl.syntax.splitter import CLOSER_OF, Piece


@dataclass(frozen=True)
class Situation:
    """A statement that stops at `found`, or at its end if that is None."""

    text: Text
    piece: Piece
    stop: Stop

    @cached_property
    def place(self) -> int:
        """The number of the token where the statement stops; past the last one at its end."""
        tokens = self.piece.tokens
        if self.stop.at_end:
            return len(tokens)
        return next((i for i, token in enumerate(tokens) if token.end > self.stop.offset), len(tokens))

    @property
    def found(self) -> Token | None:
        return self.piece.tokens[self.place] if self.place < len(self.piece.tokens) else None

    @property
    def previous(self) -> Token:
        return self.piece.tokens[max(0, self.place - 1)]

    @property
    def accepts(self) -> frozenset[str]:
        return self.stop.accepts

    def span(self, token: Token) -> Span:
        return self.text.span(token.start, token.end)

    def fix(self, start: int, end: int, text: str) -> Fix:
        return Fix(self.text.span(start, end), text)

    def mends(self, fix: Fix) -> bool:
        """Whether the statement gets further with a fix than it does without."""
        start, end = self.piece.start, self.piece.end
        source = self.text.content[start:end]
        mended = source[: fix.span.start - start] + fix.text + source[fix.span.end - start :]
        tried = attempt(Text(mended), 0, len(mended))
        grown = len(mended) - len(source)
        return tried.stop is None or tried.stop.offset - grown > self.stop.offset - start


def explain(text: Text, piece: Piece, stop: Stop) -> Diagnostic:
    """The finding for a statement that does not parse."""
    situation = Situation(text, piece, stop)
    for explanation in _EXPLANATIONS:
        if finding := explanation(situation):
            return finding
    return _unexpected(situation)


# Brackets


def _bracket_without_partner(at: Situation) -> Diagnostic | None:
    before = [token for token in at.piece.mismatched if token.start <= at.stop.offset]
    if before:
        token = before[0]
        return _unclosed(at, token) if token.kind == "open" else _closes_nothing(at, token)
    still_open = [token for token in at.piece.open_brackets if token.start < at.stop.offset]
    return _unclosed(at, still_open[-1]) if still_open else None


def _closes_nothing(at: Situation, token: Token) -> Diagnostic:
    fixes = (at.fix(token.start, token.end, ""),)
    return report("WSL-P003", at.span(token), fixes=fixes, bracket=token.text)


def _unclosed(at: Situation, opener: Token) -> Diagnostic:
    closer = CLOSER_OF[opener.text]
    end = at.previous.end
    fix = at.fix(end, end, closer)
    next_word = at.piece.before
    return report(
        "WSL-P002",
        at.span(opener),
        fixes=(fix,) if at.previous.start > opener.start and at.mends(fix) else (),
        bracket=opener.text,
        closer=closer,
        line=at.text.position(next_word.start)[0] if next_word else None,
        word=next_word.text if next_word else None,
    )


# Words and values


def _in_without_brackets(at: Situation) -> Diagnostic | None:
    if at.previous.upper != "IN" or at.found is None or at.found.text == "(":
        return None
    last = at.found
    tokens = at.piece.tokens[at.place :]
    for comma, value in zip(tokens[1::2], tokens[2::2], strict=False):
        if comma.kind != "comma" or value.kind not in ("word", "quoted", "string", "number"):
            break
        last = value
    values = at.text.content[at.found.start : last.end]
    fix = at.fix(at.found.start, last.end, f"({values})")
    return report("WSL-P011", fix.span, fixes=(fix,), meant=f"IN ({values})")


def _update_without_set(at: Situation) -> Diagnostic | None:
    statement = at.piece.keyword
    if statement not in ("INTERVENE", "ASSUME") or at.place != 1 or at.found is None:
        return None
    if at.found.kind not in ("word", "quoted") or at.found.upper in CLAUSES:
        return None
    kind = "SET" if any(t.text in ("=", "+=", "-=", "*=", "/=") for t in at.piece.tokens) else "SETDIST"
    fix = at.fix(at.found.start, at.found.start, f"{kind} ")
    fixes = (fix,) if at.mends(fix) else ()
    meant = f"{statement} {kind} {at.found.text}"
    return report("WSL-P019", at.span(at.found), fixes=fixes, statement=statement, meant=meant)


def _unit_apart(at: Situation) -> Diagnostic | None:
    number, unit = at.previous, at.found
    if unit is None or number.kind != "number" or not number.text[-1].isdigit():
        return None
    meant = unit.text if unit.text in UNITS else near_misses.UNITS.get(unit.text)
    if meant is None:
        return None
    together = number.text + meant
    fix = at.fix(number.start, unit.end, together)
    return report("WSL-P030", fix.span, fixes=(fix,), meant=together)


def _keyword_as_name(at: Situation) -> Diagnostic | None:
    """A word that is a keyword where it stands, and would do as a name in backticks."""
    words = [at.previous] if at.found is None else [at.previous, at.found]
    for token in words:
        if token.upper not in WORDS or token is at.piece.tokens[0] or at.stop.at_end:
            continue
        fix = at.fix(token.start, token.end, f"`{token.text}`")
        if at.mends(fix):
            return report("WSL-P018", fix.span, fixes=(fix,), word=token.text)
    return None


def _clause_without_content(at: Situation) -> Diagnostic | None:
    """`WHERE AS drain`: the keyword was taken for a name, because one had to stand there."""
    if at.place < 2 or at.previous.upper not in CLAUSES_OF[at.piece.keyword]:
        return None
    before = at.piece.tokens[at.place - 2]
    if before.upper not in CLAUSES and before is not at.piece.tokens[0]:
        return None
    stop = attempt(at.text, at.piece.start, before.end).stop
    if stop is None:
        return None
    found = f"the clause {at.previous.upper}"
    return report("WSL-P005", at.span(at.previous), expected=in_words(stop.accepts), found=found)


def _foreign_clause(at: Situation) -> Diagnostic | None:
    if at.found is None or at.found.upper not in CLAUSES:
        return None
    clause, statement = at.found.upper, at.piece.keyword
    own = CLAUSES_OF[statement]
    if clause in own:
        return None
    takers = [name for name, clauses in CLAUSES_OF.items() if clause in clauses]
    return report(
        "WSL-P014",
        at.span(at.found),
        clause=clause,
        statement=statement,
        clauses=listed(own),
        advice=f"{clause} belongs to {listed(takers)}" if takers else None,
    )


def _misspelt_clause(at: Situation) -> Diagnostic | None:
    if at.found is None or at.found.kind != "word":
        return None
    meant = closest(at.found.upper, keywords_among(at.accepts))
    if meant is None:
        return None
    fix = at.fix(at.found.start, at.found.end, meant)
    if not at.mends(fix):
        return None
    return report(
        "WSL-P005",
        fix.span,
        fixes=(fix,),
        expected=in_words(at.accepts),
        found=_shown(at.found),
        advice=f"did you mean {meant}?",
    )


def _unexpected(at: Situation) -> Diagnostic:
    expected = in_words(at.accepts)
    if at.found is None:
        end = at.text.span(at.piece.end, at.piece.end)
        word = at.piece.before
        note = (
            f"{word.text} begins the next statement; a name of that spelling stands in backticks"
            if word and at.previous.kind in ("comma", "operator", "edge")
            else None
        )
        return report("WSL-P006", end, expected=expected, note=note, advice=None)
    return report(
        "WSL-P005", at.span(at.found), expected=expected, found=_shown(at.found), advice=None, note=None
    )


def _shown(token: Token) -> str:
    return token.text if "`" in token.text else f"`{token.text}`"


def listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


_EXPLANATIONS: tuple[Callable[[Situation], Diagnostic | None], ...] = (
    _bracket_without_partner,
    _in_without_brackets,
    _update_without_set,
    _unit_apart,
    _keyword_as_name,
    _clause_without_content,
    _foreign_clause,
    _misspelt_clause,
)


# What is wrong before the parser is asked


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
    statements = None if advice else listed(list(CLAUSES_OF))
    return report("WSL-P001", span, fixes=fixes, word=_shown(token), advice=advice, statements=statements)


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
        if words[0] != form[0] or words[:2] == ["EXPLAIN", "PLAN"]:
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
