"""`wslang example`: the data of an example, generated."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module


def run(options: argparse.Namespace) -> int:
    generator = import_module(f"wsl.examples.{options.name}")
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
        generator.write(options.folder, options.rows, options.seed)
    except OSError as error:
        print(f"wslang: {error.filename or options.folder}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"wrote {options.rows:,} rows of {options.name} (seed {options.seed}) to {options.folder}")
    return 0
