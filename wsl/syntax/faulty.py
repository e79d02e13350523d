"""What is wrong with a token by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import name as name_of

from wsl_grammar.terminals import PLAIN_NUMBER, UNITS

from wsl.diagnostics import Diagnostic, Fix, Span, Text, closest, report
from wsl.syntax import near_misses
from wsl.syntax.scanner import Token, unprintable

_NUMBER_AND_UNIT = re.compile(rf"({PLAIN_NUMBER})([A-Za-zµμ%]+)")
# What may stand unquoted where a quoted category was meant: us-west-2a, 10.0.0.0/24.
_IN_WORD = re.compile(r"[\w.:/-]")
_BARE_WORD = re.compile(r"[\w.:/-]*[\w/]")
_BEFORE_VALUE = re.compile(r"(?:[=<>]|\b(?:IN|CATEGORICAL)\s*\()\s*$", re.IGNORECASE)
_AFTER_NAME = re.compile(r"\s*(?:[=<>]|!=|(?:NOT|IN|IS|BETWEEN|LIKE)\b)", re.IGNORECASE)
# What a column may be called, that is no plain name: web:p99, @timestamp, load (req/s).
ODD_NAME = re.compile(r"(?:[\w.:/@$%+]|-(?![->]))*[\w%](?:\s\([^()\n]*\))?")
IN_BACKTICKS = "a name with other characters, or of several words, stands in backticks"


def explain_faulty(text: Text, token: Token) -> Diagnostic:
    """The finding for a token of a faulty kind."""
    return _EXPLANATIONS[token.kind](text, token, text.span(token.start, token.end))


def near_comment(text: Text, token: Token) -> Diagnostic:
    """The finding for `-- ...` and `// ...`."""
    span = text.span(token.start, token.start + 2)
    fixes = (Fix(span, "#"), Fix(span, "- -")) if token.text[0] == "-" else (Fix(span, "#"),)
    return report("WSL-P008", span, fixes=fixes, written=token.text[:2])


def _open_string(text: Text, token: Token, span: Span) -> Diagnostic:
    quote = token.text[0]
    # One word to the end of the line: there is one place where the quote can be missing.
    word = re.fullmatch(r"""(.[^\s'"(),]+)[),]*\s*""", token.text)
    end = token.start + word.end(1) if word else 0
    fixes = (Fix(text.span(end, end), quote),) if word else ()
    return report("WSL-P004", span, fixes=fixes, thing="string", quote=f"`{quote}`")


def _open_name(text: Text, token: Token, span: Span) -> Diagnostic:
    if token.text == "``":
        return report(
            "WSL-P009", span, character="an empty name", advice="write a name between the backticks"
        )
    return report("WSL-P004", span, thing="name", quote="a backtick")


def _unprintable(text: Text, token: Token, span: Span) -> Diagnostic:
    place = unprintable(token)
    character = text.content[place]
    fixes = (Fix(text.span(place, place + 1), ""),)
    return report(
        "WSL-P009", text.span(place, place + 1), fixes=fixes, character=_shown(character), advice="remove it"
    )


def _typographic(text: Text, token: Token, span: Span) -> Diagnostic:
    meant = near_misses.meant(token)
    if meant is None:
        return _meaningless(text, token, span)
    fixes = (Fix(span, meant),)
    return report("WSL-P007", span, fixes=fixes, character=_shown(token.text[0]), meant=f"`{meant}`")


def _stray(text: Text, token: Token, span: Span) -> Diagnostic:
    if near_misses.meant(token) is None:
        return _meaningless(text, token, span)
    if token.text in near_misses.INVISIBLE:
        return report(
            "WSL-P009", span, fixes=(Fix(span, ""),), character=_shown(token.text), advice="remove it"
        )
    return _typographic(text, token, span)


def _meaningless(text: Text, token: Token, span: Span) -> Diagnostic:
    if token.text == "%" and (number := re.search(r"[0-9]\s+$", _line_before(text, span))):
        together = Fix(text.span(token.start - len(number[0]) + 1, token.end), "%")
        return report("WSL-P030", span, fixes=(together,), meant="5%")
    if token.text in ("$", "@"):
        begin = text.line_starts[span.line - 1]
        name = next(name for name in ODD_NAME.finditer(text.content, begin) if name.end() >= token.end)
        fix = Fix(text.span(name.start(), name.end()), f"`{name[0]}`")
        return report("WSL-P009", span, fixes=(fix,), character=_shown(token.text), advice=IN_BACKTICKS)
    return report("WSL-P009", span, character=_shown(token.text[0]), advice=_ADVICE.get(token.text))


def _line_before(text: Text, span: Span) -> str:
    return text.content[text.line_starts[span.line - 1] : span.start]


def _near_operator(text: Text, token: Token, span: Span) -> Diagnostic:
    if meant := near_misses.OPERATORS.get(token.text):
        padded = meant
        if meant.isalpha():
            before, after = (
                text.content[token.start - 1 : token.start],
                text.content[token.end : token.end + 1],
            )
            padded = " " * bool(before.strip()) + meant + " " * bool(after.strip())
        return report(
            "WSL-P010", span, fixes=(Fix(span, padded),), written=token.text, advice=f"write `{meant}`"
        )
    return report("WSL-P010", span, written=token.text, advice="a power is EXP(exponent * LOG(base))")


def _bare(text: Text, token: Token, span: Span) -> Diagnostic:
    written = _NUMBER_AND_UNIT.fullmatch(token.text)
    ends_a_word = token.start > 0 and _IN_WORD.match(text.content, token.start - 1)
    if written and not ends_a_word:
        unit = written[2]
        if meant := near_misses.UNITS.get(unit) or closest(unit, UNITS):
            fixes, advice = (Fix(span, written[1] + meant),), f"did you mean `{meant}`?"
            return report("WSL-P015", span, fixes=fixes, unit=unit, advice=advice, units=_UNITS)
    if re.fullmatch(r"[0-9]+(_[0-9]+)+", token.text):
        fixes = (Fix(span, token.text.replace("_", "")),)
        advice = "the digits of a number stand together"
        return report("WSL-P016", span, fixes=fixes, written=token.text, advice=advice)
    return lacks_quotes(text, token)


def lacks_quotes(text: Text, token: Token, span: Span | None = None) -> Diagnostic:
    """The finding for the whole of what looks like a bare word, to the next space: in quotes or backticks."""
    start = token.start
    while start and _IN_WORD.match(text.content, start - 1):
        start -= 1
    match = _BARE_WORD.match(text.content, start)
    end = max(token.end, match.end() if match else 0)
    word = text.content[start:end]
    place = text.span(start, end)
    advice, fixes = "a category or a time stands in quotes", (Fix(place, f"'{word}'"),)
    if token.kind != "date" and not _BEFORE_VALUE.search(_line_before(text, place)):
        is_name = _AFTER_NAME.match(text.content, end)
        fixes = (*(() if is_name else fixes), Fix(place, f"`{word}`"))
        advice = f"{advice}, a column's name in backticks"
    return report("WSL-P016", place, fixes=fixes, written=word, advice=advice)


def _foreign(text: Text, token: Token, span: Span) -> Diagnostic:
    word = token.text.rstrip(".")
    place = text.span(token.start, token.start + len(word))
    fixes = (Fix(place, f"`{word}`"), Fix(place, f"'{word}'"))
    return report("WSL-P024", place, fixes=fixes, name=word)


def _shown(character: str) -> str:
    """A character and its code; one that cannot be printed by its code alone."""
    code = f"U+{ord(character):04X}"
    name = name_of(character, "")
    named = f"{name} ({code})" if name else code
    return f"`{character}`" if character.isascii() and character.isprintable() else named


_UNITS = ", ".join(UNITS)
_ADVICE = {
    "%": "a percent sign stands right after its number, as in `5%`",
    ".": "dots stand inside numbers and names",
}
_EXPLANATIONS: dict[str, Callable[[Text, Token, Span], Diagnostic]] = {
    "date": lacks_quotes,
    "near_operator": _near_operator,
    "open_string": _open_string,
    "open_name": _open_name,
    "curly_string": _typographic,
    "bare": _bare,
    "foreign": _foreign,
    "stray": _stray,
    "unprintable": _unprintable,
}
