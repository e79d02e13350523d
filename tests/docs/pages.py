"""The pages that users read, taken apart: their code blocks, what is said of each, and their links.

A ```wsl block is a whole program. `<!-- fragment -->` on the line before says that it continues the block
that `<!-- beginning -->` marks, `<!-- whole -->` that it is run with --whole. A ```text block right after it
is what `wslang run` prints for it; without one the program must succeed. A block such as ```csv
data/calls.csv is a file that programs may read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "examples" / "README.md")

_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[\w ]+) -->\n)?^```(?P<kind>\w+)(?: (?P<file>\S+))?\n(?P<content>.*?)^```$"
    r"(?:\n\n```text\n(?P<shown>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A code block of a page; `shown` is the text block right after it."""

    page: Path
    line: int
    mark: str | None
    kind: str
    file: str | None
    content: str
    shown: str | None

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [
        Block(
            page,
            text.count("\n", 0, match.start("kind")) + 1,
            match["mark"],
            match["kind"],
            match["file"],
            match["content"],
            match["shown"],
        )
        for match in _BLOCK.finditer(text)
    ]


def all_blocks(kind: str) -> list[Block]:
    return [block for page in PAGES for block in blocks(page) if block.kind == kind]


def program(block: Block) -> str:
    """The block as a whole program."""
    if block.mark != "fragment":
        return block.content
    (beginning,) = [other for other in blocks(block.page) if other.mark == "beginning"]
    return beginning.content + block.content


def links(page: Path) -> list[str]:
    return _LINK.findall(page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """The fragments that headings can be linked by, as GitHub makes them."""
    headings = _HEADING.findall(page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def rewrite(block: Block, seen: str) -> None:
    """Write into the page what is seen for a block."""
    text = block.page.read_text("utf-8")
    before = f"```wsl\n{block.content}```\n\n```text\n"
    assert text.count(f"{before}{block.shown}```") == 1, f"{block.name}: the same example twice"
    block.page.write_text(text.replace(f"{before}{block.shown}```", f"{before}{seen}```"), "utf-8")
