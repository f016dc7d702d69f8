"""Connections to one database, kept as they are between reads; the one used last is used next.

Made for many small reads: to take an idle connection and to give it back costs neither a task nor a query, a statement is
prepared once a connection, and one timer watches all reads for a server that hangs. asyncpg's own pool wraps, shields and
resets at every use, which costs a small read as much again.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Any, Final

import asyncpg

MOST_STATEMENTS: Final = 500
"""Statements that a connection keeps prepared; the least recently used goes first. A plan takes PostgreSQL some 20 kB."""

SESSION: Final = {
    "plan_cache_mode": "force_generic_plan",
    "timezone": "UTC",
    "jit": "off",
    "random_page_cost": "1.1",
    "enable_memoize": "off",
}
"""Settings of a session that reads. A statement is planned once, for any values: to plan a read by keys anew costs as much as
to run it. With jit, PostgreSQL would compile what runs for a millisecond; and to memoize, lay out a table for all keys of a
join that ends after a page."""

_BY_VALUE: Final = "SET plan_cache_mode = auto"
_GENERIC: Final = "SET plan_cache_mode = force_generic_plan"

# A migration came between: the statement is to be prepared anew.
_OUTDATED: Final = (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)


class PoolExhaustedError(Exception):
    """All connections were busy for as long as a read may wait."""


class Held:
    """A connection that one reader at a time has: the statements prepared on it, how it plans, when its present read began."""

    __slots__ = ("_bind_execute", "by_value", "connection", "hangs", "since", "statements")

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self._bind_execute: Any = connection._protocol.bind_execute  # type: ignore[attr-defined]
        self.statements: OrderedDict[str, Any] = OrderedDict()
        self.by_value = False
        self.since = 0.0
        self.hangs = False

    async def fetch(self, text: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
        """Run a statement, prepared at its first use; asyncpg's errors."""
        statement = self.statements.get(text)
        if statement is None:
            statement = await self._prepare(text)
        else:
            self.statements.move_to_end(text)
        try:
            # As the statement's own `fetch`, without the layers between, which check what its only reader knows.
            rows: list[asyncpg.Record] = await self._bind_execute(statement._state, arguments, "", 0, False, None)
        except _OUTDATED:
            del self.statements[text]
            rows = await (await self._prepare(text)).fetch(*arguments)
        return rows

    async def plan(self, *, by_value: bool) -> None:
        """Plan what follows for its values, or once for all values."""
        await self.connection.execute(_BY_VALUE if by_value else _GENERIC)
        self.by_value = by_value

    async def _prepare(self, text: str) -> Any:
        statement = self.statements[text] = await self.connection.prepare(text)
        if len(self.statements) > MOST_STATEMENTS:
            self.statements.popitem(last=False)
        return statement


Idle = list[Held]
"""Connections that nobody reads on, the one used last at the end."""


