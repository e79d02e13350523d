"""The sandbox: what a program may open."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wsl.data import Sandbox, open_source
from wsl.data.paths import redacted
from wsl.diagnostics import WslError


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("tree")
    for name in ("work/logs/a.csv", "other/b.csv", "work-too/c.csv"):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text("x\n1\n")
    (base / "work" / "out").symlink_to(base / "other")
    (base / "work" / "in").symlink_to(base / "work" / "logs")
    return base


@settings(max_examples=200, deadline=None)
@given(
    pieces=st.lists(
        st.sampled_from(["..", ".", "logs", "out", "in", "other", "work", "work-too", "a.csv", "b.csv", "~"])
    ),
    absolute=st.booleans(),
)
def test_nothing_outside_is_opened(tree: Path, pieces: list[str], absolute: bool) -> None:
    location = ("/" if absolute else "") + "/".join(pieces)
    try:
        path = Sandbox(tree / "work").resolve(location)
    except WslError:
        return
    assert path == path.resolve()
    assert path.is_relative_to((tree / "work").resolve())


def test_what_is_inside_or_allowed_is_opened(tree: Path) -> None:
    work = tree / "work"
    for location in ("logs/a.csv", "in/a.csv", "in/*.csv", "logs"):
        assert open_source(location, name="t", root=work).rows == 1
    for location in ("../other/b.csv", "out/b.csv", "out/*.csv", str(tree / "other" / "b.csv"), "../other"):
        with pytest.raises(WslError):
            open_source(location, name="t", root=work)
        assert open_source(location, name="t", root=work, allow=(tree / "other",)).rows == 1
    assert open_source(tree / "other" / "b.csv", name="t").rows == 1


def test_names_with_wildcards_are_names_where_such_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "a[1].csv").write_text("x\n1\n")
    (tmp_path / "a1.csv").write_text("x\n1\n2\n")
    assert open_source("a[1].csv", name="t", root=tmp_path).rows == 1
    assert open_source("a[0-9].csv", name="t", root=tmp_path).rows == 2


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        (
            "postgresql://me:pw@db.example.org:5432/cdn?sslmode=require#public.log",
            "postgresql://...@db.example.org:5432/cdn",
        ),
        ("postgresql://me:p@w/d@db/cdn", "postgresql://...@db/cdn"),
        ("s3://bucket/key", "s3://bucket/key"),
        ("env:CDN#public.log", "env:CDN"),
        ("data:text/csv;base64,abc", "data:..."),
    ],
)
def test_connection_strings_are_redacted(location: str, shown: str) -> None:
    assert redacted(location) == shown
