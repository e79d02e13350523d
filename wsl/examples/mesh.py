"""A service mesh: two services, each on a node of its own and both on a shared third, after the testbed of
Samani and Stadler, "Dynamically meeting performance objectives for multiple services on a service mesh"
(2022, arXiv:2210.04002). A row is what was measured in a window of 5 s.

    ts                         start of the window (UTC)
    L1, L2    [requests/s]     load offered to the services
    B1, B2                     share of the load that admission control blocks
    CL1, CL2  [requests/s]     load carried
    P1, P2                     share of the carried load that goes to the service's own node
    C1, C2, C3                 cores of node 1, of node 2 and of the shared node 3
    R1, R2    [ms]             mean response time; R1 is the target

A node is an M/M/1 queue until it saturates. No common cause is hidden, but load is one of cores and response
times: the autoscalers follow it, so that a node has many cores when the others have many, and comparing
windows misjudges what a core is worth.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wsl.examples.structural import (
    Array,
    Columns,
    Condition,
    Mechanism,
    Model,
    Truth,
    Update,
    normal,
    sorted_uniform,
    uniform,
)
from wsl.examples.writing import command_line, write_log

FIRST_DAY = np.datetime64("2024-03-04T00:00:00", "us")
DAYS = 14
WINDOW = 5.0  # s
MEAN_LOAD = {"1": 20.0, "2": 16.0}  # requests/s
PEAK_HOUR = {"1": 11.0, "2": 20.0}  # an office and an entertainment service
CORE_RATE = 10.0  # requests/s that one core serves
LONGEST = 1000 * WINDOW / 2  # ms, the mean delay of a backlog that all of a window builds
ROUTING = np.array([0.3, 0.4, 0.5, 0.6, 0.7, 0.8])  # settings that the operators try
STEEP = 0.8  # utilisation from where the queue grows linearly: a window is too short for the steady state
R1_PARENTS = ("CL1", "CL2", "P1", "P2", "C1", "C3")
R2_PARENTS = ("CL2", "CL1", "P2", "P1", "C2", "C3")


def _time(u: Array) -> Array:
    return FIRST_DAY + (u * DAYS * 8.64e10).astype("timedelta64[us]")


def _offered(service: str, time: Array, z: Array) -> Array:
    """A daily wave with bursts."""
    hour = (time - FIRST_DAY).astype(np.int64) / 3.6e9
    wave = 1 + 0.4 * np.cos(2 * np.pi * (hour - PEAK_HOUR[service]) / 24)
    return np.round(MEAN_LOAD[service] * wave * np.exp(0.25 * z), 1)


def _offered_1(time: Array, z: Array) -> Array:
    return _offered("1", time, z)


def _offered_2(time: Array, z: Array) -> Array:
    return _offered("2", time, z)


def _blocked(load: Array, z: Array) -> Array:
    """Tenths, more of them under load; the operators vary the threshold."""
    tenths: Array = np.clip(np.floor(load / 10 - 2 + 1.5 * z), 0, 4)
    return tenths / 10


def _carried(load: Array, blocked: Array, z: Array) -> Array:
    """What a coin for each request of the window lets through, by the normal approximation."""
    deviation = np.sqrt(load * blocked * (1 - blocked) / WINDOW)
    carried: Array = np.clip(load * (1 - blocked) + deviation * z, 0, load)
    return np.round(carried, 1)


def _routed(u: Array) -> Array:
    return ROUTING[(u * len(ROUTING)).astype(np.int64)]


def _own_cores(load: Array, z: Array) -> Array:
    return _cores(load / CORE_RATE + 0.3 + 0.6 * z, 6)


def _shared_cores(load_1: Array, load_2: Array, z: Array) -> Array:
    return _cores((load_1 + load_2) / CORE_RATE + 0.8 * z, 8)


def _cores(wanted: Array, most: int) -> Array:
    cores: Array = np.clip(np.round(wanted), 1, most)
    return cores.astype(np.int32)


def _delay(load: Array, cores: Array) -> Array:
    """Mean time in ms in a node, 1 / (rate - load) below STEEP and along its tangent above, up to LONGEST."""
    rate = cores * CORE_RATE
    utilisation = load / rate
    stretch = 1 / (1 - np.minimum(utilisation, STEEP))
    overload = np.maximum(utilisation - STEEP, 0) / (1 - STEEP) ** 2
    delay: Array = np.minimum(1000 / rate * (stretch + overload), LONGEST)
    return delay


def _expected_response(
    carried: Array,
    others: Array,
    own_share: Array,
    others_share: Array,
    own_cores: Array,
    shared_cores: Array,
) -> Array:
    """The own node's and the shared node's delays, weighted by where the requests go."""
    at_own = carried * own_share
    at_shared = carried * (1 - own_share) + others * (1 - others_share)
    own, shared = _delay(at_own, own_cores), _delay(at_shared, shared_cores)
    mean: Array = own_share * own + (1 - own_share) * shared
    return mean


def _response(*parents_and_noise: Array) -> Array:
    """Long queues vary more than short ones."""
    *parents, z = parents_and_noise
    mean = _expected_response(*parents)
    sigma = 0.05 + 0.2 * mean / (mean + 300)
    measured: Array = mean * np.exp(sigma * z - sigma**2 / 2)
    return np.round(measured, 3)


MODEL = Model(
    "mesh",
    "R1",
    [
        Mechanism("ts", (), _time, sorted_uniform),
        Mechanism("L1", ("ts",), _offered_1, normal),
        Mechanism("L2", ("ts",), _offered_2, normal),
        Mechanism("B1", ("L1",), _blocked, normal),
        Mechanism("B2", ("L2",), _blocked, normal),
        Mechanism("CL1", ("L1", "B1"), _carried, normal),
        Mechanism("CL2", ("L2", "B2"), _carried, normal),
        Mechanism("P1", (), _routed, uniform),
        Mechanism("P2", (), _routed, uniform),
        Mechanism("C1", ("L1",), _own_cores, normal),
        Mechanism("C2", ("L2",), _own_cores, normal),
        Mechanism("C3", ("L1", "L2"), _shared_cores, normal),
        Mechanism("R1", R1_PARENTS, _response, normal),
        Mechanism("R2", R2_PARENTS, _response, normal),
    ],
)
EDGES = MODEL.edges


def generate(rows: int, seed: int) -> dict[str, Array]:
    """So many windows of those days, in the order of time; ts is datetime64[us]."""
    return MODEL.generate(rows, seed)


def truth(
    rows: int, seed: int, updates: Update | Sequence[Update] = (), where: Condition | None = None
) -> Truth:
    """The exact answer to a scenario, on so many fresh windows before `where` selects: see `Model.truth`."""
    return MODEL.truth(rows, seed, updates, where)


def conditional_mean(columns: Columns, target: str = "R1") -> Array:
    """The exact mean of R1 or R2 given its parents, in ms."""
    parents = MODEL.mechanisms[target].parents
    return _expected_response(*(columns[parent] for parent in parents))


def write(folder: str | Path, rows: int, seed: int, csv: bool = False) -> list[Path]:
    """Write mesh.parquet (or mesh.csv) and mesh.dot; return the paths. OSError where that is not possible."""
    return write_log(MODEL, Path(folder), rows, seed, csv)


def main(argv: Sequence[str] | None = None) -> int:
    """The command line: python -m wsl.examples.mesh --rows N --seed S --out DIR [--csv]."""
    return command_line("mesh", write, argv)


if __name__ == "__main__":
    raise SystemExit(main())
