"""The shop waits for its databases and services, and once for its cache."""

from pathlib import Path

import numpy as np
import pytest

from wsl.examples import shop
from wsl.examples.structural import Array, Update
from wsl.session import Session

ROWS = 14 * 24 * 60
SERVICES = [name for name in shop.MODEL.mechanisms if name not in ("ts", "load")]


@pytest.fixture(scope="module")
def log() -> dict[str, Array]:
    return shop.generate(ROWS, seed=1)


def during(log: dict[str, Array]) -> Array:
    return np.asarray((log["ts"] >= shop.INCIDENT[0]) & (log["ts"] < shop.INCIDENT[1]))


def test_the_log_is_plausible(log: dict[str, Array]) -> None:
    assert len(SERVICES) == 11
    assert all((log[name] > 0).all() for name in (*SERVICES, "load"))
    for caller in ("product_service", "api", "www", "website"):
        for called in shop.MODEL.mechanisms[caller].parents:
            assert (log[caller] > log[called]).all() or called == "auth_service"
    assert (np.diff(log["ts"]) == np.timedelta64(1, "m")).all()
    hour = log["ts"].astype("datetime64[h]").astype(int) % 24
    assert log["load"][hour == 20].mean() > 2.5 * log["load"][hour == 8].mean()


def test_the_cache_is_slow_in_the_incident_alone_and_all_that_wait_for_it(log: dict[str, Array]) -> None:
    inside = during(log)
    assert inside.sum() == len(shop.SLOWDOWN)
    slow = {name for name in SERVICES if log[name][inside].max() > log[name][~inside].max()}
    assert slow == {"caching_service", "product_service", "api", "www", "website"}
    after = log["ts"] >= shop.INCIDENT[1]
    assert np.quantile(log["caching_service"][after], 0.9) < log["caching_service"][~inside].max()
    assert after.sum() > 60


def test_without_the_slow_cache_the_shop_is_as_usual(log: dict[str, Array]) -> None:
    usual = shop.truth(ROWS, 1, Update({"caching_service": 12.0}), during).scenario
    assert usual["website"].max() < np.quantile(log["website"], 0.999)


def test_a_log_of_any_length_ends_with_the_same_minutes() -> None:
    assert (shop.generate(200, 3)["ts"] == shop.generate(300, 3)["ts"][100:]).all()
    assert during(shop.generate(200, 3)).sum() == len(shop.SLOWDOWN)


def test_the_time_is_no_cause() -> None:
    assert "ts" not in {name for edge in shop.EDGES for name in edge}
    assert "ts" not in shop.MODEL.dot()


def test_the_slow_cache_is_found(log: dict[str, Array]) -> None:
    first, last = shop.INCIDENT
    program = f"EXPLAIN website WHERE ts >= '{first}' AND ts < '{last}' USING SMOOTH_TRAVERSAL, CONDITIONAL\n"
    found = Session(log, shop.MODEL.dot(), "website").run(program).explanations
    assert [each.causes[0].variable for each in found] == ["caching_service", "caching_service"]
    assert [each.window_rows for each in found] == [len(shop.SLOWDOWN)] * 2


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shop.main(["--rows", "20", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / name) for name in ("shop.parquet", "shop.dot")]
