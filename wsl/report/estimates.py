"""The tables of a report as columns, for text and HTML alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from wsl.diagnostics.terminal import crop, shown_label, visible
from wsl.report.grid import Cell, Column
from wsl.report.numbers import NONE, compares_shares, decimals, number, percent, scale_of, unit_of
from wsl.results import Estimate, Expectation, Scenario
from wsl.results.result import Group

VERDICTS = {"pass": ("✓ pass", "green"), "fail": ("✗ FAIL", "red"), "undecided": ("? undecided", "yellow")}

_NAME_WIDTH = 40
_NOTICEABLE = 0.02  # of the baseline: how far a replayed figure may be off without being shown


@dataclass(frozen=True)
class Table:
    """A table with the sentences that explain it."""

    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()
    caption: str = ""


def estimate_tables(scenario: Scenario) -> list[Table]:
    """A table for each ESTIMATE, in the order of the program; the rows of a group stand together."""
    tables: list[Table] = []
    for (_, keys), found in groupby(scenario.estimates, lambda e: (e.line, tuple(e.group))):
        estimates = list(found)
        groups = list(dict.fromkeys(map(group_key, estimates)))
        estimates.sort(key=lambda e: groups.index(group_key(e)))
        leading = _group_columns(keys, [e.group for e in estimates])
        with_rows = bool(keys) or any(e.rows != scenario.rows for e in estimates)
        table = _estimate_table(estimates, leading, with_rows)
        said = {note for earlier in tables for note in earlier.notes}
        notes = tuple(note for note in table.notes if note not in said)
        tables.append(replace(table, notes=notes, caption=show_where(estimates[0].where)))
    return tables


def comparison_table(scenarios: Sequence[Scenario]) -> Table | None:
    """The figures that two or more scenarios share, side by side; None where there are none."""
    shared: dict[tuple[object, ...], list[tuple[str, Estimate]]] = {}
    for scenario in scenarios:
        for estimate in scenario.estimates:
            name = estimate.alias or estimate.expression
            key = (tuple(estimate.group), name, estimate.where, group_key(estimate))
            shared.setdefault(key, []).append((scenario.name, estimate))
    rows = [row for found in shared.values() if len({name for name, _ in found}) > 1 for row in found]
    if not rows:
        return None
    estimates = [estimate for _, estimate in rows]
    keys = tuple(dict.fromkeys(key for e in estimates for key in e.group))
    leading = _group_columns(keys, [e.group for e in estimates])
    names = Column("scenario", [show_name(name) for name, _ in rows])
    table = _estimate_table(estimates, leading, with_rows=True, trailing=(names,))
    return replace(table, notes=())


def expectation_table(expectations: Sequence[Expectation]) -> Table:
    """What was expected, the verdict, and the two sides that were compared."""
    keys = tuple(dict.fromkeys(key for e in expectations for key in e.group))
    sides = [_sides(e) for e in expectations]
    units = _Units([None if compares_shares(e.expression) else e.unit for e in expectations])
    verdicts = [VERDICTS.get(e.verdict, (e.verdict, "")) for e in expectations]
    return Table(
        (
            Column("", [Cell(text, style) for text, style in verdicts]),
            Column("expected", [_with_where(show_code(e.expression), e.where) for e in expectations]),
            *_group_columns(keys, [e.group for e in expectations]),
            Column(units.heading("left"), [left for left, _ in sides], "point"),
            Column(units.heading("right"), [right for _, right in sides], "point"),
        )
    )


def group_key(estimate: Estimate) -> tuple[tuple[str, object], ...]:
    """The group of a figure as a value that can be compared."""
    return tuple(estimate.group.items())


def show_group(group: Iterable[tuple[str, object]]) -> str:
    """`country = deu, tod = 6`."""
    return ", ".join(f"{show_name(name)} = {show_value(value)}" for name, value in group)


def show_where(where: str | None) -> str:
    """`where tod < 6`, or nothing."""
    return f"where {show_code(where)}" if where else ""


def _with_where(text: str, where: str | None) -> str:
    return f"{text} {show_where(where)}".rstrip()


def show_value(value: object) -> str:
    """The value of a group: a category, a number, a truth, or missing."""
    if value is None:
        return "(missing)"
    if isinstance(value, bool):
        return "true" if value else "false"
    return show_name(shown_label(value)) if isinstance(value, str) else f"{value:.12g}"


def show_name(name: str) -> str:
    """A name or category of the data, safe to print and not too long."""
    return crop(visible(name), _NAME_WIDTH)


def show_code(code: str) -> str:
    """A piece of program text on one line."""
    return visible(" ".join(code.split()))


class _Units:
    """Where a table's units stand: once in the heading if all figures share one, else beside each name."""

    def __init__(self, units: Sequence[str | None]) -> None:
        self.common = units[0] if units and len(set(units)) == 1 else None

    def heading(self, title: str) -> str:
        return f"{title} [{visible(self.common)}]" if self.common else title

    def beside(self, unit: str | None) -> str:
        return f" [{visible(unit)}]" if unit and not self.common else ""


