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
    "Support",
    "Transport",
    "Variable",
    "VariableSupport",
]
