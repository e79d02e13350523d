"""A result as one HTML file: no script, nothing loaded from elsewhere, fit for a phone and the dark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from wsl.diagnostics import Diagnostic
from wsl.diagnostics.terminal import visible
from wsl.report.estimates import (
    Table,
    comparison_table,
    estimate_tables,
    expectation_table,
    show_code,
    show_group,
    show_name,
    show_where,
)
from wsl.report.explanation_words import facts as facts_of_explanation
from wsl.report.explanation_words import grouped, method_names, shared_facts, title
from wsl.report.explanations import agreement_table, cause_tables
from wsl.report.graph_picture import ROLES, draw_graph, roles
from wsl.report.grid import Cell, Column, at_the_point
from wsl.report.highlight import highlight
from wsl.report.names import breakable
from wsl.report.numbers import count, decimals, number, percent, scale_of, unit_of
from wsl.report.plot import inline_moments, inline_svg
from wsl.report.score_picture import draw_scores
from wsl.report.support_picture import BANDS_IN_WORDS, draw_support
from wsl.report.text import description_table
from wsl.report.words import facts
from wsl.results import Cdf, Estimate, Explanation, Result, Scenario, ScenarioGraph, Variable
from wsl.version import __version__

_PATH_WIDTH = 240  # cells, on two or three lines of a page
_PICTURES = 12  # distributions drawn for a scenario
_KEY_FIGURES = ("MEAN", "P50", "P95", "P99")
_STATUS = {
    "ok": ("good", "✓ complete"),
    "invalid": ("bad", "✗ the program has errors"),
    "failed": ("bad", "✗ not every question could be answered"),
    "expectation failed": ("bad", "✗ an expectation failed"),
    "interrupted": ("unsure", "interrupted"),
}


@dataclass(frozen=True)
class KeyFigure:
    """A figure large enough to be read across a room."""

    name: str
    value: str
    unit: str
    change: str
    baseline: str
    interval: str


def to_html(result: Result) -> str:
    """The result as a self-contained HTML document; everything that comes from data is escaped."""
    environment = Environment(
        loader=PackageLoader("wsl.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    told = {warning for scenario in result.scenarios for warning in scenario.warnings}
    told |= {warning for explanation in result.explanations for warning in explanation.warnings}
    file = None if (result.file or "<").startswith(("<", "-")) else result.file
    compared = comparison_table(result.scenarios)
    kind = "Root causes" if result.explanations and not result.scenarios else "What-if report"
    page = environment.get_template("report.html").render(
        title=show_name(file) if file else kind,
        kind=kind,
        file=file,
        status=_STATUS.get(result.status, ("unsure", result.status)),
        result=result,
        version=__version__,
        findings=[d for d in result.diagnostics if d not in told],
        scenarios=[_scenario(s) for s in result.scenarios],
        explanations=[_explanation(group) for group in grouped(result.explanations)],
        compared=_rows(compared) if compared else None,
        descriptions=[
            (show_name(d.dataset) or "The data", _rows(description_table(d))) for d in result.descriptions
        ],
        program=highlight(result.program),
        place=_place,
        visible=visible,
        lines=lambda text: "\n".join(map(visible, text.split("\n"))),
        name=show_name,
        names=lambda names: ", ".join(map(show_name, names)),
    )
    return page.rstrip() + "\n"


def _scenario(scenario: Scenario) -> dict[str, object]:
    shown = [cdf for cdf in scenario.cdfs if len(cdf.value)][:_PICTURES]
    return {
        "name": show_name(scenario.name),
        "key_figures": list(_key_figures(scenario)),
        "facts": _merged(pair for pair in facts(scenario) if pair[0] != "change"),
        "basis": _merged(pair for pair in facts(scenario, whole=True) if pair[0] != "change"),
        "statements": [show_code(statement) for statement in scenario.statements],
        "warnings": scenario.warnings,
        "tables": [_rows(table) for table in estimate_tables(scenario)],
        "expectations": _rows(expectation_table(scenario.expectations)) if scenario.expectations else None,
        "cdfs": [(_caption(cdf), Markup(inline_svg(cdf, scenario.estimates))) for cdf in shown],
        "hidden": count(len(scenario.cdfs) - len(shown), "more distribution"),
        "any_hidden": len(scenario.cdfs) > len(shown),
        "graph": Markup(draw_graph(scenario.graph, scenario.variables)) if scenario.graph else None,
        "graph_origin": show_code(scenario.graph.origin) if scenario.graph else "",
        "legend": _legend(scenario.graph, scenario.variables) if scenario.graph else [],
        "support": Markup(draw_support(scenario.support)) if scenario.support else None,
        "bands": list(BANDS_IN_WORDS.items()),
        "variables": _rows(_variable_table(scenario.variables)) if scenario.variables else None,
    }


def _explanation(group: Sequence[Explanation]) -> dict[str, object]:
    """An EXPLAIN; its pictures are those of its first method."""
    first = group[0]
    shared, own = shared_facts(group)
    brief = cause_tables(group, _PATH_WIDTH, "under All candidates")
    compared = agreement_table(group)
    scores, moments = draw_scores(group), inline_moments(group)
    return {
        "title": title(first),
        "facts": _merged(shared),
        "warnings": list(dict.fromkeys(warning for one in group for warning in one.warnings)),
        "methods": [
            (_merged(pairs), [_rows(table) for table in tables])
            for pairs, tables in zip(own, brief, strict=True)
        ],
        "compared": _rows(compared) if compared else None,
        "scores": Markup(scores.svg) if scores else None,
        "legend": scores.legend if scores else (),
        "graph_origin": show_code(first.graph.origin) if first.graph else "",
        "moments": Markup(moments) if moments else None,
        "basis": _merged(
            dict.fromkeys(fact for one in group for fact in facts_of_explanation(one, whole=True))
        ),
        "candidates": [
            (name, [_rows(table) for table in tables])
            for name, tables in zip(
                method_names(group), cause_tables(group, _PATH_WIDTH, whole=True), strict=True
            )
        ],
    }


def _key_figures(scenario: Scenario) -> Iterator[KeyFigure]:
    """Up to four figures of the whole scenario: mean, median and tail of the default report, or the first."""
    whole = [e for e in scenario.estimates if not e.group and not e.where and e.scenario is not None]
    if len(whole) > len(_KEY_FIGURES):
        known = [e for e in whole if e.expression.partition("(")[0] in _KEY_FIGURES]
        whole = known if len(known) == len(_KEY_FIGURES) else whole
    return map(_key_figure, whole[: len(_KEY_FIGURES)])


def _key_figure(estimate: Estimate) -> KeyFigure:
    factor = scale_of(estimate)
    values = (estimate.baseline, estimate.scenario, estimate.difference)
    baseline, scenario, difference = (None if v is None else v * factor for v in values)
    places = decimals(baseline, scenario)
    change = percent(difference, baseline) if factor == 1 else ""
    return KeyFigure(
        name=show_name(estimate.alias) if estimate.alias else show_code(estimate.expression),
        value=number(scenario, places),
        unit=visible(unit_of(estimate) or ""),
        change=change or number(difference, places, sign=True),
        baseline=number(baseline, places),
        interval=" to ".join(number(end * factor, places) for end in estimate.interval or ()),
    )


def _merged(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    merged: list[tuple[str, list[str]]] = []
    for label, sentence in pairs:
        if not merged or merged[-1][0] != label:
            merged.append((label, []))
        merged[-1][1].append(sentence)
    return merged


def _caption(cdf: Cdf) -> str:
    group = show_group(cdf.group.items()) if cdf.group else ""
    return ", ".join(filter(None, (show_name(cdf.variable), group, show_where(cdf.where))))


def _legend(graph: ScenarioGraph, variables: Sequence[Variable]) -> list[tuple[str, str]]:
    present = set(roles(graph, variables).values())
    boxes = [(role, word) for role, word in ROLES.items() if role in present]
    marks = {mark for _, mark, _ in graph.edges}
    lines = (
        ("line cut", "no longer acts where it was set", "set" in present),
        ("line latent", "hidden common cause", "<->" in marks),
        ("line latent", "a cause, or a hidden common one", "?->" in marks),
        ("line", "direction unknown", "--" in marks),
    )
    return boxes + [(style, words) for style, words, applies in lines if applies]


def _variable_table(variables: Sequence[Variable]) -> Table:
    def counts(heading: str, field: str) -> Column:
        return Column(heading, [f"{n:,}" if (n := getattr(v, field)) else "" for v in variables], "right")

    return Table(
        (
            Column("variable", [show_name(v.name) for v in variables]),
            counts("rows set", "set_rows"),
            counts("redrawn", "redrawn_rows"),
            counts("pinned", "pinned_rows"),
            counts("borrowed", "borrowed_rows"),
            Column("given", [", ".join(map(show_name, v.conditioned_on)) for v in variables]),
            counts("learned from", "training_rows"),
            counts("left out", "training_rows_left_out"),
        )
    )


def _rows(table: Table) -> dict[str, object]:
    """A table by rows: cells as (text, alignment, style), and what stands below them, across the table.

    Figures are padded so that their points align; cells on the left may be broken between words of a name.
    """
    columns = [c for c in table.columns if any(_text(cell) for cell in c.cells)]
    beside = [column for column in columns if column.align != "below"]
    below = [map(_text, column.cells) for column in columns if column.align == "below"]
    under = zip(*below, strict=True) if below else repeat(())
    return {
        "headings": [(c.heading, _side(c)) for c in beside],
        "rows": list(zip(zip(*map(_laid_out, beside), strict=True), under, strict=False)),
        "notes": table.notes,
        "caption": table.caption,
    }


def _laid_out(column: Column) -> list[tuple[str, str, str]]:
    texts = [_text(cell) for cell in column.cells]
    if column.align == "left":
        texts = [breakable(text) for text in texts]
    if column.align == "point":
        texts = [_padded(text) for text in at_the_point(texts)]
    align = _side(column)
    styles = [cell.style if isinstance(cell, Cell) else "" for cell in column.cells]
    return [(text, align, style) for text, style in zip(texts, styles, strict=True)]


def _side(column: Column) -> str:
    return "left" if column.align == "left" else "right"


def _padded(text: str) -> str:
    """Trailing spaces as wide as the decimal point and the digits they stand for."""
    figure = text.rstrip(" ")
    missing = len(text) - len(figure)
    return figure + ("\u2008" + "\u2007" * (missing - 1) if missing else "")


def _text(cell: str | Cell) -> str:
    return cell.text if isinstance(cell, Cell) else cell


def _place(finding: Diagnostic) -> str:
    parts = [visible(finding.file)] if finding.file else []
    if finding.span:
        parts.append(f"line {finding.span.line}")
    return ", ".join(parts)
