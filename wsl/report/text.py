"""A result as text that a person enjoys reading; the same in a pipe and at any width of a terminal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from wsl.diagnostics import Diagnostic
from wsl.diagnostics.terminal import Painter, cells, pad, visible, wrap
from wsl.report.distribution import density, edges, is_skewed, quantile_pair
from wsl.report.estimates import (
    Table,
    comparison_table,
    estimate_tables,
    expectation_table,
    show_group,
    show_name,
    show_value,
    show_where,
)
from wsl.report.explanation_words import Fact, grouped, shared_facts, title
from wsl.report.explanations import agreement_table, cause_tables
from wsl.report.grid import BELOW, Cell, Column, fitted, grid
from wsl.report.numbers import NONE, count, decimals, number, percent
from wsl.report.words import facts
from wsl.results import (
    Cdf,
    ColumnDescription,
    Description,
    Estimate,
    Explanation,
    PlanView,
    Result,
    Scenario,
)
from wsl.results.result import Numbers

WIDTH = 100

_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_BINS = 40
_BARS = "▁▂▃▄▅▆▇█"
_CDFS_SHOWN = 6
_CATEGORIES_SHOWN = 4
_NUMBER = re.compile(r"(\d[\d,]*)")


def to_text(result: Result, colour: bool = False, width: int = WIDTH, whole: bool = False) -> str:
    """The result as text, without its findings; sentences wrap at `width` cells, tables keep their shape.

    As a `whole` it says all that the answers rest on.
    """
    paint = Painter(colour)
    parts: list[tuple[int, list[str]]] = []
    parts += [(d.line, _description(d, paint, width)) for d in result.descriptions]
    parts += [(s.line, _scenario(s, paint, width, whole)) for s in result.scenarios]
    parts += [(p.line, _plan(p, paint, width)) for p in result.plans]
    parts += [(g[0].line, _explained(g, paint, width, whole)) for g in grouped(result.explanations)]
    blocks = [lines for _, lines in sorted(parts, key=lambda part: part[0])]
    compared = comparison_table(result.scenarios)
    if compared:
        blocks.append([*_title("Side by side", paint), "", *_table(compared, paint, width)])
    if result.outputs:
        blocks.append([f"wrote {visible(path)}" for path in result.outputs])
    if result.status in _ENDINGS and result.scenarios:
        blocks.append([paint("yellow", _ENDINGS[result.status])])
    return "\n\n\n".join("\n".join(lines) for lines in blocks) + "\n" if blocks else ""


_ENDINGS = {
    "failed": "Not every question could be answered; the findings say which, and why.",
    "interrupted": "The run was interrupted; what stands above was finished.",
}


def _title(title: str, paint: Painter) -> list[str]:
    return [paint("bold", title), paint("dim", "─" * cells(title))]


def _scenario(scenario: Scenario, paint: Painter, width: int, whole: bool) -> list[str]:
    lines = [*_title(show_name(scenario.name), paint), *_facts(scenario, paint, width, whole)]
    for table in estimate_tables(scenario):
        lines += ["", *_table(table, paint, width)]
    for cdf in scenario.cdfs[:_CDFS_SHOWN]:
        lines += ["", *_distribution(cdf, scenario.estimates, paint)]
    if hidden := len(scenario.cdfs) - _CDFS_SHOWN:
        lines += (
            ["", f"  {count(hidden, 'more distribution')}: --report or --format json"] if hidden > 0 else []
        )
    if scenario.expectations:
        lines += ["", *_table(expectation_table(scenario.expectations), paint, width)]
    return lines


def _facts(scenario: Scenario, paint: Painter, width: int, whole: bool) -> list[str]:
    return _told(list(facts(scenario, whole)), scenario.warnings, paint, width)


def _told(
    pairs: Sequence[Fact], warnings: Sequence[Diagnostic], paint: Painter, width: int, margin: int = 0
) -> list[str]:
    """Sentences beside their labels, which are as wide as the widest, and not less than the margin."""
    styled = [("dim", label, sentence) for label, sentence in pairs]
    styled += [("yellow", "warning", _in_brief(warning)) for warning in warnings]
    margin = max([margin, *(len(label) for _, label, _ in styled)])
    lines, previous = [], ""
    for style, label, sentence in styled:
        first, *rest = wrap(sentence, max(20, width - margin - 4))
        lines.append("  " + paint(style, pad("" if label == previous else label, margin)) + "  " + first)
        previous = label
        lines += [" " * (margin + 4) + line for line in rest]
    return lines


def _explained(group: Sequence[Explanation], paint: Painter, width: int, whole: bool) -> list[str]:
    """An EXPLAIN: what all its methods have in common, what each found, and how far they agree."""
    shared, own = shared_facts(group, whole)
    warnings = list(dict.fromkeys(warning for explanation in group for warning in explanation.warnings))
    lines = [*_title(title(group[0]), paint), *_told(shared, warnings, paint, width)]
    margin = max(len(label) for label, _ in shared)
    by_method = cause_tables(group, max(20, width - 2 - len(BELOW)), "--whole or --format json", whole)
    for pairs, tables in zip(own, by_method, strict=True):
        if pairs:
            lines += ["", *_told(pairs, (), paint, width, margin)]
        for table in tables:
            lines += ["", *_table(table, paint, width)]
    compared = agreement_table(group)
    return [*lines, "", *_table(compared, paint, width)] if compared else lines


def _in_brief(warning: Diagnostic) -> str:
    line = f", line {warning.span.line}" if warning.span else ""
    return f"{warning.message} ({warning.code}{line})"


def _table(table: Table, paint: Painter, width: int) -> list[str]:
    lines = (
        ["  " + paint("dim", line) for line in wrap(table.caption, max(20, width - 2))]
        if table.caption
        else []
    )
    lines += grid(table.columns, paint) if width >= WIDTH else fitted(table.columns, paint, width)
    for note in table.notes:
        lines += ["  " + paint("dim", line) for line in wrap(note, max(20, width - 2))]
    return lines


def _distribution(cdf: Cdf, estimates: Sequence[Estimate], paint: Painter) -> list[str]:
    """Where the values lie, as two rows of bars over one axis, and five quantiles."""
    if not len(cdf.value):
        return [f"  {show_name(cdf.variable)}: no values"]
    unit = f" [{visible(cdf.unit)}]" if cdf.unit else ""
    group = f", {show_group(cdf.group.items())}" if cdf.group else ""
    group += f", {show_where(cdf.where)}" if cdf.where else ""
    bins = edges(cdf, _BINS)
    functions = (cdf.baseline, cdf.scenario)
    densities = [density(cdf.value, p, bins) for p in functions]
    highest = max(max(shares, default=0.0) for shares in densities)
    styles = ("", "blue")
    bars = [Cell(_bars(shares, highest), s) for shares, s in zip(densities, styles, strict=True)]
    found = [quantile_pair(cdf, level, estimates) for level in _LEVELS]
    places = decimals(*(value for pair in found for value in pair))
    columns = [
        Column("", ["baseline", "scenario"]),
        Column(f"{show_name(cdf.variable)}{unit}{group}", bars),
    ]
    for level, pair in zip(_LEVELS, found, strict=True):
        figures = [number(value, places) for value in pair]
        columns.append(Column(f"P{100 * level:g}", figures, "point"))
    low, high = (number(float(end), places) for end in (bins[0], bins[-1]))
    axis = f"{low}{' (logarithmic)' if is_skewed(cdf) else ''}"
    return [*grid(columns, paint), " " * 13 + paint("dim", axis + pad(high, _BINS - cells(axis), right=True))]


def _bars(shares: Numbers, highest: float) -> str:
    def bar(share: float) -> str:
        return _BARS[min(7, int(8 * share / highest))] if share > 0 and highest > 0 else " "

    return "".join(map(bar, shares))


def _description(description: Description, paint: Painter, width: int) -> list[str]:
    columns = description.columns
    rows = max((column.rows for column in columns), default=0)
    name = show_name(description.dataset) or "The data"
    title = f"{name}: {count(rows, 'row')}, {count(len(columns), 'column')}"
    return [*_title(title, paint), *_table(description_table(description), paint, width)]


def description_table(description: Description) -> Table:
    """A line for each column: its kind, its place in the graph, and its values."""
    columns = description.columns
    return Table(
        (
            Column("variable", _told_apart([c.variable for c in columns])),
            Column("kind", [visible(c.kind) + (f" [{visible(c.unit)}]" if c.unit else "") for c in columns]),
            Column("role", [visible(c.role) for c in columns]),
            Column("missing", [percent(c.missing, c.rows, sign=False) if c.missing else "" for c in columns]),
            Column(
                "distinct", [f"{c.distinct:,}" if c.distinct is not None else "" for c in columns], "right"
            ),
            Column("values (least … median … greatest)", [_values(c) for c in columns]),
        ),
        tuple(_notes(columns)),
    )


def _told_apart(names: Sequence[str]) -> list[str]:
    """Names as they are shown; where that is alike they lose their middle, not their end, or nothing."""
    whole = [visible(name) for name in names]
    shown = [show_name(name) for name in names]
    for shorter in ([f"{name[:18]}…{name[-20:]}" for name in whole], whole):
        times = Counter(shown)
        shown = [s if times[s] == 1 else other for s, other in zip(shown, shorter, strict=True)]
    return shown


def _notes(columns: Sequence[ColumnDescription]) -> Iterator[str]:
    """What is worth knowing of columns, once for all of which it is the same but for a number."""
    alike: dict[str, list[tuple[str, str]]] = {}
    for column in columns:
        name = f"`{column.variable}`"
        for note in column.notes:
            said = note.replace(name, "\0") if name in note else f"{show_name(column.variable)}: {note}"
            # What begins with the name is said of one thing.
            key = said + name if said.find("\0") < 1 else _NUMBER.sub("", said)
            alike.setdefault(key, []).append((name, said))
    for same in alike.values():
        parts = zip(*(_NUMBER.split(said) for _, said in same), strict=True)
        words = "".join(part[0] if len(set(part)) == 1 else "…" for part in parts)
        yield visible(words.replace("\0", ", ".join(name for name, _ in same)))


def _values(column: ColumnDescription) -> str:
    if column.categories:
        shown = column.categories[:_CATEGORIES_SHOWN]
        present = column.rows - column.missing
        names = ", ".join(f"{show_value(name)} {percent(n, present, sign=False)}" for name, n in shown)
        others = (column.distinct or len(column.categories)) - len(shown)
        return names + (f" and {others:,} more" if others > 0 else "")
    ends = [_value(v) for v in (column.minimum, column.median, column.maximum)]
    return " … ".join(ends) if any(end != NONE for end in ends) else ""


def _value(value: float | str | None) -> str:
    """A number, or a time to the second."""
    return show_name(re.sub(r"\.\d+", "", value)) if isinstance(value, str) else number(value)


def _plan(plan: PlanView, paint: Painter, width: int) -> list[str]:
    lines = _title(f"Plan of {show_name(plan.scenario)}", paint)
    if plan.target:
        lines.append(f"  target   {show_name(plan.target)}")
    lines += [*_listed("reads", plan.columns, width), *_listed("skips", plan.pruned, width)]
    lines.append("")
    margin = len(str(len(plan.steps)))
    actions = [visible(step.action) for step in plan.steps]
    longest = max(map(cells, actions), default=0)
    for index, (step, action) in enumerate(zip(plan.steps, actions, strict=True), 1):
        names = ", ".join(map(show_name, step.variables))
        reads = f"   from {', '.join(map(show_name, step.reads))}" if step.reads else ""
        space = " " * (longest - cells(action))
        lines.append(f"  {index:>{margin}}. {paint('bold', action)}{space} {names}{reads}".rstrip())
        details = [step.detail] if step.detail else []
        if step.line is not None:
            details.append(f"line {step.line}")
        for line in wrap(", ".join(details), max(20, width - margin - 6)) if details else []:
            lines.append(" " * (margin + 4) + paint("dim", line))
    return lines


def _listed(label: str, names: Sequence[str], width: int) -> Iterator[str]:
    if names:
        first, *rest = wrap(", ".join(map(show_name, names)), max(20, width - 11))
        yield f"  {label:<7}  {first}"
        yield from (" " * 11 + line for line in rest)
