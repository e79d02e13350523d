"""Family T: values, units and statements that do not go together."""

from wsl.diagnostics.catalogue.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "WSL-T001",
        "{operation} needs a number, and {what} is {kind}",
        help="{advice}",
    ),
    Entry(
        "WSL-T002",
        "the unit {unit} does not fit {what}, which is in {expected}",
        help="write the value in {expected}, or in a unit that converts to it: {known}",
    ),
    Entry(
        "WSL-T003",
        "{what} has no unit, so {written} cannot be converted to it",
        help="declare it in the braces of GRAPH, {name} : NUMBER [{unit}]; or write the bare number",
    ),
    Entry(
        "WSL-T004",
        "{left} is {left_kind}, and {right} is {right_kind}: they cannot be compared",
        help="{advice}",
    ),
    Entry(
        "WSL-T005",
        "{what} is {kind}, where a condition is needed",
        help="compare it with something, for example {example}",
    ),
    Entry(
        "WSL-T006",
        "the list after IN mixes {kinds}",
        help="write values of one kind, that of `{variable}`",
    ),
    Entry(
        "WSL-T007",
        "{written} is not a time",
        help="write ISO 8601, for example '2024-03-01' or '2024-03-01T10:05:00Z'",
        notes=("{reason}",),
    ),
    Entry("WSL-T008", "{name} takes {expected}", help="write {example}"),
    Entry("WSL-T009", "{distribution}: {problem}", help="write {example}"),
    Entry(
        "WSL-T010",
        "{statistic} of `{variable}` has no meaning: it is {kind}",
        help="count shares instead, for example SHARE({condition})",
    ),
    Entry(
        "WSL-T011",
        "{operation} needs a number, and `{variable}` is {kind}",
        help="{advice}",
    ),
    Entry(
        "WSL-T012",
        "{left} is in {left_unit}, and {right} is in {right_unit}: their {operation} has no meaning",
        help="{advice}",
    ),
    Entry(
        "WSL-T013",
        "{what} is {kind}, where {wanted} is needed",
        help="{advice}",
    ),
    Entry(
        "WSL-T014",
        "the probability {written} is not between 0 and 1",
        help="write QUANTILE({variable}, 0.95), or P95({variable})",
    ),
    Entry(
        "WSL-T015",
        "`{name}` takes {expected}, not {written}",
    ),
    Entry(
        "WSL-T016",
        "categories have no order, so {operator} has no meaning for `{variable}`",
        help="{advice}",
    ),
    Entry(
        "WSL-T017",
        "{what} stands outside a statistic",
        help="say which figure of it is meant, for example MEAN({example}) or SHARE({example} > 0)",
    ),
    Entry(
        "WSL-T018",
        "BASELINE({what}) has no meaning here",
        help="{advice}",
    ),
    Entry(
        "WSL-T019",
        "`{variable}` is {kind}, and {what} is {value_kind}",
        help="{advice}",
    ),
    Entry(
        "WSL-T020",
        "{figure} reads {variables}, which all change in the scenario",
        help="ask for one of them at a time",
        notes=("what they are together on one row is not part of an estimate",),
    ),
    Entry(
        "WSL-T021",
        "`{operator}` takes a number without a unit",
        help="write {example}",
    ),
    Entry(
        "WSL-T022",
        "{name} is a figure of many rows, where the value of one row is needed",
        help="figures stand in ESTIMATE and EXPECT; a condition on rows compares values, as in x > 100",
    ),
    Entry(
        "WSL-T023",
        "`{variable}` is declared twice, and not alike",
        help="keep one of the two declarations",
        notes=("the first one is at line {line}",),
    ),
    Entry(
        "WSL-T024",
        "{kind} cannot be in [{unit}]",
        help="drop the unit; numbers have units, and times the one in which epochs are counted: {known}",
    ),
    Entry(
        "WSL-T025",
        "`{variable}` is declared after a USE that has read it without this declaration",
        help="write GRAPH before the USE",
    ),
    Entry(
        "WSL-T026",
        "ROWS keeps every row, so BY has nothing to group",
        help="drop BY, or ask for figures instead of ROWS",
    ),
    Entry("WSL-T027", 'an ESTIMATE before this one writes "{path}" too', help="write to another name"),
    Entry(
        "WSL-T028",
        "the parameter `{name}` is a number, and the value given from outside is none",
        help="give a number, as in --param {name}=12",
    ),
    Entry(
        "WSL-T029",
        "EXPLAIN asks why a number was so high or so low, and `{variable}` is {kind}",
        help="explain a number, such as {numbers}",
        notes=("{advice}",),
    ),
)
