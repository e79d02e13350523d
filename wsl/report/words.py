"""What a scenario did and on which rows, in sentences, for text and HTML alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wsl.diagnostics.terminal import visible
from wsl.report import basis
from wsl.report.estimates import show_code, show_name
from wsl.report.numbers import count, number, percent
from wsl.results import Scenario, Support, Transport, VariableSupport
from wsl.results.transport import BLOCKS, REST
from wsl.semantics.question import Question

_PLACES = {REST: "between USE and the rest", BLOCKS: "between times"}
_NOTICEABLE = 0.005  # excess of a variable from which a report says what no recorded row has


def facts(scenario: Scenario, whole: bool = False) -> Iterator[tuple[str, str]]:
    """Pairs of a short label and a sentence, in the order a reader asks; a label may repeat.

    As a whole they say all that the answer rests on, in short what differs from one answer to the next.
    """
    yield "rows", rows(scenario)
    if asked := question(scenario):
        yield "asks", asked
    if whole:
        yield from (("asks", sentence) for sentence in basis.estimand(scenario))
    for statement in scenario.statements:
        yield "change", show_code(statement)
    if scenario.statements:
        share = percent(scenario.changed_rows, scenario.rows, sign=False)
        yield "changed", f"{count(scenario.changed_rows, 'row')}" + (f" ({share})" if share else "")
    if scenario.order:
        yield "order", order(scenario)
    for sentence in left_out(scenario):
        yield "left out", sentence
    if whole:
        yield from (("graph", sentence) for sentence in basis.assumptions(scenario))
        yield from (("identified", sentence) for sentence in basis.identification(scenario))
        yield from (("baseline", sentence) for sentence in basis.replay(scenario))
        yield from (("intervals", sentence) for sentence in basis.intervals(scenario))
    yield from (("support", sentence) for sentence in support(scenario))
    yield from (("transport", sentence) for sentence in transport(scenario))
    yield from (("second", sentence) for sentence in basis.second(scenario))
    if whole:
        yield from (("second", sentence) for sentence in basis.without_second(scenario))
        yield from (("second", sentence) for sentence in basis.cancelling(scenario))
    if scenario.allowed:
        yield "allowed", ", ".join(scenario.allowed)
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
    dropped = scenario.support.dropped if scenario.support else 0
    less = f", less {dropped:,} that the data cannot answer for" if dropped else ""
    return f"{scenario.rows:,} of the {count(scenario.loaded_rows, 'row')}{whole}{where}{less}"


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
    found = scenario.support
    if found is not None:
        yield _in_all(found)
        for name, variable in found.by_variable.items():
            if variable.fault and variable.excess > _NOTICEABLE:
                rows = count(variable.unsupported, "row")
                yield f"{show_name(name)} on {rows}: {visible(variable.fault)}"
            if moved := ", ".join(_moved(variable)):
                rows = count(variable.unsupported, "row")
                yield f"{show_name(name)} on {rows} has the causes of the nearest one: on average {moved}"
    for unsure in scenario.variables:
        explained = (
            found is not None and unsure.name in found.by_variable and found.by_variable[unsure.name].fault
        )
        if unsure.borrowed_rows and not explained:
            rows = count(unsure.borrowed_rows, "row")
            yield f"{show_name(unsure.name)} on {rows}: drawn from similar causes, as theirs are too rare"
        if unsure.irrelevant:
            names = " and ".join(map(show_name, unsure.irrelevant))
            yield f"{show_name(unsure.name)} does not differ by {names} where its other causes are alike"


def transport(scenario: Scenario) -> Iterator[str]:
    """Whether what was learned from other rows holds for these, and at all times."""
    compared = [one for one in scenario.transport if one.distance is not None]
    differing = {one.variable for one in compared if one.differs}
    for one in compared:
        if one.differs:
            name, place = show_name(one.variable), _PLACES[one.against]
            yield f"at equal causes, {name} differs {place} (distance {one.distance:.2f})"
    alike = [one for one in compared if one.variable not in differing]
    if alike:
        found = {one.against for one in alike}
        places = " or ".join(place for against, place in _PLACES.items() if against in found)
        largest = max(one.distance or 0.0 for one in alike)
        in_some = f" in {_names(alike)}" if differing else ""
        yield f"at equal causes, no difference {places} found{in_some} (largest distance {largest:.2f})"
    unknown = [one for one in scenario.transport if one.unknown is not None]
    for against, why in dict.fromkeys((one.against, one.unknown) for one in unknown):
        of = _names(one for one in unknown if (one.against, one.unknown) == (against, why))
        yield f"differences {_PLACES[against]} are not known of {of}: {why}"


def _names(found: Iterable[Transport]) -> str:
    return ", ".join(dict.fromkeys(show_name(one.variable) for one in found))


def _in_all(found: Support) -> str:
    """`12 of 9,918 rows lie far from all data, 0.04 % more than as recorded; 8,123 effective donors`."""
    far = f"{found.outside:,} of {count(found.rows, 'row')} lie far from all data"
    rare = f" and {found.borrowed:,} among categories too rare" if found.borrowed else ""
    excess = f"{100 * found.excess:.2f}".rstrip("0").rstrip(".")
    more = f"{excess} %" if found.excess > 0 and excess != "0" else "no"
    donors = found.effective_donors
    behind = f"; {number(round(donors))} effective donors" if donors is not None else ""
    return f"{far}{rare}, {more} more than as recorded{behind}"


def _moved(variable: VariableSupport) -> Iterator[str]:
    """How far ON UNSUPPORTED NEAREST moved the causes of a variable."""
    for cause, distance in variable.moved.items():
        if distance:
            yield f"{show_name(cause)} moved by {number(distance)}"
    for cause, share in variable.exchanged.items():
        yield f"{show_name(cause)} changed on {percent(share, 1.0, sign=False)} of them"
