"""The questions that benchmarks ask of generated logs, with their true answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsl.diagnostics import WslError
from wsl.examples import cdn, mesh
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
    model: Model = cdn.MODEL

    @property
    def program(self) -> str:
        """The question in WSL, but for what is estimated."""
        return self.under("")

    def under(self, options: str) -> str:
        """The question under some options of USE."""
        rows = f"WHERE region == {self.region}" if self.region else "*"
        return f"USE {rows} ON UNSUPPORTED FAIL ABOVE 100% {options}\n{self.statement}\n"

    def truth(self, rows: int, seed: int) -> Truth:
        """So many fresh requests of these clients, in both worlds."""
        return _only(self.model, self.region).truth(rows, seed, self.update)

    @property
    def update(self) -> Update:
        """What is changed."""
        return Update({self.variable: lambda columns: self.change(columns[self.variable])}, kind=self.kind)


CASES = (
    Case("front end", "ind", "INTERVENE SET fe = twn", "fe", lambda fe: "twn"),
    Case("round trip", None, "INTERVENE SET rtt *= 0.5", "rtt", lambda rtt: rtt * 0.5),
    Case("page size", None, "INTERVENE SET sB *= 1.2", "sB", lambda size: size * 1.2),
    Case("back end, small region", "zaf", "INTERVENE SET be = lax", "be", lambda be: "lax"),
    Case("ASSUME round trip", None, "ASSUME SET rtt *= 0.5", "rtt", lambda rtt: rtt * 0.5, Kind.ASSUME),
)
SMALL = (Case("pages larger by 5 %", None, "INTERVENE SET sB *= 1.05", "sB", lambda size: size * 1.05),)
MESH = tuple(
    Case(name, None, f"INTERVENE SET {statement}", variable, change, model=mesh.MODEL)
    for name, statement, variable, change in (
        ("a core more", "C1 += 1 WHERE C1 <= 5", "C1", lambda cores: cores + (cores <= 5)),
        ("load", "L1 *= 1.1", "L1", lambda load: load * 1.1),
        ("routing", "P1 = 0.5", "P1", lambda share: np.full(len(share), 0.5)),
        ("no blocking", "B1 = 0", "B1", np.zeros_like),
        ("load of the other", "L2 *= 1.2", "L2", lambda load: load * 1.2),
    )
)
REPEATS = 5  # rows of a bunch
MEASURED = ("rtt", "febe_rtt", "be_time")  # their noise is normal
APART = 0.1  # standard deviations that a measurement is off its bunch's, more or less
OWN_NOISE = 1 << 32  # added to a seed
NO_CHANGE = "USE *\nINTERVENE SET rtt *= 1\n"


class Repeated(Model):
    """A model whose rows come in bunches of near-duplicates, though each by itself is a row of the model.

    A bunch shares its noise, and with it all causes and outcomes, but for a little in what is measured.
    """

    def noise(self, name: str, rows: int, seed: int) -> Array:
        bunches = super().noise(name, -(-rows // REPEATS), seed)
        shared = np.repeat(bunches, REPEATS, axis=0)[:rows]
        if name not in MEASURED:
            return shared
        own = super().noise(name, rows, seed + OWN_NOISE)
        return np.asarray(np.sqrt(1 - APART**2) * shared + APART * own)


def repeated(rows: int, seed: int) -> dict[str, Array]:
    """A log of the CDN in which every request stands five times, nearly; `request` numbers them."""
    model = Repeated("cdn", "rt", list(cdn.MODEL.mechanisms.values()))
    return {**model.generate(rows, seed), "request": np.arange(rows) // REPEATS}


@cache
def _only(model: Model, region: str | None) -> Model:
    """The model, or with the clients of one region alone: it is a root, so that to select it is to set it."""
    if region is None:
        return model
    mechanisms = dict(model.mechanisms)
    mechanisms["region"] = Mechanism("region", (), lambda u: np.full(len(u), region), uniform)
    return Model(model.name, model.target, list(mechanisms.values()))


def session(data: Any, threads: int | None = None, model: Model = cdn.MODEL) -> Session:
    """A session on a log of the CDN or of another model, or on a file of one."""
    return Session(data, model.dot(), model.target, threads=threads)


def scenario(asked: Session, program: str) -> Scenario:
    """The one scenario of a program; raises WslError if it could not be answered."""
    result = asked.run(program)
    if not result.scenarios:
        raise WslError(result.diagnostics)
    return result.scenarios[0]
