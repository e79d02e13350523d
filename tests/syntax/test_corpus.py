"""Programs that must parse, and programs that must not, with every word of what is said about them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from wsl.diagnostics import CATALOGUE, Text
from wsl.diagnostics.render import render_text
from wsl.syntax import format_program, parse

CORPUS = Path(__file__).parents[2] / "grammar" / "corpus"
GOOD = sorted((CORPUS / "good").glob("*.wsl"))
BAD = sorted((CORPUS / "bad").glob("*.wsl"))


def _read(path: Path) -> Text:
    return Text(path.read_bytes().decode(), path.name)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good(path: Path) -> None:
    text = _read(path)
    parsed = parse(text)
    assert parsed.diagnostics == ()
    assert parsed.failed == ()
    written = format_program(text.content)
    assert parse(Text(written)).program.statements == parsed.program.statements
    assert format_program(written) == written


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad(path: Path, bless: bool) -> None:
    text = _read(path)
    parsed = parse(text)
    said = render_text(parsed.diagnostics, [text])
    golden = path.with_suffix(".expected")
    if bless:
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")
    assert parsed.diagnostics


def test_fixes_mend() -> None:
    """Every fix makes its finding go away, unless the same fault stands elsewhere too."""
    for path in BAD:
        text = _read(path)
        findings = parse(text).diagnostics
        before = Counter(finding.code for finding in findings)
        for finding in findings:
            for fix in finding.fixes:
                mended = text.content[: fix.span.start] + fix.text + text.content[fix.span.end :]
                after = Counter(finding.code for finding in parse(Text(mended)).diagnostics)
                assert after[finding.code] < before[finding.code], (path.stem, fix)


def test_every_code_has_a_program() -> None:
    found = {finding.code for path in BAD for finding in parse(_read(path)).diagnostics}
    assert found >= {code for code in CATALOGUE if code.startswith("WSL-P")}
