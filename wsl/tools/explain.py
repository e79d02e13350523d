"""`wslang explain CODE`: what a finding means, why, and what to do, with an example."""

from __future__ import annotations

import argparse
import re
import sys
from importlib.resources import files

from wsl.diagnostics import CATALOGUE, closest


def run(options: argparse.Namespace) -> int:
    code = options.code.upper()
    code = code if code.startswith("WSL-") else f"WSL-{code}"
    if code not in CATALOGUE:
        near = closest(code, CATALOGUE)
        print(f"wslang: there is no {code}" + (f"; did you mean {near}?" if near else ""), file=sys.stderr)
        return 2
    print(page(code))
    return 0


def page(code: str) -> str:
    """The section of a code in its family's page."""
    family = files("wsl.diagnostics").joinpath("pages", f"{code[4]}.md").read_text("utf-8")
    section = re.search(rf"^## {code}\b.*?(?=^## |\Z)", family, re.MULTILINE | re.DOTALL)
    return section[0].strip() if section else CATALOGUE[code].message
