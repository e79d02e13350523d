"""Findings as text for people, as JSON lines, as SARIF and as annotations of GitHub Actions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from wsl.diagnostics.catalogue import CATALOGUE
from wsl.diagnostics.diagnostic import Diagnostic, Fix
from wsl.diagnostics.snippet import corrected, snippet
from wsl.diagnostics.span import Text
from wsl.diagnostics.terminal import Painter, visible, wrap
from wsl.version import __version__

WIDTH = 100

_PLACEHOLDER = re.compile(r"(?<!\{)\{\w+\}(?!\})")


def render_text(
    diagnostics: Sequence[Diagnostic], texts: Iterable[Text] = (), colour: bool = False, width: int = WIDTH
) -> str:
    """The findings with the lines they speak of, and their count; empty without findings.

    A finding belongs to the text named by its `file`, one without a file to the first text. Messages wrap,
    and source lines are cut, at `width` cells.
    """
    if not diagnostics:
        return ""
    paint = Painter(colour)
    known = list(texts)
    blocks = [_finding(d, _text_of(d, known), paint, width) for d in diagnostics]
    return "\n\n".join([*blocks, paint("bold", count(diagnostics))]) + "\n"


def count(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`, or the empty text."""
    kinds = [d.severity.value for d in diagnostics]
    numbers = ((kinds.count(kind), kind) for kind in ("error", "warning"))
    return ", ".join(f"{n} {kind}{'s' * (n != 1)}" for n, kind in numbers if n)


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """One JSON object a line, in ASCII."""
    return "".join(json.dumps(d.to_json()) + "\n" for d in diagnostics)


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Workflow commands that GitHub Actions shows beside the changed lines."""
    return "".join(_annotation(d) + "\n" for d in diagnostics)


def render_sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """A log in SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format)."""
    codes = sorted({d.code for d in diagnostics})
    driver = {"name": "wslang", "version": __version__, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(d, codes.index(d.code)) for d in diagnostics],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2) + "\n"


def _text_of(diagnostic: Diagnostic, texts: list[Text]) -> Text | None:
    if diagnostic.file is None:
        return texts[0] if texts else None
    return next((text for text in texts if text.name == diagnostic.file), None)


def _finding(diagnostic: Diagnostic, text: Text | None, paint: Painter, width: int) -> str:
    style = "red" if diagnostic.is_error else "yellow"
    label = f"{diagnostic.severity.value}[{diagnostic.code}]"
    lines = _labelled(paint(style, label) + ": ", len(label) + 2, diagnostic.message, width)
    margin = 1
    if span := diagnostic.span:
        margin = len(str(span.end_line))
        name = diagnostic.file or (text.name if text else "<input>")
        lines.append(f"{' ' * margin}{paint('blue', '-->')} {visible(name)}:{span.line}:{span.column}")
        lines += snippet(text, span, style, paint, width) if text else []
    elif diagnostic.file:
        lines.append(f"{' ' * margin}{paint('blue', '-->')} {visible(diagnostic.file)}")
    bullet = " " * (margin + 1) + paint("blue", "=") + " "
    for note in diagnostic.notes:
        lines += _labelled(bullet + paint("bold", "note") + ": ", margin + 9, note, width)
    advice = [_in_words(fix, text) for fix in diagnostic.fixes] if text else []
    if diagnostic.help:
        advice[:1] = [diagnostic.help]
    for index, words in enumerate(advice):
        title = bullet + paint("cyan", "or" if index else "help") + ": "
        lines += _labelled(title, margin + (7 if index else 9), words, width)
        if text and index < len(diagnostic.fixes):
            lines += corrected(text, diagnostic.fixes[index], margin, paint, width)
    return "\n".join(line.rstrip() for line in lines)


def _labelled(label: str, indent: int, message: str, width: int) -> list[str]:
    """A message behind a label; what follows its first line is text to copy, which is not wrapped."""
    prose, *verbatim = message.split("\n")
    first, *rest = wrap(prose, max(20, width - indent))
    return [label + first, *(" " * indent + line for line in [*rest, *map(visible, verbatim)])]


def _in_words(fix: Fix, text: Text) -> str:
    if fix.span.start == fix.span.end:
        return f"insert {_quoted(fix.text)}"
    old = _quoted(text.content[fix.span.start : fix.span.end])
    return f"replace {old} with {_quoted(fix.text)}" if fix.text else f"remove {old}"


def _quoted(code: str) -> str:
    shown = visible(code.strip())
    return f'"{shown}"' if "`" in shown else f"`{shown}`"


def _annotation(diagnostic: Diagnostic) -> str:
    properties: dict[str, object] = {}
    if diagnostic.file:
        properties["file"] = diagnostic.file
    if span := diagnostic.span:
        properties |= {"line": span.line, "endLine": span.end_line}
        if span.line == span.end_line:
            properties |= {"col": span.column, "endColumn": span.end_column}
    properties["title"] = diagnostic.code
    shown = ",".join(f"{key}={_escape_property(str(value))}" for key, value in properties.items())
    message = "\n".join(_sentences(diagnostic))
    return f"::{diagnostic.severity.value} {shown}::{_escape_data(message)}"


def _sentences(diagnostic: Diagnostic) -> list[str]:
    help_line = [f"help: {diagnostic.help}"] if diagnostic.help else []
    return [diagnostic.message, *(f"note: {note}" for note in diagnostic.notes), *help_line]


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")


def _rule(code: str) -> dict[str, Any]:
    entry = CATALOGUE.get(code)
    rule: dict[str, Any] = {"id": code}
    if entry:
        rule["shortDescription"] = {"text": _PLACEHOLDER.sub("…", entry.message)}
        rule["defaultConfiguration"] = {"level": entry.severity.value}
        if entry.help:
            rule["help"] = {"text": _PLACEHOLDER.sub("…", entry.help)}
    return rule


def _sarif_result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    message = "\n".join(_sentences(diagnostic)).replace("{", "{{").replace("}", "}}")  # section 3.11.5
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity.value,
        "message": {"text": message},
    }
    if diagnostic.file is None:
        return result
    artifact = {"uri": quote(diagnostic.file.replace("\\", "/"))}
    place: dict[str, Any] = {"artifactLocation": artifact}
    if span := diagnostic.span:
        place["region"] = _region(span.line, span.column, span.end_line, span.end_column)
    result["locations"] = [{"physicalLocation": place}]
    if diagnostic.fixes:
        result["fixes"] = [_sarif_fix(fix, artifact) for fix in diagnostic.fixes]
    return result


def _sarif_fix(fix: Fix, artifact: dict[str, str]) -> dict[str, Any]:
    span = fix.span
    replacement = {
        "deletedRegion": _region(span.line, span.column, span.end_line, span.end_column),
        "insertedContent": {"text": fix.text},
    }
    return {"artifactChanges": [{"artifactLocation": artifact, "replacements": [replacement]}]}


def _region(line: int, column: int, end_line: int, end_column: int) -> dict[str, int]:
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
