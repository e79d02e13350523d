"""The service mesh queues, saturates and hides the worth of a core behind the load."""

from pathlib import Path

import numpy as np
import pytest

from wsl.examples import mesh
from wsl.examples.structural import Array, Update

ROWS = 50_000


@pytest.fixture(scope="module")
def log() -> dict[str, Array]:
    return mesh.generate(ROWS, seed=1)


def test_the_log_is_plausible(log: dict[str, Array]) -> None:
    assert 50 < np.median(log["R1"]) < 150
    assert np.quantile(log["R1"], 0.99) > 5 * np.median(log["R1"])
    assert ((log["CL1"] >= 0) & (log["CL1"] <= log["L1"])).all()
    assert np.array_equal(log["CL1"][log["B1"] == 0], log["L1"][log["B1"] == 0])
    assert set(np.unique(log["P1"])) == set(mesh.ROUTING)
    assert set(np.unique(log["C3"])) == set(range(1, 9))
    assert (np.diff(log["ts"]) >= np.timedelta64(0)).all()


def test_an_idle_node_is_an_m_m_1_queue() -> None:
    factual, scenario = mesh.truth(
        1000, 3, Update({"CL1": 5.0, "CL2": 5.0, "C1": 1, "C3": 2, "P1": 0.6, "P2": 0.6})
    )
    delays = 0.6 * 1000 / (10 - 3) + 0.4 * 1000 / (20 - 4)
    assert mesh.conditional_mean(scenario) == pytest.approx(delays)
    assert np.array_equal(factual["L1"], scenario["L1"])


def test_an_overloaded_node_is_slow_but_not_endless() -> None:
    pressed: list[float] = []
    for load in (5.0, 15.0, 20.0, 40.0, 1e6):
        scenario = mesh.truth(10, 3, Update({"CL1": load, "C1": 1, "P1": 1.0, "P2": 1.0})).scenario
        pressed.append(float(mesh.conditional_mean(scenario)[0]))
    assert pressed == sorted(pressed)
    assert pressed[0] == pytest.approx(200)
    assert pressed[-1] == mesh.LONGEST


def test_blocking_sheds_load_and_helps() -> None:
    factual, scenario = mesh.truth(ROWS, 3, Update({"B1": 0.3}))
    assert np.mean(scenario["CL1"] / scenario["L1"]) == pytest.approx(0.7, abs=0.01)
    assert scenario["R1"].mean() < factual["R1"].mean()
    assert scenario["R2"].mean() < factual["R2"].mean()
    for name in ("L1", "C1", "C3", "CL2"):
        assert np.array_equal(factual[name], scenario[name])


def test_comparing_windows_misjudges_a_core(log: dict[str, Array]) -> None:
    seen = log["R1"][log["C3"] == 6]
    done = mesh.truth(ROWS, 3, Update({"C3": 6})).scenario["R1"]
    error = np.hypot(seen.std() / np.sqrt(len(seen)), done.std() / np.sqrt(len(done)))
    assert done.mean() - seen.mean() > 5 * error


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert mesh.main(["--rows", "20", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / name) for name in ("mesh.parquet", "mesh.dot")]
