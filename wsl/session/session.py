"""A session: data, graph and seed bound once, and programs run on what earlier ones left in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wsl.data import Dataset, Declaration
from wsl.data.source import Limits
from wsl.diagnostics import Diagnostic, Text, WslError
from wsl.graph import CausalGraph, build
from wsl.graph.files import from_networkx, read_graph, read_graph_text
from wsl.semantics import checked
from wsl.semantics.checker import Checked, check
from wsl.semantics.context import was_let_pass
from wsl.semantics.environment import Environment, State
from wsl.semantics.scope import ParameterValue
from wsl.session.files import Files
from wsl.session.settings import Settings
from wsl.syntax import ast, parse

if TYPE_CHECKING:
    from wsl.engine.engine import Engine, Progress
    from wsl.results import PlanView
    from wsl.session.execution import Result

DEFAULT_SEED = 0


class Session:
    """Holds data and graph, and what earlier programs left in force; never prints.

    `data` is a table with an Arrow stream (pandas, Polars, PyArrow, DuckDB), a mapping of arrays, a path, or
    a mapping of names to such; `graph` a networkx DiGraph, a path, or DOT or GRAPH text.
    """

    def __init__(
        self,
        data: Any = None,
        graph: Any = None,
        target: str | None = None,
        systems: Mapping[str, Any] | None = None,
        seed: int | None = None,
        *,
        parameters: Mapping[str, str] | None = None,
        root: str | Path = ".",
        allow: tuple[str | Path, ...] = (),
        overwrite: bool = False,
        cache: str | Path | None = None,
        threads: int | None = None,
        memory: str | None = None,
    ) -> None:
        self.settings = Settings(
            Path(root),
            tuple(Path(path) for path in allow),
            overwrite,
            Path(cache) if cache is not None else None,
            Limits(threads, memory),
        )
        self.systems = dict(systems or {})
        self.seed = DEFAULT_SEED if seed is None else _whole(seed)
        self.state = State()
        self._files = Files(self.settings)
        known, declarations = _given_graph(graph, target)
        self._environment = Environment(
            self._files,
            {name: self._files.bound(name, table) for name, table in _tables(data).items()},
            {name: _parameter(text) for name, text in (parameters or {}).items()},
            target,
            known,
            declarations=declarations,
            seed=seed,
        )

    def check(self, text: str, *, name: str = "<program>", need_data: bool = True) -> list[Diagnostic]:
        """Everything that is known to be wrong with a program, without running it."""
        return list(self._check(text, name, need_data=need_data).diagnostics)

    def plan(self, text: str, *, name: str = "<program>", need_data: bool = True) -> list[PlanView]:
        """How the questions of a program would be answered; raises WslError if it has errors."""
        from wsl.results.plan_view import view

        found = self._check(text, name, need_data=need_data)
        _raise_if_invalid(found)
        questions = (i for i in found.program.items if isinstance(i, checked.Scenario | checked.Explain))
        # A USE asks nothing by itself, nor does a scenario of an earlier program that is not gone on with.
        return [
            view(item)
            for item in questions
            if isinstance(item, checked.Explain) or len(item.steps) > item.done
        ]

    def run(
        self,
        text: str,
        *,
        name: str = "<program>",
        progress: Progress | None = None,
        report_unasked: bool = True,
        deny_warnings: bool = False,
    ) -> Result:
        """Run a program on what earlier ones left in force.

        Raises WslError with all findings if the program has errors, or warnings where these are denied;
        nothing has then been run. What is found only while running is in the result's diagnostics, beside the
        scenarios that finished.
        """
        from wsl.session.execution import Execution

        found = self._check(text, name, report_unasked=report_unasked)
        _raise_if_invalid(found)
        if deny_warnings and any(not was_let_pass(finding) for finding in found.diagnostics):
            raise WslError(found.diagnostics)
        result = Execution(self, found, text, name, progress or (lambda words: None)).run()
        self.state = found.state
        return result

    def checked(self, text: str, *, name: str = "<program>", need_data: bool = True) -> Checked:
        """The checked program with its findings, for tools."""
        return self._check(text, name, need_data=need_data)

    @cached_property
    def engine(self) -> Engine:
        from wsl_runtime import set_threads

        from wsl.engine.indexes import Indexes
        from wsl.engine.local import LocalEngine

        if self.settings.limits.threads is not None:
            set_threads(self.settings.limits.threads)
        return LocalEngine(self.seed, Indexes(self.settings.cache), self.settings.overwrite, self._files.read)

    def shown_path(self, path: str) -> str:
        """A path as a program writes it: relative to the session's folder where it lies in it."""
        root = self.settings.root.resolve()
        return str(Path(path).relative_to(root)) if Path(path).is_relative_to(root) else path

    @property
    def names(self) -> tuple[str, ...]:
        """Variables of the data and the graph in force, for completion."""
        dataset = self.dataset
        nodes = self.state.graph.nodes if self.state.graph else ()
        return tuple(dict.fromkeys((*(dataset.kinds if dataset else ()), *nodes)))

    @property
    def dataset(self) -> Dataset | None:
        """The dataset last named, else the only one that is bound."""
        bound = self._environment.datasets
        return self.state.dataset or bound.get("") or next(iter(bound.values()), None)

    def _check(self, text: str, name: str, *, need_data: bool = True, report_unasked: bool = True) -> Checked:
        source = Text(text, name)
        environment = replace(self._environment, must_have_data=need_data)
        return check(source, parse(source), environment, self.state, report_unasked=report_unasked)


