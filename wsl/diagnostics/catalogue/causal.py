"""Family C: questions that the causal graph says are not the ones that would be answered."""

from wsl.diagnostics.catalogue.entry import Entry, warning

_WAYS = (
    "`{rank}` asks about these very requests: each is assumed to keep its own rank among requests like it",
    "`{causes}` asks about new requests that have the causes of these; their baseline is redrawn as well",
)

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "WSL-C001",
        "{keyword} sets the target `{target}`, which is what is to be estimated",
        help="set one of its causes: {causes}; or name another TARGET",
    ),
    Entry(
        "WSL-C002",
        "this erases what {line} set: `{later}` is a cause of `{earlier}`, so `{earlier}` is redrawn",
        help="set `{later}` first, or pin the other: {pin}",
        notes=("the path is {path}", "{rows}"),
    ),
    Entry(
        "WSL-C003",
        "{line} pinned `{variable}` with FIXED, and here it is set again",
        help="drop FIXED there, or this SET, or set other rows here; a pin holds until the next USE",
        notes=("{rows}",),
    ),
    Entry(
        "WSL-C004",
        "{where} reads `{read}`, a consequence of `{set}`, which {which} sets",
        help="select on variables that `{set}` does not change{candidates}; or end USE in {ways}",
        notes=(
            "the path is {path}",
            "redrawing answers for new requests; rows chosen by `{read}` are these very requests, whose "
            "particular luck would be forgotten, so that even a change of nothing would show an effect",
            *_WAYS,
        ),
    ),
    Entry(
        "WSL-C005",
        "{edge} is in the graph, and what `{redrawn}` would be redrawn or estimated from depends on it",
        help="write what it is, if you know: -> one way or the other, or <->; or set variables whose "
        "consequences it does not touch",
        notes=(
            "{why}",
            "what changes: {path}",
        ),
    ),
    warning(
        "WSL-C006",
        "setting `{variable}` has no effect on {estimated}: the graph has no path to it",
        help="set a cause of {estimated}: {causes}",
    ),
    warning(
        "WSL-C007",
        "ASSUME leaves what follows from `{variable}` alone, and so changes nothing of {estimated}",
        help="write INTERVENE, so that what follows is redrawn: {path}",
        notes=("after ASSUME only the target responds, and only where an edge leads to it",),
    ),
    warning(
        "WSL-C008",
        "{where} reads `{read}`, which {line} {what}: the value after that change is used",
        help="write BASELINE({read}) for the recorded value",
    ),
    warning(
        "WSL-C009",
        "`{variable}` is set again: {line} set it before",
        help="drop one of them, unless both are meant in turn",
    ),
    Entry(
        "WSL-C010",
        "no row has {variable} = {label}, so nothing is known of what follows from it",
        help="set what follows from it on the same rows: {children}",
        notes=(
            "did you mean {suggestion}?",
            "the categories of `{variable}` are {known}",
            "an edge leads from `{variable}` to the target `{direct}`: only rows can tell what that does",
        ),
    ),
    Entry(
        "WSL-C011",
        "`{variable}` is set twice in one statement",
        help="keep one of them; a joint change sets each variable once",
    ),
    Entry(
        "WSL-C012",
        "the graph changes here, and line {line} goes on with the scenario before it",
        help="put this GRAPH before that scenario's USE, or begin another scenario after it with USE",
        notes=("between the first update of a scenario and its end the graph stays the same",),
    ),
    Entry(
        "WSL-C013",
        "{statement} before any USE: no rows are selected yet",
        help="start the scenario with USE * or USE WHERE ..",
    ),
    warning(
        "WSL-C014",
        "{option} is overruled by the program, which says {written}",
        help="drop one of them",
    ),
    Entry(
        "WSL-C015",
        "BY {variable} groups by the recorded value of a consequence of `{set}`, which {line} sets",
        help="group by a variable that `{set}` does not change{candidates}; or by the value in the scenario: "
        "BY SCENARIO({variable}); or end USE in {ways}",
        notes=("the path is {path}", *_WAYS),
    ),
    Entry(
        "WSL-C020",
        "a redraw cannot tell what `{set}` does to `{effect}` from what a hidden cause does",
        help="{ways}",
        notes=(
            "the change goes {set} -> {effect}, what is hidden {path}",
            "{why}",
        ),
    ),
    Entry(
        "WSL-C021",
        "`{held}` keeps a value from before `{set}` changed, `{effect}` does not, and a hidden cause links "
        "them",
        help="{ways}",
        notes=(
            "what is hidden goes {path}",
            "no recorded row has `{held}` under one value of `{set}` and `{effect}` under another: how the "
            "two would go together is not in the data",
        ),
    ),
    Entry(
        "WSL-C022",
        "`{option}` has no meaning beside `coupling = rank`: {why}",
        help="drop one of them",
    ),
    Entry(
        "WSL-C023",
        "donors = use would learn from rows chosen by `{read}`, a consequence of `{set}`, which {which} sets",
        help="drop `donors = use`; or select on variables that `{set}` does not change{candidates}",
        notes=(
            "the path is {path}",
            "among rows with the same causes, those that `{read}` chose are not like the others: what is "
            "learned from them alone is not what a redraw needs",
        ),
    ),
)
