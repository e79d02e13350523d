"""Family findings."""

from wsl.diagnostics.catalogue.entry import Entry

ENTRIES: tuple[Entry, ...] = ()
