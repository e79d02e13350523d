"""A session: data, graph and seed bound once, and programs run on what earlier ones left in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wsl import report as reports
from wsl import results
from wsl.data import Dataset, Declaration, open_source
from wsl.data.paths import Sandbox
from wsl.data.problems import placed
from wsl.data.source import NO_LIMITS, Limits
from wsl.data.values import read_values
from wsl.data.writing import check_table_output
from wsl.diagnostics import Diagnostic, Severity, Span, Text, WslError, in_reading_order, report
from wsl.graph import CausalGraph, build
from wsl.graph.files import GraphFile, from_networkx, read_graph, read_graph_text
from wsl.planning import plan as plan_scenario
from wsl.results import DataInfo, GraphView, PlanView, Scenario
from wsl.results.plan_view import view_plan
from wsl.semantics import checked
from wsl.semantics.checker import Checked, check
from wsl.semantics.environment import Environment, GraphParts, State
from wsl.semantics.scope import ParameterValue
from wsl.syntax import ast, parse

if TYPE_CHECKING:
    from wsl.engine.engine import Engine, Progress

DEFAULT_SEED = 0


@dataclass(frozen=True)
class Settings:
    """What the command line, or an embedding program, decides for all programs of a session.

    `root` is the folder that programs may read and write; `allow` are further paths. `cache` is a folder for
    indexes.
    """

    root: Path
    allow: tuple[Path, ...] = ()
    overwrite: bool = False
    cache: Path | None = None
    limits: Limits = NO_LIMITS


@dataclass(frozen=True)
class Picture:
    """A picture as bytes; a notebook shows it."""

    content: bytes

    def _repr_png_(self) -> bytes:
        return self.content


class Result(results.Result):
    """What a run has to say, with the ways to show it."""

    def to_text(self) -> str:
        return reports.to_text(self)

    def to_json(self) -> str:
        return reports.to_json(self)

    def to_csv(self) -> str:
        return reports.to_csv(self)

    def to_html(self) -> str:
        return reports.to_html(self)

    def plot(self, path: str | Path | None = None) -> Picture:
        """Baseline against scenario, and written to `path` (.png or .svg) if one is given.

        Raises ValueError where nothing was estimated, OSError where the file cannot be written.
        """
        if path is not None:
            reports.save_plot(self, path)
        return Picture(reports.draw_plot(self))


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
        self.seed = DEFAULT_SEED if seed is None else seed
        self.state = State()
        self._files = _Files(self.settings)
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
        """How the scenarios of a program would be answered; raises WslError if it has errors."""
        found = self._check(text, name, need_data=need_data)
        _raise_if_invalid(found)
        return [view_plan(plan_scenario(scenario)) for scenario in found.program.scenarios]

    def run(
        self,
        text: str,
        *,
        name: str = "<program>",
        progress: Progress | None = None,
        report_unasked: bool = True,
    ) -> Result:
        """Run a program on what earlier ones left in force.

        Raises WslError with all findings if the program has errors; nothing has then been run. What is found
        only while running is in the result's diagnostics, beside the scenarios that finished.
        """
        found = self._check(text, name, report_unasked=report_unasked)
        _raise_if_invalid(found)
        result = _Execution(self, found, text, name, progress or (lambda words: None)).run()
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
    if isinstance(graph, str) and "{" in graph and graph.lstrip().upper().startswith("GRAPH"):
        found = Session(target=target).checked(graph, name="<graph>", need_data=False)
        if found.state.graph is not None:
            _raise_if_invalid(found)
            return found.state.graph, found.state.declarations
    if isinstance(graph, str) and "{" in graph:
        file, origin = read_graph_text(graph), "text"
    elif isinstance(graph, str | Path):
        file, origin = read_graph(Path(graph)), str(graph)
    else:
        file, origin = from_networkx(graph), "networkx"
    built, findings = build(file.edges, file.nodes, target or next(iter(file.targets), None), origin=origin)
    if built is None:
        raise WslError(findings)
    return built, {}


class _Files:
    """The files that programs name, inside the sandbox; those that were read are never overwritten."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.sandbox = Sandbox(settings.root, settings.allow)
        self.read: list[Path] = []
        self._datasets: dict[str, _Opened] = {}

    def bound(self, name: str, table: Any) -> Dataset:
        """A dataset bound from outside: the path is the user's own."""
        dataset = open_source(table, name=name or _stem(table), limits=self.settings.limits)
        self._note(*dataset.inputs)
        return dataset

    def dataset(
        self, path: str, options: Mapping[str, Any], declarations: Mapping[str, Declaration], span: Span
    ) -> Dataset:
        """A dataset named in a program; one file that stays as it is is read once for the same options."""
        key = repr((path, sorted(options.items())))
        known = self._datasets.get(key)
        if known is not None and known.is_current():
            return known.dataset.redeclare(declarations)
        opened = open_source(
            path,
            name=_stem(path),
            root=self.settings.root,
            allow=self.settings.allow,
            options=options,
            declarations=declarations,
            span=span,
            limits=self.settings.limits,
        )
        self._note(*opened.inputs)
        self._datasets[key] = _Opened(opened, self.sandbox.resolve(path), _state_of(opened.inputs))
        return opened

    def graph(self, path: str, span: Span) -> GraphParts:
        with placed(span):
            real = self.sandbox.resolve(path)
        self._note(real)
        found: GraphFile = read_graph(real, name=path, span=span)
        return GraphParts(found.edges, found.nodes, next(iter(found.targets), None))

    def values(self, path: str, span: Span) -> checked.FileValues:
        with placed(span):
            real = self.sandbox.resolve(path)
        self._note(real)
        return checked.FileValues(*read_values(real, name=path, span=span))

    def output(self, path: str, span: Span) -> Path:
        with placed(span):
            real = self.sandbox.resolve(path)
        check_table_output(real, overwrite=self.settings.overwrite, inputs=self.read, span=span)
        return real

    def _note(self, *paths: Path) -> None:
        self.read += [path for path in paths if path not in self.read]


