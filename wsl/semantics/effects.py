"""Updates that nothing asked for can feel."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field

from wsl.diagnostics import Span
from wsl.semantics.checked import Assignment, Estimate, Expect, Scenario, Update
from wsl.semantics.history import History, Report
from wsl.semantics.requested import asked_for, read_by
from wsl.semantics.scope import listed


@dataclass
class Effects:
    """Looks back over a whole scenario, from its last statement to its first.

    `asked` is what requests after a statement ask for, `felt` what they or later updates read besides, and
    `redrawn` what later updates redraw. `failed_words` are those of statements that failed: what one of
    them may have asked for counts as felt. `duties` are set because a new category needs it, effect or none.
    """

    history: History
    say: Report
    failed_words: frozenset[str]
    duties: Set[str] = frozenset()
    asked: set[str] = field(default_factory=set)
    felt: set[str] = field(default_factory=set)
    redrawn: set[str] = field(default_factory=set)

    def close(self, scenario: Scenario) -> None:
        """Report updates without effect on any request after them; a request of an earlier text told it."""
        self.felt.update(self.failed_words)
        self.now = scenario.use.span
        told = False
        for place, step in reversed(list(enumerate(scenario.steps))):
            if isinstance(step, Estimate | Expect):
                if isinstance(step, Estimate) and step.rows:
                    return
                told, self.now = told or place < scenario.done, step.span
                self.asked.update(asked_for(step))
                self.felt.update(read_by(step))
            elif isinstance(step, Update):
                if self.asked and not told:
                    for assignment in step.assignments:
                        span = self.history.span(step, assignment.span, self.now)
                        self._without_effect(step, assignment, span)
                self.felt.update(step.reads)
                if step.intervene:
                    self.redrawn.update(self.history.graph.descendants(*step.variables))

    def _without_effect(self, update: Update, assignment: Assignment, span: Span) -> None:
        name, graph = assignment.variable, self.history.graph
        wanted = self.asked | self.felt
        below = graph.descendants(name)
        if name in wanted or name in self.duties:
            return
        words = listed(f"`{variable}`" for variable in sorted(self.asked))
        if below.isdisjoint(wanted):
            causes = sorted(graph.ancestors(*self.asked) - self.asked)
            self.say(
                "WSL-C006",
                span,
                variable=name,
                estimated=words,
                causes=listed(f"`{cause}`" for cause in causes),
            )
        elif not update.intervene and not self._responds(name):
            path = " -> ".join(graph.path(name, min(below & wanted)))
            self.say("WSL-C007", span, variable=name, estimated=words, path=path)

    def _responds(self, name: str) -> bool:
        """Whether an effect of what ASSUME sets is asked for as the target, or redrawn later."""
        graph = self.history.graph
        target = {graph.target} & (self.asked | self.felt)
        return any(name in graph.parents(effect) for effect in (target | self.redrawn) if effect is not None)
