"""L: style."""

from wsl.diagnostics.catalogue.entry import Entry, warning

ENTRIES: tuple[Entry, ...] = (warning("WSL-L001", "`\\=` is read as `/=`", "write `/=`"),)