@dataclass(frozen=True)
class _Opened:
    """A dataset of a program, and its files as they were when it was opened."""

    dataset: Dataset
    location: Path
    files: tuple[tuple[Path, int, int], ...]

    def is_current(self) -> bool:
        """Whether it is one file that has not changed; a folder or pattern is looked through again."""
        inputs = self.dataset.inputs
        return list(inputs) == [self.location] and _state_of(inputs) == self.files


def _state_of(paths: Iterable[Path]) -> tuple[tuple[Path, int, int], ...]:
    """Size and time of files; empty where one is gone, which no earlier state was."""
    try:
        return tuple((path, path.stat().st_size, path.stat().st_mtime_ns) for path in paths)
    except OSError:
        return ()


def _stem(table: Any) -> str:
    return Path(str(table)).name.partition(".")[0] if isinstance(table, str | Path) else "data"


@dataclass
class _Execution:
    """Runs the items of a checked program in order and gathers what they say."""

    session: Session
    found: Checked
    text: str
    name: str
    progress: Callable[[str], None]

    def run(self) -> Result:
        scenarios: list[Scenario] = []
        descriptions = []
        plans = []
        graphs = []
        findings = list(self.found.diagnostics)
        status, code = "ok", 0
        try:
            for item in self.found.program.items:
                match item:
                    case checked.GraphInForce(graph, span):
                        graphs.append(_graph_view(graph, span))
                    case checked.Describe():
                        descriptions.append(self.session.engine.describe(item))
                    case checked.Scenario():
                        plans += self._explained(item)
                        if any(isinstance(step, _REQUESTS) for step in item.steps[item.done :]):
                            self._scenario(item, scenarios, findings)
        except KeyboardInterrupt:
            findings.append(report("WSL-R102"))
            status, code = "interrupted", 130
        for scenario in scenarios:
            findings += scenario.warnings
        findings = [replace(f, file=f.file or self.name) for f in findings]
        if status == "ok":
            status, code = _status(scenarios, findings)
        return Result(
            self.session.seed,
            status,
            code,
            self.text,
            self.name,
            tuple(in_reading_order(findings)),
            self._data(),
            tuple(scenarios),
            tuple(plans),
            tuple(path for scenario in scenarios for path in scenario.outputs),
            tuple(descriptions),
            tuple(graphs),
        )

    def _scenario(
        self, item: checked.Scenario, scenarios: list[Scenario], findings: list[Diagnostic]
    ) -> None:
        """One scenario; what goes wrong in it leaves the others alone."""
        try:
            scenarios.append(self.session.engine.run(plan_scenario(item), self.progress))
        except WslError as error:
            findings += error.diagnostics
        except MemoryError:
            findings.append(report("WSL-R101", item.use.span, name=item.name))

    def _explained(self, item: checked.Scenario) -> list[PlanView]:
        views = []
        for place, step in enumerate(item.steps):
            if isinstance(step, checked.ExplainPlan) and place >= item.done:
                asked = (step.report,) if step.report is not None else ()
                views.append(view_plan(plan_scenario(replace(item, steps=(*item.steps[:place], *asked)))))
        return views

    def _data(self) -> tuple[DataInfo, ...]:
        datasets = {
            id(item.use.dataset): item.use.dataset
            for item in self.found.program.scenarios
            if item.use.dataset is not None
        }
        return tuple(DataInfo(d.name, d.rows, d.fingerprint) for d in datasets.values())


_REQUESTS = (checked.Estimate, checked.Expect)


def _graph_view(graph: CausalGraph, span: Span | None) -> GraphView:
    edges = tuple((edge.source, str(edge.mark.value), edge.target) for edge in graph.edges)
    return GraphView(span.line if span else None, graph.origin, graph.target, graph.nodes, edges)


def _status(scenarios: list[Scenario], findings: list[Diagnostic]) -> tuple[str, int]:
    """Errors that only the run found come before a failed EXPECT."""
    if any(finding.severity is Severity.ERROR for finding in findings):
        return "failed", exit_code([f for f in findings if f.is_error], while_running=True)
    if any(e.verdict == "fail" for scenario in scenarios for e in scenario.expectations):
        return "expectation failed", 4
    return "ok", 0


def exit_code(errors: list[Diagnostic], *, while_running: bool = False) -> int:
    """2 for what cannot be opened or written, 1 for what a check reports, 3 for what only a run finds."""
    if any(_is_file_error(error.code) for error in errors):
        return 2
    if not errors:
        return 0
    found_by_running = all(error.code[4] == "R" for error in errors) or while_running
    return 3 if found_by_running and not any(error.code == "WSL-D101" for error in errors) else 1


def _is_file_error(code: str) -> bool:
    family, number = code[4], int(code[5:])
    return (family == "R" and number < 100) or (family == "G" and number >= 20)
