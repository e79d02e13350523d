"""What is wrong, or worth knowing, about data that could be read."""

from wsl.diagnostics.catalogue.entry import Entry, warning

ENTRIES = (
    Entry("WSL-D001", "dataset {dataset} has no rows", "a header alone is not enough: data must follow it"),
    Entry(
        "WSL-D002",
        "{path} has more than one column named {columns}",
        "rename the columns, so that each name means one thing",
    ),
    Entry(
        "WSL-D003",
        "{path} has not the same columns as {first}",
        "read files of one kind together, or write the pattern more narrowly",
        ("missing: {absent}", "only there: {extra}"),
    ),
    Entry(
        "WSL-D004",
        "{column} cannot be read as {kind}",
        "correct the declaration, or the data",
        (
            "it holds {holds}",
            '"{value}" in row {row} of {path} is the first value that does not fit',
        ),
    ),
    Entry(
        "WSL-D005",
        "{column} holds {holds}: {kind} needs the unit that epochs are counted in",
        "write it in brackets: {column} : {kind} [s]",
    ),
    Entry(
        "WSL-D006",
        "row id {column} is missing, or beyond 64 bits, in row {row}",
        "every row needs an id of its own; without row_id, rows are numbered by file and position",
    ),
    Entry(
        "WSL-D007",
        'row id {column} is not unique: rows {row} and {other} both have "{value}"',
        "choose a column that differs in every row; without row_id, rows are numbered by file and position",
        (
            "rows that repeat an id: {count}",
            'the second reads "{again}", which has the same 64-bit hash',
        ),
    ),
    Entry("WSL-D008", "dataset {dataset} has no column {column}", "did you mean {suggestion}?"),
    Entry(
        "WSL-D009",
        "column {column} holds {type}, which no kind of variable can hold",
        "prepare a column of numbers, text, times or truth values before WSL reads it",
    ),
    Entry(
        "WSL-D010",
        "{path} has no {header} header lines of the same length",
        "header counts the lines before the values, such as service, metric and statistic",
    ),
    Entry(
        "WSL-D011",
        'no column of {path} has {level} "{value}"',
        "did you mean {suggestion}?",
        ("there is: {known}",),
    ),
    Entry(
        "WSL-D012",
        "the first line of {path} holds values, not names",
        "add a line with the names of the columns",
        ("it reads: {line}",),
    ),
    Entry("WSL-D013", "{key} = {value} is not {expected}"),
    Entry(
        "WSL-D014",
        "column {column} of the long table {dataset} holds kind {kind}, where {needs} are needed",
        "long = (time, name, value) names the columns of time, of the variable's name, and of its value",
    ),
    Entry(
        "WSL-D015",
        "the long table {dataset} has rows without {columns}",
        "remove the rows that do not say what was measured, or when",
    ),
    Entry(
        "WSL-D016",
        "the long table {dataset} has several values of {name} for one time, in rows {row} and {other}",
        "keep one value for each time and name",
    ),
    Entry("WSL-D017", "the columns of {dataset} differ in length: {lengths}"),
    Entry(
        "WSL-D018",
        "row id {column} holds {type}; ids are whole numbers, times or text",
        "convert the column before WSL reads it, or leave row_id out",
    ),
    Entry("WSL-D019", "dataset {dataset} has no column that WSL can use"),
    Entry(
        "WSL-D020",
        "{path} is no list of values: {reason}",
        "write one value a line, or value,weight",
    ),
    Entry(
        "WSL-D021",
        "{path} has names that differ only by case: {columns}",
        "in JSON, write them apart: rename one of them",
    ),
    warning(
        "WSL-D030",
        "{column} has no value in any row",
        "leave it out of the graph, or read the data that have it",
    ),
    warning(
        "WSL-D031",
        "{column} has the same value in every row, so nothing can be learned about its effect",
        "read data in which it varies, or leave it out of the graph",
    ),
    warning(
        "WSL-D032",
        "{column} is missing in {missing} of {rows} rows",
        "a mechanism is learned only from rows where a variable and its causes are present",
    ),
    warning(
        "WSL-D033",
        "{column} is infinite in {count} rows",
        "an infinite value takes means and distances with it; write a missing value instead",
    ),
    warning(
        "WSL-D034",
        "{column} has {count} integers beyond 2^53, which a number cannot hold exactly",
        "if they are identifiers, declare {column} : CATEGORY",
    ),
    warning(
        "WSL-D035",
        "{column} looks like an identifier, and is read as a number",
        "if its integers are names, declare {column} : CATEGORY",
    ),
    warning(
        "WSL-D036",
        "{column} has a label of its own in every row, so nothing can be learned from it",
        "leave it out of the graph; WITH (row_id = {column}) makes it the name of the row",
    ),
    warning(
        "WSL-D037",
        "{column} is read as a category because {words} of its {values} values are no numbers",
        "mend these values, or leave their cells empty",
        ('one of them is "{example}"',),
    ),
)