class Pool:
    """At most `size` connections, made when they are needed. A read that takes `hangs_after_seconds` is cut off.

    idle: shared by pools of one database, so that each goes on with the connection that is warm, whoever used it last.
    """

    def __init__(
        self,
        dsn: str,
        *,
        size: int,
        connect_timeout_seconds: float,
        hangs_after_seconds: float,
        server_settings: dict[str, str],
        idle: Idle | None = None,
    ) -> None:
        self._dsn = dsn
        self._size = size
        self._connect_timeout_seconds = connect_timeout_seconds
        self._hangs_after_seconds = hangs_after_seconds
        self._server_settings = server_settings
        self._idle: Idle = [] if idle is None else idle
        self._busy: set[Held] = set()
        self._watch: asyncio.TimerHandle | None = None
        self._connecting = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._retiring: set[asyncio.Task[None]] = set()
        self.is_closed = False

    async def fetch(
        self, text: str, arguments: Sequence[Any], *, wait_seconds: float, by_value: bool = False
    ) -> list[asyncpg.Record]:
        """Run one read; PoolExhaustedError where no connection comes free in time, asyncpg's errors otherwise.

        by_value: plan it for these arguments, as the best plan depends on them. TimeoutError where the server hangs.
        """
        held = self._idle_one() or await self.acquire(wait_seconds)
        whole = False
        try:
            if held.by_value is not by_value:
                await held.plan(by_value=by_value)
            rows = await held.fetch(text, arguments)
            whole = True
        except asyncpg.PostgresError as error:
            whole = True
            if held.hangs:
                raise TimeoutError from error
            raise
        except asyncpg.InterfaceError as error:
            if held.connection.is_closed():
                raise asyncpg.ConnectionDoesNotExistError("the connection was lost") from error
            raise
        finally:
            self.give_back(held, whole=whole)
        return rows

    def give_back(self, held: Held, *, whole: bool) -> None:
        """Let others have what `acquire` gave. whole: nothing is under way on it; what may still be is closed instead."""
        if whole and not held.connection.is_closed():
            self._release(held)
        else:
            self._retire(held)

    def drop_idle(self) -> None:
        """Drop the idle connections: the server that they were made to is gone."""
        while self._idle:
            self._retire(self._idle.pop())

    async def close(self, timeout_seconds: float) -> None:
        """Let reads under way end, for so long; then cut them off."""
        self.is_closed = True
        if self._watch is not None:
            self._watch.cancel()
        while self._idle:
            self._retire(self._idle.pop())
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_seconds
        while self._busy and (left := deadline - loop.time()) > 0:
            try:
                await self._wait(left)
            except PoolExhaustedError:
                break
        for held in self._busy:
            held.connection.terminate()
        if self._retiring:
            _, pending = await asyncio.wait(self._retiring, timeout=timeout_seconds)
            for task in pending:
                task.cancel()

    async def acquire(self, timeout_seconds: float) -> Held:
        """A connection for as long as it is not given back; PoolExhaustedError where none comes free in time."""
        while len(self._busy) + self._connecting >= self._size:
            await self._wait(timeout_seconds)
        return self._idle_one() or await self._open()

    def _idle_one(self) -> Held | None:
        """The idle connection that was used last, taken; None where one is to be waited for, or made."""
        while self._idle and len(self._busy) + self._connecting < self._size:
            held = self._idle.pop()
            if not held.connection.is_closed():
                self._take(held)
                return held
        return None

    def _take(self, held: Held) -> None:
        loop = asyncio.get_running_loop()
        held.since = loop.time()
        self._busy.add(held)
        if self._watch is None:
            self._watch = loop.call_later(self._hangs_after_seconds, self._cut_off)

    def _cut_off(self) -> None:
        """End reads that have taken too long, and come again when the next of those under way would have."""
        loop = asyncio.get_running_loop()
        oldest = None
        for held in self._busy:
            if held.since + self._hangs_after_seconds <= loop.time():
                held.hangs = True
                held.connection.terminate()
            elif oldest is None or held.since < oldest:
                oldest = held.since
        again = None if oldest is None else oldest + self._hangs_after_seconds
        self._watch = None if again is None else loop.call_at(again, self._cut_off)

    def _release(self, held: Held) -> None:
        self._busy.discard(held)
        if self.is_closed:
            held.connection.terminate()
        else:
            self._idle.append(held)
        self._wake()

    def _retire(self, held: Held) -> None:
        """Close a connection whose read was cut off; it is counted until the server has been told to stop."""
        task = asyncio.create_task(self._close_gently(held))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _close_gently(self, held: Held) -> None:
        try:
            await held.connection.close(timeout=self._connect_timeout_seconds)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            held.connection.terminate()
        finally:
            self._busy.discard(held)
            self._wake()

    async def _open(self) -> Held:
        self._connecting += 1
        try:
            held = Held(
                await asyncpg.connect(self._dsn, timeout=self._connect_timeout_seconds, server_settings=self._server_settings)
            )
        except BaseException:
            self._wake()
            raise
        finally:
            self._connecting -= 1
        self._take(held)
        return held

    async def _wait(self, timeout_seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(woken)
        try:
            async with asyncio.timeout(timeout_seconds):
                await woken
        except TimeoutError:
            raise PoolExhaustedError from None
        except asyncio.CancelledError:
            if woken.done():
                self._wake()
            raise
        finally:
            if woken in self._waiting:
                self._waiting.remove(woken)

    def _wake(self) -> None:
        while self._waiting:
            woken = self._waiting.popleft()
            if not woken.done():
                woken.set_result(None)
                return
