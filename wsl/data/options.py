"""The knobs of a WITH that say how data are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wsl.data.problems import failure

READ_OPTIONS = ("row_id", "header", "metric", "statistic", "long")


@dataclass(frozen=True)
class ReadOptions:
    """`row_id` names a column, `header` counts header lines, `metric` and `statistic` select columns of a
    metric table, `long` names the columns of time, name (or service and metric) and value of a long one."""

    row_id: str | None = None
    header: int = 1
    metric: str | None = None
    statistic: str | None = None
    long: tuple[str, ...] | None = None

    @classmethod
    def of(cls, options: Mapping[str, object]) -> ReadOptions:
        """The reading knobs among `options`; others are for others."""
        given = {key: options[key] for key in READ_OPTIONS if options.get(key) is not None}
        for key, value in given.items():
            if not _fits(key, value):
                raise failure("WSL-D013", key=key, value=_written(value), expected=_EXPECTED[key])
        if "header" in given:
            given["header"] = int(str(given["header"]).removesuffix(".0"))
        if "long" in given:
            given["long"] = tuple(given["long"])  # type: ignore[arg-type]  # _fits has seen names
        return cls(**given)  # type: ignore[arg-type]  # _fits has checked each


_EXPECTED = {
    "row_id": "the name of a column",
    "header": "a whole number from 1 to 9",
    "metric": "the name of a metric",
    "statistic": "the name of a statistic",
    "long": "three or four columns: (time, name, value) or (time, service, metric, value)",
}


def _written(value: object) -> str:
    return f"({', '.join(map(str, value))})" if isinstance(value, tuple | list) else str(value)


def _fits(key: str, value: object) -> bool:
    if key == "header":
        return isinstance(value, int | float) and value == int(value) and 1 <= value <= 9
    if key == "long":
        names = value if isinstance(value, tuple | list) else ()
        return len(names) in (3, 4) and all(isinstance(name, str) for name in names)
    return isinstance(value, str)
