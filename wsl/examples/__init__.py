"""Example systems with a known truth: structural causal models that write logs and answer what-if exactly."""
