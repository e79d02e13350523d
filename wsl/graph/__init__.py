"""The causal graph, the files it is read from, and what follows from its shape."""

from wsl.graph.build import build, compare_with_columns, turn_round
from wsl.graph.causal_graph import CausalGraph, Edge, Mark, Role

__all__ = ["CausalGraph", "Edge", "Mark", "Role", "build", "compare_with_columns", "turn_round"]
