"""What is wrong, or worth knowing, about data that could be read."""

from wsl.diagnostics.catalogue.entry import Entry

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
        "{column} cannot be read as {kind}: it holds {holds}",
        "correct the declaration, or the data",
        ('"{value}" in row {row} of {path} is the first value that does not fit',),
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
        "row id {column} is not unique: rows {row} and {other} have {value} and {again}",
        "choose a column that differs in every row; without row_id, rows are numbered by file and position",
        ("{count} rows repeat an id",),
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
)
