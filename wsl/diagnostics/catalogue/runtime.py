"""Family R: what goes wrong outside the program, with files, connections and memory."""

from wsl.diagnostics.catalogue.entry import Entry

FILES_AND_CONNECTIONS = (
    Entry("WSL-R001", 'there is no file "{path}"', help='did you mean "{suggestion}"?'),
    Entry(
        "WSL-R002",
        'no file matches "{path}"',
        help="* stands for any name in one folder, ** for any folders",
    ),
    Entry(
        "WSL-R003",
        'the folder "{path}" has no data files',
        help="WSL reads Parquet, CSV, Arrow and JSON lines, and tells them by the suffix of the name",
    ),
    Entry(
        "WSL-R004",
        'the name "{path}" does not tell its format',
        help="give it one of the suffixes .parquet, .csv, .tsv, .arrow, .feather, .jsonl or .json",
    ),
    Entry("WSL-R005", '"{path}" cannot be read: {reason}', help="mend the file, or write it again"),
    Entry(
        "WSL-R006",
        '"{path}" is not UTF-8 text: {reason}',
        help="convert it, for example with iconv -t utf-8 -f latin1 (or -f utf-16)",
    ),
    Entry("WSL-R007", 'no permission to open "{path}"'),
    Entry("WSL-R008", '"{path}" is empty'),
    Entry(
        "WSL-R009",
        '"{path}" holds files of several formats: {formats}',
        help='name one format, as in "{path}/**/*.csv"',
    ),
    Entry(
        "WSL-R010",
        '"{path}" leads out of the program\'s folder',
        help="start wslang with --allow PATH, or bind the data by --data NAME=PATH",
    ),
    Entry(
        "WSL-R011",
        'a program cannot open the connection "{path}"',
        help="bind it from outside, with --data NAME=env:VARIABLE, and write USE NAME",
    ),
    Entry(
        "WSL-R012",
        '"{path}" is neither a path nor a PostgreSQL connection',
        help="WSL reads files and PostgreSQL tables; fetch other data into a file first",
    ),
    Entry(
        "WSL-R013",
        'the connection "{where}" needs the name of a table',
        help="write it after the connection: #schema.table",
    ),
    Entry(
        "WSL-R014",
        "the environment has no variable {variable}",
        help="did you mean {suggestion}?",
    ),
    Entry("WSL-R015", "what is bound to `{name}` is no table: {reason}"),
    Entry(
        "WSL-R016",
        'the connection "{where}" needs the PostgreSQL driver',
        help="install it: pip install 'wsl-lang[postgresql]'",
    ),
    Entry("WSL-R017", 'no data from the connection "{where}": {reason}'),
    Entry("WSL-R018", '"{where}" has no table {table}', help="did you mean {suggestion}?"),
    Entry("WSL-R019", '"{path}" changed while it was read', help="run again when nothing writes to it"),
    Entry(
        "WSL-R020", '"{path}" exists already', help="start wslang with --overwrite, or write to another name"
    ),
    Entry(
        "WSL-R021",
        '"{path}" is an input of this program, and inputs are never overwritten',
        help="write to another name",
    ),
    Entry("WSL-R022", '"{path}" cannot be written: {reason}'),
    Entry("WSL-R023", 'the name "{path}" does not tell its format', help="end it in .csv or .parquet"),
)

ENTRIES: tuple[Entry, ...] = FILES_AND_CONNECTIONS
