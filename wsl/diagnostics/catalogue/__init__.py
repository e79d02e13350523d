"""The catalogue of all messages, a module a family; `report` makes a finding of one."""

from __future__ import annotations

from string import Formatter

from wsl.diagnostics.catalogue import causal, data, graph, lint, names, parse, rows, runtime, types
from wsl.diagnostics.catalogue.entry import Entry
from wsl.diagnostics.diagnostic import Diagnostic, Fix
from wsl.diagnostics.span import Span

CATALOGUE: dict[str, Entry] = {
    entry.code: entry
    for family in (parse, names, types, graph, causal, data, rows, runtime, lint)
    for entry in family.ENTRIES
}


def report(
    code: str, span: Span | None = None, *, fixes: tuple[Fix, ...] = (), **fields: object
) -> Diagnostic:
    """The finding `code` at `span`, its templates filled with `fields`."""
    entry = CATALOGUE[code]
    given = {name: value for name, value in fields.items() if value not in (None, "", ())}
    notes = tuple(note for template in entry.notes if (note := _fill(template, given)))
    return Diagnostic(
        code, entry.severity, entry.message.format(**fields), span, notes, _fill(entry.help, given), fixes
    )


def _fill(template: str, fields: dict[str, object]) -> str | None:
    names = {name for _, name, _, _ in Formatter().parse(template) if name}
    return template.format(**fields) if template and names <= fields.keys() else None
