"""Family N: names that stand for nothing, or for too much."""

from wsl.diagnostics.catalogue.entry import Entry, warning

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "WSL-N001",
        "unknown variable `{name}`",
        help="did you mean `{suggestion}`?",
        notes=("the variables are {known}", "{long}"),
    ),
    Entry(
        "WSL-N002",
        "`{name}` is neither a column nor a category of `{variable}`",
        help="did you mean `{suggestion}`?",
        notes=(
            "the categories of `{variable}` are {known}",
            "a category that no row has yet is written as a string, '{name}', and needs every child of "
            "`{variable}` set on those rows",
        ),
    ),
    warning(
        "WSL-N003",
        "no row has {variable} = {label}",
        help="did you mean {suggestion}?",
        notes=("the categories of `{variable}` are {known}",),
    ),
    Entry(
        "WSL-N004",
        "unknown dataset `{name}`",
        help="did you mean `{suggestion}`?",
        notes=(
            "the datasets bound from outside are {known}",
            'bind one with --data {name}=PATH, or name a file: USE FROM "PATH"',
        ),
    ),
    Entry(
        "WSL-N005",
        "unknown distribution `{name}`",
        help="did you mean {suggestion}?",
        notes=("the distributions are {known}",),
    ),
    Entry(
        "WSL-N006",
        "unknown function `{name}`",
        help="did you mean {suggestion}?",
        notes=("here one can write {known}",),
    ),
    Entry(
        "WSL-N007",
        "unknown option `{name}` of {statement}",
        help="did you mean `{suggestion}`?",
        notes=("the options of {statement} are {known}", "`{name}` is an option of {elsewhere}"),
    ),
    Entry(
        "WSL-N008",
        "`{name}` is both a column and a category of `{variable}`",
        help="write `{name}` in backticks for the column, or '{name}' in quotes for the category",
    ),
    Entry(
        "WSL-N009",
        "no data: nothing is named before this, and none was given from outside",
        help='start with USE FROM "PATH", or give the data with --data PATH',
    ),
    Entry(
        "WSL-N010",
        "two {things} are named `{name}`",
        help="choose another name for one of them",
        notes=("the first one is at line {line}",),
    ),
    Entry(
        "WSL-N011",
        "the parameter `{name}` is also the name of a column",
        help="rename the parameter, so that it is clear which is meant",
    ),
    Entry(
        "WSL-N012",
        "no parameter `{name}` is declared in the program",
        help="declare it, as in PARAM {name} = 12",
        notes=("did you mean `{suggestion}`?", "the parameters are {known}"),
    ),
    Entry(
        "WSL-N013",
        "there is no finding with the code `{name}` that could be allowed",
        help="the codes that WITH (allow = ..) takes are {known}",
    ),
    warning(
        "WSL-N014",
        "`{option}` does nothing here: no variable is set with RADIAL",
        help="{advice}",
    ),
    Entry(
        "WSL-N015",
        "unknown method `{name}`",
        help="did you mean {suggestion}?",
        notes=("the methods of EXPLAIN are {known}",),
    ),
    Entry(
        "WSL-N016",
        "no method of this EXPLAIN takes `{name}`",
        help="drop it, or name a method that does: {takers}",
        notes=("{used}",),
    ),
    Entry(
        "WSL-N017",
        "{method} is named twice, with the same parameters",
        help="drop one of them; with other parameters a method can be compared with itself",
    ),
)
