"""`wslang explain CODE`: what a finding means, why, and what to do, with an example."""

from __future__ import annotations

import argparse
import re
import sys
from importlib.resources import files

from wsl.diagnostics import CATALOGUE, closest


def run(options: argparse.Namespace) -> int:
    code = code_of(options.code)
    if code not in CATALOGUE:
        near = closest(code, CATALOGUE)
        print(f"wslang: there is no {code}" + (f"; did you mean {near}?" if near else ""), file=sys.stderr)
        return 2
    print(page(code))
    return 0


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
