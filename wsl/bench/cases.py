"""The questions that benchmarks ask of the CDN's log, with their true answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsl.diagnostics import WslError
from wsl.examples import cdn
from wsl.examples.structural import Kind, Mechanism, Model, Truth, Update, uniform
from wsl.results import Scenario
from wsl.session import Session

Array = NDArray[Any]
Log = Mapping[str, Array]


@dataclass(frozen=True)
class Case:
    """A what-if question: the clients of one region, or all; one variable, and its new value from its old."""

    name: str
    region: str | None
    statement: str
    variable: str
    change: Callable[[Any], Any]
    kind: Kind = Kind.INTERVENE

    @property
    def program(self) -> str:
        """The question in WSL, but for what is estimated."""
        rows = f"WHERE region == {self.region}" if self.region else "*"
        return f"USE {rows} ON UNSUPPORTED FAIL ABOVE 100%\n{self.statement}\n"

    def truth(self, rows: int, seed: int) -> Truth:
        """So many fresh requests of these clients, in both worlds."""
        update = Update({self.variable: lambda columns: self.change(columns[self.variable])}, kind=self.kind)
        return _clients(self.region).truth(rows, seed, update)


CASES = (
    Case("front end", "ind", "INTERVENE SET fe = twn", "fe", lambda fe: "twn"),
    Case("round trip", None, "INTERVENE SET rtt *= 0.5", "rtt", lambda rtt: rtt * 0.5),
    Case("page size", None, "INTERVENE SET sB *= 1.2", "sB", lambda size: size * 1.2),
    Case("back end, small region", "zaf", "INTERVENE SET be = lax", "be", lambda be: "lax"),
    Case("ASSUME round trip", None, "ASSUME SET rtt *= 0.5", "rtt", lambda rtt: rtt * 0.5, Kind.ASSUME),
)
NO_CHANGE = "USE *\nINTERVENE SET rtt *= 1\n"


@cache
def _clients(region: str | None) -> Model:
    """The CDN, or with the clients of one region alone: it is a root, so that to select it is to set it."""
    if region is None:
        return cdn.MODEL
    mechanisms = dict(cdn.MODEL.mechanisms)
    mechanisms["region"] = Mechanism("region", (), lambda u: np.full(len(u), region), uniform)
    return Model("cdn", "rt", list(mechanisms.values()))


def session(data: Any, threads: int | None = None) -> Session:
    """A session on a log of the CDN, or on a file of one."""
    return Session(data, cdn.MODEL.dot(), "rt", threads=threads)


def scenario(asked: Session, program: str) -> Scenario:
    """The one scenario of a program; raises WslError if it could not be answered."""
    result = asked.run(program)
    if not result.scenarios:
        raise WslError(result.diagnostics)
    return result.scenarios[0]
