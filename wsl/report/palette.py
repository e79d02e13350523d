"""The colours of every picture: told apart by people who confuse red and green (Okabe and Ito, 2008)."""

from __future__ import annotations

INK = "#1c2330"
MUTED = "#667085"
RULE = "#d5dae1"
BASELINE = "#6b7686"
SCENARIO = "#0069b4"
PAPER = "#ffffff"

# In an inline picture each colour is a variable of the page, so that it follows the reader's colour scheme.
CSS_VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    RULE: "var(--rule)",
    BASELINE: "var(--baseline)",
    SCENARIO: "var(--scenario)",
    PAPER: "var(--paper)",
}
