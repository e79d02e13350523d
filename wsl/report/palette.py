"""The colours and the style of every picture; people who confuse red and green tell the colours apart."""

from __future__ import annotations

from typing import Any

INK = "#1c2330"
MUTED = "#667085"
RULE = "#d5dae1"
BASELINE = "#6b7686"
SCENARIO = "#0069b4"
UNUSUAL = "#b54708"
PAPER = "#ffffff"

# In an inline picture each colour is a variable of the page, so that it follows the reader's colour scheme.
CSS_VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    RULE: "var(--rule)",
    BASELINE: "var(--baseline)",
    SCENARIO: "var(--scenario)",
    UNUSUAL: "var(--set)",
    PAPER: "var(--paper)",
}

# No dates, no random identifiers: the same result gives the same bytes.
STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.facecolor": "none",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "text.parse_math": False,
    "text.usetex": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "wsl",
}
