"""Family D: what is wrong, or worth knowing, about data that could be read."""

from wsl.diagnostics.catalogue.entry import Entry, warning

ENTRIES = (
    Entry(
        "WSL-D001",
        "the dataset `{dataset}` has no rows",
        help="read data with at least one row after the header",
    ),
    Entry(
        "WSL-D002",
        '"{path}" has more than one column named {columns}',
        help="rename them; a table of metrics with several header lines is read WITH (header = 3)",
    ),
    Entry(
        "WSL-D003",
        '"{path}" does not have the columns of "{first}"',
        help="read files of one kind together, or write the pattern more narrowly",
        notes=("missing: {absent}", "only there: {extra}"),
    ),
    Entry(
        "WSL-D004",
        "`{column}` cannot be read as {kind}",
        help="{advice}",
        notes=(
            "it holds {holds}",
            '"{value}" in row {row} of "{path}" is the first value that does not fit',
        ),
    ),
    Entry(
        "WSL-D005",
        "`{column}` holds {holds}: to be read as {kind} it needs the unit in which epochs are counted",
        help="write the unit in brackets, as in {written} : {kind} [s]",
    ),
    Entry(
        "WSL-D006",
        "the row id `{column}` is missing, or beyond 64 bits, in row {row}",
        help="every row needs an id of its own; without row_id, rows are numbered by file and position",
    ),
    Entry(
        "WSL-D007",
        'the row id `{column}` is not unique: rows {row} and {other} both have "{value}"',
        help="choose a column that differs in every row; without row_id, file and position number the rows",
        notes=(
            "rows that repeat an id: {count}",
            'the second reads "{again}", which has the same 64-bit hash',
        ),
    ),
    Entry(
        "WSL-D008",
        "the dataset `{dataset}` has no column `{column}`",
        help="did you mean {suggestion}?",
        notes=("its columns are {known}",),
    ),
    Entry(
        "WSL-D009",
        "the column `{column}` holds {type}, which no kind of variable can hold",
        help="prepare a column of numbers, text, times or truth values before WSL reads it",
    ),
    Entry(
        "WSL-D010",
        '"{path}" does not begin with {header} header lines of the same length',
        help="header counts the lines before the values, such as those of service, metric and statistic",
    ),
    Entry(
        "WSL-D011",
        'no column of "{path}" has the {level} "{value}"',
        help='did you mean "{suggestion}"?',
        notes=("there is {known}, where {besides}", "there is {all_known}"),
    ),
    Entry(
        "WSL-D012",
        'the first line of "{path}" holds values, not names',
        help="add a line with the names of the columns",
        notes=("it reads: {line}",),
    ),
    Entry("WSL-D013", "{key} = {value} is not {expected}"),
    Entry(
        "WSL-D014",
        "`{column}` holds {holds}; the long table `{dataset}` needs {needs} there",
        help="long = (time, name, value) names the columns of time, of the variable's name, and of its value",
    ),
    Entry(
        "WSL-D015",
        "the long table `{dataset}` has rows without {columns}",
        help="remove the rows that do not say what was measured, or when",
    ),
    Entry(
        "WSL-D016",
        "the long table `{dataset}` has several values of `{name}` for one time, in rows {row} and {other}",
        help="keep one value for each time and name",
    ),
    Entry("WSL-D017", "the columns of `{dataset}` differ in length: {lengths}"),
    Entry(
        "WSL-D018",
        "the row id `{column}` holds {holds}; ids are whole numbers, times or text",
        help="convert the column before WSL reads it, or leave row_id out",
    ),
    Entry(
        "WSL-D019",
        "the dataset `{dataset}` has no column that WSL can use",
        help="columns hold numbers, text, times or truth values; lists and records cannot be variables",
    ),
    Entry(
        "WSL-D020",
        '"{path}" is no list of values: {reason}',
        help="write one value a line, or value,weight",
    ),
    Entry(
        "WSL-D021",
        '"{path}" has names that differ only by case: {columns}',
        help="rename one of them; JSON is read without regard to case",
    ),
    warning(
        "WSL-D030",
        "no row has a value of {columns}",
        help="leave it out of the graph, or read the data that have it",
    ),
    warning(
        "WSL-D031",
        "every row has the same value of {columns}, of whose effect nothing can be learned",
        help="read data in which it varies, or leave it out of the graph",
    ),
    warning(
        "WSL-D032",
        "{missing} of the {rows} rows have no value of {columns}",
        help="a mechanism is learned only from rows where a variable and its causes are present",
    ),
    warning(
        "WSL-D033",
        "`{column}` is infinite in {count} rows",
        help="an infinite value takes means and distances with it; leave the cell empty instead",
    ),
    warning(
        "WSL-D034",
        "`{column}` has {count} integers beyond 2^53, which a number cannot hold exactly",
        help="if they are identifiers, declare {written} : CATEGORY",
    ),
    warning(
        "WSL-D035",
        "`{column}` looks like an identifier, and is read as a number",
        help="if its integers are names, declare {written} : CATEGORY",
    ),
    warning(
        "WSL-D036",
        "`{column}` has a label of its own in every row, so nothing can be learned from it",
        help="it is of no use in a graph; WITH (row_id = {written}) makes it the name of the row",
    ),
    warning(
        "WSL-D037",
        "`{column}` is read as a category because {words} of its {values} values are not numbers",
        help="mend these values, or leave their cells empty",
        notes=('one of them is "{example}"',),
    ),
    warning(
        "WSL-D038",
        "the values of `{column}` look like numbers {form}, and are read as categories: {examples}",
        help="{advice}; if they are meant as names, write {written} : CATEGORY in the braces of GRAPH",
    ),
    warning(
        "WSL-D039",
        "the values of `{column}` look like dates {form}, and are read as categories: {examples}",
        help="{advice}",
    ),
)
