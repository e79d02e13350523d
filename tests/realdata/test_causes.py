"""Faults of real systems whose causes are known, beside what the paper prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wsl.bench.causes import petshop, shop
from wsl.bench.causes.asking import METHODS, blocks, explanations, session, statement

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def answers(realdata: Path) -> list[dict[str, Any]]:
    """All issues of PetShop, asked by the paper's protocol."""
    folder = realdata / "petshop" / "low_traffic"
    graph = petshop.causes_of(folder / "graph.csv")
    normal = {metric: petshop.read(folder / "noissue" / "metrics.csv", metric) for metric in petshop.METRICS}
    return [
        {
            "metric": issue.metric,
            "found": {petshop.PAPER: petshop.ask(petshop.PAPER, normal[issue.metric], issue, graph)},
        }
        for issue in petshop.issues(folder)
    ]


@pytest.mark.parametrize("tie", ["hit", "random"])
@pytest.mark.parametrize("method", petshop.PRINTED)
def test_the_papers_tables_are_reproduced(answers: list[dict[str, Any]], method: str, tie: str) -> None:
    """Every cell, to the two decimals that are printed."""
    metrics = [answer["metric"] for answer in answers]
    assert (metrics.count("latency"), metrics.count("availability")) == (14, 12)
    found = petshop.rates(answers, petshop.PAPER, method, tie)
    assert found == pytest.approx(petshop.PRINTED[method][tie], abs=0.0051)


def test_the_slow_cache_of_the_shop_is_first_by_every_method_with_a_graph(realdata: Path) -> None:
    folder = realdata / "microservice"
    normal, slow = shop.read(folder / "normal_10000.csv"), shop.read(folder / "anomaly_1.csv")
    asked = session(normal, slow, shop.dot(), shop.TARGET)
    for found in explanations(asked, statement(shop.TARGET, 10_000, METHODS)):
        assert found.causes[0].variable == shop.CAUSE, found.method
        assert len(blocks(found)[0]) == 1 or found.method == "SCORE_ORDERING"
