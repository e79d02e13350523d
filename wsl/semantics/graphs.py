"""GRAPH: edges and declarations of a block, of a file, or given from outside."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

from wsl.data import Dataset, Declaration, Kind
from wsl.diagnostics import Diagnostic, Span, WslError
from wsl.graph import CausalGraph, Edge, Mark, build, compare_with_columns
from wsl.semantics import units
from wsl.semantics.checked import GraphInForce, Scenario, reads
from wsl.semantics.context import Context
from wsl.semantics.environment import GraphParts
from wsl.semantics.long_tables import as_long_table
from wsl.semantics.scope import KIND_WORDS
from wsl.syntax import ast


@dataclass(frozen=True)
class Block:
    """What the items of a GRAPH block say, and where its declarations stand."""

    edges: list[Edge] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    declarations: dict[str, Declaration] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)


class GraphChecker:
    """Puts graphs in force."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def outside(self) -> None:
        """The graph given from outside, before the first statement."""
        environment, state = self.context.environment, self.context.state
        declarations = {**environment.declarations, **state.declarations}
        self.context.state = state = replace(state, declarations=declarations)
        graph = environment.graph
        if graph is None or state.graph is not None:
            return
        if environment.target is not None:
            graph, findings = build(graph.edges, graph.nodes, environment.target, origin=graph.origin)
            self.context.emit_all(findings)
        if graph is None:
            self.context.fail_graph()
            return
        self.context.state = replace(state, graph=graph)
        self.context.items.append(GraphInForce(graph, None))

    def statement(self, statement: ast.Graph) -> None:
        """A GRAPH of the program; it ends a scenario that has an update, and amends one that has none."""
        self.context.knobs(statement)
        block = self._block(statement)
        parts = self._file(statement)
        self._declare(block)
        graph = self._built(statement, block, parts) if parts is not None else None
        if graph is None:
            self.context.fail_graph()
            return
        self.context.no_graph = False
        self.context.state = replace(self.context.state, graph=graph, reversed=statement.reversed)
        self.context.items.append(GraphInForce(graph, statement.span))
        if self.context.state.scenario is not None:
            self._amend(self.context.state.scenario, graph, statement)

    def compare(self, graph: CausalGraph | None, scenario: Scenario, span: Span) -> None:
        """What the graph and the data of a scenario do not share, said once."""
        dataset, state = scenario.use.dataset, self.context.state
        if graph is None or dataset is None or (graph, dataset.store) in state.compared:
            return
        self.context.wait(_compared(graph, dataset, span))
        self.context.state = replace(state, compared=state.compared | {(graph, dataset.store)})

    def recall(self, scenario: Scenario) -> None:
        """Look once more for what the data of an earlier text's scenario lacks: EXPLAIN could do without."""
        if scenario.graph is not None and scenario.use.dataset is not None:
            found = _compared(scenario.graph, scenario.use.dataset, None)
            self.context.wait(replace(one, span=None, file=None) for one in found if one.is_error)

    def _block(self, statement: ast.Graph) -> Block:
        """Lists on both sides of a mark are the product; a chain is one edge after the other."""
        block = Block()
        for item in statement.items:
            match item:
                case ast.EdgeItem(mark=mark, sides=sides):
                    block.edges.extend(
                        Edge(a.name, Mark(mark), b.name, a.span.to(b.span))
                        for left, right in pairwise(sides)
                        for a in left
                        for b in right
                    )
                case ast.DeclarationItem():
                    self._declaration(item, block)
                case ast.NodeItem(variables=variables):
                    block.nodes.extend(name.name for name in variables)
        return block

    def _declaration(self, item: ast.DeclarationItem, block: Block) -> None:
        declaration = Declaration(Kind[item.kind], item.unit)
        times = units.DIMENSIONS["a time"]
        is_time = declaration.kind is Kind.TIME and item.unit in times
        if item.unit is not None and declaration.kind is not Kind.NUMBER and not is_time:
            place, kind = item.unit_span or item.span, KIND_WORDS[declaration.kind]
            self.context.say("WSL-T024", place, unit=item.unit, kind=kind, known=", ".join(times))
        for name in item.variables:
            before = block.declarations.setdefault(name.name, declaration)
            if before != declaration:
                line = block.places[name.name].line
                self.context.say("WSL-T023", name.span, variable=name.name, line=line)
            block.places.setdefault(name.name, name.span)
            block.nodes.append(name.name)

    def _declare(self, block: Block) -> None:
        self.context.declared_at.update(block.places)
        declarations = {**self.context.state.declarations, **block.declarations}
        self.context.state = replace(self.context.state, declarations=declarations)
        self.context.undeclared -= set(block.declarations)

    def _file(self, statement: ast.Graph) -> GraphParts | None:
        if statement.path is None:
            return GraphParts((), ())
        try:
            return self.context.environment.files.graph(statement.path.value, statement.path.span)
        except WslError as error:
            self.context.emit_all(error.diagnostics)
            return None

    def _built(self, statement: ast.Graph, block: Block, parts: GraphParts) -> CausalGraph | None:
        """The program's own TARGET counts first, then the one given from outside, then the file's."""
        outside = self.context.environment.target
        if self.context.environment.graph is not None:
            self.context.say("WSL-C014", statement.span, option="--graph", written="GRAPH")
        if statement.target is not None and outside not in (None, statement.target.name):
            written = f"TARGET {statement.target.name}"
            self.context.say("WSL-C014", statement.target.span, option=f"--target {outside}", written=written)
        drawn, amended = (parts.edges, block.edges) if statement.path else (block.edges, [])
        if statement.reversed:
            drawn = [edge.reversed() for edge in drawn]
        graph, findings = build(
            [*drawn, *amended],
            (*parts.nodes, *block.nodes),
            statement.target.name if statement.target else outside or parts.target,
            origin=statement.path.value if statement.path else f"GRAPH at line {statement.span.line}",
            target_span=statement.target.span if statement.target else statement.span,
            reversed=statement.reversed,
        )
        self.context.emit_all(findings)
        return graph

    def _amend(self, scenario: Scenario, graph: CausalGraph, statement: ast.Graph) -> None:
        """The scenario begins with this graph, and its data with these declarations."""
        dataset = scenario.use.dataset
        if dataset is not None:
            dataset = self.context.declared(dataset, statement.span)
            if dataset is None:
                self.context.fail_data()
                return
            before = scenario.use.dataset.declarations if scenario.use.dataset else {}
            for name in reads(scenario.use.where):
                if dataset.declarations.get(name) != before.get(name):
                    span = self.context.declared_at.get(name, statement.span)
                    self.context.say("WSL-T025", span, variable=name)
        use = replace(scenario.use, dataset=dataset)
        scenario = replace(scenario, graph=graph, use=use)
        self.context.state = replace(self.context.state, scenario=scenario, dataset=dataset)
        self.context.follow(graph, use)
        self.compare(graph, scenario, statement.span)


def _compared(graph: CausalGraph, dataset: Dataset, span: Span | None) -> list[Diagnostic]:
    times = [name for name, kind in dataset.kinds.items() if kind is Kind.TIME]
    long = partial(as_long_table, dataset)
    return compare_with_columns(graph, dataset.kinds, span, dataset.unusable, times, long)
