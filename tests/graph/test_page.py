"""The explanations of this family: one for each code, each with an example."""

from __future__ import annotations

import re
from pathlib import Path

import wsl.diagnostics
from wsl.diagnostics.catalogue.graph import ENTRIES

PAGE = Path(wsl.diagnostics.__file__).parent / "pages" / "G.md"


def test_every_code_is_explained_once_with_an_example() -> None:
    _, *sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [section.split()[0] for section in sections] == [entry.code for entry in ENTRIES]
    for section in sections:
        assert section.count("\n```wsl\n") == 1
        assert section.count("\n```text\n") == 1
