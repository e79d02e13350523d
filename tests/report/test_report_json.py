"""Reports for machines: every field that the interface promises, and values any JSON or CSV reader takes."""

import csv
import json
from dataclasses import replace
from io import StringIO
from typing import Any

import numpy as np
import pytest
from approved import check
from sample_results import RESULTS, drain, hostile

from wsl.report import to_csv, to_json
from wsl.results import Cdf, Result

TINY = Cdf("rt", {}, "ms", 5, np.array([1.0, 2.5]), np.array([0.5, 1.0]), np.array([0.25, 1.0]))
SMALL = replace(RESULTS["default"], scenarios=(replace(drain(), cdfs=(TINY,)),))

# The interface, version 1: fields may be added, never renamed.
FIELDS: dict[str, str] = {
    "": "schema version seed status exit diagnostics data scenarios explanations identifications plans "
    "outputs descriptions graphs",
    "data": "name rows fingerprint",
    "scenarios": "name line rows target knobs updated estimates expectations cdf support warnings",
    "scenarios.estimates": "expression group alias line unit estimator baseline replayed scenario interval "
    "difference difference_interval level rows",
    "scenarios.expectations": "expression group line verdict left right",
    "scenarios.cdf": "variable group value baseline scenario",
    "scenarios.support": "rows borrowed outside excess effective_donors",
    "scenarios.warnings": "code severity message file line column end_line end_column notes help fixes",
    "graphs": "line target edges removed",
    "explanations": "target method line observation window_rows causes not_evaluated p_target several "
    "resolution moments",
    "explanations.causes": "rank variable score gap p_normal p_others tied direction observed normal path "
    "rows",
    "explanations.not_evaluated": "variable reason",
}


def strict(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("name", ["small", "described", "nothing", "graphless"])
def test_json_is_as_approved(name: str, bless: bool) -> None:
    check(f"{name}.json", to_json({**RESULTS, "small": SMALL}[name]), bless)


@pytest.mark.parametrize("path", FIELDS)
def test_json_has_the_fields_of_the_interface(path: str) -> None:
    whole = replace(SMALL, graphs=RESULTS["described"].graphs, explanations=RESULTS["explained"].explanations)
    found = strict(to_json(whole))
    for step in filter(None, path.split(".")):
        found = found[step]
        found = found[0] if isinstance(found, list) else found
    assert set(FIELDS[path].split()) <= found.keys()


def test_what_does_not_exist_is_null() -> None:
    estimate = replace(drain().estimates[0], baseline=float("nan"), difference=float("inf"))
    numbers = {"a": np.float64("nan"), "b": np.int64(3), "c": (np.bool_(True), {1.5})}
    scenario = replace(drain(), estimates=(estimate,), knobs=numbers, cdfs=(TINY,))
    found = strict(to_json(replace(SMALL, scenarios=(scenario,))))["scenarios"][0]
    assert found["estimates"][0]["baseline"] is None
    assert found["estimates"][0]["difference"] is None
    assert found["knobs"] == {"a": None, "b": 3, "c": [True, [1.5]]}


def test_figures_keep_their_full_precision() -> None:
    third = replace(drain().estimates[0], scenario=1 / 3)
    result = replace(SMALL, scenarios=(replace(drain(), estimates=(third,)),))
    assert strict(to_json(result))["scenarios"][0]["estimates"][0]["scenario"] == 1 / 3
    assert next(csv.DictReader(StringIO(to_csv(result))))["scenario_value"] == repr(1 / 3)


def test_json_survives_hostile_names_in_ascii() -> None:
    assert strict(to_json(hostile()))["scenarios"][0]["name"] == hostile().scenarios[0].name
    assert to_json(hostile()).isascii()


def rows(result: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(to_csv(result))))


def test_csv_has_a_row_a_figure_and_a_column_a_group() -> None:
    found = rows(RESULTS["grouped"])
    assert len(found) == len(RESULTS["grouped"].scenarios[0].estimates)
    assert (found[0]["by.country"], found[0]["by.tod"], found[0]["baseline"]) == ("deu", "6.0", "729.8")
    assert found[3]["by.tod"] == ""
    assert found[-1]["scenario_value"] == ""


@pytest.mark.parametrize("start", list("=+-@\t\r"))
def test_csv_defuses_formulas(start: str) -> None:
    estimate = replace(drain().estimates[0], group={"fe": f"{start}cmd"}, alias=f"{start}x", difference=-5.0)
    found = rows(replace(SMALL, scenarios=(replace(drain(), name=f"{start}n", estimates=(estimate,)),)))[0]
    assert (found["by.fe"], found["alias"], found["scenario"]) == (f"'{start}cmd", f"'{start}x", f"'{start}n")
    assert found["difference"] == "-5.0"


def test_csv_has_the_sides_of_an_expectation() -> None:
    found = [row for row in rows(RESULTS["default"]) if row["verdict"]]
    assert [(row["verdict"], row["left"], row["right"], row["unit"]) for row in found] == [
        ("pass", "640.0", "671.9", "ms"),
        ("fail", "798.1", "766.3", "ms"),
        ("undecided", "341.05", "400.0", "ms"),
    ]
    assert to_csv(RESULTS["default"]).splitlines()[0].endswith(",level,verdict,left,right")
    assert {row["left"] for row in rows(RESULTS["default"]) if not row["verdict"]} == {""}
