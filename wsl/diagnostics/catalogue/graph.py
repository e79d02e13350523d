"""Findings about the causal graph, and about the files it is read from (WSL-G020 and above)."""

from wsl.diagnostics.catalogue.entry import Entry, warning

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "WSL-G001",
        "these edges form a cycle: {cycle}",
        help="remove one of the edges; a feedback needs two variables, one for before and one for after",
        notes=("{others}",),
    ),
    Entry(
        "WSL-G002",
        "{variable} is drawn as a cause of itself",
        help="remove the edge `{edge}`",
    ),
    Entry(
        "WSL-G003",
        "`{edge}` contradicts `{other}`",
        help="keep one of the two; where the direction is not known, write `{undirected}` alone",
        notes=("{where}",),
    ),
    warning(
        "WSL-G004",
        "`{edge}` is written twice",
        help="remove one of the two",
        notes=("{where}",),
    ),
    Entry(
        "WSL-G005",
        "the target {target} is not a variable of the graph",
        help="did you mean {suggestion}?",
        notes=("its variables are: {variables}",),
    ),
    warning(
        "WSL-G006",
        "nothing in the graph causes the target {target}",
        help="{advice}",
        notes=("the graph draws it only as a cause of {children}",),
    ),
    Entry(
        "WSL-G007",
        "the graph names {variable}, but the data has no such column",
        help="did you mean {suggestion}?",
        notes=("{long}",),
    ),
    warning(
        "WSL-G008",
        "not in the graph, so nothing that is set will reach them: {columns}",
        help="add them to the graph if they are causes or effects of what you study",
    ),
    Entry(
        "WSL-G009",
        "this needs a target, and the graph names none",
        help="{advice}",
    ),
    Entry(
        "WSL-G010",
        "this needs a causal graph, and there is none",
        help="start from this one, made of the data's own columns, and keep only what is true:\n{skeleton}",
        notes=("{besides}",),
    ),
    Entry(
        "WSL-G011",
        "`{target}` is in the graph, but the data has no such column: it was not observed",
        help="{advice}",
        notes=(
            "of the variables of the graph, the data has {observed}",
            "the columns of the data are {columns}",
        ),
    ),
    Entry(
        "WSL-G012",
        "`{target}` is not in the graph, which therefore knows no causes of it",
        help="draw the edges that lead to it; or explain a variable of the graph",
        notes=("did you mean `{suggestion}`?", "the variables of the graph are {known}"),
    ),
    warning(
        "WSL-G013",
        "the graph has no cause of `{target}`, so that `{target}` itself is the only candidate",
        help="{advice}",
        notes=("with the arrows turned round, its causes are {reversed}", "{undirected}"),
    ),
    warning(
        "WSL-G014",
        "the direction of {edges} is not known, so that {variables} {none}",
        help="if it is a cause, say so, as in {example}; without a graph every variable is a candidate",
    ),
    Entry(
        "WSL-G020",
        "cannot open {file}: {reason}",
        help="did you mean {suggestion}?",
    ),
    Entry(
        "WSL-G021",
        "{file} is not UTF-8 text: {reason}",
        help="save it as UTF-8",
    ),
    Entry(
        "WSL-G022",
        "cannot tell what kind of graph {file} is",
        help="name a file .dot, .gml, .graphml, .json, .csv, .bif or .dagitty",
        notes=("a text without such a name must begin as DOT or dagitty do: `digraph {{` or `dag {{`",),
    ),
    Entry(
        "WSL-G023",
        "{file} cannot be read as {format}: {reason}",
        help="it looks like {looks_like}: name it {suffix}",
    ),
    Entry(
        "WSL-G024",
        "{file} has no edges",
        help="{expected}",
    ),
    Entry(
        "WSL-G025",
        "{file} has a DOCTYPE, which is refused because it can pull in other files",
        help="remove the line; a graph does not need it",
    ),
)
