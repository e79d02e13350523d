"""A content delivery network's log, after Tariq et al., "Answering What-If Deployment and Configuration
Questions with WISE" (SIGCOMM 2008), section 2: a client's request reaches a front end (fe), which fetches the
response from a back-end data center (be) and sends it by TCP.

    region                     country of the client
    ts, tod                    time of the request (UTC), its hour of the day (UTC)
    fe, be                     front end that serves the client, data center that serves the front end
    rtt, febe_rtt     [ms]     round-trip times client - front end, front end - data center
    be_time           [ms]     time that the data center works on the request
    sB                [B]      size of the response
    sP, cP                     packets sent by the server and by the client
    srP, crP                   packets that the server and the client had to send again
    rt                [ms]     response time: request to last acknowledgement; the target

No common cause is hidden. Who is served where follows from the region, but not fully: every front end serves
a few requests of every region, so that the log tells what another front end would do.
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from wsl.examples.structural import (
    Array,
    Columns,
    Condition,
    Mechanism,
    Model,
    Truth,
    Update,
    codes,
    no_noise,
    normal,
    sorted_uniform,
    uniform,
)
from wsl.examples.writing import command_line, write_log


class Region(NamedTuple):
    """Where clients are: share of requests, position, median access delay in ms, median page in B."""

    share: float
    latitude: float
    longitude: float
    access: float
    page: float


class Site(NamedTuple):
    """Where servers are, and for a data center the median processing time in ms without load."""

    latitude: float
    longitude: float
    work: float = 0.0


REGIONS = {
    "aus": Region(0.030, -33.0, 148.0, 16, 21_000),
    "bra": Region(0.120, -20.0, -46.0, 32, 17_000),
    "deu": Region(0.100, 51.0, 10.0, 12, 22_000),
    "gbr": Region(0.075, 52.5, -1.0, 14, 23_000),
    "idn": Region(0.060, -6.2, 107.0, 45, 13_000),
    "ind": Region(0.180, 21.0, 78.0, 48, 14_000),
    "jpn": Region(0.090, 35.5, 138.0, 8, 26_000),
    "mex": Region(0.050, 19.4, -99.0, 28, 17_000),
    "nzl": Region(0.004, -40.0, 175.0, 18, 20_000),
    "twn": Region(0.035, 24.5, 121.0, 10, 24_000),
    "usa": Region(0.240, 39.8, -98.6, 18, 25_000),
    "zaf": Region(0.016, -28.0, 27.0, 40, 15_000),
}
FRONT_ENDS = {
    "fra": Site(50.1, 8.7),
    "gru": Site(-23.4, -46.5),
    "iad": Site(39.0, -77.5),
    "nrt": Site(35.8, 140.4),
    "sfo": Site(37.6, -122.4),
    "sin": Site(1.4, 103.9),
    "twn": Site(25.0, 121.2),
}
BACK_ENDS = {
    "fra": Site(50.1, 8.7, 52),
    "iad": Site(39.0, -77.5, 46),
    "lax": Site(33.9, -118.4, 58),
    "twn": Site(25.0, 121.2, 70),
}

# Percent of a region's requests that each front end serves.
FRONT_END_SHARES = {
    #       fra gru iad nrt sfo sin twn
    "aus": (2, 1, 2, 12, 23, 48, 12),
    "bra": (3, 74, 18, 1, 2, 1, 1),
    "deu": (86, 1, 8, 1, 2, 1, 1),
    "gbr": (78, 1, 16, 1, 2, 1, 1),
    "idn": (1, 1, 1, 9, 4, 66, 18),
    "ind": (17, 1, 3, 3, 2, 60, 14),
    "jpn": (1, 1, 2, 62, 12, 4, 18),
    "mex": (1, 4, 33, 1, 59, 1, 1),
    "nzl": (1, 1, 2, 9, 32, 43, 12),
    "twn": (1, 1, 1, 17, 6, 9, 65),
    "usa": (1, 1, 52, 2, 41, 1, 2),
    "zaf": (58, 9, 12, 2, 2, 14, 3),
}
# Percent of a front end's requests that each data center serves.
BACK_END_SHARES = {
    #       fra iad lax twn
    "fra": (78, 16, 4, 2),
    "gru": (6, 62, 30, 2),
    "iad": (4, 84, 10, 2),
    "nrt": (2, 3, 31, 64),
    "sfo": (1, 13, 82, 4),
    "sin": (12, 3, 21, 64),
    "twn": (2, 2, 16, 80),
}

FIRST_DAY = np.datetime64("2024-03-04T00:00:00", "us")  # a Monday
DAYS = 14
SEGMENT = 1448  # B of payload in a full TCP segment on Ethernet
INITIAL_WINDOW = 3  # segments (RFC 3390), as servers of the paper's time used
PATH_STRETCH = 1.5  # fibre is longer than the great circle
LIGHT_IN_FIBRE = 200.0  # km/ms
SERVER_TIMER, CLIENT_TIMER = 200.0, 500.0  # ms before a lost packet is sent again, beyond the round trip
BURSTINESS = 0.4  # shape of the negative binomial count of losses; smaller is burstier
JITTER = 0.06  # standard deviation of the logarithm of the response time's noise
STALL = 20.0  # ms, mean of the client's own delay

REGION_LABELS = np.array(list(REGIONS))
FRONT_END_LABELS = np.array(list(FRONT_ENDS))
BACK_END_LABELS = np.array(list(BACK_ENDS))


def _propagation(here: Array, there: Array) -> Array:
    """Round-trip times in ms between all pairs of places, rows of (latitude, longitude), by the haversine."""
    (a, x), (b, y) = np.radians(here[:, :2]).T[:, :, None], np.radians(there[:, :2]).T[:, None, :]
    half = np.sin((a - b) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin((x - y) / 2) ** 2
    kilometres = 2 * 6371 * np.arcsin(np.sqrt(half))
    return np.asarray(2 * PATH_STRETCH * kilometres / LIGHT_IN_FIBRE)


def _cumulated(shares: Any) -> Array:
    """Cumulated shares along the last axis, without the last, which is 1."""
    upto: Array = np.cumsum(np.asarray(shares, dtype=float), axis=-1)
    return upto[..., :-1] / upto[..., -1:]


_REGION = np.array(list(REGIONS.values()))
_BACK_END = np.array(list(BACK_ENDS.values()))
_FRONT_END = np.array(list(FRONT_ENDS.values()))
_REGION_SHARES = _cumulated(_REGION[:, 0])
_FRONT_END_SHARES = _cumulated(list(FRONT_END_SHARES.values()))
_BACK_END_SHARES = _cumulated(list(BACK_END_SHARES.values()))
_RTT = _propagation(_REGION[:, 1:3], _FRONT_END)
_FEBE_RTT = _propagation(_FRONT_END, _BACK_END) + 0.8  # within one building it is not 0
_ACCESS, _PAGE, _WORK = _REGION[:, 3], _REGION[:, 4], _BACK_END[:, 2]


def _traffic() -> tuple[Array, Array]:
    """Hours since the first day, and the share of requests before each: a daily wave, quieter at weekends."""
    hours = np.arange(24 * DAYS)
    weekday = (hours // 24) % 7
    wave = 1 + 0.45 * np.cos(2 * np.pi * (hours % 24 - 15) / 24)
    total = np.concatenate([[0.0], np.cumsum(np.where(weekday < 5, wave, 0.8 * wave))])
    return np.arange(24 * DAYS + 1.0), total / total[-1]


_TRAFFIC = _traffic()


def _clock(milliseconds: Array) -> Array:
    """A measured duration: whole microseconds."""
    return np.round(milliseconds, 3)


def _time(u: Array) -> Array:
    hours = np.interp(u, _TRAFFIC[1], _TRAFFIC[0])
    return FIRST_DAY + (hours * 3.6e9).astype("timedelta64[us]")


def _hour_of_day(time: Array, _: Array) -> Array:
    hours: Array = time.astype("datetime64[h]").astype(np.int64)
    return (hours % 24).astype(np.int32)


def _client_region(u: Array) -> Array:
    return _pick(REGION_LABELS, _REGION_SHARES, u)


def _front_end_choice(region: Array, u: Array) -> Array:
    return _pick(FRONT_END_LABELS, _FRONT_END_SHARES[codes(region, REGION_LABELS)], u)


def _back_end_choice(front_end: Array, u: Array) -> Array:
    return _pick(BACK_END_LABELS, _BACK_END_SHARES[codes(front_end, FRONT_END_LABELS)], u)


def _pick(labels: Array, cumulated: Array, u: Array) -> Array:
    places: Array = (u[:, None] >= cumulated).sum(axis=1)
    return labels[places]


def _client_round_trip(region: Array, front_end: Array, z: Array) -> Array:
    """Distance, with some detour, and an access line that is often slow."""
    client = codes(region, REGION_LABELS)
    distance = _RTT[client, codes(front_end, FRONT_END_LABELS)]
    return _clock(distance * np.exp(0.10 * z[:, 0]) + _ACCESS[client] * np.exp(0.75 * z[:, 1]))


def _back_end_round_trip(front_end: Array, back_end: Array, z: Array) -> Array:
    """Distance over the provider's own lines, which are rarely congested."""
    distance = _FEBE_RTT[codes(front_end, FRONT_END_LABELS), codes(back_end, BACK_END_LABELS)]
    return _clock(distance * np.exp(0.06 * z[:, 0]) + 1.5 * np.exp(0.9 * z[:, 1]))


