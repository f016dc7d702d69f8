"""One source: a pool of connections to its database, with timeouts, a breaker, and a prober that watches its health."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import asyncpg
import structlog

from hub import moments
from hub.breaker import Breaker
from hub.errors import OutcomeUnknown, SourceTimeout, SourceUnavailable
from hub.pool import SESSION, Idle, Pool, PoolExhaustedError
from hub.settings import Settings
from hub.transaction import CommitUnknownError, NotBegunError, Transaction, transact
from hub.vocabulary import SourceName

log = structlog.get_logger(__name__)

ResultT = TypeVar("ResultT")

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

# Of a read: to send it a second time would give the same.
_SAID_AT_ONCE: Final = (TimeoutError, *NOT_MIGRATED)

_BUSY: Final = "is busy; try again shortly"

_TIMES_GIVEN_UP: Final = 3
"""How often a transaction may be given up for others, by a deadlock, and be tried again."""


class Source:
    """Reads and writes of one of the five systems; opened by `open`, which does not wait for the database to be there.

    No code path leaves session state behind on a connection of the pool: reads are single statements, and writes are
    transactions (hub/transaction.py). What sets anything does so with SET LOCAL, and listeners have a connection of their own.
    """

    def __init__(self, name: SourceName, dsn: str, settings: Settings, idle: Idle | None = None) -> None:
        self.name = name
        self.dsn = dsn
        self.breaker = Breaker()
        self._settings = settings
        self._prober: asyncio.Task[None] | None = None
        self._wake_prober = asyncio.Event()

        self._wait_seconds = settings.acquire_timeout_seconds
        timeout = settings.statement_timeout_seconds
        self._connect: dict[str, Any] = {
            # The server ends a slow statement; the client's own limit, a little later, is for a server that hangs.
            "command_timeout": timeout + 1,
            "server_settings": SESSION | {"application_name": "partner-hub", "statement_timeout": str(int(timeout * 1000))},
        }
        self._pool = Pool(
            dsn,
            size=settings.pool_size,
            connect_timeout_seconds=self._wait_seconds,
            hangs_after_seconds=timeout + 1,
            server_settings=self._connect["server_settings"],
            idle=idle,
        )

    async def open(self) -> None:
        """Probe once, so that health is known from the start; connections come with the first reads."""
        await self._probe()
        self._prober = asyncio.create_task(self._probe_for_ever(), name=f"prober of {self.name.value}")

    async def close(self) -> None:
        """End the prober and every connection; reads under way are cut off after a second."""
        if self._prober is not None:
            self._prober.cancel()
            await asyncio.wait([self._prober])
        await self._pool.close(timeout_seconds=1)

    async def fetch(
        self, query_name: str, text: str, arguments: Sequence[Any], *, by_value: bool = False
    ) -> list[asyncpg.Record]:
        """Run one read. SourceUnavailable, at once while the breaker is open; SourceTimeout where the read is too slow.

        by_value: the best plan depends on these arguments, so that it is worth to plan it for them.

        A read is sent a second time where the first found its connection dead, as all are after the server's restart.
        """
        pool, breaker = self._pool, self.breaker
        for is_last in (False, True):
            if breaker.is_open or pool.is_closed:
                break
            try:
                rows = await pool.fetch(text, arguments, wait_seconds=self._wait_seconds, by_value=by_value)
            except PoolExhaustedError:
                raise SourceUnavailable(self.name.value, _BUSY) from None
            except asyncpg.QueryCanceledError:
                raise SourceTimeout(self.name.value, query_name) from None
            except (*ABSENCE, *NOT_MIGRATED) as error:
                if is_last or isinstance(error, _SAID_AT_ONCE):
                    self._failed(query_name, error)
                    raise SourceUnavailable(self.name.value) from error
                pool.drop_idle()
            else:
                breaker.success()
                return rows
        raise SourceUnavailable(self.name.value)

    async def transact(self, name: str, work: Callable[[Transaction], Awaitable[ResultT]]) -> ResultT:
        """Run `work` in one transaction, committed where it returns and rolled back where it raises.

        Raises as reads do, and of these errors nothing was committed; OutcomeUnknown where COMMIT was sent and not answered.
        `work` runs again only where nothing of it can have been done: where the connection was dead before it had begun, and
        where the database gave this transaction up for another.
        """
        for _ in range(_TIMES_GIVEN_UP):
            try:
                return await self._try_transact(name, work)
            except NotBegunError:
                self._pool.drop_idle()
                break
            except asyncpg.TransactionRollbackError:
                continue
        try:
            return await self._try_transact(name, work)
        except NotBegunError as error:
            self._failed(name, error)
            raise SourceUnavailable(self.name.value) from error
        except asyncpg.TransactionRollbackError as error:
            raise SourceUnavailable(self.name.value, _BUSY) from error

    async def _try_transact(self, name: str, work: Callable[[Transaction], Awaitable[ResultT]]) -> ResultT:
        if self.breaker.is_open or self._pool.is_closed:
            raise SourceUnavailable(self.name.value)
        settings = self._settings
        try:
            with self.telling(name):
                result = await transact(
                    self._pool,
                    work,
                    wait_seconds=self._wait_seconds,
                    idle_seconds=settings.statement_timeout_seconds,
                )
        except PoolExhaustedError:
            raise SourceUnavailable(self.name.value, _BUSY) from None
        except asyncpg.ReadOnlySQLTransactionError as error:
            # What was the primary is a standby now: the next connections may reach the one that took over.
            self._pool.drop_idle()
            raise SourceUnavailable(self.name.value, "takes no changes now; try again later") from error
        except CommitUnknownError as error:
            self._failed(name, error)
            raise OutcomeUnknown(self.name.value) from error
        self.breaker.success()
        return result

    async def connect(self, application_name: str) -> asyncpg.Connection:
        """A connection beside the pool, for whoever holds one for long: it is the caller's to close. Raises as reads do."""
        if self.breaker.is_open or self._pool.is_closed:
            raise SourceUnavailable(self.name.value)
        settings = {
            **self._connect,
            "server_settings": self._connect["server_settings"] | moments.SESSION | {"application_name": application_name},
        }
        with self.telling("connect"):
            connection: asyncpg.Connection = await asyncpg.connect(self.dsn, timeout=self._wait_seconds, **settings)
        await moments.read_as_text(connection)
        return connection

    @contextmanager
    def telling(self, query_name: str) -> Iterator[None]:
        """Turn what goes wrong with a read into SourceTimeout or SourceUnavailable, and let the breaker know."""
        try:
            yield
        except asyncpg.QueryCanceledError:
            raise SourceTimeout(self.name.value, query_name) from None
        except (*ABSENCE, *NOT_MIGRATED) as error:
            self._failed(query_name, error)
            raise SourceUnavailable(self.name.value) from error

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
            async with asyncio.timeout(self._wait_seconds):
                connection = await asyncpg.connect(self.dsn, timeout=self._wait_seconds)
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
