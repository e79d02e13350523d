"""What a person sees of every kind of broken graph file: `broken/NAME` and `broken/NAME.expected`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wsl.diagnostics import Text, WslError
from wsl.diagnostics.render import render_text
from wsl.graph import build
from wsl.graph.files import load, parse_graph, read_graph
from wsl.graph.files.formats import by_suffix

BROKEN = Path(__file__).parent / "broken"
CASES = sorted(path.name for path in BROKEN.iterdir() if path.suffix != ".expected")
PROGRAM = Text('GRAPH FROM "graph"', "program.wsl")
PLACE = PROGRAM.span(11, 18)


def shown(path: Path) -> str:
    texts = [PROGRAM]
    try:
        text = load(path, name=path.name, span=PLACE)
        texts.append(text)
        found = parse_graph(text, format=by_suffix(path), span=PLACE)
        findings = build(found.edges, found.nodes, next(iter(found.targets), None), target_span=PLACE)[1]
    except WslError as error:
        findings = list(error.diagnostics)
    return render_text(findings, texts)


@pytest.mark.parametrize("name", CASES)
def test_what_is_said_of(name: str, bless: bool) -> None:
    expected = BROKEN / f"{name}.expected"
    if bless:
        expected.write_text(shown(BROKEN / name), encoding="utf-8")
    said = shown(BROKEN / name)
    assert said.count("error[") + said.count("warning[") >= 1
    assert said == expected.read_text(encoding="utf-8")


def reason(path: Path) -> str:
    with pytest.raises(WslError) as raised:
        read_graph(path, name=path.name, span=PLACE)
    [finding] = raised.value.diagnostics
    place = (
        ""
        if finding.file is None or finding.span is None
        else f" at {finding.span.line}:{finding.span.column}"
    )
    return f"{finding.message}{place}" + (
        f"; {finding.help}" if finding.code == "WSL-G020" and finding.help else ""
    )


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "cdn.dot").write_text("digraph { a -> b }")
    (tmp_path / "folder.dot").mkdir()
    os.mkfifo(tmp_path / "pipe.dot")
    os.truncate(os.open(tmp_path / "huge.csv", os.O_CREAT | os.O_WRONLY), 2**26)
    assert reason(tmp_path / "cnd.dot") == "cannot open cnd.dot: there is no such file; did you mean cdn.dot?"
    assert reason(tmp_path / "no" / "cdn.dot") == "cannot open cdn.dot: there is no such file"
    assert reason(tmp_path / "folder.dot") == "cannot open folder.dot: it is a folder"
    assert reason(tmp_path / "pipe.dot") == "cannot open pipe.dot: it is not a regular file"
    assert reason(tmp_path / "huge.csv") == "cannot open huge.csv: it is larger than 16 MiB"


def test_what_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "g.dot"
    for content, said in {
        b"digraph {\n  \xe9 -> b }": "g.dot is not UTF-8 text: byte 0xe9 at 2:3",
        "digraph { a -> b }".encode("utf-16"): "g.dot is not UTF-8 text: byte 0xff at 1:1",
        b"digraph {\n a\0 -> b }": "g.dot is not UTF-8 text: a NUL character at 2:3",
    }.items():
        path.write_bytes(content)
        assert reason(path) == said
    path.write_bytes(b"\xef\xbb\xbfdigraph { a -> b }")
    assert len(read_graph(path).edges) == 1


@pytest.mark.parametrize(
    ("suffix", "opening", "closing"),
    [
        ("dot", "digraph {" + "{" * 5000, "}"),
        ("gml", "graph " + "[ node " * 5000, "]"),
        ("graphml", "<graphml>" + "<graph edgedefault='directed'><node id='a'>" * 5000, "<"),
        ("json", "[" * 100_000, "]"),
        ("dagitty", "dag {" + "{" * 5000, "}"),
        ("bif", "variable a {" + "{" * 5000, "}"),
    ],
)
def test_what_is_nested_too_deeply(tmp_path: Path, suffix: str, opening: str, closing: str) -> None:
    path = tmp_path / f"g.{suffix}"
    path.write_text(opening + closing * 6000)
    assert reason(path).startswith(f"g.{suffix} cannot be read as ")


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    path = tmp_path / "g.graphml"
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 20))
    for declaration in (
        f'<!DOCTYPE l [<!ENTITY l0 "ha">{laughs}]>',
        '<!DOCTYPE g SYSTEM "file:///etc/passwd">',
    ):
        path.write_text(f'<?xml version="1.0"?>\n{declaration}<graphml>&l19;</graphml>')
        assert reason(path) == (
            "g.graphml has a DOCTYPE, which is refused because it can pull in other files at 2:1"
        )