def _processing_time(hour: Array, back_end: Array, z: Array) -> Array:
    """Work stretched by queueing, 1 / (1 - load); the load peaks at 20 h where the data center is."""
    place = codes(back_end, BACK_END_LABELS)
    local_hour = hour + _BACK_END[place, 1] / 15
    load = 0.40 + 0.25 * np.cos(2 * np.pi * (local_hour - 20) / 24)
    return _clock(_WORK[place] / (1 - load) * np.exp(0.45 * z))


def _response_size(region: Array, noise: Array) -> Array:
    """Pages, and one response in ten that is only a redirect or a suggestion."""
    z, u = noise.T
    median = np.where(u < 0.1, 2_200.0, _PAGE[codes(region, REGION_LABELS)])
    size: Array = np.round(median * np.exp(0.55 * z))
    return size.astype(np.int64)


def _server_packets(size: Array, flushes: Array) -> Array:
    """Full segments, and a few short ones where the server flushes early."""
    return (np.ceil(size / SEGMENT) + np.floor(0.9 * flushes)).astype(np.int32)


def _client_packets(size: Array, u: Array) -> Array:
    """Handshake, request, and an acknowledgement for every second segment or for more of them."""
    return (3 + np.round(np.ceil(size / SEGMENT) * (0.45 + 0.35 * u**2))).astype(np.int32)


