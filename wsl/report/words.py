"""What a scenario did and on which rows, in sentences, for text and HTML alike."""

from __future__ import annotations

from collections.abc import Iterator

from wsl.diagnostics.terminal import visible
from wsl.report.estimates import show_code, show_name
from wsl.report.numbers import count, number, percent
from wsl.results import Scenario, Variable


def facts(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Pairs of a short label and a sentence, in the order a reader asks; a label may repeat."""
    yield "rows", rows(scenario)
    for statement in scenario.statements:
        yield "change", show_code(statement)
    if scenario.statements:
        share = percent(scenario.changed_rows, scenario.rows, sign=False)
        yield "changed", f"{count(scenario.changed_rows, 'row')}" + (f" ({share})" if share else "")
    if scenario.updated:
        yield "order", order(scenario)
    for sentence in left_out(scenario):
        yield "left out", sentence
    if scenario.support:
        yield "support", support(scenario)
    if scenario.knobs:
        yield "with", ", ".join(f"{key} = {visible(str(value))}" for key, value in scenario.knobs.items())


def rows(scenario: Scenario) -> str:
    """`9,906 of the 100,000 rows of cdn, where country == deu`."""
    whole = f" of {show_name(scenario.dataset)}" if scenario.dataset else ""
    if scenario.selection is None and scenario.rows == scenario.loaded_rows:
        return f"all {count(scenario.rows, 'row')}{whole}"
    where = f", where {show_code(scenario.selection)}" if scenario.selection else ""
    return f"{scenario.rows:,} of the {count(scenario.loaded_rows, 'row')}{whole}{where}"


def order(scenario: Scenario) -> str:
    """`fe set → rtt, febe_rtt redrawn → srP redrawn → rt estimated`."""
    known = {variable.name: variable for variable in scenario.variables}
    steps = []
    for level in scenario.updated:
        names = ", ".join(map(show_name, level))
        done = _what([known[name] for name in level if name in known])
        steps.append(f"{names} {done}".rstrip())
    target = [f"{show_name(scenario.target)} estimated"] if scenario.target else []
    return " → ".join(steps + target)


def left_out(scenario: Scenario) -> Iterator[str]:
    """What the figures do not rest on, and why."""
    if scenario.missing_target_rows:
        target = show_name(scenario.target or "the target")
        yield f"{count(scenario.missing_target_rows, 'row')} without {target}: not part of any figure"
    for variable in scenario.variables:
        if variable.training_rows_left_out:
            whole = variable.training_rows + variable.training_rows_left_out
            yield (
                f"{count(variable.training_rows_left_out, 'row')} of {whole:,} when learning "
                f"{show_name(variable.name)}: it or one of its causes is missing there"
            )


def support(scenario: Scenario) -> str:
    """How much of the answer rests on data that resembles what was asked."""
    found = scenario.support or {}
    parts = []
    if found.get("outside") is not None:
        share = percent(found["outside"], found.get("rows"), sign=False)
        parts.append(
            f"{count(int(found['outside']), 'row')} far from all data" + (f" ({share})" if share else "")
        )
    if found.get("borrowed") is not None:
        parts.append(f"{count(int(found['borrowed']), 'row')} borrowed from another category")
    if found.get("dropped"):
        parts.append(f"{count(int(found['dropped']), 'row')} dropped")
    if found.get("effective_donors") is not None:
        parts.append(f"{number(round(found['effective_donors']))} effective donors")
    return ", ".join(parts)


def _what(variables: list[Variable]) -> str:
    if any(v.set_rows for v in variables):
        return "set"
    return "redrawn" if any(v.redrawn_rows for v in variables) else ""
