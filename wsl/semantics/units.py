"""Units of measurement: what a literal's unit means, and what converts into what."""

from __future__ import annotations

_TIME = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_SIZE = {"B": 1.0, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1024.0, "MiB": 1024.0**2, "GiB": 1024.0**3}
_RATE = {"bps": 1.0, "kbps": 1e3, "Mbps": 1e6, "Gbps": 1e9}
_PACKETS = {"pps": 1.0}
_SHARE = {"%": 0.01}

DIMENSIONS: dict[str, dict[str, float]] = {
    "a time": _TIME,
    "a size": _SIZE,
    "a bit rate": _RATE,
    "a packet rate": _PACKETS,
    "a share": _SHARE,
}
UNITS: frozenset[str] = frozenset(unit for units in DIMENSIONS.values() for unit in units)


def dimension(unit: str) -> str | None:
    """What a unit measures; a unit of the user's own (`[requests]`) measures itself."""
    return next((name for name, units in DIMENSIONS.items() if unit in units), None)


def convert(value: float, unit: str, to: str) -> float | None:
    """The value in another unit, or None where the two measure different things."""
    if unit == to:
        return value
    for units in DIMENSIONS.values():
        if unit in units and to in units:
            # A division by the smaller keeps 50 ms, written 0.05 s, exact.
            factor = units[unit] / units[to]
            return value * factor if factor >= 1 else value / (units[to] / units[unit])
    return None
