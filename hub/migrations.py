"""Brings a source's schema to the newest version: SQL files under sql/, applied by pogo, once and in a transaction each."""

from pathlib import Path

import asyncpg
from pogo_core.util import migrate as pogo
from pogo_core.util import sql as pogo_tables

from hub.vocabulary import SourceName

SQL = Path(__file__).resolve().parent.parent / "sql"

# Any constant: it keeps two nodes that start at the same time from applying the same migration.
_ADVISORY_LOCK = 7_015_113_001


async def migrate(source: SourceName, dsn: str) -> None:
    """Apply to the database at `dsn` what its schema of this source lacks; safe to run from several nodes at once."""
    schema = source.value
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _ADVISORY_LOCK)
        await pogo_tables.create_schema(connection, schema_name=schema)
        await connection.execute(f"SET search_path TO {schema}")
        for directory in (SQL / "every_source" / "migrations", SQL / schema / "migrations"):
            await pogo.apply(connection, directory, schema_name=schema)
    finally:
        await connection.close()
