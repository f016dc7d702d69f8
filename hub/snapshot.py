"""A source as it was at one moment: what is read in many steps, and must agree from the first to the last.

Each snapshot is a read-only transaction on a connection of its own, beside the source's pool, so that nothing that is long
takes a connection from anything that is short. Snapshots of two sources are of two moments: no transaction spans them.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from typing import Any, Final

import asyncpg

from hub.source import ABSENCE, Source
from hub.sources import Sources
from hub.vocabulary import SourceName

APPLICATION_NAME: Final = "partner-hub export"
"""By which operators tell these connections in pg_stat_activity."""

_CLOSE_TIMEOUT_SECONDS: Final = 2


class Snapshot:
    """One source at the moment of its first read; that opens the connection. A lost one cannot be had again: reads fail."""

    def __init__(self, source: Source, give_way: Callable[[], Awaitable[None]]) -> None:
        self._source = source
        self._give_way = give_way
        self._connection: asyncpg.Connection | None = None
        # A connection reads one thing at a time.
        self._turn = asyncio.Lock()

    async def fetch(
        self, query_name: str, text: str, arguments: Sequence[Any], *, by_value: bool = False
    ) -> list[asyncpg.Record]:
        """Run one read; raises as a source's does. `by_value` does not count: the same few reads are repeated."""
        async with self._turn:
            connection = await self._open()
            with self._telling(query_name, connection):
                rows: list[asyncpg.Record] = await connection.fetch(text, *arguments)
        await self._give_way()
        return rows

    async def stream(
        self, query_name: str, text: str, arguments: Sequence[Any], size: int
    ) -> AsyncGenerator[list[asyncpg.Record], None]:
        """The rows of one read, at most `size` at a time; other reads go between. The statement timeout is each part's own."""
        async with self._turn:
            connection = await self._open()
            with self._telling(query_name, connection):
                # Planned once for these values; what is read between its parts is planned once for any.
                await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
                cursor = await connection.cursor(text, *arguments)
                await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        while True:
            async with self._turn:
                with self._telling(query_name, connection):
                    rows: list[asyncpg.Record] = await cursor.fetch(size)
            if not rows:
                return
            await self._give_way()
            yield rows

    async def close(self) -> None:
        """End the transaction and the connection; a read under way is cancelled, on the server too."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            await connection.close(timeout=_CLOSE_TIMEOUT_SECONDS)
        except (*ABSENCE, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection.terminate()

    async def _open(self) -> asyncpg.Connection:
        if self._connection is None:
            connection = self._connection = await self._source.connect(APPLICATION_NAME)
            with self._telling("begin", connection):
                await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return self._connection

    @contextlib.contextmanager
    def _telling(self, query_name: str, connection: asyncpg.Connection) -> Iterator[None]:
        with self._source.telling(query_name):
            try:
                yield
            except asyncpg.InterfaceError as error:
                if connection.is_closed():
                    raise asyncpg.ConnectionDoesNotExistError("the connection was lost") from error
                raise


class Snapshots:
    """A snapshot of each source that is read; iterated, the sources themselves, which know their health.

    `give_way` is awaited after each read, before anything is made of it: where what is long lets pass what is short.
    """

    def __init__(self, sources: Sources, give_way: Callable[[], Awaitable[None]]) -> None:
        self._sources = sources
        self._snapshots = {source.name: Snapshot(source, give_way) for source in sources}

    def __getitem__(self, name: SourceName) -> Snapshot:
        return self._snapshots[name]

    def __iter__(self) -> Iterator[Source]:
        return iter(self._sources)

    async def close(self) -> None:
        """End them all."""
        await asyncio.gather(*(snapshot.close() for snapshot in self._snapshots.values()))
