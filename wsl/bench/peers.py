"""DoWhy-GCM, asked the same questions of the same rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wsl.bench.cases import Case, Log
from wsl.examples import cdn
from wsl.examples.structural import Kind

Samples = NDArray[np.float64]


class Drawn(NamedTuple):
    """Response times in ms of the same rows: in the log, drawn without the change, and drawn with it."""

    recorded: Samples
    replayed: Samples
    scenario: Samples


class DoWhy:
    """The mechanisms of all the CDN's variables as DoWhy-GCM chooses and fits them, in one process.

    Quality GOOD: of linear, polynomial and gradient-boosted models it keeps the best.
    """

    def __init__(self, log: Log, seed: int) -> None:
        import networkx as nx
        import pandas as pd
        from dowhy import gcm

        gcm.config.set_default_n_jobs(1)
        gcm.config.disable_progress_bars()
        self._gcm, self._seed = gcm, seed
        hours = (log["ts"] - cdn.FIRST_DAY) / np.timedelta64(1, "h")  # it takes no times
        texts = {name: log[name].astype(object) for name in ("region", "fe", "be")}
        self.rows = pd.DataFrame({**log, **texts, "ts": hours})
        self.model = gcm.StructuralCausalModel(nx.DiGraph(cdn.EDGES))

    def choose(self) -> None:
        """Choose a model for each variable, by cross-validation."""
        self._gcm.util.general.set_random_seed(self._seed)
        self._gcm.auto.assign_causal_mechanisms(
            self.model, self.rows, quality=self._gcm.auto.AssignmentQuality.GOOD, override_models=True
        )

    def fit(self) -> None:
        """Fit the models that were chosen."""
        self._gcm.fit(self.model, self.rows)

    def draw(self, case: Case) -> Drawn:
        """What it makes of a question."""
        rows = self.selected(case)
        replayed = self.samples(case, rows, lambda value: value)
        return Drawn(rows["rt"].to_numpy(), replayed, self.samples(case, rows, case.change))

    def selected(self, case: Case) -> Any:
        """The log's rows of the clients that a case is about, as a data frame."""
        if case.region is None:
            return self.rows
        return self.rows[self.rows["region"] == case.region].reset_index(drop=True)

    def samples(self, case: Case, rows: Any, change: Callable[[Any], Any]) -> Samples:
        """Response times of the rows where the case's variable is changed so, with the same draws for all."""
        self._gcm.util.general.set_random_seed(self._seed)
        if case.kind is Kind.ASSUME:
            from dowhy.graph import get_ordered_predecessors

            changed = rows.assign(**{case.variable: change(rows[case.variable])})
            parents = changed[get_ordered_predecessors(self.model.graph, "rt")].to_numpy()
            return np.asarray(self.model.causal_mechanism("rt").draw_samples(parents)).reshape(-1)
        drawn = self._gcm.interventional_samples(self.model, {case.variable: change}, observed_data=rows)
        return np.asarray(drawn["rt"], dtype=float)


class Attribution:
    """DoWhy-GCM's causes of an outlier, as in its own example: linear mechanisms with additive noise."""

    def __init__(self, normal: Log, edges: Sequence[tuple[str, str]]) -> None:
        import networkx as nx
        import pandas as pd
        from dowhy import gcm

        gcm.config.set_default_n_jobs(1)
        gcm.config.disable_progress_bars()
        gcm.util.general.set_random_seed(0)
        self._gcm = gcm
        self.model = gcm.InvertibleStructuralCausalModel(nx.DiGraph(edges))
        for node in self.model.graph:
            is_root = not any(self.model.graph.predecessors(node))
            mechanism = (
                gcm.EmpiricalDistribution()
                if is_root
                else gcm.AdditiveNoiseModel(gcm.ml.create_linear_regressor())
            )
            self.model.set_causal_mechanism(node, mechanism)
        gcm.fit(self.model, pd.DataFrame(dict(normal)))

    def attribute(self, anomaly: Log, target: str) -> dict[str, float]:
        """The contribution of every variable's noise to the outlier score of one row."""
        import pandas as pd

        rows = pd.DataFrame(dict(anomaly))
        found = self._gcm.attribute_anomalies(self.model, target, rows)
        return {name: float(contributions[0]) for name, contributions in found.items()}
