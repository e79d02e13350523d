"""The options of WITH: their names, types, ranges, and the statements that take them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wsl.diagnostics import CATALOGUE, Diagnostic, Fix, Severity, closest, report
from wsl.semantics.checked import Cluster, Method
from wsl.semantics.scope import listed
from wsl.semantics.shown import quoted
from wsl.semantics.units import convert
from wsl.syntax import ast
from wsl.syntax.bare_words import bare_word
from wsl.syntax.writer import format_expression

_ERRORS = ("WSL-C002", "WSL-C003", "WSL-C004", "WSL-C005", "WSL-C015", "WSL-C020", "WSL-C021")
_OF_A_RUN = ("WSL-D104", "WSL-D107")
ALLOWABLE = tuple(
    entry.code
    for entry in CATALOGUE.values()
    if (entry.severity is Severity.WARNING or entry.code in _ERRORS) and entry.code not in _OF_A_RUN
)
"""What may be let pass: every warning of a check, and the errors that leave something that can be run."""


@dataclass(frozen=True, slots=True)
class Knob:
    """An option: the statements that take it, and the values it takes."""

    name: str
    statements: frozenset[str]
    kind: str
    minimum: float = 0.0
    maximum: float = float("inf")
    choices: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        if self.choices:
            return " or ".join(self.choices)
        if self.kind == "integer" or self.kind == "number":
            noun = "a whole number" if self.kind == "integer" else "a number"
            if 0 < self.minimum < 1:
                return f"{noun} between 0 and 1" if self.maximum < 1 else f"{noun} above 0"
            if self.maximum == float("inf"):
                return f"{noun} of at least {self.minimum:g}"
            return f"{noun} from {self.minimum:,.0f} to {int(self.maximum):,}"
        if self.kind == "cluster":
            return "a variable, or block(TIME, LENGTH) such as block(ts, 5min)"
        return {
            "word": "a name",
            "words": "(time, name, value) or (time, service, metric, value)",
            "codes": "a code",
        }[self.kind]


_USE, _UPDATE, _ESTIMATE, _EXPLAIN = "USE", "an update", "ESTIMATE", "EXPLAIN"
_EVERY = frozenset(
    (_USE, _UPDATE, _ESTIMATE, "EXPECT", "GRAPH", "DESCRIBE", "PARAM", _EXPLAIN, "EXPLAIN PLAN")
)
_TINY, _BELOW_1 = 1e-300, 1 - 2**-53


def _on(*statements: str) -> frozenset[str]:
    return frozenset(statements)


KNOBS: dict[str, Knob] = {
    knob.name: knob
    for knob in (
        Knob("allow", _EVERY, "codes"),
        Knob("seed", _on(_USE, _EXPLAIN), "integer", 0, 2**63 - 1),
        Knob("nmin", _on(_USE), "integer", 2, 100_000),
        Knob("nmax", _on(_USE), "integer", 5, 1_000),
        Knob("redraw", _on(_USE), "choice", choices=("nearest", "random")),
        Knob("coupling", _on(_USE), "choice", choices=("rank",)),
        Knob("selection", _on(_USE), "choice", choices=("causes",)),
        Knob("donors", _on(_USE), "choice", choices=("use",)),
        Knob("estimator", _on(_USE, _ESTIMATE, "EXPECT"), "choice", choices=("distribution", "paper")),
        Knob("cluster", _on(_USE), "cluster"),
        Knob("bandwidth", _on(_UPDATE), "number", _TINY),
        Knob("row_id", _on(_USE), "word"),
        Knob("header", _on(_USE), "integer", 1, 3),
        Knob("metric", _on(_USE), "word"),
        Knob("statistic", _on(_USE), "word"),
        Knob("long", _on(_USE), "words"),
        Knob("feature", _on(_EXPLAIN), "choice", choices=("quantile", "deviation")),
        Knob("side", _on(_EXPLAIN), "choice", choices=("high", "low")),
        Knob("parent", _on(_EXPLAIN), "choice", choices=("most", "least")),
        Knob("threshold", _on(_EXPLAIN), "number", _TINY),
        Knob("samples", _on(_EXPLAIN), "integer", 100, 100_000),
        Knob("permutations", _on(_EXPLAIN), "integer", 1, 10_000),
        Knob("alpha", _on(_EXPLAIN), "number", _TINY, _BELOW_1),
        Knob("protocol", _on(_EXPLAIN), "choice", choices=("paper",)),
    )
}
PARAMETERS_OF: dict[Method, tuple[str, ...]] = {
    Method.SMOOTH_TRAVERSAL: ("feature", "parent"),
    Method.SCORE_ORDERING: ("feature",),
    Method.TRAVERSAL: ("feature", "threshold"),
    Method.TOCA: ("samples",),
    Method.CONDITIONAL: (),
    Method.CIRCA: (),
    Method.COUNTERFACTUAL: ("samples", "permutations"),
}
"""The options that a method of EXPLAIN takes in its parentheses."""
DATA_KNOBS = ("row_id", "header", "metric", "statistic", "long")
"""The options that decide how a file is read."""


def statement_words(statement: ast.Statement) -> str:
    """What a statement is called in the table of options."""
    match statement:
        case ast.Update():
            return _UPDATE
        case ast.ExplainPlan():
            return "EXPLAIN PLAN"
    return type(statement).__name__.upper()


def check_knobs(statement: ast.Statement, emit: Callable[[Diagnostic], None]) -> dict[str, Any]:
    """The options of a statement as values; what is wrong with them is reported."""
    words = statement_words(statement)
    known = {name: knob for name, knob in KNOBS.items() if words in knob.statements}
    return _checked(statement.options, words, known, emit)


def check_parameters(
    method: Method, options: tuple[ast.Option, ...], emit: Callable[[Diagnostic], None]
) -> dict[str, Any]:
    """What stands in a method's parentheses as values; what is wrong with it is reported."""
    known = {name: KNOBS[name] for name in PARAMETERS_OF[method]}
    return _checked(options, method.value, known, emit)


