"""The one table of keywords: statements, their clauses in canonical order, and words inside clauses."""

from __future__ import annotations

CLAUSES_OF: dict[str, tuple[str, ...]] = {
    "USE": ("FROM", "WHERE", "SAMPLE", "ON", "AS", "WITH"),
    "GRAPH": ("FROM", "REVERSED", "TARGET", "WITH"),
    "INTERVENE": ("SET", "SETDIST", "WHERE", "WITH"),
    "ASSUME": ("SET", "SETDIST", "WHERE", "WITH"),
    "ESTIMATE": ("BY", "WHERE", "INTO", "WITH"),
    "EXPECT": ("BY", "WHERE", "WITH"),
    "DESCRIBE": ("WITH",),
    "PARAM": ("WITH",),
    "EXPLAIN": ("AT", "WHERE", "AGAINST", "USING", "TOP", "WITH"),
    "IDENTIFY": (),
    "OBSERVE": (),
}
STATEMENTS = frozenset(CLAUSES_OF)

# Clauses of the forms in NOT_YET: the layout rules know them already.
LATER_CLAUSES = frozenset(
    {
        *("ADAPT", "BUDGET", "COST", "FORBID", "GIVEN", "HORIZON", "OF", "OVER", "POLICY", "REQUIRE"),
        *("ROOTS", "SAFE", "SAW", "SESSION", "STEP", "STEPS", "SUBJECT", "SYSTEM", "TIERS"),
    }
)
CLAUSES = LATER_CLAUSES.union(*CLAUSES_OF.values())

# Words that join operands: a line that begins with one continues a statement.
CONNECTIVES = frozenset({"AND", "OR", "NOT", "IN", "BETWEEN", "IS", "LIKE"})

# Keywords that are neither statements, clauses nor connectives.
INNER = frozenset(
    {"FIXED", "RADIAL", "FILE", "ROWS", "PLAN", "MISSING", "NULL"}
    | {"UNSUPPORTED", "FAIL", "ABOVE", "DROP", "NEAREST"}
)

# What the language has but this version does not answer: statement, words of the form -> what there is.
NOT_YET: dict[tuple[str, ...], str] = {
    ("IDENTIFY",): "this version reads recorded rows: INTERVENE and ESTIMATE ask what if, EXPLAIN why",
    ("OBSERVE",): "this version reads recorded rows: INTERVENE and ESTIMATE ask what if, EXPLAIN why",
    ("GRAPH", "LEARN"): "write the edges in GRAPH { }, or read them from a file with GRAPH FROM",
    ("GRAPH", "CHECK"): "wslang check compares the names of the graph with those of the data",
    ("USE", "MODEL"): "USE takes a bound dataset or, with FROM, a file",
}

WORDS = STATEMENTS | CLAUSES | CONNECTIVES | INNER

# The keywords the grammar uses; the rest belong to NOT_YET.
IN_GRAMMAR = STATEMENTS.difference({"IDENTIFY", "OBSERVE"}).union(*CLAUSES_OF.values()) | CONNECTIVES | INNER
