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

__all__ = [
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
    "Variable",
]
