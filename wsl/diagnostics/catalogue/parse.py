"""P: what is wrong with the text of a program before anything is known of its meaning."""

from wsl.diagnostics.catalogue.entry import Entry, warning

ENTRIES: tuple[Entry, ...] = (
    Entry("WSL-P001", "{word} begins no statement", "{advice}", ("statements begin with {statements}",)),
    Entry(
        "WSL-P002",
        "`{bracket}` is never closed",
        "close it with `{closer}`",
        ("{why}",),
    ),
    Entry("WSL-P003", "`{bracket}` closes nothing", "{advice}"),
    Entry(
        "WSL-P004",
        "the {thing} that begins here is never closed",
        "close it with {quote}",
        ("strings and names end with their line",),
    ),
    Entry("WSL-P005", "expected {expected}, found {found}", "{advice}"),
    Entry("WSL-P006", "the statement ends where {expected} is expected", notes=("{note}",)),
    Entry("WSL-P007", "{character} is a typographic character", "write {meant}"),
    Entry("WSL-P008", "`{written}` does not begin a comment", "comments begin with `#`"),
    Entry("WSL-P009", "{character} has no meaning in a program", "{advice}"),
    Entry("WSL-P010", "there is no operator `{written}`", "{advice}"),
    Entry("WSL-P011", "the values after IN stand in brackets", "write `{meant}`"),
    Entry(
        "WSL-P012",
        "comparisons do not chain",
        "compare twice and join with AND, or use BETWEEN",
    ),
    Entry("WSL-P013", "{clause} is given twice", "{advice}"),
    Entry(
        "WSL-P014",
        "{clause} is no clause of {statement}",
        "{advice}",
        ("{statement} takes {clauses}",),
    ),
    Entry(
        "WSL-P015", "unknown unit `{unit}`", "{advice}", ("units are {units}; upper and lower case count",)
    ),
    Entry("WSL-P016", "`{written}` is neither a number nor a name", "{advice}"),
    Entry("WSL-P017", "`{written}` is called `{meant}`", "write `{meant}`"),
    Entry(
        "WSL-P018",
        "`{word}` is a keyword here",
        "a variable or dataset of this name stands in backticks",
    ),
    Entry("WSL-P019", "{statement} needs SET or SETDIST before the variable", "write `{meant}`"),
    Entry("WSL-P020", "this version does not answer {form} yet", "{advice}"),
    Entry(
        "WSL-P021",
        "this {what}",
        "{advice}",
    ),
    warning("WSL-P022", "a single `=` compares here", "write `==`; `=` sets"),
    warning("WSL-P023", "AND binds tighter than OR", "say so with parentheses"),
    Entry(
        "WSL-P024",
        "`{name}` is not a plain name: those have the letters a to z, digits, `_` and single inner dots",
        "a name with other characters stands in backticks; a category in quotes",
    ),
    Entry(
        "WSL-P025",
        "`{mark}` in a chain of `{first}`",
        "a chain has one kind of edge: put the other kind on a line of its own",
    ),
    Entry(
        "WSL-P026",
        "BY takes variables, not `{function}(...)`",
        "{advice}",
    ),
    Entry(
        "WSL-P027",
        "`{kind}` is no type of variable",
        "did you mean {suggestion}?",
        ("the types are NUMBER, CATEGORY, TIME and BOOLEAN",),
    ),
    Entry(
        "WSL-P028",
        "USE takes a dataset or a file, not both",
        "drop `{name}`, or FROM; AS gives the scenario a name",
    ),
    Entry("WSL-P029", "`{number}` is too large for a number"),
    Entry("WSL-P030", "a unit stands right after its number", "write `{meant}`"),
    Entry(
        "WSL-P031",
        "GRAPH needs its edges",
        'write them in a block, `GRAPH { a -> b }`, or name a file, `GRAPH FROM "cdn.dot"`',
    ),
    Entry(
        "WSL-P032",
        "this comma joins two lines that each have an edge of their own",
        "remove it, or write both lines as one",
    ),
    Entry("WSL-P033", "an edge points from cause to effect", "write `{cause} -> {effect}`"),
    Entry(
        "WSL-P034",
        "EXPLAIN needs the moment at which `{target}` was unusual",
        "write AT and a condition that one row satisfies, or WHERE and one for a window of rows",
        ("for example {example}",),
    ),
    Entry(
        "WSL-P035",
        "EXPLAIN takes AT or WHERE, not both",
        "keep AT for one row, or WHERE for a window of which the most unusual row is explained; join "
        "further conditions with AND",
    ),
)
