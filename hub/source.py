"""One source: a pool of connections to its database, with timeouts, a breaker, and a prober that watches its health."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Any

import asyncpg
import structlog

from hub.breaker import Breaker
from hub.errors import SourceTimeout, SourceUnavailable
from hub.settings import Settings
from hub.vocabulary import SourceName

log = structlog.get_logger(__name__)

# What tells that the database is not there, or went away: not that the query was wrong. InternalClientError is what asyncpg
# raises when the server is killed at an awkward moment.
ABSENCE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InternalClientError,
)

# The database is there, the hub's tables are not.
NOT_MIGRATED = (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError, asyncpg.UndefinedFunctionError)


class Source:
    """Reads of one of the five systems; opened by `open`, which does not wait for the database to be there."""

    def __init__(self, name: SourceName, dsn: str, settings: Settings) -> None:
        self.name = name
        self.dsn = dsn
        self.breaker = Breaker()
        self._settings = settings
        self._pool: asyncpg.Pool | None = None
        self._prober: asyncio.Task[None] | None = None
        self._wake_prober = asyncio.Event()

    async def open(self) -> None:
        """Make the pool (connections come with the first reads) and probe once, so that health is known from the start."""
        timeout = self._settings.statement_timeout_seconds
        self._pool = await asyncpg.create_pool(
            self.dsn,
            min_size=0,
            max_size=self._settings.pool_size,
            timeout=self._settings.acquire_timeout_seconds,
            # The server ends a slow statement; the client's own limit, a little later, is for a server that hangs.
            command_timeout=timeout + 1,
            reset=_leave_as_is,
            server_settings={
                "application_name": "partner-hub",
                "statement_timeout": str(int(timeout * 1000)),
                "timezone": "UTC",
                "jit": "off",
                "random_page_cost": "1.1",
            },
        )
        await self._probe()
        self._prober = asyncio.create_task(self._probe_for_ever(), name=f"prober of {self.name.value}")

    async def close(self) -> None:
        """End the prober and every connection; reads under way are cut off after a second."""
        if self._prober is not None:
            self._prober.cancel()
            await asyncio.wait([self._prober])
        if self._pool is not None:
            try:
                await asyncio.wait_for(self._pool.close(), 1)
            except TimeoutError:
                self._pool.terminate()

    async def fetch(self, query_name: str, text: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
        """Run one read. SourceUnavailable, at once while the breaker is open; SourceTimeout where the read is too slow.

        A read is sent a second time where the first found its connection dead, as all are after the server's restart.
        """
        try:
            return await self._try_fetch(text, arguments)
        except asyncpg.QueryCanceledError:
            raise SourceTimeout(self.name.value, query_name) from None
        except (TimeoutError, *NOT_MIGRATED) as error:
            self._failed(query_name, error)
            raise SourceUnavailable(self.name.value) from error
        except ABSENCE:
            if self._pool is not None:
                await self._pool.expire_connections()
        try:
            return await self._try_fetch(text, arguments)
        except asyncpg.QueryCanceledError:
            raise SourceTimeout(self.name.value, query_name) from None
        except (*ABSENCE, *NOT_MIGRATED) as error:
            self._failed(query_name, error)
            raise SourceUnavailable(self.name.value) from error

    async def _try_fetch(self, text: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
        pool = self._pool
        if self.breaker.is_open or pool is None or pool.is_closing():
            raise SourceUnavailable(self.name.value)
        acquiring = pool.acquire(timeout=self._settings.acquire_timeout_seconds)
        try:
            connection = await acquiring
        except TimeoutError:
            if pool.get_size() >= pool.get_max_size():
                raise SourceUnavailable(self.name.value, "is busy; try again shortly") from None
            raise
        try:
            rows: list[asyncpg.Record] = await connection.fetch(text, *arguments)
        except asyncpg.InterfaceError as error:
            if connection.is_closed():
                raise asyncpg.ConnectionDoesNotExistError("the connection was lost") from error
            raise
        finally:
            await pool.release(connection, timeout=self._settings.acquire_timeout_seconds)
        self.breaker.success()
        return rows

    def _failed(self, query_name: str, error: Exception) -> None:
        if isinstance(error, NOT_MIGRATED):
            remedy = "run: python -m hub migrate"
            log.error("source.not_migrated", source=self.name.value, query=query_name, error=str(error), remedy=remedy)
            return
        self.breaker.failure()
        self._wake_prober.set()
        log.warning("source.read_failed", source=self.name.value, query=query_name, error=repr(error))

    async def _probe_for_ever(self) -> None:
        while True:
            settings = self._settings
            wait = settings.retry_interval_seconds if self.breaker.is_open else settings.probe_interval_seconds
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake_prober.wait(), wait)
            self._wake_prober.clear()
            await self._probe()

    async def _probe(self) -> None:
        """Ask for one row on a connection of its own: a pool that is used up says nothing about the database."""
        before = self.breaker.state
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._settings.acquire_timeout_seconds):
                connection = await asyncpg.connect(self.dsn, timeout=self._settings.acquire_timeout_seconds)
                try:
                    await connection.fetchval("SELECT 1")
                finally:
                    connection.terminate()
        except (*ABSENCE, asyncpg.PostgresError) as error:
            self.breaker.probed(None)
            if self.breaker.state is not before:
                log.warning("source.down", source=self.name.value, state=self.breaker.state.value, error=repr(error))
        else:
            self.breaker.probed((time.perf_counter() - started) * 1000)
            if self.breaker.state is not before:
                log.info("source.up", source=self.name.value)


async def _leave_as_is(_connection: Any) -> None:
    """Stand in for asyncpg's reset at release: no code path of the hub leaves session state behind on a pooled connection.

    Reads are single statements; transactions that set anything use SET LOCAL; listeners have a connection of their own.
    """
