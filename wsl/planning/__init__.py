"""Plans: what is done for a scenario, in which order, reading what."""

from wsl.planning.plan import Answer, Block, Mechanism, Plan, Redraw, Refresh
from wsl.planning.planner import plan, shared_causes

__all__ = ["Answer", "Block", "Mechanism", "Plan", "Redraw", "Refresh", "plan", "shared_causes"]