def _estimate_table(
    estimates: Sequence[Estimate],
    leading: Sequence[Column],
    with_rows: bool,
    trailing: Sequence[Column] = (),
) -> Table:
    units = _Units([unit_of(e) for e in estimates])
    names = [show_name(e.alias) if e.alias else show_code(e.expression) for e in estimates]
    if len({e.where for e in estimates}) > 1:
        names = [_with_where(name, e.where) for name, e in zip(names, estimates, strict=True)]
    labels = [name + units.beside(unit_of(e)) for name, e in zip(names, estimates, strict=True)]
    if trailing:
        labels = ["" if row and label == labels[row - 1] else label for row, label in enumerate(labels)]
    figures = [_Figures(e) for e in estimates]
    replayed = any(_differs(e.replayed, e.baseline) for e in estimates)
    level = next((e.level for e in estimates if e.level is not None), None)
    interval = f"{100 * level:g} % interval" if level is not None else "interval"
    columns = [
        *leading,
        Column(f"in {visible(units.common)}" if units.common else "", labels),
        *trailing,
        Column("baseline", [f.baseline for f in figures], "point"),
        *([Column("replayed", [f.replayed for f in figures], "point")] if replayed else []),
        Column("scenario", [Cell(f.scenario, "bold") for f in figures], "point"),
        *_optional(interval, [f.interval for f in figures]),
        *_optional("whatever couples", [f.share_bounds for f in figures]),
        Column("difference", [f.difference for f in figures], "point"),
        *_optional("", [f.relative for f in figures]),
        *_optional(interval, [f.difference_interval for f in figures]),
    ]
    if with_rows:
        columns.append(Column("rows", [f"{e.rows:,}" for e in estimates], "right"))
    return Table(tuple(columns), tuple(_notes(estimates, replayed)))


def _optional(heading: str, texts: list[str]) -> list[Column]:
    return [Column(heading, texts, "right")] if any(texts) else []


def _notes(estimates: Sequence[Estimate], replayed: bool) -> Iterator[str]:
    for alias, expression in dict.fromkeys((e.alias, e.expression) for e in estimates):
        if alias:
            yield f"{show_name(alias)} is {show_code(expression)}"
    if replayed:
        yield (
            "replayed is what the estimator says without the change; where it is off the baseline, it is off "
            "in the scenario too, and that error cancels in the difference"
        )
    yield from _notes_on_coupling(estimates)


def _notes_on_coupling(estimates: Sequence[Estimate]) -> Iterator[str]:
    """What a share against BASELINE assumes, and what it is without that."""
    bounded = [e for e in estimates if e.share_bounds is not None]
    if len(bounded) == 1:
        figures = _Figures(bounded[0])
        low, high = figures.share_bounds[1:-1].split(", ")
        yield (
            f"{show_code(bounded[0].expression)}: with coupled ranks {figures.scenario} %; "
            f"whatever couples a row's two values, between {low} % and {high} %"
        )
    elif bounded:
        yield (
            "a share against BASELINE assumes that each row keeps its rank among rows like it; "
            "whatever couples a row's two values instead, the share lies within the bounds beside it"
        )
    for expression, why in dict.fromkeys((e.expression, e.without_bounds) for e in estimates):
        if why is not None:
            yield f"{show_code(expression)} assumes that each row keeps its rank, and has no bounds: {why}"


class _Figures:
    """The cells of an estimate, all with the decimal places of its largest figure."""

    def __init__(self, estimate: Estimate) -> None:
        factor = scale_of(estimate)
        values = [estimate.baseline, estimate.replayed, estimate.scenario, estimate.difference]
        baseline, replayed, scenario, difference = (v if v is None else v * factor for v in values)
        places = decimals(baseline, scenario)
        self.baseline = number(baseline, places)
        self.replayed = number(replayed, places)
        self.scenario = number(scenario, places)
        self.difference = number(difference, places, sign=True)
        self.relative = percent(difference, baseline) if factor == 1 else ""
        self.interval = _interval(estimate.interval, factor, places, sign=False)
        self.share_bounds = _interval(estimate.share_bounds, factor, places, sign=False)
        self.difference_interval = _interval(estimate.difference_interval, factor, places, sign=True)


def _sides(expectation: Expectation) -> tuple[str, str]:
    """The two sides that were compared, as figures; those of a share in percent."""
    factor, sign = (100.0, " %") if compares_shares(expectation.expression) else (1.0, "")
    left, right = (None if v is None else v * factor for v in (expectation.left, expectation.right))
    places = _telling(left, right)
    return _with(number(left, places), sign), _with(number(right, places), sign)


def _with(figure: str, sign: str) -> str:
    return figure if figure == NONE else figure + sign


def _telling(left: float | None, right: float | None) -> int:
    """The decimal places that show two sides, and show them as different if they are."""
    places = decimals(left, right)
    while 0 <= places < 12 and left != right and number(left, places) == number(right, places):
        places += 1
    return places


def _interval(bounds: tuple[float, float] | None, factor: float, places: int, sign: bool) -> str:
    if bounds is None:
        return ""
    low, high = (number(bound * factor, places, sign) for bound in bounds)
    return f"[{low}, {high}]"


def _differs(replayed: float | None, baseline: float | None) -> bool:
    if replayed is None or baseline is None:
        return False
    return abs(replayed - baseline) > _NOTICEABLE * abs(baseline)


def _group_columns(keys: Sequence[str], groups: Sequence[Group]) -> list[Column]:
    """The leading columns; a value that repeats the row above is left blank."""
    columns: list[Column] = []
    previous = [False] * len(groups)
    for key in keys:
        values = [show_value(g[key]) if key in g else NONE for g in groups]
        repeats = [
            row > 0 and values[row] == values[row - 1] and (previous[row] or not columns)
            for row in range(len(values))
        ]
        columns.append(
            Column(show_name(key), ["" if again else v for v, again in zip(values, repeats, strict=True)])
        )
        previous = repeats
    return columns
