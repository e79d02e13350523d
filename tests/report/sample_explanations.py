"""An online shop whose cache slows down, explained by several methods: written by hand, as by an engine."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log

import numpy as np

from wsl.diagnostics import Diagnostic, Severity
from wsl.results import Cause, DataInfo, Explanation, Moments, NotEvaluated, Result, ScenarioGraph, Several

PROGRAM = """\
EXPLAIN Website WHERE ts >= '2024-03-01T10:00' AND ts < '2024-03-01T10:25' TOP 3
"""

EDGES = (
    ("www", "->", "Website"),
    ("API", "->", "www"),
    ("Auth Service", "->", "www"),
    ("Order Service", "->", "API"),
    ("Product Service", "->", "API"),
    ("Customer DB", "->", "API"),
    ("Auth Service", "->", "API"),
    ("Customer DB", "->", "Auth Service"),
    ("Customer DB", "->", "Product Service"),
    ("Caching Service", "->", "Product Service"),
    ("Shipping Cost Service", "->", "Product Service"),
    ("Product DB", "->", "Caching Service"),
    ("Order DB", "->", "Order Service"),
)
NODES = tuple(dict.fromkeys(name for a, _, b in EDGES for name in (a, b)))
NORMAL_ROWS = 1990
CAP = log(NORMAL_ROWS + 1)

_FROM_API = ("API", "www", "Website")
_FROM_PRODUCT = ("Product Service", *_FROM_API)

# By variable: what was observed, the 5 % and 95 % points, the score, and the way to the target.
SHOP: dict[str, tuple[float, float, float, float, tuple[str, ...]]] = {
    "Caching Service": (1240.3, 12.1, 38.4, CAP, _FROM_PRODUCT),
    "Product Service": (1391.0, 61.0, 128.2, CAP, _FROM_API),
    "API": (1611.7, 110.5, 240.9, CAP, ("www", "Website")),
    "www": (1790.2, 142.0, 318.0, CAP, ("Website",)),
    "Website": (2310.4, 180.2, 421.5, CAP, ()),
    "Customer DB": (8.9, 3.1, 9.4, 1.874, _FROM_API),
    "Order Service": (49.2, 40.3, 88.0, 0.951, _FROM_API),
    "Product DB": (6.1, 4.0, 11.2, 0.402, ("Caching Service", *_FROM_PRODUCT)),
    "Order DB": (5.0, 2.2, 8.1, 0.113, ("Order Service", *_FROM_API)),
    "Auth Service": (20.4, 15.5, 26.1, 0.08, ("www", "Website")),
}


def candidate(name: str, rank: int, tied: int = 1, **more: object) -> Cause:
    observed, low, high, score, way = SHOP[name]
    capped = score == CAP
    facts: dict[str, object] = {
        "rank": rank,
        "variable": name,
        "score": score,
        "tied": tied,
        "rows": NORMAL_ROWS,
        "observed": observed,
        "normal": (low, high),
        "direction": "high" if observed > (low + high) / 2 else "low",
        "path": (name, *way),
        "unit": "ms",
        "beyond": (observed - high) / (high - low) if capped else 0.0,
        "capped": capped,
    }
    return Cause(**{**facts, **more})


def moments() -> Moments:
    """Two hours of the shop, of which 25 minutes are the window."""
    rows = np.arange(24)
    start = np.datetime64("2024-03-01T09:10", "us").astype(np.int64)
    inside = (rows >= 10) & (rows < 15)
    values, scores = {}, {}
    for place, (name, (observed, low, high, score, _)) in enumerate(SHOP.items()):
        usual = (low + high) / 2 + (high - low) / 3 * np.sin(1.7 * rows + place)
        shape = np.exp(-(((rows - 11) / 2.2) ** 2)) * (rows >= 10)
        values[name] = usual + (observed - usual[11]) * shape
        scores[name] = np.where(inside, score * shape, 0.5)
    values["Order DB"][3] = np.nan
    return Moments(start + rows * 300_000_000, True, values, scores, inside, 11)


def shop() -> Explanation:
    """The default method: one cause stands out, four variables only pass it on and tie."""
    gaps = (
        ("Caching Service", 1, 1, CAP - 0.402),
        ("Customer DB", 2, 1, 1.874),
        ("Order Service", 3, 1, 0.838),
        ("Product DB", 4, 1, 0.402),
        ("Order DB", 5, 1, 0.113),
        ("Website", 6, 4, 0.0),
        ("www", 6, 4, 0.0),
        ("API", 6, 4, 0.0),
        ("Product Service", 6, 4, 0.0),
        ("Auth Service", 10, 1, 0.08 - 1.874),
    )
    causes = tuple(
        candidate(
            name,
            rank,
            tied,
            gap=gap,
            p_normal=exp(-SHOP[name][3]),
            p_normal_adjusted=min(1.0, 10 * exp(-SHOP[name][3])),
            bound=exp(-max(gap, 0.0)),
        )
        for name, rank, tied, gap in gaps
    )
    return Explanation(
        target="Website",
        method="SMOOTH_TRAVERSAL",
        line=1,
        dataset="shop",
        parameters={"feature": "quantile", "parent": "most"},
        window="ts >= '2024-03-01T10:00' AND ts < '2024-03-01T10:25'",
        window_rows=5,
        normal=None,
        normal_rows=NORMAL_ROWS,
        guard_rows=10,
        observation={
            "ts": "2024-03-01T10:05:00.000000Z",
            **{name: facts[0] for name, facts in SHOP.items()},
            "Shipping Cost Service": None,
        },
        at="2024-03-01T10:05:00.000000Z",
        row=1211,
        itself=candidate("Website", 0),
        p_target=1 / 399,
        p_is_approximate=False,
        target_resolution=1 / 399,
        resolution=1 / 399,
        causes=causes,
        top=3,
        not_evaluated=(NotEvaluated("Shipping Cost Service", "it is missing in this row"),),
        graph=ScenarioGraph("shop.dot", "Website", NODES, EDGES),
        moments=moments(),
    )


def _as(
    names: tuple[str, ...], ranks: tuple[tuple[int, int], ...], **fields: dict[str, object]
) -> tuple[Cause, ...]:
    """Candidates in this order with these ranks and ties; fields by variable."""
    return tuple(
        candidate(name, rank, tied, **{field: of.get(name) for field, of in fields.items()})
        for name, (rank, tied) in zip(names, ranks, strict=True)
    )


_BY_SCORE = tuple(SHOP)
_ALL_DIFFERENT = tuple((rank, 1) for rank in range(1, 11))
_TIED = ((1, 5), (1, 5), (1, 5), (1, 5), (1, 5), *_ALL_DIFFERENT[5:])
_P_NORMAL = {name: exp(-facts[3]) for name, facts in SHOP.items()}
_SHARES = (6.103, 0.611, 0.402, 0.311, 0.154, 0.101, 0.02, -0.018, -0.03, -0.058)
_GIVEN = (6.9027, 4.8231, 0.81, 0.42, 0.7, 1.874, 0.85, 0.402, 0.113, 0.09)


def by_methods() -> tuple[Explanation, ...]:
    """One EXPLAIN with four methods: ties, a verdict, contributions with errors, and no single cause."""
    smooth = shop()
    ordering = replace(
        smooth,
        method="SCORE_ORDERING",
        parameters={"feature": "quantile"},
        causes=_as(_BY_SCORE, _TIED, p_normal=dict(_P_NORMAL)),
    )
    traversal = replace(
        smooth,
        method="TRAVERSAL",
        parameters={"feature": "quantile", "threshold": 3.0},
        causes=_as(
            _BY_SCORE,
            ((1, 1), *[(2, 4)] * 4, *_ALL_DIFFERENT[5:]),
            flagged={name: name == "Caching Service" for name in SHOP},
        ),
    )
    toca = replace(
        smooth,
        method="TOCA",
        parameters={"samples": 1000},
        causes=_as(
            _BY_SCORE,
            _ALL_DIFFERENT,
            contribution=dict(zip(_BY_SCORE, _SHARES, strict=True)),
            contribution_error=dict.fromkeys(_BY_SCORE, 0.0412),
        ),
    )
    conditional = replace(
        smooth,
        method="CONDITIONAL",
        parameters={},
        causes=_as(
            _BY_SCORE[:8] + _BY_SCORE[9:],
            _ALL_DIFFERENT[:9],
            conditional=dict(zip(_BY_SCORE, _GIVEN, strict=True)),
            p_normal={name: exp(-given) for name, given in zip(_BY_SCORE, _GIVEN, strict=True)},
            p_others=dict(zip(_BY_SCORE, (0.0312, 0.0094, *[0.002] * 8), strict=True)),
        ),
        not_evaluated=(
            *smooth.not_evaluated,
            NotEvaluated("Order DB", "fewer than 10 normal rows have a value (7)"),
        ),
        several=Several(("Caching Service", "Product Service"), 0.873, True),
    )
    return smooth, ordering, traversal, toca, conditional


def without_graph() -> Explanation:
    """No graph, no time, a category, and a target that is nothing unusual."""
    zone = Cause(
        1, "zone", 3.401, 1, 240, "eu-3", ("eu-1", "eu-2"), "rare", (), p_normal=0.0333, capped=False
    )
    errors = Cause(3, "errors", 0.0, 1, 240, 0.0, (0.0, 0.0), None, (), p_normal=1.0)
    return replace(
        shop(),
        method="SCORE_ORDERING",
        line=4,
        target="Website",
        parameters={"feature": "quantile"},
        window="request == 17",
        window_rows=1,
        normal="load < 0.5",
        normal_rows=240,
        guard_rows=0,
        observation={"zone": "eu-3", "errors": 0.0, "Website": 402.0},
        at=None,
        row=1211,
        itself=replace(candidate("Website", 0), score=0.9, rows=240, capped=False, path=(), observed=402.0),
        p_target=0.41,
        p_is_approximate=True,
        target_resolution=1 / 241,
        resolution=1 / 241,
        causes=(
            zone,
            replace(candidate("Website", 2), score=0.9, capped=False, path=(), observed=402.0),
            errors,
        ),
        top=2,
        not_evaluated=(),
        graph=None,
        moments=None,
        warnings=(
            Diagnostic("WSL-D300", Severity.WARNING, "there is no graph, so that effects rank with causes"),
        ),
    )


def hostile_explanation(name: str) -> Explanation:
    """A name that tries to be something else, wherever data may stand."""
    found = shop()
    cause = replace(
        found.causes[0],
        variable=name,
        observed=name,
        normal=(name, name),
        direction="rare",
        unit=name,
        path=(name, "b"),
    )
    known = found.moments
    assert known is not None
    return replace(
        found,
        target=name,
        dataset=name,
        window=name,
        normal=name,
        parameters={name: name},
        observation={name: name},
        at=name,
        causes=(cause, replace(cause, observed=1.0, normal=(0.0, 0.5))),
        not_evaluated=(NotEvaluated(name, name),),
        several=Several((name, name), 0.5, True),
        graph=ScenarioGraph(name, name, (name, "b"), ((name, "->", "b"),)),
        moments=replace(known, values={name: known.values["API"]}, scores={name: known.scores["API"]}),
        warnings=(Diagnostic("WSL-D300", Severity.WARNING, name, notes=(name,), help=name),),
    )


def _result(*explanations: Explanation) -> Result:
    return Result(
        7,
        "ok",
        0,
        PROGRAM,
        "shop.wsl",
        (),
        (DataInfo("shop", 2005, "sha256:a7c0"),),
        explanations=explanations,
    )


EXPLAINED = {
    "explained": _result(shop()),
    "methods": _result(*by_methods()),
    "graphless": _result(without_graph()),
}