def _raise_if_invalid(found: Checked) -> None:
    if not found.ok:
        raise WslError(found.diagnostics)


def _parameter(text: str) -> ParameterValue:
    """A parameter given from outside: a value as PARAM takes it, else the text itself; never program text."""
    parsed = parse(Text(f"PARAM value = {text}"))
    if len(parsed.program.statements) == 1 and not parsed.diagnostics and "\n" not in text:
        (statement,) = parsed.program.statements
        if isinstance(statement, ast.Param) and not statement.options:
            return statement.value
    return ast.String(text, span=Text(text).span(0, len(text)))


def _tables(data: Any) -> dict[str, Any]:
    """Data by name; the name of a single table is empty."""
    if data is None:
        return {}
    if isinstance(data, Mapping) and data and all(_is_source(value) for value in data.values()):
        return dict(data)
    return {"": data}


def _is_source(value: Any) -> bool:
    return isinstance(value, str | Path | Mapping) or (
        hasattr(value, "__arrow_c_stream__") and hasattr(value, "columns")
    )


def _given_graph(graph: Any, target: str | None) -> tuple[CausalGraph | None, Mapping[str, Declaration]]:
    """A graph given from outside, and what it declares of its variables; raises WslError."""
    if graph is None:
        return None, {}
    if isinstance(graph, CausalGraph):
        return (graph.with_target(target) if target else graph), {}
    if isinstance(graph, str) and "{" in graph and _is_program(graph):
        found = Session(target=target).checked(graph, name="<graph>", need_data=False)
        if found.state.graph is not None:
            _raise_if_invalid(found)
            return found.state.graph, found.state.declarations
    if isinstance(graph, str) and "{" in graph:
        file, origin = read_graph_text(graph), "text"
    elif isinstance(graph, str | Path):
        file, origin = read_graph(Path(graph)), str(graph)
    elif hasattr(graph, "nodes") and hasattr(graph, "edges"):
        file, origin = from_networkx(graph), "networkx"
    else:
        raise TypeError(
            f"graph is a networkx DiGraph, a path, or DOT or GRAPH text, not {type(graph).__name__}"
        )
    built, findings = build(file.edges, file.nodes, target or next(iter(file.targets), None), origin=origin)
    if built is None:
        raise WslError(findings)
    return built, {}


def _is_program(text: str) -> bool:
    """Whether a graph's text is a GRAPH statement, and not another format that starts with that word."""
    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    return first.upper().startswith("GRAPH")


def _whole(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise ValueError(f"seed is a whole number from 0 to 2**63 - 1, not {seed!r}")
    return seed
