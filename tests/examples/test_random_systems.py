"""Random systems are those of the paper, and each incident has one cause."""

from collections import Counter

import numpy as np
import pytest

from wsl.examples import random_systems
from wsl.examples.random_systems import draw


def test_an_incident_is_a_function_of_its_arguments() -> None:
    first, _, again = draw(3, 20, 200), draw(4, 20, 200), draw(3, 20, 200)
    assert (first.cause, first.target, first.anomaly) == (again.cause, again.target, again.anomaly)
    assert first.parents == again.parents
    assert all((first.normal[name] == again.normal[name]).all() for name in first.normal)
    weaker = draw(3, 20, 200, strength=2.5)
    assert weaker.parents == first.parents
    assert all((first.normal[name] == weaker.normal[name]).all() for name in first.normal)


def test_the_structure_has_the_shares_of_the_paper() -> None:
    parents = [its for seed in range(60) for its in random_systems._System(seed, 50, 10).parents]
    assert 0.2 < np.mean([not its for its in parents]) < 0.4
    counts = Counter(map(len, filter(None, parents)))
    total = sum(counts.values())
    for count, share in ((1, 0.6), (2, 1 / 4), (3, 1 / 9), (4, 0.15 - 1 / 9)):
        assert counts[count] / total == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("strength", [2.0, 3.0])
def test_the_target_is_an_outlier_that_the_cause_reaches(strength: float) -> None:
    for seed in range(20):
        incident = draw(seed, 15, 300, strength)
        assert incident.cause in incident.candidates
        training, value = incident.normal[incident.target], incident.anomaly[incident.target]
        assert min((training <= value).mean(), (training >= value).mean()) < 0.005


def test_the_cause_alone_is_shifted() -> None:
    """Only its own mechanism is violated: what follows from it is as its parents say."""
    system = random_systems._System(7, 30, 500)
    usual, shifted = (system.anomaly(random_systems._generator(1), 20, strength) for strength in (0.0, 3.0))
    moved = {node for node in range(30) if usual[node] != shifted[node]}
    assert moved <= set(system.reached(20))
    assert abs(shifted[20] - usual[20]) == pytest.approx(3 * system.values[20].std())


def test_functions_are_scaled_by_the_training_rows() -> None:
    system = random_systems._System(5, 40, 400)
    for node, function in enumerate(system.functions):
        if function is not None:
            inputs = np.column_stack([system.values[parent] for parent in system.parents[node]])
            residual = system.values[node] - function(inputs)
            assert residual.std() == pytest.approx(random_systems.NOISE, rel=0.2)
            one = function(inputs[:1])
            assert one == pytest.approx(function(inputs)[:1]), "a row's value hangs on no other row"


def test_rows_without_outliers_are_refused() -> None:
    with pytest.raises(ValueError, match="no outlier in"):
        draw(1, 3, 20)


def test_the_graph_holds_every_variable() -> None:
    incident = draw(1, 12, 200)
    assert all(f"  {name};" in incident.dot for name in incident.normal)
    assert f"  {incident.edges[0][0]} -> {incident.edges[0][1]};" in incident.dot
