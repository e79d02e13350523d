"""What the checker says of many small programs, in short; the pages show whole messages.

Each block of `messages/*.md` is a program after the graph of conftest.py, or, marked `each`, one program a
line. `outside` in a block's mark leaves out the graph, and `no_data` the data.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from wsl import Session
from wsl.diagnostics import Diagnostic, WslError

from .conftest import GRAPH

FOLDER = Path(__file__).parent / "messages"
_CASE = re.compile(r"^```wsl ?([\w ]*)\n(.*?)^```\n\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.md")))
def test_messages(name: str, log: dict[str, Any], bless: bool) -> None:
    path = FOLDER / f"{name}.md"
    written = path.read_text("utf-8")

    def answered(case: re.Match[str]) -> str:
        marks, program = case[1].split(), case[2]
        programs = program.splitlines() if "each" in marks else [program]
        answers = [said(text, log, marks) for text in programs]
        if "each" in marks:
            answers = [f"> {text}\n{answer}" for text, answer in zip(programs, answers, strict=True)]
        return f"```wsl {case[1]}".rstrip() + f"\n{program}```\n\n```text\n{''.join(answers)}```"

    seen = _CASE.sub(answered, written)
    if bless:
        path.write_text(seen, "utf-8")
    else:
        assert seen == written


def said(program: str, log: dict[str, Any], marks: list[str]) -> str:
    """A line for each finding: where, how grave, which, of what, and what to do."""
    graph = "" if "outside" in marks else GRAPH
    data = None if "no_data" in marks else dict(log)
    try:
        found = Session(data=data).check(graph + program, need_data=data is not None)
    except WslError as error:
        found = list(error.diagnostics)
    return "".join(short(finding, graph, program) for finding in found)


def short(finding: Diagnostic, graph: str, program: str) -> str:
    place = finding.span
    before = graph.count("\n")
    where, what = "", ""
    if place is not None:
        where = f"{place.line - before}:{place.column} "
        culprit = (graph + program)[place.start : place.end].replace("\n", " ")
        what = f" [{culprit if len(culprit) <= 40 else culprit[:39] + '…'}]"
    help = f"\n    {finding.help.splitlines()[0]}" if finding.help else ""
    message = re.sub(r"\bline (\d+)", lambda line: f"line {int(line[1]) - before}", finding.message)
    return f"{where}{finding.severity.value} {finding.code}{what} {message}{help}\n"
