"""Brings a source's schema to the newest version: SQL files under sql/, applied by pogo, once and in a transaction each."""

from pathlib import Path

import asyncpg
import structlog
from pogo_core.util import migrate as pogo
from pogo_core.util import sql as pogo_tables

from hub.settings import REPORTING_ROLE
from hub.vocabulary import SourceName

log = structlog.get_logger(__name__)

SQL = Path(__file__).resolve().parent.parent / "sql"

_REPORTING_ROLE_SQL = SQL / "every_source" / "reporting_role.sql"

# Any constant: it keeps two nodes that start at the same time from applying the same migration.
_ADVISORY_LOCK = 7_015_113_001


async def migrate(source: SourceName, dsn: str, *, reporting_role: str = REPORTING_ROLE) -> None:
    """Apply to the database at `dsn` what its schema of this source lacks; safe to run from several nodes at once.

    The reporting views over it are for `reporting_role` to read; it is made where it is missing and this may be done.
    """
    schema = source.value
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _ADVISORY_LOCK)
        await pogo_tables.create_schema(connection, schema_name=schema)
        await connection.execute(f"SET search_path TO {schema}")
        for directory in (SQL / "every_source" / "migrations", SQL / schema / "migrations"):
            await pogo.apply(connection, directory, schema_name=schema)
        await _open_door(connection, schema, reporting_role)
    finally:
        await connection.close()


async def _open_door(connection: asyncpg.Connection, schema: str, role: str) -> None:
    settings = "SELECT set_config('hub.reporting_role', $1, false), set_config('hub.reporting_source', $2, false)"
    await connection.execute(settings, role, schema)
    await connection.execute(_REPORTING_ROLE_SQL.read_text(encoding="utf-8"))
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role):
        remedy = f"as a role that may: CREATE ROLE {role}; then migrate again"
        log.warning("reporting_role.missing", source=schema, role=role, remedy=remedy)
