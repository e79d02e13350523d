"""PostgreSQL through ADBC, against a server started for the test; skipped where none can be."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from wsl.data import Kind, open_source
from wsl.diagnostics import WslError

pytest.importorskip("adbc_driver_postgresql")

LOG = """
CREATE SCHEMA cdn;
CREATE TABLE cdn.log (id bigint, fe text, rtt double precision, at timestamptz, ok boolean,
                      size numeric(10, 2), tags text[],
                      cut text, client inet);
INSERT INTO cdn.log SELECT i, (ARRAY['sfo', 'lax'])[1 + i % 2], i * 0.5,
    timestamptz '2024-03-01 00:00Z' + i * interval '1 second', i % 3 = 0, i, ARRAY['a'], NULL, inet '10.0.0.1'
    FROM generate_series(0, 9999) AS i;
UPDATE cdn.log SET rtt = NULL WHERE id = 3;
CREATE TABLE "Odd name" (x int);
INSERT INTO "Odd name" VALUES (1);
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The connection string of a private server."""
    initdb, start = shutil.which("initdb"), shutil.which("pg_ctl")
    if not (initdb and start and shutil.which("psql")):
        pytest.skip("PostgreSQL is not installed")
    account = "postgres" if os.name == "posix" and os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if account:
        try:
            shutil.chown(folder, account)
        except LookupError:
            pytest.skip("the server does not run as root, and there is no account for it")

    def run(*command: str, text: str | None = None) -> None:
        subprocess.run(
            command,
            input=text,
            text=True,
            check=True,
            capture_output=True,
            user=account,
            cwd=folder,
            timeout=60,
        )

    data = str(folder / "data")
    try:
        try:
            run(initdb, "-D", data, "-U", "me", "--auth=trust", "--no-sync")
            options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
            run(start, "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"no PostgreSQL server can be started: {error}")
        url = f"postgresql://me:hidden@127.0.0.1:{port}/postgres"
        try:
            run("psql", "-v", "ON_ERROR_STOP=1", url, text=LOG)
            yield url
        finally:
            run(start, "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_table_is_read(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDN_URL", server)
    dataset = open_source("env:CDN_URL#cdn.log", name="cdn", options={"row_id": "id"})
    assert dataset.rows == 10_000
    assert dict(dataset.kinds) == {
        "id": Kind.NUMBER,
        "fe": Kind.CATEGORY,
        "rtt": Kind.NUMBER,
        "at": Kind.TIME,
        "ok": Kind.BOOLEAN,
        "size": Kind.NUMBER,
        "cut": Kind.CATEGORY,
        "client": Kind.CATEGORY,
    }
    assert dict(dataset.unusable) == {"tags": "varchar[]"}
    assert dataset.row_ids[:4].tolist() == [0, 1, 2, 3]
    assert dataset.column("rtt").values[[0, 9999]].tolist() == [0.0, 4999.5]
    assert dataset.column("rtt").missing == 1
    assert dataset.column("fe").categories == ("lax", "sfo")
    assert dataset.column("at").values[1] - dataset.column("at").values[0] == 1_000_000
    assert dataset.column("size").values[7] == 7.0
    again = open_source(f"{server}#cdn.log", name="cdn", options={"row_id": "id"})
    assert again.fingerprint == dataset.fingerprint
    assert open_source(f"{server}#Odd name", name="odd").rows == 1


def test_a_later_change_does_not_reach_what_was_opened(server: str) -> None:
    from adbc_driver_postgresql import dbapi

    dataset = open_source(f"{server}#public.Odd name", name="odd")
    with dbapi.connect(server) as connection, connection.cursor() as cursor:
        cursor.execute('INSERT INTO "Odd name" VALUES (2)')
        connection.commit()
    assert dataset.column("x").values.tolist() == [1.0]
    assert open_source(f"{server}#public.Odd name", name="odd").rows == 2


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("{server}#cdn.lgo", "WSL-R018"),
        ("{server}#cdn.log; DROP TABLE cdn.log", "WSL-R018"),
        ("{server}", "WSL-R013"),
        ("postgresql://me:hidden@127.0.0.1:1/postgres#cdn.log", "WSL-R017"),
        ("{server}nowhere?password=hidden#cdn.log", "WSL-R017"),
    ],
)
def test_failures_are_located_and_redacted(server: str, location: str, code: str) -> None:
    with pytest.raises(WslError) as caught:
        open_source(location.format(server=server), name="cdn")
    (found,) = caught.value.diagnostics
    assert found.code == code
    assert "hidden" not in repr(found)
    if "lgo" in location:
        assert found.help == "did you mean cdn.log?"
