"""Reads that take as long as a test wants: tables held locked, and what waits for them, as the database itself tells."""

import contextlib
from collections.abc import AsyncIterator

import asyncpg

_WAITING = """
    SELECT query FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'partner-hub%' AND wait_event_type = 'Lock'
"""


@contextlib.asynccontextmanager
async def locked(dsn: str, *tables: str) -> AsyncIterator[None]:
    """Hold tables so that no read of them goes on before the block is left."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def waiting(dsn: str) -> int:
    """How many of the hub's reads wait for a lock in this database."""
    connection = await asyncpg.connect(dsn)
    try:
        return len(await connection.fetch(_WAITING))
    finally:
        await connection.close()
