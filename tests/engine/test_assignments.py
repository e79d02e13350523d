"""What SET and SETDIST put into rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from wsl import Result
from wsl.engine.assignments import quantile_function
from wsl.semantics.checked import Distribution

from .test_scenarios import column

Run = Callable[..., Result]
UNIFORM = (np.arange(20_000) + 0.5) / 20_000
TWINS: dict[tuple[str, tuple[float, ...]], Any] = {
    ("NORMAL", (50, 10)): stats.norm(50, 10),
    ("LOGNORMAL", (50, 0.3)): stats.lognorm(0.3, scale=50),
    ("UNIFORM", (20, 80)): stats.uniform(20, 60),
    ("EXPONENTIAL", (50,)): stats.expon(scale=50),
    ("GAMMA", (2, 25)): stats.gamma(2, scale=25),
    ("WEIBULL", (50, 1.5)): stats.weibull_min(1.5, scale=50),
    ("PARETO", (10, 2)): stats.pareto(2, scale=10),
    ("POISSON", (3,)): stats.poisson(3),
}


@pytest.mark.parametrize("name", TWINS, ids=lambda name: name[0])
def test_distributions_are_those_of_their_parameters(name: tuple[str, tuple[float, ...]]) -> None:
    drawn = quantile_function(Distribution(*name))(UNIFORM)
    assert drawn == pytest.approx(TWINS[name].ppf(UNIFORM), rel=1e-9)
    ends = quantile_function(Distribution(*name))(np.array([0.0, 1 - 2.0**-53]))
    assert np.all(np.isfinite(ends))


def test_setdist_draws_on_the_selected_rows_alone(run: Run, log: Mapping[str, Any]) -> None:
    result = run("USE *\nASSUME SETDIST rtt NORMAL(50, 10) WHERE region == ind\nESTIMATE ROWS")
    inside = np.asarray(log["region"]) == "ind"
    drawn = column(result, "rtt.scenario")
    assert np.array_equal(drawn[~inside], np.asarray(log["rtt"])[~inside])
    assert stats.kstest(drawn[inside], stats.norm(50, 10).cdf).pvalue > 1e-4


def test_categorical_and_file_draw_by_their_shares(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sizes.csv").write_text("value,weight\n1000,3\n9000,1\n")
    program = (
        "USE * ON UNSUPPORTED FAIL ABOVE 100%\n"
        'INTERVENE SETDIST fe CATEGORICAL(fra: 25%, twn: 0.75), sB FILE "sizes.csv"\nESTIMATE ROWS'
    )
    result = run(program, root=tmp_path)
    assert np.mean(column(result, "fe.scenario") == "twn") == pytest.approx(0.75, abs=0.03)
    sizes = column(result, "sB.scenario")
    assert set(sizes) == {1000.0, 9000.0}
    assert np.mean(sizes == 1000.0) == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize("drawn", ["CATEGORICAL(true: 0.3, FALSE: 0.7)", 'FILE "truths.csv"'])
def test_truths_are_drawn_by_their_shares(run: Run, tmp_path: Path, drawn: str) -> None:
    (tmp_path / "truths.csv").write_text("up,weight\nTrue,3\nfalse,7\n")
    program = (
        f"GRAPH {{ up -> rtt; up : BOOLEAN }} TARGET rtt\nUSE *\nASSUME SETDIST up {drawn}\nESTIMATE ROWS"
    )
    data = {"up": np.arange(4_000) % 2 == 0, "rtt": np.arange(4_000.0)}
    result = run(program, root=tmp_path, data=data)
    assert np.mean(column(result, "up.scenario").astype(bool)) == pytest.approx(0.3, abs=0.03)


def test_radial_draws_recorded_values_near_the_wanted_ones(run: Run, log: Mapping[str, Any]) -> None:
    result = run("USE *\nASSUME SET RADIAL rtt = 80 WITH (bandwidth = 5)\nESTIMATE ROWS")
    drawn = column(result, "rtt.scenario")
    assert set(drawn) <= set(log["rtt"])
    assert np.abs(np.median(drawn) - 80) < 2
    assert np.abs(drawn - 80).max() < 30


def test_whole_numbers_stay_whole(run: Run) -> None:
    result = run("USE *\nASSUME SETDIST sP NORMAL(50, 10)\nESTIMATE ROWS")
    drawn = column(result, "sP.scenario")
    assert np.array_equal(drawn, np.round(drawn))


def test_two_sites_can_be_swapped(run: Run, log: Mapping[str, Any]) -> None:
    result = run(
        "USE * ON UNSUPPORTED FAIL ABOVE 100%\nINTERVENE SET fe = twn WHERE BASELINE(fe) == sfo\n"
        "INTERVENE SET fe = sfo WHERE BASELINE(fe) == twn\nESTIMATE ROWS"
    )
    before, after = np.asarray(log["fe"]), column(result, "fe.scenario")
    assert set(after[before == "sfo"]) == {"twn"}
    assert set(after[before == "twn"]) == {"sfo"}
