"""`wslang explain CODE`: what a finding means, why, and what to do, with an example.

Of a word of the language it says where that is explained.
"""

from __future__ import annotations

import argparse
import re
import sys
from importlib.resources import files

from wsl_grammar.keywords import CLAUSES_OF, IN_GRAMMAR

from wsl.diagnostics import CATALOGUE, closest
from wsl.semantics.checked import Method


def run(options: argparse.Namespace) -> int:
    found = answer(options.code)
    if found is None:
        code = code_of(options.code)
        near = closest(code, CATALOGUE)
        print(f"wslang: there is no {code}" + (f"; did you mean {near}?" if near else ""), file=sys.stderr)
        return 2
    print(found)
    return 0


def answer(written: str) -> str | None:
    """The page of a code, or where a word of the language is explained; None for what is neither."""
    code = code_of(written)
    return page(code) if code in CATALOGUE else _of_word(written.strip().upper())


def _of_word(word: str) -> str | None:
    takers = [statement for statement, clauses in CLAUSES_OF.items() if word in clauses]
    if word in Method.__members__:
        return f"{word} is a method of EXPLAIN, after USING: docs/root-causes.md, The methods"
    if word not in IN_GRAMMAR:
        return None
    if word == "WITH":
        return "WITH ends any statement, and takes its options: docs/language.md, WITH"
    if takers:
        of = ", ".join(takers)
        return f"{word} is a clause of {of}: docs/language.md, {'each of these' if takers[1:] else of}"
    what, section = ("begins a statement", word) if word in CLAUSES_OF else ("is a keyword", "Text")
    return f"{word} {what}: docs/language.md, {section}"


def code_of(written: str) -> str:
    """A code as the catalogue has it: `c004` is WSL-C004."""
    code = written.strip().upper()
    return code if code.startswith("WSL-") else f"WSL-{code}"


def page(code: str) -> str:
    """The section of a code in its family's page."""
    family = files("wsl.diagnostics").joinpath("pages", f"{code[4]}.md").read_text("utf-8")
    section = re.search(rf"^## {code}\b.*?(?=^## |\Z)", family, re.MULTILINE | re.DOTALL)
    assert section is not None, "every code has a section; a test holds that"
    return section[0].strip()
