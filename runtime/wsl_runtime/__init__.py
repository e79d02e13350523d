"""Numerical methods on plain arrays: tile indexes, redraws, estimates, rank coupling. Knows no language.

The whole of it, for a mechanism (child | parents) and scenario rows:

    groups = groups_of(row_ids)                                  uint8[n], 16 groups; or of a cluster key
    parents = [Series(fe, "category", 4), Series(rtt, "number")]
    index = build_index([Series(rt, "number")], parents, row_ids, groups)
    redrawn = redraw(index, [fe, rtt], row_ids, groups, Key(seed, variable_hash("rt")), times, mode="nearest")
    result = estimate(index, [fe, rtt], row_ids, groups, key, estimator="distribution", child=0)
    shares = class_frequencies(index, [fe, rtt], row_ids, groups, child=0).shares
    codes = draw_classes(shares, row_ids, key, times)
    far = distances(index, [fe, rtt], groups)    # how far from the data: ratio > 1 is outside; borrowed
    value = couple(index, old_parents, old_child, new_parents, row_ids, groups, key, child=0)

Distributed: `survey` each partition, merge the surveys, `plan_layout`, then `sketch` each partition with that
layout, `merge`, and `finish`: the same bits as `build_index`, in whatever order. Scenario rows are mapped in
any chunks: what a row gets is a function of its parents' values, row id, group, key and index only.

`Redrawn.donor`: row numbers of the indexed dataset; `Redrawn.point`: positions in `index.children[k].values`;
-1 where there is none. `Replay` combines observed values with scenario and replayed draws.
Names are imported on first use: importing the package alone loads neither NumPy nor Numba.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsl_runtime.bounds import makarov, pooled, share_bounds
    from wsl_runtime.classes import Frequencies, class_frequencies, draw_classes
    from wsl_runtime.compile import for_each, set_threads, threads
    from wsl_runtime.contributions import System, shapley_contributions, topological_contributions
    from wsl_runtime.coupling import Ranked, couple, index_for_ranks, ranks_of
    from wsl_runtime.estimator import Estimate, estimate
    from wsl_runtime.fits import is_carried_over
    from wsl_runtime.halves import HALVES, LEVEL, STUDENT, half_width
    from wsl_runtime.index import Options, Sketch, TileIndex, build_index, finish, merge, sketch
    from wsl_runtime.kolmogorov import compare_ranks, q_values
    from wsl_runtime.layout import Layout, Survey, plan_layout, survey
    from wsl_runtime.least_squares import linear
    from wsl_runtime.mechanisms import Learned, learn
    from wsl_runtime.p_values import (
        ENOUGH_BLOCKS,
        WindowP,
        all_but,
        best_pair,
        holm,
        least_window_p,
        of_any,
        window_p,
    )
    from wsl_runtime.philox import GROUPS, Key, groups_of, hash_rows, uniforms, variable_hash
    from wsl_runtime.place import locate
    from wsl_runtime.replay import Replay
    from wsl_runtime.resampling import Redrawn, redraw
    from wsl_runtime.scores import FEWEST, Feature, Reference, rarity, reference
    from wsl_runtime.series import MISSING_TIME, Series
    from wsl_runtime.storage import load_index, save_index
    from wsl_runtime.sums import (
        distribution_at,
        ordered_mean,
        ordered_sum,
        quantiles,
        sorted_present,
    )
    from wsl_runtime.support import Distances, distances

_HOMES = {
    "bounds": ("makarov", "pooled", "share_bounds"),
    "compile": ("for_each", "set_threads", "threads"),
    "contributions": ("System", "shapley_contributions", "topological_contributions"),
    "coupling": ("Ranked", "couple", "index_for_ranks", "ranks_of"),
    "estimator": ("Estimate", "estimate"),
    "classes": ("Frequencies", "class_frequencies", "draw_classes"),
    "fits": ("is_carried_over",),
    "halves": ("HALVES", "LEVEL", "STUDENT", "half_width"),
    "index": ("Options", "Sketch", "TileIndex", "build_index", "finish", "merge", "sketch"),
    "least_squares": ("linear",),
    "mechanisms": ("Learned", "learn"),
    "p_values": (
        "ENOUGH_BLOCKS",
        "WindowP",
        "all_but",
        "best_pair",
        "holm",
        "least_window_p",
        "of_any",
        "window_p",
    ),
    "philox": ("GROUPS", "Key", "groups_of", "hash_rows", "uniforms", "variable_hash"),
    "place": ("locate",),
    "replay": ("Replay",),
    "resampling": ("Redrawn", "redraw"),
    "scores": ("FEWEST", "Feature", "Reference", "rarity", "reference"),
    "series": ("MISSING_TIME", "Series"),
    "storage": ("load_index", "save_index"),
    "sums": (
        "distribution_at",
        "ordered_mean",
        "ordered_sum",
        "quantiles",
        "sorted_present",
    ),
    "support": ("Distances", "distances"),
    "kolmogorov": ("compare_ranks", "q_values"),
    "layout": ("Layout", "Survey", "plan_layout", "survey"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "ENOUGH_BLOCKS",
    "FEWEST",
    "GROUPS",
    "HALVES",
    "LEVEL",
    "MISSING_TIME",
    "STUDENT",
    "Distances",
    "Estimate",
    "Feature",
    "Frequencies",
    "Key",
    "Layout",
    "Learned",
    "Options",
    "Ranked",
    "Redrawn",
    "Reference",
    "Replay",
    "Series",
    "Sketch",
    "Survey",
    "System",
    "TileIndex",
    "WindowP",
    "all_but",
    "best_pair",
    "build_index",
    "class_frequencies",
    "compare_ranks",
    "couple",
    "distances",
    "distribution_at",
    "draw_classes",
    "estimate",
    "finish",
    "for_each",
    "groups_of",
    "half_width",
    "hash_rows",
    "holm",
    "index_for_ranks",
    "is_carried_over",
    "learn",
    "least_window_p",
    "linear",
    "load_index",
    "locate",
    "makarov",
    "merge",
    "of_any",
    "ordered_mean",
    "ordered_sum",
    "plan_layout",
    "pooled",
    "q_values",
    "quantiles",
    "ranks_of",
    "rarity",
    "redraw",
    "reference",
    "save_index",
    "set_threads",
    "shapley_contributions",
    "share_bounds",
    "sketch",
    "sorted_present",
    "survey",
    "threads",
    "topological_contributions",
    "uniforms",
    "variable_hash",
    "window_p",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value
