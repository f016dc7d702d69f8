"""Writers of the outbox by plain SQL, as commands write it: under the lock of the engagement's row, a version an event."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from hub.vocabulary import SourceName
from tests.conftest import Dsns
from tests.plain_sql import fetch

ENGAGEMENTS = """
    INSERT INTO engagements.client (id, name, region, advisor_id) VALUES (1, '田中商店', 'JP-13', 1);
    INSERT INTO engagements.engagement (id, client_id, title, phase, status, lead_partner_id, version, opened_at, updated_at)
    SELECT id, 1, '題', 'AWARENESS', 'OPEN', 1, 1, now(), now() FROM generate_series(1, {count}) AS id;
    INSERT INTO engagements.assignment (engagement_id, position, phase, partner_id, started_at)
    SELECT id, 1, 'AWARENESS', 1, now() FROM engagements.engagement"""

_LOCK_AND_CHANGE = "UPDATE engagements.engagement SET version = version + 1 WHERE id = $1 RETURNING version"

_RECORD = """
    INSERT INTO engagements.outbox (type, occurred_at, engagement_id, engagement_version, to_phase, to_partner_id, region)
    VALUES ('FINDING_RECORDED', now(), $1, $2, 'AWARENESS', 1, 'JP-13') RETURNING event_id"""


async def make_engagements(dsn: str, count: int) -> None:
    """So many engagements, with ids from 1, at version 1; without events."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(ENGAGEMENTS.format(count=count))
    finally:
        await connection.close()


@asynccontextmanager
async def connected(dsn: str, count: int = 1) -> AsyncIterator[list[asyncpg.Connection]]:
    """Connections of writers."""
    connections: list[asyncpg.Connection] = []
    try:
        for _ in range(count):
            connections.append(await asyncpg.connect(dsn))
        yield connections
    finally:
        for connection in connections:
            connection.terminate()


async def write(connection: asyncpg.Connection, engagement_id: int) -> int:
    """One event in a transaction; the version that it makes."""
    async with connection.transaction():
        return await change(connection, engagement_id)


async def change(connection: asyncpg.Connection, engagement_id: int) -> int:
    """One event in the transaction that is open; the version that it makes."""
    version = await connection.fetchval(_LOCK_AND_CHANGE, engagement_id)
    await connection.fetchval(_RECORD, engagement_id, version)
    return int(version)


async def logged(dsns: Dsns) -> list[dict[str, Any]]:
    """The log, by position."""
    return await fetch(dsns, SourceName.ENGAGEMENTS, "SELECT * FROM engagements.event_log ORDER BY position")


async def waiting(dsns: Dsns) -> int:
    """How many events are in the outbox."""
    (row,) = await fetch(dsns, SourceName.ENGAGEMENTS, "SELECT count(*) AS n FROM engagements.outbox")
    return int(row["n"])
