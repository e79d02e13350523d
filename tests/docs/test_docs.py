"""What users read is true: examples run and print what is shown, and nothing that exists is left out."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from wsl_grammar.keywords import IN_GRAMMAR, NOT_YET

from tests.docs.pages import PAGES, ROOT, Block, all_blocks, anchors, blocks, links, program, rewrite
from wsl.data.files import SUFFIXES
from wsl.diagnostics import CATALOGUE
from wsl.examples import cdn, shop
from wsl.graph.files.formats import SUFFIXES as GRAPH_SUFFIXES
from wsl.semantics.distributions import NAMES, SIGNATURES
from wsl.semantics.expressions import FUNCTIONS, STATISTIC_WORDS
from wsl.semantics.knobs import KNOBS, Knob
from wsl.semantics.units import UNITS
from wsl.tools.conversation import HELP
from wsl.tools.main import build_parser, main

REFERENCE = ROOT / "docs" / "language.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example's data, and with the files that pages spell out."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / "data").mkdir()
    cdn.write(folder / "data", 10_000, 1)
    shop.write(folder / "data", 10_000, 1)
    for block in (block for page in PAGES for block in blocks(page)):
        if block.file is not None:
            (folder / block.file).write_text(block.content, "utf-8")
    return folder


def run(text: str, folder: Path, capsys: pytest.CaptureFixture[str], whole: bool = False) -> tuple[int, str]:
    """Exit code of `wslang run example.wsl` in the folder, and what it prints."""
    (folder / "example.wsl").write_text(text, "utf-8")
    code = main(["run", "example.wsl", *(["--whole"] if whole else [])])
    printed = capsys.readouterr()
    return code, printed.out + printed.err


@pytest.mark.parametrize("block", all_blocks("wsl"), ids=lambda block: block.name)
def test_examples_run_and_print_what_is_shown(
    block: Block,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    bless: bool,
) -> None:
    monkeypatch.chdir(folder)
    code, seen = run(program(block), folder, capsys, block.mark == "whole")
    if block.shown is None:
        assert code == 0, seen
    elif bless:
        rewrite(block, seen)
    else:
        assert seen == block.shown


def test_the_figures_of_the_readme_are_those_of_the_default_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], bless: bool
) -> None:
    readme = ROOT / "README.md"
    (tmp_path / "data").mkdir()
    cdn.write(tmp_path / "data", 100_000, 1)
    monkeypatch.chdir(tmp_path)
    (first, *_) = [block for block in blocks(readme) if block.kind == "wsl"]
    _, seen = run(first.content, tmp_path, capsys)
    told = readme.read_text("utf-8").partition(f"{first.content}```\n\n```\n")[2].partition("```")[0]
    names = [line.split()[0] for line in told.splitlines()]
    lines = [line for line in seen.splitlines() if line.split()[:1] and line.split()[0] in names]
    excerpt = "".join(f"{line}\n" for line in lines[: len(names)])
    if bless:
        readme.write_text(readme.read_text("utf-8").replace(told, excerpt), "utf-8")
    else:
        assert told == excerpt


@pytest.mark.parametrize("block", all_blocks("python"), ids=lambda block: block.name)
def test_python_examples_run(block: Block, folder: Path) -> None:
    import pyarrow.parquet as pq

    exec(
        block.content, {"table": pq.read_table(folder / "data/cdn.parquet"), "graph": folder / "data/cdn.dot"}
    )


@pytest.mark.parametrize("block", all_blocks("sh"), ids=lambda block: block.name)
def test_commands_are_ones_that_exist(block: Block) -> None:
    for line in block.content.splitlines():
        words = shlex.split(line)
        assert words[0] == "wslang"
        build_parser().parse_args(words[1:])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if "://" not in link:
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def test_every_word_of_the_language_is_in_the_reference() -> None:
    text = REFERENCE.read_text("utf-8")
    wanted = [f"`{unit}`" for unit in UNITS]
    statistics = (word for word in STATISTIC_WORDS if not re.fullmatch(r"P\d+", word))
    wanted += [f"`{name}(" for name in (*FUNCTIONS, *statistics, "P50", "P99.9", "BASELINE")]
    wanted += [f"`{name}({', '.join(SIGNATURES[name].parameters)})`" for name in SIGNATURES]
    wanted += [f"`{name}(" for name in NAMES]
    wanted += [f"`{suffix}`" for suffix in (*SUFFIXES, *GRAPH_SUFFIXES) if not suffix.endswith(".gz")]
    wanted += [f"`WSL-{letter}...`" for letter in {code[4] for code in CATALOGUE}]
    wanted += [f"`{command}" for command in re.findall(r"\\\w+", HELP)]
    assert [words for words in wanted if words not in text] == []
    assert [word for word in sorted(IN_GRAMMAR) if not re.search(rf"\b{word}\b", text)] == []


def test_what_this_version_lacks_is_named_only_where_it_says_so() -> None:
    text, _, rest = REFERENCE.read_text("utf-8").partition("## Not in this version")
    for form in NOT_YET:
        assert all(word in rest for word in form), form
        words = r"\s+".join(form)
        assert not re.search(rf"\b{words}", text), form


def visible_options() -> Iterator[str]:
    (commands,) = [a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction)]
    for command in commands.choices.values():
        for action in command._actions:
            if action.help != argparse.SUPPRESS and action.dest != "help":
                yield from action.option_strings


def test_every_option_of_the_command_line_is_in_the_reference() -> None:
    text = REFERENCE.read_text("utf-8")
    assert [option for option in visible_options() if not re.search(rf"`{option}\b", text)] == []


def knob_row(knob: Knob, meaning: str) -> str:
    every = max((other.statements for other in KNOBS.values()), key=len)
    order = ("USE", "an update", "ESTIMATE", "EXPECT", "EXPLAIN")
    names = (
        "every statement" if knob.statements == every else ", ".join(sorted(knob.statements, key=order.index))
    )
    return f"| `{knob.name}` | {names} | {knob.expected} | {meaning} |"


def test_the_table_of_options_is_that_of_the_checker(bless: bool) -> None:
    text = REFERENCE.read_text("utf-8")
    table = re.search(r"(?<=<!-- knobs -->\n)(.*\n\|[-|]+\n)((?:\|.*\n)*)", text)
    assert table is not None
    meanings = dict(re.findall(r"^\| `(\w+)` \|.*\| ([^|]+?) \|$", table[2], re.MULTILINE))
    rows = "".join(f"{knob_row(knob, meanings.get(knob.name, '?'))}\n" for knob in KNOBS.values())
    if bless:
        REFERENCE.write_text(text.replace(table[0], table[1] + rows), "utf-8")
    assert [name for name in KNOBS if name not in meanings] == []
    assert table[2] == rows or bless


EXITS = {
    0: 'USE FROM "data/cdn.parquet"\nESTIMATE MEAN(rt)',
    1: 'USE FROM "data/cdn.parquet"\nESTIMATE MEAN(rtx)',
    2: 'USE FROM "data/nothing.parquet"\nESTIMATE MEAN(rt)',
    3: 'USE FROM "data/cdn.parquet"\nESTIMATE MEAN(rt) BY ts',
    4: 'USE FROM "data/cdn.parquet"\nEXPECT MEAN(rt) < 0',
}


def test_exit_codes_are_those_of_the_reference(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    assert {code: run(text, folder, capsys)[0] for code, text in EXITS.items()} == {
        code: code for code in EXITS
    }

    def interrupted(options: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("wsl.tools.explain.run", interrupted)
    assert main(["explain", "WSL-C004"]) == 130
    _, _, table = REFERENCE.read_text("utf-8").partition("| exit code |")
    assert re.findall(r"^\| (\d+) \|", table, re.MULTILINE) == [*map(str, EXITS), "130"]
