"""A result as one JSON object: schema 1; a value that does not exist is null."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from enum import Enum
from math import isfinite
from typing import Any

import numpy as np

from wsl.report import explanation_words
from wsl.report.words import facts
from wsl.results import (
    Cdf,
    Description,
    Estimate,
    Expectation,
    Explanation,
    GraphView,
    Moments,
    PlanView,
    Result,
    Scenario,
    ScenarioGraph,
)
from wsl.version import __version__

SCHEMA = 1


def to_json(result: Result) -> str:
    """The result in the JSON of `run --format json`: full precision, ASCII, one object and a line break."""
    return json.dumps(plain(as_object(result)), indent=2, allow_nan=False) + "\n"


def as_object(result: Result) -> dict[str, Any]:
    """The result with the field names of schema 1."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "seed": result.seed,
        "parameters": result.parameters,
        "status": result.status,
        "exit": result.exit,
        "file": result.file,
        "diagnostics": [d.to_json() for d in result.diagnostics],
        "data": [{"name": d.name, "rows": d.rows, "fingerprint": d.fingerprint} for d in result.data],
        "scenarios": [_scenario(s) for s in result.scenarios],
        "explanations": [_explanation(e) for e in result.explanations],
        "identifications": [],
        "plans": [_plan(p) for p in result.plans],
        "outputs": list(result.outputs),
        "descriptions": [_description(d) for d in result.descriptions],
        "graphs": [_graph_view(g) for g in result.graphs],
    }


def plain(value: Any) -> Any:
    """The value in JSON's own types; NaN and the infinities become None."""
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [
            plain(item) for item in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)
        ]
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _scenario(scenario: Scenario) -> dict[str, Any]:
    return {
        "name": scenario.name,
        "line": scenario.line,
        "rows": scenario.rows,
        "loaded_rows": scenario.loaded_rows,
        "changed_rows": scenario.changed_rows,
        "missing_target_rows": scenario.missing_target_rows,
        "target": scenario.target,
        "dataset": scenario.dataset,
        "selection": scenario.selection,
        "question": scenario.question,
        "redrawn_baseline": scenario.refreshed,
        "knobs": scenario.knobs,
        "allowed": scenario.allowed,
        "statements": scenario.statements,
        "updated": scenario.updated,
        "variables": [asdict(v) for v in scenario.variables],
        "estimates": [_estimate(e) for e in scenario.estimates],
        "expectations": [_expectation(e) for e in scenario.expectations],
        "cdf": [_cdf(c) for c in scenario.cdfs],
        "support": asdict(scenario.support) if scenario.support else None,
        "transport": [{**asdict(t), "differs": t.differs} for t in scenario.transport],
        "graph": _scenario_graph(scenario.graph) if scenario.graph else None,
        "basis": [{"label": label, "sentence": sentence} for label, sentence in facts(scenario, whole=True)],
        "warnings": [w.to_json() for w in scenario.warnings],
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "expression": estimate.expression,
        "group": estimate.group,
        "where": estimate.where,
        "alias": estimate.alias,
        "line": estimate.line,
        "unit": estimate.unit,
        "estimator": estimate.estimator,
        "baseline": estimate.baseline,
        "replayed": estimate.replayed,
        "scenario": estimate.scenario,
        "interval": estimate.interval,
        "difference": estimate.difference,
        "difference_interval": estimate.difference_interval,
        "level": estimate.level,
        "rows": estimate.rows,
        "bounds": estimate.share_bounds,
        "without_bounds": estimate.without_bounds,
        "second_answer": asdict(estimate.second) if estimate.second else None,
        "without_second_answer": estimate.without_second,
    }


def _expectation(expectation: Expectation) -> dict[str, Any]:
    return {
        "expression": expectation.expression,
        "group": expectation.group,
        "where": expectation.where,
        "line": expectation.line,
        "verdict": expectation.verdict,
        "left": expectation.left,
        "right": expectation.right,
        "unit": expectation.unit,
    }


def _cdf(cdf: Cdf) -> dict[str, Any]:
    return {
        "variable": cdf.variable,
        "group": cdf.group,
        "where": cdf.where,
        "unit": cdf.unit,
        "line": cdf.line,
        "value": cdf.value,
        "baseline": cdf.baseline,
        "scenario": cdf.scenario,
    }


def _scenario_graph(graph: ScenarioGraph) -> dict[str, Any]:
    return {
        "origin": graph.origin,
        "target": graph.target,
        "nodes": graph.nodes,
        "edges": graph.edges,
    }


def _explanation(explanation: Explanation) -> dict[str, Any]:
    told = explanation_words.facts(explanation, whole=True)
    return {
        "target": explanation.target,
        "method": explanation.method,
        "line": explanation.line,
        "dataset": explanation.dataset,
        "parameters": explanation.parameters,
        "window": explanation.window,
        "window_rows": explanation.window_rows,
        "normal": explanation.normal,
        "normal_rows": explanation.normal_rows,
        "guard_rows": explanation.guard_rows,
        "observation": explanation.observation,
        "at": explanation.at,
        "row": explanation.row,
        "target_score": explanation.target_score,
        "p_target": explanation.p_target,
        "p_is_approximate": explanation.p_is_approximate,
        "target_resolution": explanation.target_resolution,
        "resolution": explanation.resolution,
        "top": explanation.top,
        "causes": [asdict(cause) for cause in explanation.causes],
        "not_evaluated": [asdict(one) for one in explanation.not_evaluated],
        "several": asdict(explanation.several) if explanation.several else None,
        "extrapolated": explanation.extrapolated,
        "surroundings": asdict(explanation.surroundings) if explanation.surroundings else None,
        "graph": _scenario_graph(explanation.graph) if explanation.graph else None,
        "moments": _moments(explanation.moments) if explanation.moments else None,
        "basis": [{"label": label, "sentence": sentence} for label, sentence in told],
        "warnings": [warning.to_json() for warning in explanation.warnings],
    }


def _moments(moments: Moments) -> dict[str, Any]:
    """The rows of the window and around it; times as text in UTC, else row numbers."""
    time = moments.time
    return {
        "time": np.datetime_as_string(time.astype("M8[us]"), timezone="UTC") if moments.is_time else time,
        "inside": moments.inside,
        "explained": moments.spokesman,
        "values": moments.values,
        "scores": moments.scores,
    }


def _plan(plan: PlanView) -> dict[str, Any]:
    return asdict(plan)


def _description(description: Description) -> dict[str, Any]:
    return asdict(description)


def _graph_view(graph: GraphView) -> dict[str, Any]:
    return {
        "line": graph.line,
        "origin": graph.origin,
        "target": graph.target,
        "nodes": graph.nodes,
        "edges": graph.edges,
        "removed": [],
    }
