"""Random syntax trees such as the parser makes, for properties of the formatter."""

from __future__ import annotations

from hypothesis import strategies as st
from wsl_grammar.keywords import WORDS
from wsl_grammar.terminals import UNITS

from wsl.diagnostics import Span
from wsl.syntax import ast

HERE = Span(0, 0, 1, 1, 1, 1)

_PRINTABLE = st.characters(exclude_characters="`\n", exclude_categories=("Cc", "Cs"))
_NAMES = st.one_of(
    st.sampled_from(["rt", "fe", "be", "cart.latency", "P95"]),
    st.sampled_from(sorted(WORDS)).flatmap(lambda word: st.sampled_from([word, word.lower()])),
    st.text(_PRINTABLE, min_size=1, max_size=6),
    st.sampled_from(["a`b", "two words", "größe", "1st", "#", "a-b", "-", "."]),
)
names = st.builds(ast.Name, _NAMES, span=st.just(HERE))
strings = st.builds(
    ast.String,
    st.text(st.characters(exclude_characters="\n", exclude_categories=("Cc", "Cs")), max_size=8),
    span=st.just(HERE),
)
_VALUES = st.floats(0, allow_nan=False, allow_infinity=False)
numbers = st.builds(ast.Number, _VALUES, st.sampled_from([None, *UNITS]), span=st.just(HERE))
plain_numbers = st.builds(ast.Number, _VALUES, span=st.just(HERE))
_FUNCTIONS = st.sampled_from(["MEAN", "P99.9", "BASELINE", "SHARE", "MIN", "WHERE", "NOT_A_KEYWORD"])


def _binary(operator: str, left: ast.Expression, right: ast.Expression) -> ast.Expression:
    return ast.Binary(operator, left, right, span=HERE)


def _left_deep(
    operands: st.SearchStrategy[ast.Expression], operators: list[str]
) -> st.SearchStrategy[ast.Expression]:
    """Chains of operators of one precedence, which associate to the left."""
    tails = st.lists(st.tuples(st.sampled_from(operators), operands), max_size=2)

    def build(first: ast.Expression, tail: list[tuple[str, ast.Expression]]) -> ast.Expression:
        for operator, operand in tail:
            first = _binary(operator, first, operand)
        return first

    return st.builds(build, operands, tail=tails)


def _sums(inner: st.SearchStrategy[ast.Expression]) -> st.SearchStrategy[ast.Expression]:
    brackets = st.builds(ast.Parenthesised, inner, span=st.just(HERE))
    calls = st.builds(
        ast.Call,
        _FUNCTIONS,
        st.one_of(
            st.lists(inner, max_size=2).map(tuple),
            st.just((ast.Star(span=HERE),)),
        ),
        st.just(HERE),
        span=st.just(HERE),
    )
    atoms = st.one_of(names, numbers, strings, brackets, calls)
    factors = st.one_of(atoms, atoms.map(_negative), atoms.map(_negative).map(_negative))
    return _left_deep(_left_deep(factors, ["*", "/"]), ["+", "-"])


def _negative(operand: ast.Expression) -> ast.Expression:
    return ast.Unary("-", operand, span=HERE)


def _conditions(sums: st.SearchStrategy[ast.Expression]) -> st.SearchStrategy[ast.Expression]:
    negated = st.booleans()
    here = st.just(HERE)
    truths = st.one_of(
        sums,
        st.builds(_binary, st.sampled_from(["==", "<>", "<=", ">=", "<", ">"]), sums, sums),
        st.builds(ast.In, sums, st.lists(sums, min_size=1, max_size=3).map(tuple), negated, span=here),
        st.builds(ast.Between, sums, sums, sums, negated, span=here),
        st.builds(ast.IsMissing, sums, negated, span=here),
        st.builds(ast.Like, sums, strings, negated, span=here),
    )
    negations = st.one_of(truths, truths.map(lambda truth: ast.Unary("NOT", truth, span=HERE)))
    return _left_deep(_left_deep(negations, ["AND"]), ["OR"])


_small_sums = _sums(names)
expressions = st.one_of(
    _conditions(_small_sums),
    st.recursive(names, lambda inner: _conditions(_sums(inner)), max_leaves=6),
)
_optional_condition = st.none() | _conditions(_small_sums)

_option_values = st.one_of(
    _small_sums,
    st.lists(_small_sums, min_size=2, max_size=3).map(tuple),
    st.builds(ast.Call, st.just("BLOCK"), st.tuples(names, numbers), st.just(HERE), span=st.just(HERE)),
)
_options = st.builds(
    ast.Option,
    st.sampled_from(["seed", "nmin", "with", "where"]),
    _option_values,
    st.just(HERE),
    span=st.just(HERE),
)


def _each_once(options: list[ast.Option]) -> tuple[ast.Option, ...]:
    return tuple({option.key.lower(): option for option in options}.values())


_common = {"options": st.lists(_options, max_size=2).map(_each_once), "span": st.just(HERE)}
_group_keys = st.builds(ast.GroupKey, names, st.booleans(), span=st.just(HERE))
_by = st.lists(_group_keys, max_size=2).map(tuple)
_name_lists = st.lists(names, min_size=1, max_size=3).map(tuple)

