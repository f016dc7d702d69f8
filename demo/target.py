"""One source's database while demo data is loaded into it, in a transaction: all of it or nothing."""

import datetime
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import asyncpg

from demo.programme import Rows, Table
from hub.errors import SetupError
from hub.viewer import ViewerKind
from hub.vocabulary import SourceName
from sql import Statement, shape

# Any constant: it keeps two seeds from loading the same source at once.
_ADVISORY_LOCK = 7_015_113_100
_LOCK_TIMEOUT = "10s"
_CLOSE_TIMEOUT_SECONDS = 10
_MAINTENANCE_MEMORY = "256MB"


class SeedRefused(SetupError):
    """The databases are not fit for this seed; the message says why and what to do."""


class Seeded(NamedTuple):
    """Which demo data a source holds; `edition`: of the data's making."""

    edition: int
    scale: int
    as_of: datetime.date

    def __str__(self) -> str:
        return f"scale {self.scale} as of {self.as_of} (edition {self.edition})"


class Target:
    """A source's database and a transaction in it; `open` begins it, `commit` ends it, anything else undoes it."""

    def __init__(self, connection: "asyncpg.Connection[Any]", source: SourceName, tables: Sequence[Table]) -> None:
        self.source, self.tables = source, tables
        self._connection = connection
        self._names = [table.name for table in tables]
        self._transaction = connection.transaction()
        self._to_recreate: list[str] = []

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, source: SourceName, tables: Sequence[Table]) -> "AsyncIterator[Target]":
        """Connect and begin, after any other seed of this source; whatever was not committed at the end is undone."""
        connection = await asyncpg.connect(dsn, server_settings={"search_path": source.value})
        try:
            target = cls(connection, source, tables)
            await target._transaction.start()
            key = _ADVISORY_LOCK + list(SourceName).index(source)
            await connection.execute("SELECT pg_advisory_xact_lock($1)", key)
            yield target
        finally:
            await connection.close(timeout=_CLOSE_TIMEOUT_SECONDS)

    async def seeded(self) -> Seeded | None:
        """What seed the database holds; None where it holds none."""
        if await self._connection.fetchval("SELECT to_regclass('demo_seed')") is None:
            return None
        row = await self._connection.fetchrow("SELECT edition, scale, as_of FROM demo_seed")
        return Seeded(*row) if row else None

    async def holds(self, wanted: Seeded) -> bool:
        """Whether the database holds this very seed; False where it is empty, SeedRefused where it holds anything else."""
        seeded = await self.seeded()
        if seeded is None:
            await self._refuse_data()
            return False
        if seeded == wanted:
            return True
        remedy = "use empty databases"
        if seeded.edition == wanted.edition:
            remedy = f"seed with --scale {seeded.scale} --as-of {seeded.as_of} to keep and complete it, or {remedy}"
        raise SeedRefused(f"The database of {self.source.value} holds demo data of {seeded}, not of {wanted}: {remedy}.")

    async def _refuse_data(self) -> None:
        for name in self._names:
            try:
                found = await self._connection.fetchval(f"SELECT EXISTS (SELECT FROM {name})")
            except asyncpg.UndefinedTableError as error:
                raise SeedRefused(
                    f"The database of {self.source.value} has no table {name}: bring it to the newest version first."
                ) from error
            if found:
                raise SeedRefused(
                    f"The table {name} of {self.source.value} holds data that no seed made: demo data goes into empty"
                    " databases only; use new ones, or drop this one and migrate it again."
                )

    async def take(self) -> None:
        """Hold the tables against everyone else till the end, and make ready for many rows."""
        connection = self._connection
        await connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
        await connection.execute(f"SET LOCAL maintenance_work_mem = '{_MAINTENANCE_MEMORY}'")
        try:
            await connection.execute(f"LOCK TABLE {', '.join(self._names)} IN ACCESS EXCLUSIVE MODE")
        except asyncpg.LockNotAvailableError as error:
            raise SeedRefused(f"The tables of {self.source.value} are in use: stop what uses them, then seed again.") from error
        # Someone may have written between the first look and the lock.
        await self._refuse_data()
        await connection.execute(shape("demo_seed"))
        await self._drop_indexes()

    async def _drop_indexes(self) -> None:
        """Drop what can be made again faster than kept up while rows come in: till `finish`, in this transaction."""
        for row in await self._connection.fetch(shape("rebuildable_indexes"), self.source.value, self._names):
            await self._connection.execute(row["drop_statement"])
            self._to_recreate.insert(0, row["create_statement"])

    async def copy(self, table: Table, rows: Rows) -> None:
        """Append rows to a table."""
        await self._connection.copy_records_to_table(
            table.name, schema_name=self.source.value, columns=table.columns, records=rows
        )

    async def run(self, statement: Statement, **values: object) -> list[asyncpg.Record]:
        """Run a named statement upon what is loaded."""
        query = statement.render(ViewerKind.STAFF, values)
        rows: list[asyncpg.Record] = await self._connection.fetch(query.text, *query.arguments(values))
        return rows

    async def finish(self, seeded: Seeded) -> None:
        """Make the indexes again, number on past the loaded rows, and record what was seeded."""
        for statement in self._to_recreate:
            await self._connection.execute(statement)
        for row in await self._connection.fetch(shape("identity_columns"), self.source.value, self._names):
            await self._connection.execute(
                f"SELECT setval('{row['sequence']}', max({row['column_name']})) FROM {row['table_name']}"
            )
        await self._connection.execute("INSERT INTO demo_seed (edition, scale, as_of) VALUES ($1, $2, $3)", *seeded)

    async def commit(self) -> None:
        """Make the load lasting."""
        await self._transaction.commit()

    async def vacuum(self) -> None:
        """Let the planner know the tables, and mark their pages as visible to all."""
        await self._connection.execute(f"VACUUM (ANALYZE) {', '.join(self._names)}")