def methods_that_take(name: str) -> tuple[str, ...]:
    """The methods of EXPLAIN that take an option."""
    return tuple(method.value for method, names in PARAMETERS_OF.items() if name in names)


def _checked(
    options: tuple[ast.Option, ...], words: str, known: Mapping[str, Knob], emit: Callable[[Diagnostic], None]
) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    for option in options:
        name = option.key.lower()
        knob = known.get(name)
        if knob is None:
            near = closest(name, known)
            emit(
                report(
                    "WSL-N007",
                    option.key_span,
                    fixes=(Fix(option.key_span, near),) if near else (),
                    name=option.key,
                    statement=words,
                    suggestion=near,
                    known=listed(sorted(known)),
                    elsewhere=_takers(name),
                )
            )
            continue
        if knob.kind == "codes":
            checked.setdefault("allow", set()).update(_codes(option, emit))
            continue
        value = _value(knob, option)
        if value is None:
            written = _written(option)
            emit(report("WSL-T015", option.span, name=name, expected=knob.expected, written=written))
        else:
            checked[name] = value
    return checked


def _takers(name: str) -> str | None:
    """The statements and methods that have an option of this name."""
    return listed((*sorted(KNOBS[name].statements), *methods_that_take(name))) if name in KNOBS else None


def allowed_codes(knobs: dict[str, Any]) -> frozenset[str]:
    """The findings that the options let pass, taken out of them."""
    return frozenset(knobs.pop("allow", ()))


def scenario_knobs(knobs: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a USE that govern how its scenario is computed, as a report shows them."""
    return {name: value for name, value in knobs.items() if name not in DATA_KNOBS}


def _codes(option: ast.Option, emit: Callable[[Diagnostic], None]) -> set[str]:
    codes: set[str] = set()
    values = option.value if isinstance(option.value, tuple) else (option.value,)
    for value in values:
        code, word = _text(value), bare_word(value)
        if code in ALLOWABLE:
            codes.add(code)
        elif code is None and word is not None:
            fixes, advice = (Fix(value.span, quoted(word)),), "the code of a finding stands in quotes"
            emit(report("WSL-P016", value.span, fixes=fixes, written=word, advice=advice))
        else:
            shown = code if code is not None else "this"
            emit(report("WSL-N013", value.span, name=shown, known=listed(ALLOWABLE, 60)))
    return codes


def _value(knob: Knob, option: ast.Option) -> Any:
    value = option.value
    if isinstance(value, tuple):
        names = [_text(item) for item in value]
        return tuple(names) if knob.kind == "words" and len(names) in (3, 4) and all(names) else None
    if knob.kind in ("integer", "number"):
        number = _number(value)
        if number is None or not knob.minimum <= number <= knob.maximum:
            return None
        if knob.kind == "integer":
            return int(number) if number == int(number) else None
        return number
    if knob.kind == "cluster":
        return _cluster(value)
    text = _text(value)
    if text is not None and knob.kind == "choice":
        return text.lower() if text.lower() in knob.choices else None
    return text if knob.kind == "word" else None


def _cluster(value: ast.Expression) -> Cluster | None:
    match value:
        case ast.Name(name):
            return Cluster(name, None, format_expression(value))
        case ast.Call("BLOCK", (ast.Name(name), ast.Number(length, str(unit)))):
            microseconds = convert(length, unit, "us")
            if microseconds is not None and microseconds >= 1:
                return Cluster(
                    name,
                    round(microseconds),
                    f"block({format_expression(value.arguments[0])}, {length:g}{unit})",
                )
    return None


def _number(value: ast.Expression) -> float | None:
    if isinstance(value, ast.Unary) and isinstance(value.operand, ast.Number):
        return -value.operand.value
    return value.value if isinstance(value, ast.Number) and value.unit is None else None


def _text(value: ast.Expression) -> str | None:
    if isinstance(value, ast.String):
        return value.value
    return value.name if isinstance(value, ast.Name) else None


def _written(option: ast.Option) -> str:
    if isinstance(option.value, tuple):
        return "a list"
    number, text = _number(option.value), _text(option.value)
    if number is not None:
        return f"{number:g}"
    return quoted(text) if text is not None else "this"
