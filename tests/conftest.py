"""Fixtures that every area shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run; `--hypothesis-profile explore` looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", derandomize=False, deadline=None, max_examples=1_000)
settings.load_profile("same")


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of real data sets, from WSL_DATA or beside the project; without it the test is skipped."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("WSL_DATA", beside))
    if not folder.is_dir():
        pytest.skip("real data not found: set WSL_DATA to its folder")
    return folder


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bless", action="store_true", help="rewrite golden files with what is seen now")


@pytest.fixture
def bless(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--bless"))
