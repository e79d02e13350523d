"""Findings as a person, a build server and an editor see them."""

import json
import re
import subprocess
import sys

import pytest
from approved import check
from hypothesis import given
from hypothesis import strategies as st

from wsl.diagnostics import CATALOGUE, Diagnostic, Fix, Severity, Span, Text
from wsl.diagnostics.render import render_github, render_json, render_sarif, render_text
from wsl.diagnostics.terminal import cells, crop, visible, wrap

PROGRAM = """\
USE *
\tINTERVENE SET rttt *= 0.5   # tab before
ASSUME SET 日本語 = fooo, cafe\u0301 = x
GRAPH {
  a -> b
  b -> c
  c -> d
  d -> e
  e -> f
  f -> g
  g -> a
} TARGET rt
EXPECT P95(rt) <= 1 AND
  P50(rt) <= 2
# \x1b[31mred\u202e """
LONG = "ESTIMATE " + "MEAN(x), " * 40 + "HERE" + ", MEAN(y)" * 40


def error(text: Text, part: str, message: str, **more: object) -> Diagnostic:
    start = text.content.index(part)
    return Diagnostic("WSL-N001", Severity.ERROR, message, text.span(start, start + len(part)), **more)


def cases() -> dict[str, tuple[Text, list[Diagnostic]]]:
    text = Text(PROGRAM, "drain.wsl")
    rttt = error(text, "rttt", "").span
    fooo = error(text, "fooo", "").span
    assert rttt
    assert fooo
    note = (
        "the data has region, fe, be, rtt and twelve more columns; DESCRIBE lists each of them with its kind"
    )
    advised = error(
        text,
        "rttt",
        "there is no variable rttt",
        notes=(note, "two\n  lines"),
        help="did you mean rtt?",
        fixes=(Fix(rttt, "rtt"),),
    )
    choices = (Fix(fooo, "'fooo'"), Fix(fooo, "`fooo`"), Fix(text.span(fooo.start - 3, fooo.end), ""))
    inserted = Fix(text.span(len("USE *"), len("USE *")), "\nGRAPH FROM 'g.dot'")
    start = PROGRAM.index("GRAPH")
    graph = text.span(start, PROGRAM.index(" TARGET"))
    chain = text.span(PROGRAM.index("P95"), PROGRAM.index("\n# "))
    end = text.span(len(PROGRAM), len(PROGRAM))
    warning = Diagnostic("WSL-L001", Severity.WARNING, "a warning", text.span(0, 3))
    long = Text(LONG, "long.wsl")
    return {
        "tabs, notes, help and a fix": (text, [advised]),
        "wide characters and a choice of fixes": (text, [error(text, "fooo", "bare word", fixes=choices)]),
        "a combining mark": (text, [error(text, "\u0301", "a mark"), error(text, "cafe\u0301", "a word")]),
        "an insertion of lines": (text, [error(text, "*", "no graph", fixes=(inserted,))]),
        "many lines": (text, [Diagnostic("WSL-G001", Severity.ERROR, "a cycle", graph)]),
        "two lines, from the middle": (text, [Diagnostic("WSL-P009", Severity.ERROR, "mixed", chain)]),
        "up to a line break": (text, [error(text, "USE *\n", "a whole line")]),
        "the end of the text, and control characters": (
            text,
            [Diagnostic("WSL-P001", Severity.ERROR, "ends here", end)],
        ),
        "an empty text": (
            Text(""),
            [Diagnostic("WSL-P001", Severity.ERROR, "empty", Span(0, 0, 1, 1, 1, 1))],
        ),
        "a long line": (long, [error(long, "HERE", "in the middle")]),
        "no place": (
            text,
            [
                Diagnostic("WSL-R030", Severity.ERROR, "out of memory\x07"),
                Diagnostic("WSL-R001", Severity.ERROR, "cannot be opened", file="other.csv"),
            ],
        ),
        "errors and a warning": (text, [warning, advised, warning, advised]),
    }


def test_text_is_as_approved(bless: bool) -> None:
    shown = [f"## {name}\n\n{render_text(found, [text])}" for name, (text, found) in cases().items()]
    check("render.txt", "\n".join(shown), bless)


def test_colour_adds_nothing_but_colour() -> None:
    for text, found in cases().values():
        painted = render_text(found, [text], colour=True)
        assert re.sub(r"\x1b\[[\d;]*m", "", painted) == render_text(found, [text])


def test_no_findings_show_nothing() -> None:
    assert render_text([], [Text("USE *")]) == render_json([]) == render_github([]) == ""
    assert json.loads(render_sarif([]))["runs"][0]["results"] == []


def test_a_finding_in_another_file_shows_its_line() -> None:
    main, other = Text("USE *", "main.wsl"), Text("a -> b\nb -> a\n", "graph.txt")
    found = Diagnostic("WSL-G001", Severity.ERROR, "cycle", other.span(7, 13), file="graph.txt")
    assert "2 | b -> a\n  | ^^^^^^\n" in render_text([found], [main, other])


characters = st.text(st.sampled_from("ab \t字e\u0301\x1b\u202e\r\n\u200d😀"), max_size=40)


