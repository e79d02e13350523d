"""What a scenario did and on which rows, in sentences, for text and HTML alike."""

from __future__ import annotations

from collections.abc import Iterator

from wsl.diagnostics.terminal import visible
from wsl.report.estimates import show_code, show_name
from wsl.report.numbers import count, number, percent
from wsl.results import Scenario
from wsl.semantics.question import Question


def facts(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Pairs of a short label and a sentence, in the order a reader asks; a label may repeat."""
    yield "rows", rows(scenario)
    if asked := question(scenario):
        yield "asks", asked
    for statement in scenario.statements:
        yield "change", show_code(statement)
    if scenario.statements:
        share = percent(scenario.changed_rows, scenario.rows, sign=False)
        yield "changed", f"{count(scenario.changed_rows, 'row')}" + (f" ({share})" if share else "")
    if scenario.order:
        yield "order", order(scenario)
    for sentence in left_out(scenario):
        yield "left out", sentence
    yield from (("support", sentence) for sentence in support(scenario))
    if scenario.parameters:
        given = ", ".join(f"{key} = {visible(str(value))}" for key, value in scenario.parameters.items())
        yield "given", given
    if scenario.knobs:
        yield "with", ", ".join(f"{key} = {visible(str(value))}" for key, value in scenario.knobs.items())


def rows(scenario: Scenario) -> str:
    """`9,906 of the 100,000 rows of cdn, where country == deu`."""
    whole = f" of {show_name(scenario.dataset)}" if scenario.dataset else ""
    if scenario.selection is None and scenario.rows == scenario.loaded_rows:
        return f"all {count(scenario.rows, 'row')}{whole}"
    where = f", where {show_code(scenario.selection)}" if scenario.selection else ""
    return f"{scenario.rows:,} of the {count(scenario.loaded_rows, 'row')}{whole}{where}"


def question(scenario: Scenario) -> str:
    """Whom the answer is about, where that is not new requests."""
    if scenario.question == Question.THESE.value:
        return (
            "about these very requests: each is assumed to keep its own rank among requests like it, in all "
            "that is redrawn or estimated; no log can tell whether it does"
        )
    if scenario.question == Question.CAUSES.value:
        names = ", ".join(map(show_name, scenario.refreshed)) or "nothing"
        return (
            "about a fresh population with the causes of these rows: the baseline is not what was recorded, "
            f"but redrawn from these causes with the same random numbers as the scenario ({names})"
        )
    return ""


def order(scenario: Scenario) -> str:
    """`fe set → rtt, febe_rtt redrawn → srP redrawn → rt estimated`."""
    steps = [f"{', '.join(map(show_name, names))} {done}" for done, names in scenario.order]
    target = [f"{show_name(scenario.target)} estimated"] if scenario.target else []
    return " → ".join(steps + target)


def left_out(scenario: Scenario) -> Iterator[str]:
    """What the figures do not rest on, and why."""
    if scenario.missing_target_rows:
        target = show_name(scenario.target or "the target")
        side = ", recorded or in the scenario" if scenario.statements else ""
        yield f"{count(scenario.missing_target_rows, 'row')} without {target}{side}: not part of any figure"
    for variable in scenario.variables:
        if variable.training_rows_left_out:
            whole = variable.training_rows + variable.training_rows_left_out
            yield (
                f"{count(variable.training_rows_left_out, 'row')} of {whole:,} when learning "
                f"{show_name(variable.name)}: it or one of its causes is missing there"
            )


def support(scenario: Scenario) -> Iterator[str]:
    """How much of the answer rests on data that resembles what was asked."""
    found = scenario.support or {}
    if (outside := found.get("outside")) is not None:
        share = percent(outside, found.get("rows"), sign=False)
        yield f"{count(int(outside), 'row')} far from all data" + (f" ({share})" if share else "")
    for variable in scenario.variables:
        if variable.borrowed_rows:
            rows = count(variable.borrowed_rows, "row")
            yield f"{show_name(variable.name)} on {rows}: drawn from similar causes, as theirs are too rare"
        if variable.irrelevant:
            names = " and ".join(map(show_name, variable.irrelevant))
            yield f"{show_name(variable.name)} does not differ by {names} where its other causes are alike"
    if found.get("dropped"):
        yield f"{count(int(found['dropped']), 'row')} dropped"
    if found.get("effective_donors") is not None:
        yield f"{number(round(found['effective_donors']))} effective donors"
