"""An online shop's latencies, with the services of an example that came with DoWhy-GCM (Blöbaum et al.,
"DoWhy-GCM", 2022, arXiv:2206.06821). A row is what was measured in a minute.

    ts                                           start of the minute (UTC)
    load                            [requests/s] requests that reach the shop: a daily wave
    customer_db, product_db, order_db       [ms] mean latencies of the databases; they feel the load
    shipping_cost_service                   [ms] another company's service
    caching_service                         [ms] answers for product_db, which it asks for what it lacks
    auth_service, product_service,
    order_service, api, www                 [ms] each waits for those that it calls
    website                                 [ms] what a visitor waits for; the target

A call graph points from www to api; causes run the other way, for www waits for api. In one incident the
cache is slow for some minutes, and recovers. A log of any length ends at `END`, so that the incident always
lasts from `INCIDENT[0]` to just before `INCIDENT[1]`. `ts` is no variable of the graph. Nothing is hidden.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wsl.examples.structural import Array, Condition, Mechanism, Model, Truth, Update, normal
from wsl.examples.writing import command_line, write_log

END = np.datetime64("2024-03-18T00:00", "us")  # the end of a Sunday
INCIDENT = (np.datetime64("2024-03-17T21:10", "us"), np.datetime64("2024-03-17T21:18", "us"))
SLOWDOWN = np.array([25, 60, 85, 90, 90, 80, 50, 20])  # ms that the cache is slower, minute by minute
MINUTE = np.timedelta64(1, "m")
MEAN_LOAD, PEAK_HOUR = 40.0, 20.0  # requests/s; the shop is visited in the evening
CAPACITY = 150.0  # requests/s at which a database could keep up no longer
MISSES = 0.3  # share of the cache's answers for which it asks the database


def _minutes(rows: int) -> Array:
    return END - np.arange(rows, 0, -1) * MINUTE


def _when(generator: np.random.Generator, rows: int) -> Array:
    """The minute's place in a log that ends at END: it is known, not drawn."""
    return _minutes(rows)


def _visitors(generator: np.random.Generator, rows: int) -> Array:
    """How much more than usual the shop is visited at the minute's hour, and luck; shape (rows, 2)."""
    hours = _minutes(rows).astype("datetime64[m]").astype(np.int64) / 60
    wave = np.log1p(0.5 * np.cos(2 * np.pi * (hours - PEAK_HOUR) / 24))
    return np.column_stack([wave, generator.standard_normal(rows)])


def _trouble(generator: np.random.Generator, rows: int) -> Array:
    """The cache's luck, and the ms that the incident adds; shape (rows, 2)."""
    minute = (_minutes(rows) - INCIDENT[0]) // MINUTE
    during = (minute >= 0) & (minute < len(SLOWDOWN))
    added = np.where(during, SLOWDOWN[np.clip(minute, 0, len(SLOWDOWN) - 1)], 0)
    return np.column_stack([generator.standard_normal(rows), added])


def _clock(milliseconds: Array) -> Array:
    """A measured latency: whole microseconds."""
    return np.round(milliseconds, 3)


def _time(minutes: Array) -> Array:
    return minutes


def _load(noise: Array) -> Array:
    return np.round(MEAN_LOAD * np.exp(noise[:, 0] + 0.1 * noise[:, 1]), 2)


def _queries(base: float, load: Array, z: Array) -> Array:
    """A queue: the busier, the longer."""
    return _clock(base / (1 - np.minimum(load / CAPACITY, 0.95)) * np.exp(0.08 * z))


def _customer_db(load: Array, z: Array) -> Array:
    return _queries(6.0, load, z)


def _product_db(load: Array, z: Array) -> Array:
    return _queries(12.0, load, z)


def _order_db(load: Array, z: Array) -> Array:
    return _queries(9.0, load, z)


def _shipping_cost_service(z: Array) -> Array:
    return _clock(20 * np.exp(0.15 * z))


def _caching_service(product_db: Array, noise: Array) -> Array:
    return _clock(3 * np.exp(0.1 * noise[:, 0]) + MISSES * product_db + noise[:, 1])


def _auth_service(customer_db: Array, z: Array) -> Array:
    return _clock(5 * np.exp(0.1 * z) + customer_db)


def _product_service(shipping: Array, cache: Array, customer_db: Array, z: Array) -> Array:
    """Asks for prices and shipping costs at once, and then who is asking."""
    return _clock(10 * np.exp(0.08 * z) + np.maximum(shipping, cache) + customer_db)


def _order_service(order_db: Array, z: Array) -> Array:
    return _clock(8 * np.exp(0.1 * z) + 2 * order_db)


def _api(auth: Array, product: Array, order: Array, customer_db: Array, z: Array) -> Array:
    """Products and orders at once, after the customer is known."""
    return _clock(12 * np.exp(0.08 * z) + auth + np.maximum(product, order) + customer_db)


def _www(api: Array, auth: Array, z: Array) -> Array:
    return _clock(15 * np.exp(0.08 * z) + api + 0.5 * auth)


def _website(www: Array, z: Array) -> Array:
    return _clock(www + 25 * np.exp(0.12 * z))


MODEL = Model(
    "shop",
    "website",
    [
        Mechanism("ts", (), _time, _when),
        Mechanism("load", (), _load, _visitors),
        Mechanism("customer_db", ("load",), _customer_db, normal),
        Mechanism("product_db", ("load",), _product_db, normal),
        Mechanism("order_db", ("load",), _order_db, normal),
        Mechanism("shipping_cost_service", (), _shipping_cost_service, normal),
        Mechanism("caching_service", ("product_db",), _caching_service, _trouble),
        Mechanism("auth_service", ("customer_db",), _auth_service, normal),
        Mechanism(
            "product_service",
            ("shipping_cost_service", "caching_service", "customer_db"),
            _product_service,
            normal,
        ),
        Mechanism("order_service", ("order_db",), _order_service, normal),
        Mechanism("api", ("auth_service", "product_service", "order_service", "customer_db"), _api, normal),
        Mechanism("www", ("api", "auth_service"), _www, normal),
        Mechanism("website", ("www",), _website, normal),
    ],
)
EDGES = MODEL.edges


def generate(rows: int, seed: int) -> dict[str, Array]:
    """The minutes before `END`, in the order of time; ts is datetime64[us]."""
    return MODEL.generate(rows, seed)


def truth(
    rows: int, seed: int, updates: Update | Sequence[Update] = (), where: Condition | None = None
) -> Truth:
    """The exact answer to a scenario, on the minutes before `END` that `where` selects: see `Model.truth`."""
    return MODEL.truth(rows, seed, updates, where)


def write(folder: str | Path, rows: int, seed: int, csv: bool = False) -> list[Path]:
    """Write shop.parquet (or shop.csv) and shop.dot; return the paths. OSError where that is not possible."""
    return write_log(MODEL, Path(folder), rows, seed, csv)


def main(argv: Sequence[str] | None = None) -> int:
    """The command line: python -m wsl.examples.shop --rows N --seed S --out DIR [--csv]."""
    return command_line("shop", write, argv)


if __name__ == "__main__":
    raise SystemExit(main())
