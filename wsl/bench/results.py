"""What a benchmark has measured so far, kept in a file so that a long one can go on where it stopped."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Record = dict[str, Any]


@dataclass
class Results:
    """Records by (rows, seed, method), with all answers so far; in a file of JSON lines if there is one."""

    path: Path | None
    records: dict[tuple[int, int, str], Record] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path is not None and self.path.exists():
            for line in self.path.read_text("utf-8").splitlines():
                with suppress(json.JSONDecodeError):  # the last line of a run that was killed
                    self._keep(json.loads(line))

    def add(self, record: Record) -> None:
        """Keep a record; in the file, a line."""
        self._keep(record)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")

    def _keep(self, record: Record) -> None:
        key = record["rows"], record["seed"], record["method"]
        before = self.records.get(key, {"answers": {}})
        answers = {**before["answers"], **record["answers"]}
        self.records[key] = {**before, **record, "answers": answers}
