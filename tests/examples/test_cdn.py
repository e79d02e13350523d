"""The CDN example is plausible, and its interventions reach what they should and nothing else."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest

from wsl.examples import cdn
from wsl.examples.structural import Array, Kind, Update

ROWS = 50_000
HALVED = {"rtt": lambda columns: columns["rtt"] / 2}


@pytest.fixture(scope="module")
def log() -> dict[str, Array]:
    return cdn.generate(ROWS, seed=1)


def changed(before: dict[str, Array], after: dict[str, Array]) -> set[str]:
    return {name for name in before if not np.array_equal(before[name], after[name])}


def test_the_log_is_plausible(log: dict[str, Array]) -> None:
    assert 300 < np.median(log["rt"]) < 500
    assert np.quantile(log["rt"], 0.99) > 3 * np.median(log["rt"])
    assert (log["rt"] > log["rtt"]).all()
    assert 0.85 < (log["srP"] == 0).mean() < 0.97
    assert (log["srP"] <= log["sP"]).all()
    assert (log["crP"] <= log["cP"]).all()
    assert np.array_equal(np.unique(log["tod"]), np.arange(24))
    assert log["ts"].min() >= cdn.FIRST_DAY
    assert log["ts"].max() < cdn.FIRST_DAY + np.timedelta64(cdn.DAYS, "D")
    for name in ("rtt", "febe_rtt", "be_time", "sB", "sP", "cP"):
        assert (log[name] > 0).all(), name


def test_shares_are_those_declared(log: dict[str, Array]) -> None:
    for region, facts in cdn.REGIONS.items():
        here = log["region"] == region
        assert here.mean() == pytest.approx(facts.share, abs=0.01)
        for front_end, percent in zip(cdn.FRONT_ENDS, cdn.FRONT_END_SHARES[region], strict=True):
            served = (log["fe"][here] == front_end).mean()
            assert served == pytest.approx(percent / 100, abs=5 * np.sqrt(0.25 / here.sum()))


@pytest.mark.parametrize(
    ("update", "moves"),
    [
        (Update({"fe": "twn"}), {"fe", "be", "rtt", "febe_rtt", "be_time", "srP", "crP", "rt"}),
        (Update({"sB": lambda columns: columns["sB"] * 1.2}), {"sB", "sP", "cP", "srP", "crP", "rt"}),
        (Update(HALVED), {"rtt", "srP", "crP", "rt"}),
        (Update(HALVED, kind=Kind.ASSUME), {"rtt", "rt"}),
        (Update({"sB": 1}, kind=Kind.ASSUME), {"sB"}),
        (Update({"fe": "twn", "rtt": 30.0}), {"fe", "be", "rtt", "febe_rtt", "be_time", "srP", "crP", "rt"}),
    ],
)
def test_an_update_moves_only_what_it_reaches(update: Update, moves: set[str]) -> None:
    def german(columns: Any) -> Array:
        return np.asarray(columns["region"] == "deu")

    only_german = Update(update.values, german, update.kind)
    factual, scenario = cdn.truth(ROWS, 3, only_german)
    assert changed(factual, scenario) == moves
    elsewhere = ~german(factual)
    for name in factual:
        assert np.array_equal(factual[name][elsewhere], scenario[name][elsewhere])


def test_selecting_keeps_each_row_as_it_was() -> None:
    def indian(columns: Any) -> Array:
        return np.asarray(columns["region"] == "ind")

    everyone = cdn.truth(ROWS, 3, Update(HALVED))
    selected = cdn.truth(ROWS, 3, Update(HALVED), indian)
    rows = indian(everyone.factual)
    assert (
        changed({name: values[rows] for name, values in everyone.scenario.items()}, selected.scenario)
        == set()
    )


@pytest.mark.parametrize("column", ["rt", "srP", "nonsense"])
def test_a_selection_on_a_consequence_is_refused(column: str) -> None:
    with pytest.raises(ValueError, match=column):
        cdn.truth(100, 3, Update(HALVED), lambda columns: columns[column] > 0)


def test_losses_have_the_mean_declared(log: dict[str, Array]) -> None:
    declared = log["sP"] * (0.002 + 0.00006 * log["rtt"])
    error = log["srP"].std() / np.sqrt(ROWS)
    assert log["srP"].mean() == pytest.approx(declared.mean(), abs=5 * error)


def test_doing_is_seeing_where_nothing_is_hidden(log: dict[str, Array]) -> None:
    """Region is the only common cause of fe and rt, so the log itself answers for one region."""

    def indian(columns: Any) -> Array:
        return np.asarray(columns["region"] == "ind")

    done = cdn.truth(ROWS, 5, Update({"fe": "twn"}), indian).scenario["rt"]
    seen = log["rt"][indian(log) & (log["fe"] == "twn")]
    error = np.hypot(done.std() / np.sqrt(len(done)), seen.std() / np.sqrt(len(seen)))
    assert done.mean() == pytest.approx(seen.mean(), abs=4 * error)
    assert log["rt"][indian(log)].mean() - done.mean() > 4 * error


def test_what_is_fixed_is_not_redrawn() -> None:
    pin = Update({"be": "lax"}, lambda columns: columns["fe"] == "sfo", fixed=True)
    move = Update({"fe": "twn"})
    factual, scenario = cdn.truth(ROWS, 3, [pin, move])
    from_sfo = factual["fe"] == "sfo"
    assert (scenario["be"][from_sfo] == "lax").all()
    assert (scenario["be"][~from_sfo] == "twn").mean() == pytest.approx(0.8, abs=0.02)
    loose = cdn.truth(ROWS, 3, [Update(pin.values, pin.where), move]).scenario
    assert (loose["be"] == "twn").mean() == pytest.approx(0.8, abs=0.02)


def test_a_new_front_end_needs_all_that_depends_on_it() -> None:
    described: dict[str, str | float] = {"fe": "jnb", "be": "fra", "febe_rtt": 135.0, "rtt": 45.0}
    factual, scenario = cdn.truth(ROWS, 3, Update(described))
    assert set(scenario["fe"]) == {"jnb"}
    assert (scenario["rtt"] == 45).all()
    assert np.array_equal(factual["sP"], scenario["sP"])
    for missing in ("be", "febe_rtt", "rtt"):
        partly = {name: value for name, value in described.items() if name != missing}
        with pytest.raises(ValueError, match="jnb"):
            cdn.truth(100, 3, Update(partly))


def test_files(tmp_path: Path, log: dict[str, Array]) -> None:
    names = [path.name for path in cdn.write(tmp_path / "new", ROWS, 1)]
    assert names == ["cdn.parquet", "cdn.dot", "sizes.csv"]
    table = pyarrow.parquet.read_table(tmp_path / "new" / "cdn.parquet")
    assert str(table.schema.field("ts").type) == "timestamp[us, tz=UTC]"
    assert str(table.schema.field("fe").type).startswith("dictionary<values=string")
    for name, values in log.items():
        assert table[name].to_pylist()[:1000] == values[:1000].tolist() or name == "ts"
    assert np.array_equal(table["ts"].cast("int64").to_numpy(), log["ts"].astype(np.int64))
    dot = (tmp_path / "new" / "cdn.dot").read_text()
    assert [tuple(line.strip(" ;\n").split(" -> ")) for line in dot.splitlines()[1:-1]] == list(cdn.EDGES)
    sizes = (tmp_path / "new" / "sizes.csv").read_text().split()
    assert sizes[0] == "sB"
    assert log["sB"].min() < min(map(int, sizes[1:])) < max(map(int, sizes[1:])) < log["sB"].max()


def test_command_line_writes_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cdn.main(["--rows", "50", "--seed", "3", "--out", str(tmp_path), "--csv"]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / n) for n in ("cdn.csv", "cdn.dot", "sizes.csv")]
    table = pyarrow.csv.read_csv(tmp_path / "cdn.csv")
    assert table["rt"].to_pylist() == cdn.generate(50, 3)["rt"].tolist()


@pytest.mark.parametrize(
    "bad", [["--rows", "0"], ["--rows", "many"], ["--seed", "-1"], ["--out", "{file}/x"]]
)
def test_bad_usage_exits_2(tmp_path: Path, capsys: pytest.CaptureFixture[str], bad: list[str]) -> None:
    (tmp_path / "file").touch()
    arguments = [argument.format(file=tmp_path / "file") for argument in bad]
    with pytest.raises(SystemExit) as exit:
        cdn.main(arguments)
    assert exit.value.code == 2
    assert "error:" in capsys.readouterr().err
