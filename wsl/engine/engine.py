"""What an engine does: plans in, results out; one machine here, others behind the same interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from wsl.planning import Diagnosis, Plan
from wsl.results import Description, Explanation, Scenario
from wsl.semantics.checked import Describe

Progress = Callable[[str], None]
"""Told what is being done, in words, before it is done."""


class Engine(Protocol):
    """Runs plans, descriptions and explanations; raises WslError with what was found only while running."""

    def run(self, plan: Plan, progress: Progress) -> Scenario: ...

    def describe(self, item: Describe) -> Description: ...

    def explain(self, plan: Diagnosis, progress: Progress) -> tuple[Explanation, ...]: ...
