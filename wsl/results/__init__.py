"""Results as values."""

from wsl.results.explanation import (
    Cause,
    Explanation,
    Moments,
    NotEvaluated,
    Ongoing,
    OtherSide,
    Several,
    Surroundings,
)
from wsl.results.graph import GraphView, ScenarioGraph, edges_of, scenario_graph
from wsl.results.result import (
    Cdf,
    ColumnDescription,
    DataInfo,
    Description,
    Estimate,
    Expectation,
    PlanStep,
    PlanView,
    Result,
    Scenario,
    Variable,
)
from wsl.results.second_answer import SecondAnswer
from wsl.results.support import BANDS, Support, VariableSupport
from wsl.results.transport import Transport

__all__ = [
    "BANDS",
    "Cause",
    "Cdf",
    "ColumnDescription",
    "DataInfo",
    "Description",
    "Estimate",
    "Expectation",
    "Explanation",
    "GraphView",
    "Moments",
    "NotEvaluated",
    "Ongoing",
    "OtherSide",
    "PlanStep",
    "PlanView",
    "Result",
    "Scenario",
    "ScenarioGraph",
    "SecondAnswer",
    "Several",
    "Support",
    "Surroundings",
    "Transport",
    "Variable",
    "VariableSupport",
    "edges_of",
    "scenario_graph",
]
