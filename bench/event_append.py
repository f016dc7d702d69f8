"""How fast events are appended: `python -m bench.event_append [TURNS]`.

pgbench's 16 writers each change an engagement and say so, one event a transaction: to the outbox, from where the sequencer
moves it into the log, until the last is there; and, in turns, straight into a naive log with ids from a sequence. The log must
hold what was acknowledged, without gaps and with every engagement's versions in order; then rates are printed, and their ratio.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import asyncpg

from bench.event_database import ENGAGEMENTS, event_server
from events.sequencer import Sequencer
from hub import log
from hub.postgres.installation import Installation, program_environment
from hub.settings import Settings
from hub.source import Source
from hub.vocabulary import SourceName

WRITERS: Final = 16
EVENTS_A_WRITER: Final = 1000
BAR: Final = 0.65

_SCRIPT: Final = f"""\\set id random(1, {ENGAGEMENTS})
BEGIN;
UPDATE engagements.engagement SET version = version + 1, updated_at = now() WHERE id = :id RETURNING version \\gset
INSERT INTO {{table}} (type, occurred_at, engagement_id, engagement_version, to_phase, to_partner_id, region)
    VALUES ('FINDING_RECORDED', now(), :id, :version, 'AWARENESS', 1, 'JP-13');
COMMIT;
"""

_CHECK: Final = """
    SELECT count(*) AS events, coalesce(max(position), 0) AS last, count(DISTINCT event_id) AS distinct_events,
        count(*) FILTER (WHERE engagement_version <> version_before + 1) AS out_of_order
    FROM (
        SELECT *, lag(engagement_version, 1, 1) OVER (PARTITION BY engagement_id ORDER BY position) AS version_before
        FROM engagements.event_log
    ) AS ordered"""


def main() -> None:
    """Run it, and print what was found."""
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with event_server() as (_, dsn), tempfile.TemporaryDirectory() as directory:
        asyncio.run(_bench(dsn, Path(directory), turns))


async def _bench(dsn: str, directory: Path, turns: int) -> None:
    settings = Settings(_env_file=None, log_level="error")  # type: ignore[call-arg]
    log.configure(settings)
    scripts = {}
    for name, table in (("log", "engagements.outbox"), ("naive", "naive.log")):
        scripts[name] = directory / f"{name}.sql"
        await asyncio.to_thread(scripts[name].write_text, _SCRIPT.format(table=table), "utf-8")
    source = Source(SourceName.ENGAGEMENTS, dsn, settings)
    connection = await asyncpg.connect(dsn)
    rates: dict[str, list[float]] = {"log": [], "naive": []}
    try:
        for _ in range(turns + 1):
            # The naive log's turn is without a sequencer, which polls.
            rates["naive"].append(await _turn(dsn, scripts["naive"], connection, None))
            rates["log"].append(await _turn(dsn, scripts["log"], connection, source))
            await _check(connection, WRITERS * EVENTS_A_WRITER)
            await connection.execute("TRUNCATE engagements.event_log; TRUNCATE naive.log")
            await connection.execute("UPDATE engagements.event_log_state SET last_position = 0")
    finally:
        await connection.close()
    # The first turns warm the server.
    middle = {name: statistics.median(found[1:]) for name, found in rates.items()}
    for name, found in rates.items():
        print(f"{name:<6} {middle[name]:8,.0f} events/s   turns: {' '.join(f'{rate:,.0f}' for rate in found[1:])}")
    print(f"log / naive: {middle['log'] / middle['naive']:.2f} (bar: at least {BAR})")


async def _turn(dsn: str, script: Path, connection: asyncpg.Connection, source: Source | None) -> float:
    """Events a second, from the first write until the last is in the log."""
    await connection.execute("UPDATE engagements.engagement SET version = 1")
    await connection.execute("VACUUM engagements.engagement, engagements.outbox")
    await connection.execute("CHECKPOINT")
    sequencer = None if source is None else Sequencer(source)
    if sequencer is not None:
        sequencer.start()
    started = time.perf_counter()
    await asyncio.to_thread(_pgbench, dsn, script)
    if sequencer is not None:
        while True:
            if await connection.fetchval("SELECT NOT EXISTS (SELECT FROM engagements.outbox)"):
                break
            await asyncio.sleep(0.001)
    seconds = time.perf_counter() - started
    if sequencer is not None:
        await sequencer.stop()
    return WRITERS * EVENTS_A_WRITER / seconds


def _pgbench(dsn: str, script: Path) -> None:
    parts = urlsplit(dsn)
    server = parse_qs(parts.query)
    arguments = [
        *("-h", server["host"][0], "-p", server["port"][0], "-U", str(parts.username)),
        *("-n", "-M", "prepared", "-c", str(WRITERS), "-j", "1", "-t", str(EVENTS_A_WRITER), "-f", str(script), parts.path[1:]),
    ]
    program = Installation.find().program("pgbench")
    done = subprocess.run([program, *arguments], env=program_environment(), capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        sys.exit(f"pgbench: {done.stderr}")


async def _check(connection: asyncpg.Connection, expected: int) -> None:
    found = await connection.fetchrow(_CHECK)
    naive = await connection.fetchval("SELECT count(*) FROM naive.log")
    assert found is not None
    if tuple(found) != (expected, expected, expected, 0) or naive != expected:
        sys.exit(f"of {expected} events the log holds {dict(found)}, the naive log {naive}")


if __name__ == "__main__":
    main()
