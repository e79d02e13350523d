"""Results written by hand: small, and with everything that a report must be able to show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sample_explanations import EXPLAINED, hostile_explanation

from wsl.diagnostics import Diagnostic, Severity, Text
from wsl.results import (
    Cdf,
    ColumnDescription,
    DataInfo,
    Description,
    Estimate,
    Expectation,
    GraphView,
    PlanStep,
    PlanView,
    Result,
    Scenario,
    ScenarioGraph,
    Support,
    Transport,
    Variable,
    VariableSupport,
)
from wsl.results.result import Group, Numbers

PROGRAM = """\
# What if Indian requests went to Taiwan?
USE cdn WHERE country IN (deu, ind) AS drain
INTERVENE SET fe = twn WHERE country == ind
ASSUME SET rtt *= 0.5 WHERE BASELINE(fe) == sfo
ESTIMATE
EXPECT P95(rt) <= 1.05 * BASELINE(P95(rt)) BY country
EXPECT MEAN(rt) < 400ms
"""

EDGES = (
    ("region", "->", "fe"),
    ("region", "->", "rtt"),
    ("region", "->", "sB"),
    ("ts", "->", "tod"),
    ("tod", "->", "be_time"),
    ("fe", "->", "rtt"),
    ("fe", "->", "febe_rtt"),
    ("be", "->", "febe_rtt"),
    ("be", "->", "be_time"),
    ("rtt", "->", "crP"),
    ("rtt", "<->", "crP"),
    ("rtt", "->", "rt"),
    ("crP", "->", "rt"),
    ("sB", "->", "rt"),
    ("be_time", "->", "rt"),
    ("febe_rtt", "->", "rt"),
)
NODES = tuple(dict.fromkeys(name for a, _, b in EDGES for name in (a, b)))


def lognormal_cdf(median: float, sigma: float, shift: float, group: Group | None = None) -> Cdf:
    """Two lognormal distribution functions at their pooled quantiles; `shift` multiplies the scenario."""
    z = np.linspace(-3, 3, 2001)
    recorded = median * np.exp(sigma * z)
    changed = recorded * shift
    value = np.unique(np.quantile(np.concatenate([recorded, changed]), np.arange(1001) / 1000))
    weight = np.exp(-(z**2) / 2).cumsum()
    weight /= weight[-1]

    def at(points: Numbers) -> Numbers:
        return np.concatenate([[0.0], weight])[np.searchsorted(points, value, side="right")]

    return Cdf("rt", group or {}, "ms", 5, value, at(recorded), at(changed))


def figure(
    expression: str,
    baseline: float,
    difference: float,
    group: Group | None = None,
    *,
    unit: str | None = "ms",
    replayed: float | None = None,
    alias: str | None = None,
    line: int = 5,
    rows: int = 9906,
    interval: float | None = None,
) -> Estimate:
    scenario = baseline + difference
    return Estimate(
        expression=expression,
        group=group or {},
        alias=alias,
        line=line,
        unit=unit,
        estimator="distribution",
        baseline=baseline,
        replayed=baseline * 1.004 if replayed is None else replayed,
        scenario=scenario,
        difference=difference,
        rows=rows,
        interval=(scenario - interval, scenario + interval) if interval else None,
        difference_interval=(difference - interval, difference + interval) if interval else None,
        level=0.95 if interval else None,
    )


def default_report(factor: float = 1.0, interval: bool = False) -> tuple[Estimate, ...]:
    figures = (("MEAN", 312.44, 28.61), ("P50", 256.02, 21.9), ("P90", 590.7, 51.2), ("P95", 729.81, 68.3))
    return tuple(
        figure(f"{name}(rt)", base, factor * change, interval=9.31 if interval else None)
        for name, base, change in (*figures, ("P99", 1344.2, 102.55))
    )


WARNING = Diagnostic(
    "WSL-C012",
    Severity.WARNING,
    "tod is no ancestor of rt on these rows, so setting it has no effect",
    Text(PROGRAM).span(PROGRAM.index("ASSUME"), PROGRAM.index("ASSUME") + 6),
)


def drain() -> Scenario:
    """One scenario with a default report, expectations, a warning and a graph."""
    return Scenario(
        name="drain",
        line=2,
        rows=9906,
        loaded_rows=100_000,
        target="rt",
        dataset="cdn",
        selection="country IN (deu, ind)",
        knobs={"nmin": 20},
        updated=(("fe",), ("rtt", "febe_rtt"), ("crP",)),
        statements=("INTERVENE SET fe = twn WHERE country == ind", "ASSUME SET rtt *= 0.5"),
        estimates=default_report(),
        expectations=(
            Expectation(
                "P95(rt) <= 1.05 * BASELINE(P95(rt))", {"country": "deu"}, 6, "pass", 640.0, 671.9, "ms"
            ),
            Expectation(
                "P95(rt) <= 1.05 * BASELINE(P95(rt))", {"country": "ind"}, 6, "fail", 798.1, 766.3, "ms"
            ),
            Expectation("MEAN(rt) < 400ms", {}, 7, "undecided", 341.05, 400.0, "ms"),
        ),
        cdfs=(lognormal_cdf(256.0, 0.7, 1.12),),
        variables=(
            Variable("fe", set_rows=1204),
            Variable(
                "rtt",
                redrawn_rows=1204,
                conditioned_on=("region", "fe"),
                training_rows=99_960,
                training_rows_left_out=40,
            ),
            Variable("febe_rtt", redrawn_rows=1204, conditioned_on=("fe", "be"), training_rows=100_000),
            Variable(
                "crP", redrawn_rows=1100, borrowed_rows=12, conditioned_on=("rtt",), training_rows=100_000
            ),
            Variable("be", pinned_rows=500),
        ),
        graph=ScenarioGraph("line 1", "rt", NODES, EDGES),
        warnings=(WARNING,),
        missing_target_rows=12,
        changed_rows=1204,
        order=(("set", ("fe",)), ("redrawn", ("rtt", "febe_rtt")), ("redrawn", ("crP",))),
        support=support(),
        transport=(
            Transport("rtt", "rest", 0.0312, 0.4, 2490, 2503),
            Transport("rtt", "time blocks", 0.0417, 0.7, 1001, 3999, ("ts",), "2024-03-06", "2024-03-09"),
            Transport("rt", "rest", 0.183, 1e-12, 2490, 2503, ("country",)),
            Transport("crP", "rest", None, None, 31, 2503, unknown="fewer than 50 rows of USE"),
        ),
    )


def support() -> Support:
    """A variable that is fine, and one that asks for what few rows have."""
    fine = VariableSupport(
        rows=1204,
        borrowed=0,
        outside=3,
        unsupported=3,
        excess=0.0004,
        effective_donors=8123.4,
        largest_donor=0.0007,
        requested=(0.8, 0.19, 0.01, 0.0, 0.0, 0.0),
        recorded=(0.9, 0.1, 0.0, 0.0, 0.0, 0.0),
    )
    rare = VariableSupport(
        rows=1204,
        borrowed=120,
        outside=0,
        unsupported=120,
        excess=0.1,
        moved={"rtt": 12.5},
        exchanged={"region": 1.0},
        requested=(0.5, 0.3, 0.05, 0.03, 0.02, 0.1),
        recorded=(1.0, 0.0, 0.0, 0.0, 0.0, 0.0),
        fault="no row with fe == twn has region == zaf; the nearest have region == ind",
    )
    return Support(1204, 120, 3, 0.1004, 8123.4, 0.0007, 0, "NEAREST", 0.01, {"rtt": fine, "rt": rare})


def grouped() -> Scenario:
    """Figures by two keys, in several units, one that does not exist, some that are replayed badly."""
    groups: tuple[Group, ...] = (
        {"country": "deu", "tod": 6.0},
        {"country": "deu", "tod": None},
        {"country": "中国", "tod": 6.0},
    )
    figures = []
    for index, group in enumerate(groups):
        figures += [
            figure(
                "P95(rt)",
                729.8 * 10**index,
                -31.4 * 10**index,
                group,
                replayed=760.0 * 10**index,
                line=12,
                rows=4000 - index,
            ),
            figure(
                "SHARE(rt <= 0.9 * BASELINE(rt))",
                0.0,
                0.1243,
                group,
                unit=None,
                alias="faster",
                line=12,
                rows=4000 - index,
            ),
            figure("COUNT(*)", 4000 - index, 0, group, unit=None, line=12, rows=4000 - index),
        ]
    nothing = Estimate("MEAN(rt)", {}, None, 13, "ms", "distribution", None, None, None, None, 0)
    return Scenario(
        name="by country",
        line=9,
        rows=12_000,
        loaded_rows=12_000,
        target="rt",
        dataset="cdn",
        selection=None,
        knobs={},
        updated=(),
        statements=(),
        estimates=(*figures, nothing),
        expectations=(),
        cdfs=(),
        variables=(),
        graph=None,
    )


def second() -> Scenario:
    """Another answer to the questions of `drain`, with intervals."""
    return Scenario(
        name="halved",
        line=20,
        rows=9906,
        loaded_rows=100_000,
        target="rt",
        dataset="cdn",
        selection="country IN (deu, ind)",
        knobs={},
        updated=(("rtt",),),
        statements=("ASSUME SET rtt *= 0.5",),
        estimates=default_report(-1.5, interval=True),
        expectations=(),
        cdfs=(lognormal_cdf(256.0, 0.7, 0.85),),
        variables=(Variable("rtt", set_rows=9906),),
        graph=ScenarioGraph("line 1", "rt", NODES, EDGES),
        changed_rows=9906,
        order=(("set", ("rtt",)),),
    )


DESCRIPTION = Description(
    "cdn",
    1,
    (
        ColumnDescription(
            "country",
            "category",
            None,
            "root",
            100_000,
            0,
            distinct=57,
            categories=(("deu", 45_000), ("ind", 20_000), ("usa", 9_000), ("twn", 800), ("x", 1)),
        ),
        ColumnDescription(
            "ts",
            "time",
            None,
            "root",
            100_000,
            0,
            "2024-03-01T00:00",
            "2024-03-01T12:00",
            "2024-03-02T00:00",
            86_400,
        ),
        ColumnDescription(
            "rt",
            "number",
            "ms",
            "target",
            100_000,
            120,
            12.25,
            256.0,
            91_234.5,
            8_123,
            notes=("heavily skewed",),
        ),
        ColumnDescription(
            "ok",
            "boolean",
            None,
            "not in the graph",
            100_000,
            0,
            distinct=1,
            categories=(("true", 100_000),),
            notes=("constant",),
        ),
    ),
)

PLAN = PlanView(
    "drain",
    5,
    "rt",
    ("region", "country", "fe", "be", "rtt", "febe_rtt", "rt"),
    ("ts", "tod"),
    (
        PlanStep("set", ("fe",), (), 0, "fe = twn where country == ind", 3),
        PlanStep("redraw", ("rtt", "febe_rtt"), ("region", "fe", "be"), 1, "one donor row for both", 3),
        PlanStep("estimate", ("rt",), ("rtt", "febe_rtt", "be_time", "sB"), None, "MEAN, P50, P95, CDF", 5),
    ),
)

DATA = (DataInfo("cdn", 100_000, "sha256:5f2a1c"),)

HOSTILE = "q<script>alert(1)</script>&\x1b[31m\u202e=cmd"


def hostile() -> Result:
    """Names and categories that try to be markup, terminal controls and formulas, wherever data may stand."""
    name = HOSTILE
    scenario = replace(
        drain(),
        name=name,
        dataset=name,
        selection=f"country == '{name}'",
        statements=(f"INTERVENE SET fe = '{name}'",),
        updated=((name,),),
        order=(("set", (name,)),),
        knobs={"path": name},
        estimates=(figure("MEAN(rt)", 1.0, 0.5, {name: name}, unit=name, alias=name),),
        expectations=(Expectation(name, {name: name}, 6, "pass", 1.0, 2.0, name),),
        cdfs=(replace(lognormal_cdf(256.0, 0.7, 1.12, {name: name}), variable=name, unit=name),),
        variables=(Variable(name, set_rows=1, conditioned_on=(name,)),),
        graph=ScenarioGraph(name, name, (name, "b"), ((name, "->", "b"),)),
        warnings=(replace(WARNING, message=name, notes=(name,), help=name),),
    )
    column = ColumnDescription(name, "category", name, name, 2, 0, categories=((name, 2),), notes=(name,))
    return Result(
        7,
        "ok",
        0,
        f"USE '{name}' # {name}\n",
        name,
        (replace(WARNING, message=name, file=name, span=None),),
        (DataInfo(name, 2, name),),
        (scenario, replace(scenario, name="other")),
        (PlanView(name, 1, name, (name,), (name,), (PlanStep(name, (name,), (name,), 1, name, 1),)),),
        (name,),
        (Description(name, 1, (column,)),),
        explanations=(hostile_explanation(name),),
    )


RESULTS = {
    "default": Result(7, "expectation failed", 4, PROGRAM, "drain.wsl", (WARNING,), DATA, (drain(),)),
    "grouped": Result(7, "ok", 0, "", None, (), DATA, (grouped(),), outputs=("out/drain.csv",)),
    "compared": Result(7, "failed", 3, PROGRAM, "drain.wsl", (), DATA, (drain(), second())),
    "described": Result(
        7,
        "ok",
        0,
        "DESCRIBE\n",
        None,
        (),
        DATA,
        (),
        (PLAN,),
        (),
        (DESCRIPTION,),
        (GraphView(1, "line 1", "rt", NODES, EDGES),),
    ),
    "nothing": Result(0, "invalid", 1),
    **EXPLAINED,
}
