"""What the names in a statement can mean: variables of the data and the graph, parameters, categories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from wsl.data import Column, Dataset, Declaration, Kind
from wsl.diagnostics import closest
from wsl.graph import CausalGraph
from wsl.semantics.checked import Type
from wsl.syntax import ast

KIND_WORDS = {
    Kind.NUMBER: "a number",
    Kind.CATEGORY: "a category",
    Kind.TIME: "a time",
    Kind.BOOLEAN: "a truth value",
}
TYPE_WORDS = {
    Type.NUMBER: "a number",
    Type.CATEGORY: "a category",
    Type.TIME: "a time",
    Type.TRUTH: "a truth value",
}
_TYPES = {
    Kind.NUMBER: Type.NUMBER,
    Kind.CATEGORY: Type.CATEGORY,
    Kind.TIME: Type.TIME,
    Kind.BOOLEAN: Type.TRUTH,
}
ParameterValue = ast.Number | ast.String | ast.Name


@dataclass(frozen=True)
class Scope:
    """The names in force at a statement; without data the graph's names and declarations are what is known.

    `undefined` are names that a statement which did not parse would have defined; `open_ended` tells that one
    would have brought a graph or data, so that any name that is not known is nobody's fault. `added` are
    categories that updates gave a variable, and `failed_words` what updates that failed may have given.
    """

    dataset: Dataset | None
    graph: CausalGraph | None
    declarations: Mapping[str, Declaration] = field(default_factory=dict)
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    undefined: Set[str] = frozenset()
    open_ended: bool = False
    added: Mapping[str, frozenset[str]] = field(default_factory=dict)
    failed_words: Set[str] = frozenset()

    @property
    def variables(self) -> tuple[str, ...]:
        if self.dataset is not None:
            return tuple(self.dataset.kinds)
        names = (*(self.graph.nodes if self.graph else ()), *self.declarations)
        return tuple(dict.fromkeys(names))

    def is_unknown(self, name: str) -> bool:
        """Whether a name is certainly no variable's.

        Without data a column may be in no graph, unless the name is all but one of the graph's.
        """
        if self.is_variable(name) or name in self.undefined or (self.dataset is None and self.open_ended):
            return False
        return self.dataset is not None or closest(name, self.variables) is not None

    def is_variable(self, name: str) -> bool:
        if self.dataset is not None:
            return name in self.dataset.kinds
        return name in self.declarations or (self.graph is not None and name in self.graph.nodes)

    def kind(self, name: str) -> Kind | None:
        """The kind of a variable, where it is known."""
        if self.dataset is not None and name in self.dataset.kinds:
            return self.dataset.kinds[name]
        declaration = self.declarations.get(name)
        return declaration.kind if declaration else None

    def type(self, name: str) -> Type | None:
        kind = self.kind(name)
        return _TYPES[kind] if kind else None

    def names_of(self, wanted: Type) -> tuple[str, ...]:
        """The variables and parameters that have values of a type, or may have."""
        variables = (name for name in self.variables if self.type(name) in (None, wanted))
        given = ((name, isinstance(value, ast.Number)) for name, value in self.parameters.items())
        return (*variables, *(name for name, number in given if number == (wanted is Type.NUMBER)))

    def unit(self, name: str) -> str | None:
        declaration = self.declarations.get(name)
        return declaration.unit if declaration else None

    def column(self, name: str) -> Column | None:
        """The column with its values, where there is data."""
        return self.dataset.column(name) if self.dataset is not None and self.is_variable(name) else None

    def categories(self, name: str) -> tuple[str, ...] | None:
        """The labels of a category, with those that updates added, or of a truth value; None if unknown."""
        if self.kind(name) is Kind.BOOLEAN:
            return ("false", "true")
        column = self.column(name) if self.kind(name) is Kind.CATEGORY else None
        if column is None:
            return None
        return (*column.categories, *sorted(self.added.get(name, frozenset()) - set(column.categories)))


def listed(names: Iterable[object], most: int = 12) -> str:
    """Names for a message: the first ones, and how many more there are."""
    words = [str(name) for name in names]
    shown = ", ".join(words[:most])
    return f"{shown} and {len(words) - most} more" if len(words) > most else shown