def _server_losses(round_trip: Array, packets: Array, u: Array) -> Array:
    """Long paths lose more."""
    return _losses(packets * (0.002 + 0.00006 * round_trip), packets, u)


def _client_losses(round_trip: Array, packets: Array, u: Array) -> Array:
    """As for the server, but the way up is emptier."""
    return _losses(packets * (0.0015 + 0.00003 * round_trip), packets, u)


def _losses(mean: Array, most: Array, u: Array) -> Array:
    """Quantile u of a negative binomial count, for losses come in bursts; at most `most`."""
    odds = mean / (mean + BURSTINESS)
    probability = (1 - odds) ** BURSTINESS
    below = probability.copy()
    count = np.zeros(len(u), dtype=np.int32)
    left = np.flatnonzero((u >= below) & (count < most))
    while left.size:
        probability[left] *= odds[left] * (count[left] + BURSTINESS) / (count[left] + 1)
        count[left] += 1
        below[left] += probability[left]
        left = left[(u[left] >= below[left]) & (count[left] < most[left])]
    return count


def _response_time(*parents_and_noise: Array) -> Array:
    *parents, noise = parents_and_noise
    z, stall = noise.T
    jitter = np.exp(JITTER * z - JITTER**2 / 2)
    return _clock(_service_time(*parents) * jitter + STALL * stall)


