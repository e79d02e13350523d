"""Named distributions: their parameters, and which of them are possible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

from wsl.diagnostics import Diagnostic, Fix, Span, closest, report
from wsl.semantics.checked import Categorical, Distribution, Type
from wsl.semantics.expressions import ExpressionChecker
from wsl.semantics.scope import TYPE_WORDS, Scope, listed
from wsl.semantics.shown import quoted, show
from wsl.syntax import ast


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of a distribution: those in the variable's own unit, and those that must be positive."""

    parameters: tuple[str, ...]
    scaled: frozenset[str]
    positive: frozenset[str]
    example: str


def _signature(parameters: str, scaled: str, positive: str, example: str) -> Signature:
    return Signature(
        tuple(parameters.split()), frozenset(scaled.split()), frozenset(positive.split()), example
    )


SIGNATURES: dict[str, Signature] = {
    "NORMAL": _signature("mean sd", "mean sd", "sd", "NORMAL(50, 10)"),
    "LOGNORMAL": _signature("median sigma", "median", "median sigma", "LOGNORMAL(50, 0.3)"),
    "UNIFORM": _signature("a b", "a b", "", "UNIFORM(20, 80)"),
    "EXPONENTIAL": _signature("mean", "mean", "mean", "EXPONENTIAL(50)"),
    "GAMMA": _signature("shape scale", "scale", "shape scale", "GAMMA(2, 25)"),
    "WEIBULL": _signature("scale shape", "scale", "scale shape", "WEIBULL(50, 1.5)"),
    "PARETO": _signature("minimum shape", "minimum", "minimum shape", "PARETO(10, 2)"),
    "POISSON": _signature("mean", "mean", "mean", "POISSON(3)"),
}
NAMES = (*SIGNATURES, "CATEGORICAL")
_A_TIME = "'2024-03-01T10:05'"


def check_distribution(
    node: ast.Distribution,
    variable: str,
    expressions: ExpressionChecker,
    emit: Callable[[Diagnostic], None],
) -> Distribution | Categorical | None:
    """A distribution a variable can be drawn from, or None with what is wrong reported."""
    if node.name == "CATEGORICAL":
        return _categorical(node, variable, expressions, emit)
    signature = SIGNATURES.get(node.name)
    if signature is None:
        near = closest(node.name, NAMES)
        fixes = (Fix(node.name_span, near),) if near else ()
        emit(
            report(
                "WSL-N005",
                node.name_span,
                fixes=fixes,
                name=node.name,
                suggestion=near,
                known=listed(NAMES),
            )
        )
        return None
    if expressions.scope.type(variable) not in (None, Type.NUMBER):
        emit(no_number(node.name, node.span, variable, expressions.scope))
        return None
    values = _parameters(node, signature, variable, expressions, emit)
    if values is None:
        return None
    for name in signature.parameters:
        if not isfinite(values[name]) or (name in signature.positive and values[name] <= 0):
            problem = f"{name} must be greater than 0, and is {values[name]:g}"
            _wrong(node, problem, signature.example, emit)
            return None
    if node.name == "UNIFORM" and values["a"] >= values["b"]:
        _wrong(node, f"a ({values['a']:g}) must be less than b ({values['b']:g})", signature.example, emit)
        return None
    return Distribution(node.name, tuple(values[name] for name in signature.parameters))


def no_number(operation: str, place: Span, variable: str, scope: Scope) -> Diagnostic:
    """The finding for a draw of numbers for a variable of another type."""
    kind = scope.type(variable) or Type.CATEGORY
    advice = f"set it with =, as in {variable} = {_A_TIME}"
    if kind is not Type.TIME:
        label = quoted(next(iter(scope.categories(variable) or ()), "label"))
        shares = "true: 0.3, false: 0.7" if kind is Type.TRUTH else f"{label}: 1"
        advice = f"draw it from a distribution: INTERVENE SETDIST {variable} CATEGORICAL({shares})"
    return report(
        "WSL-T011", place, operation=operation, variable=variable, kind=TYPE_WORDS[kind], advice=advice
    )


def _parameters(
    node: ast.Distribution,
    signature: Signature,
    variable: str,
    expressions: ExpressionChecker,
    emit: Callable[[Diagnostic], None],
) -> dict[str, float] | None:
    values: dict[str, float] = {}
    names = signature.parameters
    for place, (label, argument) in enumerate(node.arguments):
        given = label.name if isinstance(label, ast.Name) else None
        name = given if given is not None else (names[place] if place < len(names) else None)
        if name not in names or name in values:
            problem = f"{given} is no parameter of it" if given and given not in names else "too many values"
            problem = f"{given} is given twice" if given in values else problem
            _wrong(node, f"{problem}; it takes {listed(names)}", signature.example, emit)
            return None
        typed = expressions.number(argument, node.name)
        if typed is None:
            return None
        if name not in signature.scaled and typed.unit is not None:
            _wrong(node, f"{name} has no unit, and {show(argument)} has one", signature.example, emit)
            return None
        unit = expressions.scope.unit(variable) if name in signature.scaled else None
        constant = expressions.converted(typed, unit, variable, argument)
        if constant is None:
            return None
        if constant.literal is None:
            _wrong(node, f"{name} must be a number, the same for every row", signature.example, emit)
            return None
        values[str(name)] = constant.literal
    missing = [name for name in names if name not in values]
    if missing:
        _wrong(node, f"{listed(missing)} is missing; it takes {listed(names)}", signature.example, emit)
        return None
    return values


def _categorical(
    node: ast.Distribution,
    variable: str,
    expressions: ExpressionChecker,
    emit: Callable[[Diagnostic], None],
) -> Categorical | None:
    kind = expressions.scope.type(variable)
    example = f"CATEGORICAL({'true: 0.3, false' if kind is Type.TRUTH else 'a: 0.3, b'}: 0.7)"
    if kind in (Type.NUMBER, Type.TIME):
        way_out = "a distribution of numbers, as NORMAL(50, 10)"
        if kind is Type.TIME:
            way_out = f"a time after SET, as in {variable} = {_A_TIME}"
        _wrong(node, f"`{variable}` is {TYPE_WORDS[kind]}", way_out, emit)
        return None
    labels: list[str] = []
    shares: list[float] = []
    for label, argument in node.arguments:
        share = expressions.number(argument, node.name)
        if share is None:
            return None
        if label is None or share.literal is None or share.unit is not None or share.literal < 0:
            _wrong(node, "each label needs a share of 0 or more", example, emit)
            return None
        text = label.value if isinstance(label, ast.String) else label.name
        meant = expressions.value(label, beside=variable)
        if meant is None:
            return None
        if kind is Type.TRUTH:
            text = text.lower()
            if meant.node.type is not Type.TRUTH:
                _wrong(node, f"{text} is neither true nor false", example, emit)
                return None
        if text in labels:
            _wrong(node, f"{text} is given twice", example, emit)
            return None
        labels.append(text)
        shares.append(share.literal)
    if not labels or abs(sum(shares) - 1) > 1e-9:
        _wrong(node, f"the shares must add up to 1, and make {sum(shares):g}", example, emit)
        return None
    return Categorical(tuple(labels), tuple(share / sum(shares) for share in shares))


def _wrong(node: ast.Distribution, problem: str, example: str, emit: Callable[[Diagnostic], None]) -> None:
    emit(report("WSL-T009", node.span, distribution=node.name, problem=problem, example=example))
