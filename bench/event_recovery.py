"""How soon events are delivered again after the database was killed: `python -m bench.event_recovery [KILLS]`.

A subscriber of a server follows over WebSocket; the whole database is killed with SIGKILL and started again. As soon as it
takes a connection (the baseline: 0 s) an event is committed; printed is how long after that moment the subscriber has it. Every
event that was committed must have been delivered, in order and once, or nothing is printed.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import asyncpg

from bench.event_database import event_server
from bench.event_server import event_of, following, hub_server
from hub.postgres import EmbeddedPostgres

BAR_SECONDS: Final = 2.0
_PATIENCE_SECONDS: Final = 30
_CHANGE: Final = "UPDATE engagements.engagement SET version = version + 1 WHERE id = 1 RETURNING version"
_RECORD: Final = """
    INSERT INTO engagements.outbox (type, occurred_at, engagement_id, engagement_version, to_phase, to_partner_id, region)
    VALUES ('FINDING_RECORDED', now(), 1, $1, 'AWARENESS', 1, 'JP-13')"""


def main() -> None:
    """Run it, and print what was found."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with event_server() as (server, dsn), tempfile.TemporaryDirectory() as directory:
        asyncio.run(_bench(server, dsn, Path(directory), kills))


async def _bench(server: EmbeddedPostgres, dsn: str, directory: Path, kills: int) -> None:
    taken = []
    async with hub_server(dsn, directory) as (port, token), following(port, token) as connection:

        async def delivered(version: int) -> None:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                event = event_of(await connection.recv())
            if event["engagementVersion"] != version:
                sys.exit(f"version {version} was committed, {event['engagementVersion']} delivered")

        await delivered(await _write(dsn))
        for _ in range(kills):
            await asyncio.to_thread(server.kill)
            starting = asyncio.create_task(asyncio.to_thread(server.start))
            version, back = await _write_as_soon_as_it_is_back(dsn)
            await delivered(version)
            taken.append(time.monotonic() - back)
            await starting
            # And goes on as ever.
            await delivered(await _write(dsn))
    print("delivered after the database took its first connection, in s: " + " ".join(f"{seconds:.2f}" for seconds in taken))
    print(f"worst of {kills}: {max(taken):.2f} s (bar: {BAR_SECONDS:g})")


async def _write_as_soon_as_it_is_back(dsn: str) -> tuple[int, float]:
    while True:
        try:
            connection = await asyncpg.connect(dsn, timeout=1)
        except (OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.005)
            continue
        back = time.monotonic()
        try:
            return await _change(connection), back
        finally:
            await connection.close()


async def _write(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return await _change(connection)
    finally:
        await connection.close()


async def _change(connection: asyncpg.Connection) -> int:
    async with connection.transaction():
        version: int = await connection.fetchval(_CHANGE)
        await connection.execute(_RECORD, version)
    return version


if __name__ == "__main__":
    main()
