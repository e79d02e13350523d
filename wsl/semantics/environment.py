"""What a program is checked in: what was given from outside, and what statements before it left in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from wsl.data import Dataset, Declaration
from wsl.data.store import Store
from wsl.diagnostics import Span
from wsl.graph import CausalGraph, Edge
from wsl.semantics.checked import FileValues, Scenario
from wsl.semantics.scope import ParameterValue


@dataclass(frozen=True)
class GraphParts:
    """What a graph file says, before it is put together with a block."""

    edges: tuple[Edge, ...]
    nodes: tuple[str, ...]
    target: str | None = None


class Files(Protocol):
    """The files a program may name; every method raises WslError with a located finding."""

    def dataset(
        self, path: str, options: Mapping[str, Any], declarations: Mapping[str, Declaration], span: Span
    ) -> Dataset: ...

    def graph(self, path: str, span: Span) -> GraphParts: ...

    def values(self, path: str, span: Span) -> FileValues: ...

    def output(self, path: str, span: Span) -> Path: ...


@dataclass(frozen=True)
class Environment:
    """What is given from outside: data bound by name (`""` is the unnamed), parameters, overrides.

    `must_have_data` tells a run, which needs data, from a check, which says what can be known without.
    """

    files: Files
    datasets: Mapping[str, Dataset] = field(default_factory=dict)
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    target: str | None = None
    graph: CausalGraph | None = None
    must_have_data: bool = True
    seed: int | None = None
    declarations: Mapping[str, Declaration] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """What is in force after some statements: a value, so that to undo is to take an earlier one.

    `names` are those of all scenarios so far; `looked_at` are columns, and `compared` graphs with data, of
    which what is to be said was said. `reversed` tells that the graph's arrows were turned round.
    """

    graph: CausalGraph | None = None
    reversed: bool = False
    declarations: Mapping[str, Declaration] = field(default_factory=dict)
    dataset: Dataset | None = None
    scenario: Scenario | None = None
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    looked_at: frozenset[tuple[Store, str]] = frozenset()
    compared: frozenset[tuple[CausalGraph, Store]] = frozenset()
