"""Comparison with what was seen and approved; `--bless` approves what is seen now."""

from pathlib import Path

FOLDER = Path(__file__).parent / "approved"


def check(name: str, seen: str, bless: bool) -> None:
    path = FOLDER / name
    if bless:
        path.parent.mkdir(exist_ok=True)
        path.write_text(seen, encoding="utf-8", newline="\n")
    assert seen == path.read_text(encoding="utf-8"), f"{name} differs; --bless accepts it"