@st.composite
def spans(draw: st.DrawFn) -> tuple[Text, Span]:
    text = Text(draw(characters), "any.wsl")
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(text.content))] * 2)))
    return text, text.span(start, end)


@given(spans(), characters, st.integers(20, 80))
def test_any_span_of_any_text_is_shown_without_control_characters(
    place: tuple[Text, Span], other: str, width: int
) -> None:
    text, span = place
    found = Diagnostic("WSL-P001", Severity.ERROR, other, span, (other,), other, (Fix(span, other),))
    shown = render_text([found], [text], width=width)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e\u200d]", shown)
    assert f"any.wsl:{span.line}:{span.column}\n" in shown
    for diagnostic in (found, Diagnostic("WSL-P001", Severity.ERROR, other, span, file="other")):
        json.loads(render_json([diagnostic]))
        json.loads(render_sarif([diagnostic]))
        assert render_github([diagnostic]).count("\n") == 1


@given(spans())
def test_carets_stand_under_the_marked_characters(place: tuple[Text, Span]) -> None:
    """A naive twin: expand what stands before and inside the span, and count cells."""
    text, span = place
    if span.line != span.end_line or span.start == span.end:
        return
    lines = render_text([Diagnostic("WSL-P001", Severity.ERROR, "x", span)], [text], width=400).split("\n")
    source = text.lines[span.line - 1].rstrip("\r")
    before = expanded(source[: span.column - 1])
    upto = expanded(source[: span.end_column - 1])
    if cells(upto) == cells(before):
        return
    carets = lines[4][4:]
    assert lines[3][4:] == expanded(source).rstrip()
    assert (len(carets) - len(carets.lstrip()), carets.count("^")) == (
        cells(before),
        cells(upto) - cells(before),
    )


def expanded(source: str) -> str:
    shown = ""
    for character in source:
        shown += " " * (4 - cells(shown) % 4) if character == "\t" else visible(character)
    return shown


@given(st.lists(st.text("ab字e\u0301", min_size=1, max_size=9)), st.integers(1, 30))
def test_wrapped_lines_keep_every_word_and_the_width(words: list[str], width: int) -> None:
    lines = wrap(" ".join(words), width)
    assert " ".join(lines).split() == words
    assert all(cells(line) <= width or " " not in line for line in lines)


@given(characters, st.integers(1, 30))
def test_cropped_text_keeps_the_width(content: str, width: int) -> None:
    shown = visible(content)
    assert cells(crop(shown, width)) <= width
    assert crop(shown, cells(shown)) == shown


def test_json_has_the_fields_of_the_interface() -> None:
    _, found = cases()["tabs, notes, help and a fix"]
    line = json.loads(render_json(found))
    place = ["file", "line", "column", "end_line", "end_column"]
    assert list(line) == ["code", "severity", "message", *place, "notes", "help", "fixes"]
    assert (line["line"], line["column"], line["end_line"], line["end_column"]) == (2, 16, 2, 20)
    assert line["fixes"] == [{"start": [2, 16], "end": [2, 20], "text": "rtt"}]


def test_github_escapes_what_would_end_a_command() -> None:
    found = Diagnostic(
        "WSL-P001", Severity.WARNING, "50%\nof a:b,c", Span(0, 1, 1, 1, 1, 2), file="a,b:c%.wsl"
    )
    assert render_github([found]) == (
        "::warning file=a%2Cb%3Ac%25.wsl,line=1,endLine=1,col=1,endColumn=2,title=WSL-P001"
        "::50%25%0Aof a:b,c\n"
    )


def test_sarif_names_rules_places_and_fixes() -> None:
    text = Text("USE *\nESTIMATE MEAN(rtt)\n", "my logs/drain.wsl")
    code = next(iter(CATALOGUE))
    span = text.span(20, 23)
    found = Diagnostic(
        code,
        Severity.ERROR,
        "no rtt",
        span,
        ("a note",),
        "GRAPH { a }",
        (Fix(span, "rt"),),
        "my logs/drain.wsl",
    )
    unplaced = Diagnostic("WSL-X999", Severity.WARNING, "elsewhere")
    run = json.loads(render_sarif([found, unplaced]))["runs"][0]
    assert run["columnKind"] == "unicodeCodePoints"
    rules = run["tool"]["driver"]["rules"]
    assert [rules[r["ruleIndex"]]["id"] for r in run["results"]] == [code, "WSL-X999"]
    assert "{" not in rules[0]["shortDescription"]["text"]
    assert run["results"][0]["message"]["text"] == "no rtt\nnote: a note\nhelp: GRAPH {{ a }}"
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "my%20logs/drain.wsl"}
    region = {"startLine": 2, "startColumn": 15, "endLine": 2, "endColumn": 18}
    assert place["region"] == region
    change = run["results"][0]["fixes"][0]["artifactChanges"][0]
    assert change["replacements"] == [{"deletedRegion": region, "insertedContent": {"text": "rt"}}]
    assert "locations" not in run["results"][1]


@pytest.mark.parametrize("module", ["numpy", "rich", "jinja2", "lark", "networkx"])
def test_rendering_imports_no_library(module: str) -> None:
    code = f"import sys, wsl.diagnostics.render; print({module!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
