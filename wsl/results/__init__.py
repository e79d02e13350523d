"""Results as values."""

from wsl.results.result import (
    Cdf,
    ColumnDescription,
    DataInfo,
    Description,
    Estimate,
    Expectation,
    GraphView,
    PlanStep,
    PlanView,
    Result,
    Scenario,
    ScenarioGraph,
    Variable,
)
from wsl.results.second_answer import SecondAnswer
from wsl.results.support import BANDS, Support, VariableSupport
from wsl.results.transport import Transport

__all__ = [
    "BANDS",
    "Cdf",
    "ColumnDescription",
    "DataInfo",
    "Description",
    "Estimate",
    "Expectation",
    "GraphView",
    "PlanStep",
    "PlanView",
    "Result",
    "Scenario",
    "ScenarioGraph",
    "SecondAnswer",
    "Support",
    "Transport",
    "Variable",
    "VariableSupport",
]
