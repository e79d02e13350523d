"""A conversation with a session: one input at a time, each answered in text; what the prompt is built on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from wsl import report as reports
from wsl.diagnostics import Diagnostic, Text, WslError
from wsl.diagnostics.render import render_text
from wsl.graph import CausalGraph
from wsl.report.whole_file import write_whole
from wsl.results import Result
from wsl.semantics.checked import Scenario
from wsl.semantics.environment import State
from wsl.semantics.recorded import selected
from wsl.session import Session
from wsl.tools.common import WIDTH
from wsl.tools.explain import answer, code_of

HELP = """\
Statements run when they are complete; an empty line ends one that could go on.
  USE WHERE region == ind        choose rows          INTERVENE SET fe = twn    change something
  ESTIMATE                       see what follows     DESCRIBE                  see the variables
  EXPLAIN rt WHERE rt > 900      see why it was so    EXPLAIN PLAN              see how it is answered
Commands:
  \\undo          take the last input back           \\scenario       what is in force
  \\report FILE   the last answer as an HTML page    \\plot FILE      the last answer as a picture
  \\basis         all that the last answer rests on  \\explain CODE   the page of a message
  \\help  \\quit"""
_NO_ANSWER = "there is no answer yet; ESTIMATE or EXPLAIN asks for one\n"


@dataclass
class Conversation:
    """Answers inputs with text; a failed input leaves everything as it was."""

    session: Session
    colour: bool = False
    width: int = WIDTH
    progress: Callable[[str], None] = lambda words: None
    finished: bool = False
    last: Result | None = None
    _states: list[State] = field(default_factory=list)

    def answer(self, content: str) -> str:
        """The answer to a command or to statements."""
        if content.strip().startswith("\\"):
            return self._command(content.strip())
        if not content.strip():
            return ""
        before = self.session.state
        try:
            result = self.session.run(content, name="<input>", progress=self.progress, report_unasked=False)
        except WslError as error:
            return self._findings(error.diagnostics, content)
        except KeyboardInterrupt:
            self.session.state = before
            return "interrupted; everything is as it was before\n"
        if result.exit in (2, 3, 130):
            # What could not be answered is not kept, so that the next question starts from firm ground.
            self.session.state = before
        elif _in_force(self.session.state) != _in_force(before):
            self._states.append(before)
        if result.scenarios or result.explanations:
            self.last = result
        shown = reports.to_text(result, self.colour, self.width)
        return self._findings(result.diagnostics, content) + (
            shown.lstrip("\n") or self._acknowledged(before)
        )

    def _findings(self, diagnostics: tuple[Diagnostic, ...], content: str) -> str:
        return render_text(diagnostics, [Text(content, "<input>")], self.colour, self.width)

    def _acknowledged(self, before: State) -> str:
        """A line for what has no answer of its own."""
        state = self.session.state
        if state.scenario is not None and state.scenario is not before.scenario:
            return f"{described(state.scenario)}\n"
        if state.graph is not None and state.graph is not before.graph:
            ended = "; the scenario before it is over" if before.scenario and not state.scenario else ""
            return f"{_described_graph(state.graph)}{ended}\n"
        return ""

    def _command(self, command: str) -> str:
        name, _, rest = command[1:].partition(" ")
        rest = rest.strip()
        commands: dict[str, Callable[[str], str]] = {
            "undo": self._undo,
            "scenario": self._scenario,
            "basis": self._basis,
            "report": self._report,
            "plot": self._plot,
            "explain": self._explain,
            "help": lambda _: HELP + "\n",
            "quit": self._quit,
            "q": self._quit,
        }
        if name not in commands:
            return f"there is no command \\{name}; \\help lists them\n"
        return commands[name](rest)

    def _basis(self, _: str) -> str:
        """The last answer with all that it rests on."""
        if self.last is None:
            return _NO_ANSWER
        return reports.to_text(self.last, self.colour, self.width, whole=True).lstrip("\n")

    def _undo(self, _: str) -> str:
        if not self._states:
            return "there is nothing to take back\n"
        self.session.state = self._states.pop()
        return self._scenario("")

    def _scenario(self, _: str) -> str:
        state = self.session.state
        if state.scenario is not None:
            return f"{described(state.scenario)}\n"
        graph = _described_graph(state.graph) if state.graph else "no graph is in force; GRAPH draws one"
        return f"{graph}\nno rows are selected; USE selects some\n"

    def _quit(self, _: str) -> str:
        self.finished = True
        return ""

    def _explain(self, code: str) -> str:
        return f"{answer(code) or f'there is no {code_of(code)}'}\n"

    def _report(self, file: str) -> str:
        return self._written(
            file, (".html",), lambda path, last: write_whole(path, reports.to_html(last).encode())
        )

    def _plot(self, file: str) -> str:
        return self._written(file, (".png", ".svg"), lambda path, last: reports.save_plot(last, path))

    def _written(self, file: str, suffixes: tuple[str, ...], write: Callable[[Path, Result], None]) -> str:
        if self.last is None:
            return _NO_ANSWER
        path = Path(file)
        if path.suffix.lower() not in suffixes:
            return f"name a file that ends in {' or '.join(suffixes)}\n"
        if path.exists():
            return f"{path} exists already\n"
        try:
            write(path, self.last)
        except OSError as error:
            return f"{path} cannot be written: {error.strerror}\n"
        except ValueError as error:
            return f"{path}: {error}\n"
        return f"wrote {path}\n"


def _in_force(state: State) -> tuple[object, ...]:
    """What \\undo takes back: everything but what was merely asked."""
    scenario = state.scenario
    selected_and_changed = (scenario.use, scenario.updates) if scenario is not None else None
    return (state.graph, state.declarations, state.dataset, state.parameters, selected_and_changed)


def _described_graph(graph: CausalGraph) -> str:
    target = f"; the target is {graph.target}" if graph.target else ""
    return f"a graph of {len(graph.nodes)} variables and {len(graph.edges)} edges{target}"


def described(scenario: Scenario) -> str:
    """The scenario so far, on one line."""
    use = scenario.use
    rows = ""
    if use.dataset is not None:
        count = int(np.count_nonzero(selected(use.dataset, use.where)))
        count = min(count, use.sample) if use.sample is not None else count
        rows = f"{count:,} of {use.dataset.rows:,} rows of {use.dataset.name}"
    changes = [" ".join(update.text.split()) for update in scenario.updates]
    return f"{scenario.name}: " + "; ".join([rows, *changes] if rows else changes)
