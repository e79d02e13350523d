"""Plans: what is done for a scenario, in which order, reading what."""

from wsl.planning.adjustment import is_mean_of
from wsl.planning.diagnosis import Diagnosis, diagnose
from wsl.planning.plan import Adjustment, Answer, Block, Mechanism, Plan, Redraw, Refresh
from wsl.planning.planner import plan, shared_causes

__all__ = [
    "Adjustment",
    "Answer",
    "Block",
    "Diagnosis",
    "Mechanism",
    "Plan",
    "Redraw",
    "Refresh",
    "diagnose",
    "is_mean_of",
    "plan",
    "shared_causes",
]