_unsupported = st.one_of(
    st.builds(ast.Unsupported, st.sampled_from(["FAIL", "DROP", "NEAREST"]), span=st.just(HERE)),
    st.builds(ast.Unsupported, st.just("FAIL"), plain_numbers | names, span=st.just(HERE)),
)
uses = st.builds(
    ast.Use,
    st.one_of(st.none(), names, strings),
    st.just(False),
    _optional_condition,
    st.none() | plain_numbers,
    st.none() | _unsupported,
    st.none() | names,
    **_common,
)
_positional = st.lists(st.tuples(st.none(), _small_sums), max_size=2).map(tuple)
_named = st.lists(st.tuples(names, _small_sums), min_size=1, max_size=2).map(tuple)
_labelled = st.lists(st.tuples(names | strings, _small_sums), min_size=1, max_size=2).map(tuple)
_distributions = st.one_of(
    st.builds(ast.Distribution, st.just("NORMAL"), _positional | _named, st.just(HERE), span=st.just(HERE)),
    st.builds(ast.Distribution, st.just("CATEGORICAL"), _labelled, st.just(HERE), span=st.just(HERE)),
    st.builds(ast.FileValues, strings, span=st.just(HERE)),
)
_set = st.builds(
    ast.Assignment,
    names,
    st.sampled_from(["=", "+=", "-=", "*=", "/="]),
    _conditions(_small_sums),
    st.booleans(),
    st.booleans(),
    span=st.just(HERE),
)
_drawn = st.builds(
    ast.Assignment, names, st.just("~"), _distributions, st.booleans(), st.just(False), span=st.just(HERE)
)
_set_lists = st.lists(_set, min_size=1, max_size=2)
_drawn_lists = st.lists(_drawn, min_size=1, max_size=2)
_assignments = st.one_of(
    _set_lists,
    _drawn_lists,
    st.builds(lambda a, b: a + b, _set_lists, _drawn_lists),
    st.builds(lambda a, b: a + b, _drawn_lists, _set_lists),
).map(tuple)
updates = st.builds(
    ast.Update, st.sampled_from(["INTERVENE", "ASSUME"]), _assignments, _optional_condition, **_common
)
_edges = st.builds(
    ast.EdgeItem,
    st.sampled_from(["->", "<->", "--", "?->"]),
    st.lists(_name_lists, min_size=2, max_size=3).map(tuple),
    span=st.just(HERE),
)
_declarations = st.builds(
    ast.DeclarationItem,
    _name_lists,
    st.sampled_from(["NUMBER", "CATEGORY", "TIME", "BOOLEAN"]),
    st.sampled_from([None, "ms", "%", "requests / s"]),
    span=st.just(HERE),
)
_lone = st.builds(ast.NodeItem, _name_lists, span=st.just(HERE))
graphs = st.one_of(
    st.builds(
        ast.Graph,
        st.none() | strings,
        st.lists(_edges | _declarations | _lone, max_size=3).map(tuple),
        st.none() | names,
        st.booleans(),
        st.just(True),
        **_common,
    ),
    st.builds(ast.Graph, strings, st.just(()), st.none() | names, st.booleans(), st.just(False), **_common),
)
_items = st.builds(ast.EstimateItem, expressions, st.none() | names, span=st.just(HERE))
estimates = st.one_of(
    st.builds(
        ast.Estimate,
        st.lists(_items, max_size=2).map(tuple),
        st.just(False),
        _by,
        _optional_condition,
        st.none() | strings,
        **_common,
    ),
    st.builds(
        ast.Estimate, st.just(()), st.just(True), _by, _optional_condition, st.none() | strings, **_common
    ),
)
_method_names = st.sampled_from(["TOCA", "SMOOTH_TRAVERSAL", "WHERE", "TOP", "NOT_A_METHOD"])
_methods = st.builds(
    ast.Method,
    _method_names,
    st.lists(_options, max_size=2).map(_each_once),
    st.just(HERE),
    span=st.just(HERE),
)


def _explanation(at: bool, moment: ast.Expression, *rest: object, **common: object) -> ast.Explain:
    return ast.Explain(rest[0], *((moment, None) if at else (None, moment)), *rest[1:], **common)


explanations = st.builds(
    _explanation,
    st.booleans(),
    expressions,
    names,
    _optional_condition,
    st.lists(_methods, max_size=2).map(tuple),
    st.none() | plain_numbers | names,
    **_common,
)
statements = st.one_of(
    uses,
    graphs,
    updates,
    estimates,
    st.builds(ast.Expect, expressions, _by, _optional_condition, **_common),
    st.builds(ast.Describe, st.lists(names, max_size=3).map(tuple), **_common),
    st.builds(ast.Param, names, st.one_of(names, numbers, strings), **_common),
    explanations,
    st.builds(ast.ExplainPlan, **_common),
)
programs = st.lists(statements, min_size=1, max_size=4)