def _service_time(
    rtt: Array, febe_rtt: Array, be_time: Array, packets: Array, server_losses: Array, client_losses: Array
) -> Array:
    """The request's round trip, the fetch from the data center, a round trip for every doubling of slow
    start's window, and time-outs, of which the losses of one burst share some."""
    rounds = 1 + np.log2(1 + packets / INITIAL_WINDOW)
    waiting = (SERVER_TIMER + rtt) * server_losses**0.6 + (CLIENT_TIMER + rtt) * client_losses**0.6
    total: Array = rounds * rtt + febe_rtt + be_time + waiting
    return total


def _two_normals(generator: np.random.Generator, rows: int) -> Array:
    return generator.standard_normal((rows, 2))


def _normal_and_uniform(generator: np.random.Generator, rows: int) -> Array:
    return np.column_stack([generator.standard_normal(rows), generator.random(rows)])


def _exponential(generator: np.random.Generator, rows: int) -> Array:
    return generator.standard_exponential(rows)


def _normal_and_exponential(generator: np.random.Generator, rows: int) -> Array:
    return np.column_stack([generator.standard_normal(rows), generator.standard_exponential(rows)])


RT_PARENTS = ("rtt", "febe_rtt", "be_time", "sP", "srP", "crP")
MODEL = Model(
    "cdn",
    "rt",
    [
        Mechanism("ts", (), _time, sorted_uniform),
        Mechanism("tod", ("ts",), _hour_of_day, no_noise),
        Mechanism("region", (), _client_region, uniform),
        Mechanism("fe", ("region",), _front_end_choice, uniform),
        Mechanism("be", ("fe",), _back_end_choice, uniform),
        Mechanism("rtt", ("region", "fe"), _client_round_trip, _two_normals),
        Mechanism("febe_rtt", ("fe", "be"), _back_end_round_trip, _two_normals),
        Mechanism("be_time", ("tod", "be"), _processing_time, normal),
        Mechanism("sB", ("region",), _response_size, _normal_and_uniform),
        Mechanism("sP", ("sB",), _server_packets, _exponential),
        Mechanism("cP", ("sB",), _client_packets, uniform),
        Mechanism("srP", ("rtt", "sP"), _server_losses, uniform),
        Mechanism("crP", ("rtt", "cP"), _client_losses, uniform),
        Mechanism("rt", RT_PARENTS, _response_time, _normal_and_exponential),
    ],
)
EDGES = MODEL.edges


def generate(rows: int, seed: int) -> dict[str, Array]:
    """A log of so many requests in the order of time; categories are strings, ts is datetime64[us]."""
    return MODEL.generate(rows, seed)


def truth(
    rows: int, seed: int, updates: Update | Sequence[Update] = (), where: Condition | None = None
) -> Truth:
    """The exact answer to a scenario, on so many fresh requests before `where` selects: see `Model.truth`."""
    return MODEL.truth(rows, seed, updates, where)


def conditional_mean(columns: Columns) -> Array:
    """The exact mean of rt given its parents, in ms: what no estimator of rt can beat."""
    return _service_time(*(columns[parent] for parent in RT_PARENTS)) + STALL


def write(folder: str | Path, rows: int, seed: int, csv: bool = False) -> list[Path]:
    """Write cdn.parquet (or cdn.csv), cdn.dot and sizes.csv, the page sizes of a coming release.

    Returns the paths. OSError where the folder cannot be made or written.
    """
    paths = write_log(MODEL, Path(folder), rows, seed, csv)
    sizes = Path(folder) / "sizes.csv"
    sizes.write_text("".join(f"{line}\n" for line in ["sB", *_coming_sizes()]), encoding="utf-8")
    return [*paths, sizes]


def _coming_sizes() -> list[int]:
    """Page sizes in B as a test bed saw them: richer than today's, and without redirects."""
    quantiles = (np.arange(200) + 0.5) / 200
    return [round(24_000 * np.exp(0.5 * NormalDist().inv_cdf(quantile))) for quantile in quantiles]


def main(argv: Sequence[str] | None = None) -> int:
    """The command line: python -m wsl.examples.cdn --rows N --seed S --out DIR [--csv]."""
    return command_line("cdn", write, argv)


if __name__ == "__main__":
    raise SystemExit(main())
