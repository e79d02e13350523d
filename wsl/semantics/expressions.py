"""Expressions: names become reads, literals take types and units, and what does not fit is reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from wsl.diagnostics import Diagnostic, Fix, Span, closest, report
from wsl.semantics import units
from wsl.semantics.checked import (
    Arithmetic,
    Compare,
    Constant,
    Expression,
    Function,
    Label,
    Logic,
    Matches,
    Missing,
    OneOf,
    Read,
    Type,
)
from wsl.semantics.scope import TYPE_WORDS, Scope, listed
from wsl.semantics.times import Interval, parse_time
from wsl.syntax import ast

FUNCTIONS = {"MIN": (2, 99), "MAX": (2, 99), "ABS": (1, 1), "LOG": (1, 1), "EXP": (1, 1), "SQRT": (1, 1)}
FUNCTIONS["ROUND"] = (1, 2)
STATISTIC_WORDS = ("MEAN", "P50", "P95", "P99", "QUANTILE", "CDF", "SHARE", "COUNT")
_COMPARISONS = frozenset(("==", "<>", "<", "<=", ">", ">="))
_SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Typed:
    """A checked expression with its unit; a literal still takes the unit of what it stands beside."""

    node: Expression
    unit: str | None = None
    literal: ast.Number | None = None

    @property
    def type(self) -> Type:
        return self.node.type


@dataclass
class ExpressionChecker:
    """Checks the expressions of one statement; None is returned for what was reported."""

    scope: Scope
    emit: Callable[[Diagnostic], None]
    allow_unseen: bool = False
    used: set[str] = field(default_factory=set)

    def condition(self, node: ast.Expression | None) -> Expression | None:
        """A truth; a boolean variable is one."""
        if node is None:
            return None
        inner = _bare(node)
        match inner:
            case ast.Binary("AND" | "OR" as operator):
                parts = [self.condition(part) for part in _flatten(inner, operator)]
                done = tuple(part for part in parts if part is not None)
                return Logic(operator, done) if len(done) == len(parts) else None
            case ast.Unary("NOT", operand):
                checked = self.condition(operand)
                return Logic("NOT", (checked,)) if checked is not None else None
            case ast.Binary(operator, left, right) if operator in _COMPARISONS:
                return self._comparison(inner, operator, left, right)
            case ast.In(operand, items, negated):
                return _negated(self._in(operand, items), negated)
            case ast.Between(operand, low, high, negated):
                lower = self._comparison(inner, ">=", operand, low)
                upper = self._comparison(inner, "<=", operand, high)
                if lower is None or upper is None:
                    return None
                return _negated(Logic("AND", (lower, upper)), negated)
            case ast.IsMissing(operand, negated):
                typed = self.value(operand)
                return _negated(Missing(typed.node), negated) if typed else None
            case ast.Like(operand, pattern, negated):
                typed = self.value(operand)
                if typed and typed.type is not Type.CATEGORY:
                    self._incomparable(operand, typed.type, pattern, Type.CATEGORY)
                    return None
                return _negated(Matches(typed.node, pattern.value), negated) if typed else None
        typed = self.value(inner)
        if typed is None or typed.type is Type.TRUTH:
            return typed.node if typed else None
        name = listed(self._names(inner)) or "x"
        example = f"{name} == 'label'" if typed.type is Type.CATEGORY else f"{name} > 0"
        self._say("WSL-T005", node, what=_show(inner), kind=TYPE_WORDS[typed.type], example=example)
        return None

    def number(self, node: ast.Expression, purpose: str) -> Typed | None:
        """A value that arithmetic can be done with."""
        typed = self.value(node)
        if typed is None or typed.type is Type.NUMBER:
            return typed
        self._say("WSL-T001", node, operation=purpose, what=_show(node), kind=TYPE_WORDS[typed.type])
        return None

    def value(self, node: ast.Expression, beside: str | None = None) -> Typed | None:
        """A value of any type; bare words may be categories of the variable `beside`."""
        node = _bare(node)
        match node:
            case ast.Number(value, unit):
                constant = units.convert(value, "%", "") if unit == "%" else None
                return Typed(Constant(value if constant is None else constant), unit, node)
            case ast.String():
                return self._label(node, beside)
            case ast.Name():
                return self._name(node, beside)
            case ast.Unary("-", operand):
                inner = self.number(operand, "a minus sign")
                return self._negative(node, inner) if inner else None
            case ast.Binary(operator, left, right) if operator in "+-*/":
                return self._arithmetic(node, operator, left, right)
            case ast.Call():
                return self._call(node)
            case ast.Star():
                self._say("WSL-T013", node, what="`*`", kind="no value", advice="name a variable")
                return None
        checked = self.condition(node)
        return Typed(checked) if checked is not None else None

    def converted(self, typed: Typed, unit: str | None, name: str, node: ast.Expression) -> Expression | None:
        """A number in the unit of the variable `name` it is compared with or set to."""
        literal = typed.literal
        if typed.unit is None or typed.unit == unit:
            return typed.node
        if literal is not None and isinstance(typed.node, Constant):
            sign = -1.0 if typed.node.value * literal.value < 0 else 1.0
            if literal.unit == "%" and unit is None:
                return Constant(sign * literal.value / 100)
            target = units.convert(sign * literal.value, typed.unit, unit) if unit else None
            if target is not None:
                return Constant(target)
        elif unit is not None and (factor := units.convert(1.0, typed.unit, unit)) is not None:
            return Arithmetic("*", typed.node, Constant(factor))
        self._unit_error(typed.unit, unit, name, node)
        return None

    def literal_for(self, node: ast.Expression, name: str) -> Expression | None:
        """A constant, or expression, as a value of the variable `name`, in its unit and type."""
        typed = self.value(node, beside=name)
        if typed is None:
            return None
        wanted = self.scope.type(name)
        if wanted is Type.TIME and isinstance(_bare(node), ast.String):
            interval = self._time(node)
            return Constant(float(interval.start), Type.TIME) if interval else None
        if typed.type is Type.NUMBER and wanted in (None, Type.NUMBER):
            return self.converted(typed, self.scope.unit(name), name, node)
        return typed.node

    def _say(self, code: str, node: ast.Node | Span, fixes: tuple[Fix, ...] = (), **fields: object) -> None:
        self.emit(report(code, node if isinstance(node, Span) else node.span, fixes=fixes, **fields))

    def _negative(self, node: ast.Unary, inner: Typed) -> Typed:
        if isinstance(inner.node, Constant):
            return replace(inner, node=Constant(-inner.node.value))
        return Typed(Arithmetic("-", Constant(0.0), inner.node), inner.unit)

    def _name(self, node: ast.Name, beside: str | None) -> Typed | None:
        name = node.name
        if not node.quoted and name in self.scope.parameters:
            self.used.add(name)
            value = self.scope.parameters[name]
            if isinstance(value, ast.Number):
                return self.value(replace(value, span=node.span))
            return self._label(ast.String(_text_of(value), span=node.span), beside, bare=True)
        if name in self.scope.undefined and not self.scope.is_variable(name):
            return None
        labels = self.scope.categories(beside) if beside else None
        if self.scope.is_variable(name):
            if labels and name in labels and not node.quoted:
                self._say("WSL-N008", node, name=name, variable=beside)
                return None
            return Typed(Read(name, self.scope.type(name) or Type.NUMBER), self.scope.unit(name))
        if beside and not node.quoted and self.scope.type(beside) in (None, Type.CATEGORY, Type.TRUTH):
            return self._label(ast.String(name, span=node.span), beside, bare=True)
        self.unknown_variable(node)
        return None

    def unknown_variable(self, node: ast.Name) -> None:
        """Report a name that is no variable, unless what would have defined it did not parse."""
        if not self.scope.exhaustive or node.name in self.scope.undefined:
            return
        near = closest(node.name, self.scope.variables)
        fixes = (Fix(node.span, near),) if near else ()
        self._say(
            "WSL-N001", node, fixes, name=node.name, suggestion=near, known=listed(self.scope.variables)
        )

    def _label(self, node: ast.String, beside: str | None, *, bare: bool = False) -> Typed | None:
        text = node.value
        if beside and self.scope.type(beside) is Type.TIME and not bare:
            interval = self._time(node)
            return Typed(Constant(float(interval.start), Type.TIME)) if interval else None
        labels = self.scope.categories(beside) if beside else None
        if labels is None or text in labels or (self.allow_unseen and not bare):
            return Typed(Label(text))
        near = closest(text, labels)
        if self.allow_unseen:
            fixes = (Fix(node.span, near),) if near else ()
            self._say(
                "WSL-N002", node, fixes, name=text, variable=beside, suggestion=near, known=listed(labels)
            )
            return None
        fixes = (Fix(node.span, quoted(near)),) if near else ()
        self._say(
            "WSL-N003",
            node,
            fixes,
            variable=beside,
            label=quoted(text),
            outcome="never true",
            suggestion=near,
            known=listed(labels),
        )
        return Typed(Label(text))

    def _call(self, node: ast.Call) -> Typed | None:
        name = node.function
        if name == "BASELINE":
            return self._recorded(node)
        if name not in FUNCTIONS:
            near = closest(name, FUNCTIONS)
            self._say(
                "WSL-N006",
                node.function_span,
                (Fix(node.function_span, near),) if near else (),
                name=name,
                suggestion=near,
                known=listed((*FUNCTIONS, "BASELINE")),
            )
            return None
        least, most = FUNCTIONS[name]
        if not least <= len(node.arguments) <= most:
            expected = (
                "one argument" if most == 1 else ("two or more" if most > 2 else "one or two arguments")
            )
            example = f"{name}(x)" if least == 1 else f"{name}(x, y)"
            self._say(
                "WSL-T008", node, name=name, expected=expected, given=len(node.arguments), example=example
            )
            return None
        arguments = [self.number(argument, name) for argument in node.arguments]
        known = [argument for argument in arguments if argument is not None]
        if len(known) < len(arguments):
            return None
        unit = known[0].unit if name in ("MIN", "MAX", "ABS", "ROUND") else None
        if name in ("MIN", "MAX"):
            unit = next((typed.unit for typed in known if typed.literal is None), unit)
            parts = [
                self.converted(typed, unit, name, argument) if unit else typed.node
                for typed, argument in zip(known, node.arguments, strict=True)
            ]
            done = tuple(part for part in parts if part is not None)
            return Typed(Function(name, done), unit) if len(done) == len(parts) else None
        return Typed(Function(name, tuple(typed.node for typed in known)), unit)

    def _recorded(self, node: ast.Call) -> Typed | None:
        inner = _bare(node.arguments[0]) if len(node.arguments) == 1 else None
        if not isinstance(inner, ast.Name):
            what = ", ".join(_show(argument) for argument in node.arguments)
            self._say(
                "WSL-T018", node, what=what, advice="name one variable: BASELINE(x) is its recorded value"
            )
            return None
        typed = self._name(inner, None)
        if typed is None or not isinstance(typed.node, Read):
            return typed
        return Typed(replace(typed.node, recorded=True), typed.unit)

    def _arithmetic(
        self, node: ast.Binary, operator: str, left: ast.Expression, right: ast.Expression
    ) -> Typed | None:
        a, b = self.number(left, f"`{operator}`"), self.number(right, f"`{operator}`")
        if a is None or b is None:
            return None
        if operator == "*" or (operator == "/" and a.unit is None):
            share = {"%", None}
            if operator == "*" and a.unit not in share and b.unit not in share:
                self._mixed(node, a, b, "product")
                return None
            unit = a.unit if b.unit in share else b.unit
            unit = None if operator == "/" and b.unit not in share else unit
            if a.literal and b.literal:
                unit = a.unit or b.unit
                return Typed(Arithmetic(operator, a.node, b.node), unit)
            return Typed(Arithmetic(operator, a.node, b.node), None if unit == "%" else unit)
        if operator == "/":
            if b.unit in (None, "%"):
                return Typed(Arithmetic("/", a.node, b.node), a.unit)
            factor = units.convert(1.0, b.unit, a.unit or "")
            if factor is None:
                self._mixed(node, a, b, "ratio")
                return None
            divisor = b.node if factor == 1 else Arithmetic("*", b.node, Constant(factor))
            return Typed(Arithmetic("/", a.node, divisor))
        if a.unit == b.unit:
            return Typed(Arithmetic(operator, a.node, b.node), a.unit)
        unit = (
            a.unit
            if a.literal is None and a.unit
            else (b.unit if b.literal is None and b.unit else a.unit or b.unit)
        )
        x, y = self._brought(a, unit), self._brought(b, unit)
        if x is None or y is None:
            self._mixed(node, a, b, "sum" if operator == "+" else "difference")
            return None
        return Typed(Arithmetic(operator, x, y), unit)

    def _brought(self, typed: Typed, unit: str | None) -> Expression | None:
        """The expression in `unit`; a bare number, or a variable without a unit, is taken to be in it."""
        if typed.unit == unit or typed.unit is None:
            return typed.node
        factor = units.convert(1.0, typed.unit, unit or "")
        if factor is None:
            return None
        if isinstance(typed.node, Constant):
            return Constant(units.convert(typed.node.value, typed.unit, unit or "") or 0.0)
        return Arithmetic("*", typed.node, Constant(factor))

    def _mixed(self, node: ast.Binary, a: Typed, b: Typed, operation: str) -> None:
        self._say(
            "WSL-T012",
            node,
            left=_show(node.left),
            left_unit=a.unit or "no unit",
            right=_show(node.right),
            right_unit=b.unit or "no unit",
            operation=operation,
        )

    def _comparison(
        self, node: ast.Expression, operator: str, left: ast.Expression, right: ast.Expression
    ) -> Expression | None:
        left_name, right_name = self._variable(left), self._variable(right)
        a = self.value(left, beside=right_name if left_name is None else None)
        b = self.value(right, beside=left_name)
        if a is None or b is None:
            return None
        if Type.TIME in (a.type, b.type):
            return self._time_comparison(operator, left, a, right, b)
        if Type.TRUTH in (a.type, b.type):
            return self._truth_comparison(operator, left, a, right, b)
        if a.type is not b.type:
            if self.scope.dataset is None and None in (self._kind(left_name), self._kind(right_name)):
                return None
            self._incomparable(left, a.type, right, b.type)
            return None
        if a.type is Type.CATEGORY:
            if operator not in ("==", "<>"):
                self._say(
                    "WSL-T016", node, operator=operator, variable=left_name or right_name or _show(left)
                )
                return None
            return Compare(operator, a.node, b.node)
        unit = b.unit if a.literal and not b.literal else a.unit
        x = (
            self.converted(a, unit, right_name or _show(right), left)
            if a.literal and not b.literal
            else a.node
        )
        y = self.converted(b, unit, left_name or _show(left), right)
        return Compare(operator, x, y) if x is not None and y is not None else None

    def _kind(self, name: str | None) -> Type | None:
        return self.scope.type(name) if name else Type.NUMBER

    def _truth_comparison(
        self, operator: str, left: ast.Expression, a: Typed, right: ast.Expression, b: Typed
    ) -> Expression | None:
        truth, other = (a, b) if a.type is Type.TRUTH else (b, a)
        if isinstance(other.node, Label) and other.node.text.lower() in ("true", "false"):
            if operator in ("==", "<>"):
                return _negated(truth.node, (other.node.text.lower() == "false") == (operator == "=="))
        elif other.type is Type.TRUTH and operator in ("==", "<>"):
            same = Logic(
                "OR",
                (
                    Logic("AND", (a.node, b.node)),
                    Logic("AND", (Logic("NOT", (a.node,)), Logic("NOT", (b.node,)))),
                ),
            )
            return _negated(same, operator == "<>")
        self._incomparable(left, a.type, right, b.type)
        return None

    def _time_comparison(
        self, operator: str, left: ast.Expression, a: Typed, right: ast.Expression, b: Typed
    ) -> Expression | None:
        if a.type is not b.type:
            self._incomparable(left, a.type, right, b.type)
            return None
        if isinstance(_bare(left), ast.String):
            left, a, right, b, operator = right, b, left, a, _SWAPPED.get(operator, operator)
        if not isinstance(_bare(right), ast.String):
            return Compare(operator, a.node, b.node)
        interval = self._time(right)
        if interval is None:
            return None
        start, end = Constant(float(interval.start), Type.TIME), Constant(float(interval.end), Type.TIME)
        if operator in ("==", "<>"):
            inside = Logic("AND", (Compare(">=", a.node, start), Compare("<", a.node, end)))
            return _negated(inside, operator == "<>")
        if operator in ("<=", ">"):
            return Compare("<" if operator == "<=" else ">=", a.node, end)
        return Compare(operator, a.node, start)

    def _time(self, node: ast.Expression) -> Interval | None:
        literal = _bare(node)
        assert isinstance(literal, ast.String)
        try:
            return parse_time(literal.value)
        except (ValueError, OverflowError) as error:
            self._say("WSL-T007", node, written=quoted(literal.value), reason=str(error))
            return None

    def _in(self, operand: ast.Expression, items: tuple[ast.Expression, ...]) -> Expression | None:
        name = self._variable(operand)
        typed = self.value(operand)
        if typed is None:
            return None
        if typed.type is Type.TIME or typed.type is Type.TRUTH:
            parts = [self._comparison(item, "==", operand, item) for item in items]
            known = tuple(part for part in parts if part is not None)
            return Logic("OR", known) if len(known) == len(parts) else None
        constants: list[Constant | Label] = []
        kinds: dict[Type, None] = {}
        for item in items:
            value = self.value(item, beside=name)
            if value is None:
                return None
            kinds[value.type] = None
            node = (
                self.converted(value, typed.unit, name or _show(operand), item) if value.unit else value.node
            )
            if isinstance(node, Constant | Label):
                constants.append(node)
            elif node is not None:
                self._say("WSL-T013", item, what=_show(item), kind="no constant", advice="use OR with ==")
                return None
        if len(kinds) > 1:
            words = listed(TYPE_WORDS[kind] for kind in kinds).replace(", ", " and ")
            self._say(
                "WSL-T006", items[0].span.to(items[-1].span), kinds=words, variable=name or _show(operand)
            )
            return None
        if typed.type not in kinds:
            self._incomparable(operand, typed.type, items[0], next(iter(kinds)))
            return None
        return OneOf(typed.node, tuple(constants))

    def _incomparable(self, left: ast.Expression, a: Type, right: ast.Expression, b: Type) -> None:
        name = self._variable(left) or self._variable(right)
        advice = (
            f"declare it otherwise, if that is what it is: GRAPH {{ {name} : CATEGORY }}" if name else None
        )
        if name and Type.CATEGORY in (a, b) and self.scope.type(name) is Type.CATEGORY:
            advice = f"write the category in quotes, or declare GRAPH {{ {name} : NUMBER }}"
        elif name and self.scope.type(name) is Type.TIME:
            advice = "write the time as a string in ISO 8601, for example '2024-03-01T10:05'"
        elif name and self.scope.type(name) is Type.TRUTH:
            advice = f"write `{name}`, `NOT {name}`, or {name} == true"
        self._say(
            "WSL-T004",
            left.span.to(right.span),
            left=_show(left),
            left_kind=TYPE_WORDS[a],
            right=_show(right),
            right_kind=TYPE_WORDS[b],
            advice=advice,
        )

    def _unit_error(self, written: str, unit: str | None, name: str, node: ast.Expression) -> None:
        if unit is None:
            self._say("WSL-T003", node, what=f"`{name}`", name=name, written=_show(node), unit=written)
            return
        measure = units.dimension(unit)
        known = listed(units.DIMENSIONS[measure]) if measure else unit
        self._say("WSL-T002", node, unit=written, what=f"`{name}`", expected=unit, known=known)

    def _variable(self, node: ast.Expression) -> str | None:
        """The variable an operand is, where it is one."""
        node = _bare(node)
        if isinstance(node, ast.Call) and node.function == "BASELINE" and len(node.arguments) == 1:
            node = _bare(node.arguments[0])
        return node.name if isinstance(node, ast.Name) and self.scope.is_variable(node.name) else None

    def _names(self, node: ast.Expression) -> list[str]:
        return [node.name] if isinstance(node, ast.Name) else []


def quoted(text: str | None) -> str:
    """A label as a string literal."""
    return "'" + (text or "").replace("'", "''") + "'"


def _bare(node: ast.Expression) -> ast.Expression:
    while isinstance(node, ast.Parenthesised):
        node = node.inner
    return node


def _flatten(node: ast.Expression, operator: str) -> list[ast.Expression]:
    """The operands of a chain of one operator, however long, from left to right."""
    parts: list[ast.Expression] = []
    pending = [node]
    while pending:
        current = _bare(pending.pop())
        if isinstance(current, ast.Binary) and current.operator == operator:
            pending += [current.right, current.left]
        else:
            parts.append(current)
    return parts


def _negated(node: Expression | None, negated: bool) -> Expression | None:
    return Logic("NOT", (node,)) if node is not None and negated else node


def _text_of(value: ast.String | ast.Name) -> str:
    return value.value if isinstance(value, ast.String) else value.name


def _show(node: ast.Expression) -> str:
    """A short description of an operand for a message."""
    node = _bare(node)
    match node:
        case ast.Name(name):
            return f"`{name}`"
        case ast.Number(value, unit):
            return f"{value:g}{unit or ''}"
        case ast.String(value):
            return quoted(value)
        case ast.Call("BASELINE", (ast.Name(name),)):
            return f"BASELINE({name})"
        case ast.Call(function):
            return f"{function}(..)"
        case ast.Star():
            return "`*`"
    return "this expression"
