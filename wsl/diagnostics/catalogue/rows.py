"""Families D and R from 101 on: what the rows that a program selects show, and what only a run finds."""

from wsl.diagnostics.catalogue.entry import Entry, warning

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "WSL-D101",
        "no row of {dataset} is left",
        help="loosen the condition; DESCRIBE shows what values there are",
        notes=("none of its rows satisfies {where}",),
    ),
    warning(
        "WSL-D102",
        "no row of the scenario satisfies this WHERE, so that COUNT(*) is 0 and other figures do not exist",
        help="loosen the condition; it reads the scenario's values, BASELINE(x) the recorded ones",
    ),
    Entry(
        "WSL-D103",
        "BY {by} makes {count} groups or more, and at most {most} are reported",
        help='group by a variable with fewer values, or keep the rows with ESTIMATE ROWS INTO "FILE.parquet"',
    ),
    warning(
        "WSL-D104",
        "{expression} is undecided: a figure in it does not exist, or nothing tells how far it may be off",
        help="it rests on no row, on rows whose values are missing, or on very few rows",
        notes=("so it is for {groups}",),
    ),
    warning(
        "WSL-D105",
        "no row satisfies this WHERE, so the update changes nothing",
        help="loosen the condition; DESCRIBE shows what values there are",
    ),
    warning(
        "WSL-D106",
        "on {missing} of the {rows} rows that are set here, `{variable}` has no value any more",
        help="write a right side that has a value on these rows, or leave them as they are with WHERE",
        notes=(
            "LOG or SQRT of a negative number, a division by 0, and what is computed from a missing value "
            "are missing; these rows are part of no figure that depends on `{variable}`",
        ),
    ),
    warning(
        "WSL-D107",
        "{expression} is undecided: within its interval it may be met or not",
        help="more rows make the interval narrower; or ask for less, such as 1.10 instead of 1.05",
        notes=("so it is for {groups}",),
    ),
    Entry(
        "WSL-D201",
        "the data cannot answer {name}: {unsupported} of its {rows} rows lie where no recorded row is near, "
        "an excess of {excess} over the rows as recorded; {limit} is let pass",
        help="set what comes with the change as well, keep to rows that the data can answer for with WHERE, "
        "or say what becomes of the others: USE .. ON UNSUPPORTED DROP, NEAREST or FAIL ABOVE {above}",
        notes=("{first}", "{second}", "{third}"),
    ),
    warning(
        "WSL-D202",
        "{unsupported} of the {rows} rows of {name} lie where no recorded row is near, an excess of {excess} "
        "over the rows as recorded; they are answered from the nearest data",
        help="USE .. ON UNSUPPORTED DROP leaves them out, NEAREST gives them the causes of the nearest row",
        notes=("{first}", "{second}", "{third}"),
    ),
    Entry(
        "WSL-D203",
        "ON UNSUPPORTED DROP leaves no row of {name}: all {rows} lie where no recorded row is near",
        help="set what comes with the change as well, or ask for what lies nearer to the data",
        notes=("{first}", "{second}", "{third}"),
    ),
    warning(
        "WSL-D204",
        "where its causes are alike, `{variable}` is not the same in the rows of {name} as in the rest of "
        "the data, from which the scenario learns as well: a Kolmogorov-Smirnov distance of {distance}",
        help="{ways}",
        notes=("{rows} of these rows were compared with {others} others",),
    ),
    warning(
        "WSL-D205",
        "where its causes are alike, `{variable}` is not the same at all times, from which the scenario "
        "learns alike: a Kolmogorov-Smirnov distance of {distance}",
        help="{ways}",
        notes=("most of all from {start} to {end}: {rows} of these rows were compared with {others} others",),
    ),
    Entry(
        "WSL-D206",
        "donors = use leaves {rows} to learn from, and a mechanism needs {least}",
        help="loosen the condition, or learn from all of the data without this option",
    ),
    warning(
        "WSL-D207",
        "two ways to the effect on {expression} disagree: {first} step by step through the graph, {second} "
        "straight from {variables}{adjusted}, a difference of {difference}",
        help="look for an edge that the graph lacks, or has the wrong way round; until then the interval "
        "covers both answers",
        notes=("the graph has no way from {variables} to {still}: if there is one, an edge is missing",),
    ),
    warning(
        "WSL-D208",
        "rows that follow each other in `{time}` are not independent, as intervals take them to be: they are "
        "too narrow",
        help="take the rows of a stretch of time together: end USE in `WITH ({option})`",
        notes=("at equal causes, `{variable}` of neighbouring rows has a rank correlation of {correlation}",),
    ),
    warning(
        "WSL-D209",
        "the rows of {name} are of {clusters} of {cluster}, and intervals are reliable from about {least} on",
        help="{ways}",
    ),
    Entry(
        "WSL-D210",
        "{clause} selects no row, so there is no moment to explain",
        help="{advice}",
        notes=("none of the {rows} satisfies {condition}", "{outside}"),
    ),
    Entry(
        "WSL-D211",
        "AT selects {rows} rows, and explains one",
        help="narrow the condition; or write WHERE in place of AT, and the most unusual of these rows is "
        "explained",
    ),
    Entry(
        "WSL-D212",
        "the normal regime has {rows} with a value of `{target}`, and needs at least {least}",
        help="{advice}",
        notes=("{counts}",),
    ),
    warning(
        "WSL-D213",
        "AGAINST selects {rows} of the window too: {they} left out of the normal regime",
        help="if these rows are normal, narrow the window; if not, narrow AGAINST",
    ),
    Entry(
        "WSL-D214",
        "`{target}` has no {value} {where}, so there is nothing to explain",
        help="explain a moment at which it was observed: {written} IS NOT MISSING is true on {rows} rows",
    ),
    Entry(
        "WSL-R101",
        "the scenario {name} does not fit into memory",
        help="USE .. SAMPLE 100000 estimates from fewer rows; --memory gives the reader a limit",
    ),
    Entry("WSL-R102", "interrupted", help="what was finished before is reported"),
    Entry(
        "WSL-R103",
        "the data does not fit into memory",
        help="USE .. SAMPLE 100000 estimates from fewer rows; a larger --memory lets the reader use more",
    ),
    Entry(
        "WSL-R104",
        "the explanation of {target} does not fit into memory",
        help="USE WHERE .. leaves fewer rows to compare with; --memory gives the reader a limit",
    ),
)
