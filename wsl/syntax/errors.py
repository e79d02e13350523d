"""Why a statement did not parse, said so that the writer sees what to change."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise, takewhile

from wsl_grammar.keywords import CLAUSES, CLAUSES_OF, CONNECTIVES, STATEMENTS, WORDS
from wsl_grammar.terminals import UNITS, written_name

from wsl.diagnostics import Diagnostic, Fix, Text, closest, report
from wsl.syntax import near_misses
from wsl.syntax.expected import alternatives, in_words, keywords_among, listed, shown
from wsl.syntax.faulty import IN_BACKTICKS, ODD_NAME, lacks_quotes
from wsl.syntax.grammar import Stop, attempt
from wsl.syntax.moments import example_of_moment, is_time
from wsl.syntax.scanner import Token
from wsl.syntax.situation import Situation
from wsl.syntax.splitter import CLOSER_OF, Piece

_MOST_FIXES = 3
_BEFORE_NUMBERS = ("SAMPLE", "TOP")
_VALUES = ("word", "quoted", "string", "number")
_UNQUOTED_PATH = re.compile(r"[^\s'\"#;]+")


def explain(text: Text, piece: Piece, stop: Stop) -> Diagnostic:
    """The finding for a statement that does not parse."""
    situation = Situation(text, piece, stop)
    for explanation in _EXPLANATIONS:
        if finding := explanation(situation):
            return finding
    return _unexpected(situation)


def _bracket_without_partner(at: Situation) -> Diagnostic | None:
    before = [token for token in at.piece.mismatched if token.start <= at.stop.offset]
    if before:
        return _unclosed(at, before[0]) if before[0].kind == "open" else _closes_nothing(at, before[0])
    still_open = [token for token in at.piece.open_brackets if token.start < at.stop.offset]
    return _unclosed(at, still_open[-1]) if still_open else None


def _closes_nothing(at: Situation, token: Token) -> Diagnostic:
    still_open = [bracket for bracket in at.piece.open_brackets if bracket.start < token.start]
    meant = CLOSER_OF[still_open[-1].text] if still_open else ""
    advice = f"`{still_open[-1].text}` is closed by `{meant}`" if still_open else "remove it"
    fixes = (at.fix(token.start, token.end, meant),)
    return report("WSL-P003", at.span(token), fixes=fixes, bracket=token.text, advice=advice)


def _unclosed(at: Situation, opener: Token) -> Diagnostic:
    closer = CLOSER_OF[opener.text]
    end, following = at.previous.end, at.piece.before
    fix = at.fix(end, end, "\n}" if closer == "}" else closer)
    why = None
    if following:
        line = at.text.position(following.start)[0]
        why = f"the statement ends here because line {line} begins with {following.text}"
    elif at.piece.ended_by_semicolon:
        why = "`;` ends a statement, in brackets too"
    return report(
        "WSL-P002",
        at.span(opener),
        fixes=(fix,) if at.previous.start > opener.start and at.mends(fix) else (),
        bracket=opener.text,
        closer=closer,
        why=why,
    )


def _backward_edge(at: Situation) -> Diagnostic | None:
    minus, cause = at.token(1), at.token(2)
    if at.piece.keyword != "GRAPH" or at.found is None or minus is None or cause is None:
        return None
    if at.found.text + minus.text != "<-" or cause.kind not in ("word", "quoted"):
        return None
    fix = at.fix(at.previous.start, cause.end, f"{cause.text} -> {at.previous.text}")
    return report(
        "WSL-P033",
        at.text.span(at.found.start, minus.end),
        fixes=(fix,) if at.mends(fix) else (),
        cause=cause.text,
        effect=at.previous.text,
    )


def _dashes_before_a_comment(at: Situation) -> Diagnostic | None:
    """`a -> b -- the front end`: in a block `--` is an edge, and the comment is taken for its end."""
    if at.found is None:
        return None
    for token in reversed(at.piece.tokens[: at.place]):
        if token.text == "--" and "\n" not in at.text.content[token.start : at.found.start]:
            fix = at.fix(token.start, token.end, "#")
            return report("WSL-P008", fix.span, fixes=(fix,), written="--") if at.mends(fix) else None
    return None


def joining_comma(text: Text, piece: Piece) -> Diagnostic | None:
    """The finding for a comma at the end of a line, before a line with an edge of its own.

    It would parse, as `fe -> rt, be -> rt`: a chain from fe through rt and be to rt.
    """
    if piece.keyword != "GRAPH" or not piece.continued:
        return None
    tokens = piece.tokens
    for place, (comma, following) in enumerate(pairwise(tokens)):
        if comma.kind != "comma" or following.start not in piece.continued:
            continue
        rest = (tokens[later] for later in range(place + 2, len(tokens)))
        line = takewhile(lambda token: token.start not in piece.continued, rest)
        if any(token.kind == "edge" for token in line):
            remove = Fix(text.span(comma.start, comma.end), "")
            return report("WSL-P032", remove.span, fixes=(remove,))
    return None


def _in_without_brackets(at: Situation) -> Diagnostic | None:
    if at.previous.upper != "IN" or at.found is None or at.found.kind not in _VALUES:
        return None
    last = at.found
    tokens = at.piece.tokens[at.place :]
    for comma, value in zip(tokens[1::2], tokens[2::2], strict=False):
        if comma.kind != "comma" or value.kind not in _VALUES:
            break
        last = value
    values = at.text.content[at.found.start : last.end]
    fix = at.fix(at.found.start, last.end, f"({values})")
    return report("WSL-P011", fix.span, fixes=(fix,), meant=f"IN ({values})")


def _unit_apart(at: Situation) -> Diagnostic | None:
    number, unit = at.previous, at.found
    if unit is None or number.kind != "number" or not number.text[-1].isdigit():
        return None
    meant = unit.text if unit.text in UNITS else near_misses.UNITS.get(unit.text)
    if meant is None:
        return None
    fix = at.fix(number.start, unit.end, number.text + meant)
    return report("WSL-P030", fix.span, fixes=(fix,), meant=fix.text)


def _odd_name(at: Situation) -> Diagnostic | None:
    """`EXPLAIN web:p99 ..`, `GRAPH { load (req/s) -> web }`, `DESCRIBE "load (req/s)"`."""
    if at.found is None or at.found.kind == "dots":
        return None
    if at.found.kind == "string" and "QUOTED_NAME" in at.accepts:
        quote = at.found.text[0]
        fix = at.fix(
            at.found.start, at.found.end, written_name(at.found.text[1:-1].replace(quote * 2, quote))
        )
        advice = IN_BACKTICKS if fix.text[0] == "`" else "a name stands without quotes"
        return _stops_at(at, at.found, advice, fix) if "FROM" not in at.accepts and at.mends(fix) else None
    line = at.text.line_starts[at.text.position(at.previous.start)[0] - 1]
    for name in ODD_NAME.finditer(at.text.content, line, at.piece.end):
        if name.start() <= at.previous.start and name.end() >= at.previous.end:
            fix = at.fix(name.start(), name.end(), written_name(name[0]))
            odd = fix.text != name[0] and at.mends(fix)
            return _stops_at(at, at.found, IN_BACKTICKS, fix) if odd else None
    return None


def _several_words(at: Situation) -> Diagnostic | None:
    """`city == New York`: a category that needs quotes."""
    before = at.piece.tokens[at.place - 2] if at.place >= 2 else None
    if before is None or at.found is None or at.found.kind not in ("word", "number"):
        return None
    compares = before.kind in ("operator", "comma", "open") and before.text != "*"
    if not compares or at.previous.kind not in ("word", "number") or at.found.upper in WORDS:
        return None
    words = f"'{at.text.content[at.previous.start : at.found.end]}'"
    fix = at.fix(at.previous.start, at.found.end, words)
    is_argument = before.text == "(" and at.piece.tokens[at.place - 3].upper != "IN"
    if "\n" in words or is_argument or not at.mends(fix):
        return None
    advice = "a category of several words stands in quotes"
    return _stops_at(at, at.found, advice, fix)


def _unquoted_word(at: Situation) -> Diagnostic | None:
    """`PARAM site = us-west-2`, `CATEGORICAL(us-west-2: 0.3)`: a word that reads as arithmetic."""
    if at.found is None or at.found.text not in ("-", ":") or at.previous.kind not in ("word", "number"):
        return None
    finding = lacks_quotes(at.text, at.previous)
    mending = tuple(fix for fix in finding.fixes if at.mends(fix))
    return replace(finding, fixes=mending) if mending else None


def _unquoted_path(at: Situation) -> Diagnostic | None:
    if at.accepts != {"STRING"} or at.found is None or at.found.kind not in ("word", "operator", "dots"):
        return None
    path = _UNQUOTED_PATH.match(at.text.content, at.found.start)
    if path is None:
        return None
    fix = at.fix(path.start(), path.end(), f'"{path[0]}"')
    kind = "pattern" if at.previous.upper == "LIKE" else "path"
    return _stops_at(at, at.found, f"a {kind} stands in quotes", fix) if at.mends(fix) else None


def _update_without_set(at: Situation) -> Diagnostic | None:
    statement, after = at.piece.keyword, at.token(1)
    if statement not in ("INTERVENE", "ASSUME") or at.place != 1 or at.found is None:
        return None
    if at.found.kind not in ("word", "quoted") or at.found.upper in CLAUSES:
        return None
    kind = "SET" if after and after.kind == "operator" else "SETDIST"
    fix = at.fix(at.found.start, at.found.start, f"{kind} ")
    fixes = (fix,) if at.mends(fix) else ()
    meant = f"{statement} {kind} {at.found.text}"
    return report("WSL-P019", at.span(at.found), fixes=fixes, statement=statement, meant=meant)


def _assignment_sign(at: Situation) -> Diagnostic | None:
    """`SET x == 3`, `SETDIST x = NORMAL(..)`, `SET x NORMAL(..)`."""
    found = at.found
    if found is None or at.piece.keyword not in ("INTERVENE", "ASSUME"):
        return None
    start = found.start
    if found.text == "==" or (found.text == "=" and at.previous.text in ("=", ":")):
        fix, advice = at.fix(start, found.end, "="), "SET takes a single `=`"
    elif found.text in ("=", "==") and "FILE" in at.accepts:
        fix, advice = at.fix(at.previous.end, found.end, ""), "a distribution follows its variable directly"
    elif found.kind == "word" and "ASSIGNMENT" in at.accepts:
        words = [token for token in at.piece.tokens[: at.place] if token.upper == "SET"]
        if not words:
            return None
        fix, advice = at.fix(words[-1].start, words[-1].end, "SETDIST"), "SETDIST draws from a distribution"
    else:
        return None
    return _stops_at(at, found, advice, fix) if at.mends(fix) else None


def _explained_variable(at: Situation) -> Diagnostic | None:
    """`EXPLAIN rt`, `EXPLAIN rt > 500`, `EXPLAIN WHERE rt > 500`, `EXPLAIN P95(rt) ..`, `EXPLAIN a, b`."""
    found, variable = at.found, at.previous
    if at.piece.keyword != "EXPLAIN" or at.place != 2:
        return None
    if found is None:
        place, target = at.text.span(at.piece.start, at.piece.end), variable.text.strip("`")
        return report("WSL-P034", place, target=target, example=example_of_moment(target))
    if variable.upper in CLAUSES:
        advice = "EXPLAIN names the variable that was unusual, and then the moment"
        where, what = at.span(variable), f"the clause {variable.upper}"
        return report("WSL-P005", where, expected="a variable", found=what, advice=advice)
    if moment := _moment_alone(at):
        return moment
    if found.kind == "comma":
        return _stops_at(at, found, "EXPLAIN takes one variable: write a statement for each")
    if found.text == "(":
        tokens = at.piece.tokens[2:5]
        inner = tokens[1].text if [token.text for token in tokens[2:]] == [")"] else None
        fix = at.fix(variable.start, tokens[-1].end, inner or "")
        fixes = (fix,) if inner and at.mends(fix) else ()
        return _stops_at(at, found, "EXPLAIN takes a variable, not a figure", *fixes)
    if found.upper in CONNECTIVES or (found.kind == "operator" and found.text not in "*/"):
        fix = at.fix(variable.end, variable.end, f" WHERE {variable.text}")
        advice = "the condition that tells the moment stands after AT or WHERE"
        return _stops_at(at, found, advice, *((fix,) if at.mends(fix) else ()))
    return None


def _moment_alone(at: Situation) -> Diagnostic | None:
    """`EXPLAIN rt BETWEEN '2024-03-01' AND '2024-03-02'`: times, and not what is compared with them."""
    tokens = [*takewhile(lambda token: token.upper not in CLAUSES, at.piece.tokens[at.place :])]
    times = [token for token in tokens if is_time(token.text)]
    others = [token for token in tokens if token not in times]
    if not times or any(t.upper not in CONNECTIVES and t.kind != "operator" for t in others):
        return None
    place, target = at.text.span(tokens[0].start, tokens[-1].end), at.previous.text.strip("`")
    example = example_of_moment(target, moment=at.text.content[place.start : place.end])
    return report("WSL-P034", place, target=target, example=example)


def _unnamed_parameter(at: Situation) -> Diagnostic | None:
    """`USING TRAVERSAL(3)`."""
    if at.piece.keyword != "EXPLAIN" or at.found is None or at.accepts != {"NAME", "RIGHT"}:
        return None
    return _stops_at(at, at.found, "a parameter has its name before it, as in TRAVERSAL(threshold = 3)")


def _keyword_as_name(at: Situation) -> Diagnostic | None:
    """A word that is a keyword where it stands, and would do as a name in backticks."""
    if at.found is None:
        return None
    for token in (at.previous, at.found):
        fix = at.fix(token.start, token.end, f"`{token.text}`")
        if token.upper in WORDS and token is not at.piece.tokens[0] and at.mends(fix):
            return report("WSL-P018", fix.span, fixes=(fix,), word=token.text)
    return None


def _clause_without_content(at: Situation) -> Diagnostic | None:
    """`WHERE AS drain`: the keyword was taken for a name, because one had to stand there."""
    if at.place < 2 or at.previous.upper not in CLAUSES_OF[at.piece.keyword]:
        return None
    before = at.piece.tokens[at.place - 2]
    stop = attempt(at.text, at.piece.start, before.end).stop
    if before.upper not in CLAUSES | CONNECTIVES or stop is None:
        return None
    return report(
        "WSL-P005",
        at.span(at.previous),
        expected=in_words(stop.accepts),
        found=f"the clause {at.previous.upper}",
    )


def _options_without_brackets(at: Situation) -> Diagnostic | None:
    if at.found is None or at.found.upper != "WITH":
        return None
    after = at.token(1)
    if after is None:
        return report("WSL-P006", at.text.span(at.piece.end, at.piece.end), expected="`(`")
    fix = at.fix(after.start, at.piece.end, f"({at.text.content[after.start : at.piece.end]})")
    return _stops_at(at, after, "options stand in brackets", fix, expected="`(`") if at.heals(fix) else None


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


def _statement_on_the_same_line(at: Situation) -> Diagnostic | None:
    if at.found is None or at.found.upper not in STATEMENTS or at.found.start in at.piece.continued:
        return None
    fix = at.fix(at.previous.end, at.found.start, "\n")
    return _stops_at(at, at.found, "a statement begins on a line of its own, or after `;`", fix)


def _misspelt_keyword(at: Situation) -> Diagnostic | None:
    if at.found is None or at.found.kind != "word":
        return None
    known = keywords_among(at.accepts)
    possible = (word for word in near_misses.CLAUSES.get(at.found.upper, ()) if word in known)
    after = at.token(1)
    meant = next(possible, None) or closest(at.found.upper, known)
    if meant is None:
        return None
    end = after.end if after and after.upper == meant else at.found.end
    fix = at.fix(at.found.start, end, meant)
    return _stops_at(at, at.found, f"did you mean {meant}?", fix) if at.mends(fix) else None


def _missing_separator(at: Situation) -> Diagnostic | None:
    """What can be put before the place so that the whole statement parses: a comma, a clause keyword.

    Or backticks around a name of several words, as in `EXPLAIN cache latency WHERE ..`.
    """
    if at.found is None or at.found.kind not in _VALUES:
        return None
    marks = [mark for name, mark in (("COMMA", ","), ("SEMICOLON", ";")) if name in at.accepts]
    fixes = [at.fix(at.previous.end, at.previous.end, mark) for mark in marks]
    words = [word for word in keywords_among(at.accepts) if word in CLAUSES]
    if at.found.kind != "number":
        words = [word for word in words if word not in _BEFORE_NUMBERS]
    named = [fix for fix in _in_backticks(at) if at.heals(fix)]
    fixes += [at.fix(at.found.start, at.found.start, f"{word} ") for word in words if not named]
    healing = [fix for fix in fixes if at.heals(fix)]
    if not healing and not named:
        return None
    missing = alternatives([f"`{fix.text.strip()}`" for fix in healing])
    reasons = [f"{missing} may be missing here"] if healing else []
    reasons += ["a name of several words stands in backticks"] if named else []
    shown_fixes = [*healing, *named] if len(healing) + len(named) <= _MOST_FIXES else named
    return _stops_at(at, at.found, "; ".join(reasons), *shown_fixes)


def _in_backticks(at: Situation) -> list[Fix]:
    """The words from the one before the place to the next that is a keyword, or no word, as one name."""
    words = takewhile(lambda token: token.kind == "word", at.piece.tokens[at.place - 1 :])
    name = " ".join(word.text for word in takewhile(lambda word: word.upper not in WORDS, words))
    start, end = at.previous.start, at.previous.start + len(name)
    is_one = end > at.previous.end and at.text.content[start:end] == name
    return [at.fix(start, end, f"`{name}`")] if is_one else []


def _unexpected(at: Situation) -> Diagnostic:
    if at.found:
        advice = "names have single dots inside" if at.found.kind == "dots" else None
        return _stops_at(at, at.found, advice)
    end = at.text.span(at.piece.end, at.piece.end)
    return report("WSL-P006", end, expected=in_words(at.accepts), note=_meant_as_a_name(at))


def _meant_as_a_name(at: Situation) -> str | None:
    """A hint at backticks where the end of a statement may be due to a name that is a keyword."""
    following, last = at.piece.before, at.previous
    if following and last.kind in ("comma", "operator", "edge"):
        return f"{following.text} begins the next statement; a name of that spelling stands in backticks"
    quoted = at.fix(last.start, last.end, f"`{last.text}`")
    if last.upper in WORDS and last is not at.piece.tokens[0] and at.heals(quoted):
        return f"{last.text} is a keyword here; a name of that spelling stands in backticks"
    return None


def _stops_at(
    at: Situation, token: Token, advice: str | None = None, *fixes: Fix, expected: str = ""
) -> Diagnostic:
    return report(
        "WSL-P005",
        at.span(token),
        fixes=fixes,
        expected=expected or in_words(at.accepts),
        found=shown(token),
        advice=advice,
    )


_EXPLANATIONS: tuple[Callable[[Situation], Diagnostic | None], ...] = (
    _bracket_without_partner,
    _backward_edge,
    _dashes_before_a_comment,
    _in_without_brackets,
    _unit_apart,
    _keyword_as_name,
    _update_without_set,
    _assignment_sign,
    _unquoted_word,
    _odd_name,
    _explained_variable,
    _unnamed_parameter,
    _unquoted_path,
    _options_without_brackets,
    _clause_without_content,
    _foreign_clause,
    _statement_on_the_same_line,
    _misspelt_keyword,
    _several_words,
    _missing_separator,
)
