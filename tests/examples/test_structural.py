"""What holds for every example: reproducible, and exactly as causal as its graph."""

from types import ModuleType

import numpy as np
import pytest

from wsl.examples import cdn, mesh
from wsl.examples.structural import Array

ROWS = 50_000
EXAMPLES = [cdn, mesh]
MECHANISMS = [(example, name) for example in EXAMPLES for name in example.MODEL.mechanisms]
EDGES = [(example, parent, child) for example in EXAMPLES for parent, child in example.EDGES]
LOGS = {example: example.generate(ROWS, seed=1) for example in EXAMPLES}


def changed(before: dict[str, Array], after: dict[str, Array]) -> set[str]:
    return {name for name in before if not np.array_equal(before[name], after[name])}


def kolmogorov_smirnov(a: Array, b: Array) -> float:
    pooled = np.concatenate([a, b])
    first, second = (
        np.searchsorted(np.sort(sample), pooled, side="right") / len(sample) for sample in (a, b)
    )
    return float(np.abs(first - second).max())


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_log_is_a_function_of_rows_and_seed(example: ModuleType) -> None:
    log = LOGS[example]
    assert changed(log, example.generate(ROWS, seed=1)) == set()
    assert changed(log, example.generate(ROWS, seed=2)) == set(log)


@pytest.mark.parametrize("example", EXAMPLES)
def test_noises_are_independent(example: ModuleType) -> None:
    drawn = [name for name in example.MODEL.mechanisms if name not in ("ts", "tod")]  # sorted, and none
    random = np.column_stack([example.MODEL.noise(name, ROWS, 1) for name in drawn])
    correlation = np.corrcoef(random, rowvar=False) - np.eye(random.shape[1])
    assert np.abs(correlation).max() < 5 / np.sqrt(ROWS)


@pytest.mark.parametrize(("example", "parent", "child"), EDGES)
def test_every_edge_is_real(example: ModuleType, parent: str, child: str) -> None:
    log, mechanism = LOGS[example], example.MODEL.mechanisms[child]
    inputs = [np.roll(log[name], ROWS // 3 if name == parent else 0) for name in mechanism.parents]
    assert (mechanism.function(*inputs, example.MODEL.noise(child, ROWS, 1)) != log[child]).any()


@pytest.mark.parametrize(("example", "name"), MECHANISMS)
def test_a_mechanism_knows_nothing_but_its_own_row(example: ModuleType, name: str) -> None:
    log, mechanism = LOGS[example], example.MODEL.mechanisms[name]
    some = np.arange(ROWS)[::-7]
    inputs = [log[parent][some] for parent in mechanism.parents]
    values = mechanism.function(*inputs, example.MODEL.noise(name, ROWS, 1)[some])
    assert np.array_equal(values, log[name][some])


@pytest.mark.parametrize(("example", "target"), [(cdn, "rt"), (mesh, "R1"), (mesh, "R2")])
def test_conditional_mean_leaves_only_noise(example: ModuleType, target: str) -> None:
    log = LOGS[example]
    mean = example.conditional_mean(log) if example is cdn else example.conditional_mean(log, target)
    residual = log[target] - mean
    for part in np.array_split(np.argsort(mean), 10):
        assert abs(residual[part].mean()) < 5 * residual[part].std() / np.sqrt(len(part))


@pytest.mark.parametrize("example", EXAMPLES)
def test_truth_without_an_update_is_the_log(example: ModuleType) -> None:
    log = LOGS[example]
    factual, scenario = example.truth(ROWS, 1)
    assert changed(log, factual) == changed(factual, scenario) == set()
    fresh = example.truth(ROWS, 2).scenario
    for name in (name for name, values in log.items() if values.dtype.kind in "if"):
        assert kolmogorov_smirnov(log[name], fresh[name]) < 2 / np.sqrt(ROWS / 2)
