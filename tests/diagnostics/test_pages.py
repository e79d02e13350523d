"""Every finding has a page, and the example of every page is run: what it says is what is seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pytest

from wsl import Session
from wsl.diagnostics import CATALOGUE, Diagnostic, Text, WslError
from wsl.diagnostics.render import render_text

PAGES = Path(str(files("wsl.diagnostics").joinpath("pages")))
_SECTION = re.compile(r"^## (WSL-[A-Z]\d+)\b.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_GIVEN = re.compile(r"^# (data|target|param): (\S+)$", re.MULTILINE)
_RUN = re.compile(r"^# run$", re.MULTILINE)

# What no program with files of text shows: it takes other data, a server, a disk, a user, or very many rows.
_WITHOUT_PROGRAM = frozenset(
    {
        "WSL-D013",
        "WSL-D017",
        "WSL-D019",
        "WSL-D021",
        "WSL-D103",
        "WSL-D204",
        "WSL-D205",
        "WSL-D207",
        "WSL-D208",
        "WSL-R006",
        "WSL-R007",
        "WSL-R101",
        "WSL-R102",
        "WSL-R103",
        "WSL-R104",
    }
    | {f"WSL-R{number:03}" for number in range(12, 20)}
)


@dataclass(frozen=True)
class Page:
    """The example of a page: its program, the files it names with their bytes, and what is shown for it."""

    path: Path
    section: str
    program: str
    named: dict[str, bytes]
    shown: str


def sections() -> dict[str, tuple[Path, str]]:
    found = {}
    for path in sorted(PAGES.glob("*.md")):
        for match in _SECTION.finditer(path.read_text("utf-8")):
            found[match[1]] = (path, match[0])
    return found


def page(code: str) -> Page:
    path, section = sections()[code]
    blocks = _BLOCK.findall(section)
    programs = [content for kind, *_, content in blocks if kind == "wsl"]
    shown = [content for kind, name, _, content in blocks if kind == "text" and not name]
    assert len(programs) == len(shown) == 1, f"{code}: one program and one message"
    named = {name: content.encode(encoding or "utf-8") for _, name, encoding, content in blocks if name}
    return Page(path, section, programs[0], named, shown[0])


def answer(example: Page, folder: Path) -> tuple[list[Diagnostic], str]:
    """What `wslang check`, or `run` where the example says so, finds in the program.

    Comments such as `# data: log.csv` and `# param: site=sfo` say what is given from outside; data that the
    program names itself is not bound.
    """
    for name, content in example.named.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    given = dict(_GIVEN.findall(example.program))
    bound = "data" in given and f'"{given["data"]}"' not in example.program
    data = str(folder / given["data"]) if bound else None
    parameters = dict([given["param"].split("=")]) if "param" in given else None
    try:
        session = Session(data, target=given.get("target"), parameters=parameters, root=folder)
        if _RUN.search(example.program):
            found = list(session.run(example.program, name="example.wsl").diagnostics)
        else:
            found = session.check(example.program, name="example.wsl", need_data="data" in given)
    except WslError as error:
        found = list(error.diagnostics)
    shown = render_text(found, [Text(example.program, "example.wsl")])
    return found, shown.replace(str(folder.resolve()), ".").replace(str(folder), ".")


def test_every_finding_has_a_page_and_every_page_a_finding() -> None:
    assert sorted(sections()) == sorted(CATALOGUE)


@pytest.mark.parametrize("code", sorted(CATALOGUE.keys() - _WITHOUT_PROGRAM))
def test_the_example_of_a_page_shows_its_finding(code: str, tmp_path: Path, bless: bool) -> None:
    example = page(code)
    found, shown = answer(example, tmp_path)
    assert code in [finding.code for finding in found], shown
    if bless and shown != example.shown:
        whole = example.path.read_text("utf-8")
        before, _, after = example.section.partition("```text\n")
        blessed = f"{before}```text\n{shown}{after[after.index('```') :]}"
        example.path.write_text(whole.replace(example.section, blessed), "utf-8")
        return
    assert shown == example.shown
