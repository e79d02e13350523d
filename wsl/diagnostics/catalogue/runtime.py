"""What goes wrong outside the program: files, connections, memory."""

from wsl.diagnostics.catalogue.entry import Entry

_FILES = (
    Entry("WSL-R001", "there is no file {path}", "did you mean {suggestion}?"),
    Entry("WSL-R002", "no file matches {path}", "* stands for any name in one folder, ** for any folders"),
    Entry(
        "WSL-R003",
        "the folder {path} has no data files",
        "WSL reads Parquet, CSV, Arrow and JSON lines, by the suffix of the name",
    ),
    Entry("WSL-R004", "the name {path} does not tell its format", "give it one of the suffixes {suffixes}"),
    Entry("WSL-R005", "{path} cannot be read: {reason}", "mend the file, or write it again"),
    Entry(
        "WSL-R006",
        "{path} is not UTF-8 text: {reason}",
        "convert it, for example with: iconv -f latin1 -t utf-8",
    ),
    Entry("WSL-R007", "no permission to open {path}"),
    Entry("WSL-R008", "{path} is empty"),
    Entry(
        "WSL-R009",
        "{path} holds files of several formats: {formats}",
        "name one format, as in {path}/**/*.csv",
    ),
    Entry(
        "WSL-R010",
        "{path} leads out of the program's folder",
        "start wslang with --allow PATH, or bind the data by --data NAME=PATH",
    ),
    Entry(
        "WSL-R011",
        "a program cannot open the connection {path}",
        "bind it from outside: --data NAME=env:VARIABLE, then USE NAME",
    ),
    Entry("WSL-R012", "{path} is neither a path nor a PostgreSQL connection"),
    Entry("WSL-R013", "{where} needs the name of a table", "write it after the connection: #schema.table"),
    Entry(
        "WSL-R014",
        "the environment has no variable {variable}",
        "did you mean {suggestion}?",
    ),
    Entry("WSL-R015", "the data bound to {name} are no table: {reason}"),
    Entry(
        "WSL-R016",
        "{where} needs the PostgreSQL driver",
        "install it: pip install 'wsl-lang[postgresql]'",
    ),
    Entry("WSL-R017", "no connection to {where}: {reason}"),
    Entry("WSL-R018", "{where} has no table {table}", "did you mean {suggestion}?"),
    Entry("WSL-R019", "{path} changed while it was read", "run again when nothing writes to it"),
    Entry("WSL-R020", "{path} exists already", "start wslang with --overwrite, or write to another name"),
    Entry("WSL-R021", "{path} is an input of this program and is never overwritten", "write to another name"),
    Entry("WSL-R022", "{path} cannot be written: {reason}"),
    Entry("WSL-R023", "{path} is neither .csv nor .parquet", "end the name in .csv or .parquet"),
)

ENTRIES = _FILES
