"""Connections to one database, kept as they are between reads; the one used last is used next.

Made for many small reads: to take an idle connection and to give it back costs neither a task nor a query. asyncpg's own pool
wraps, shields and resets at every use, which costs a small read as much again.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

import asyncpg


class PoolExhaustedError(Exception):
    """All connections were busy for as long as a read may wait."""


class Pool:
    """At most `size` connections, made when they are needed."""

    def __init__(self, dsn: str, *, size: int, connect_timeout_seconds: float, **connect: Any) -> None:
        self._dsn = dsn
        self._size = size
        self._connect_timeout_seconds = connect_timeout_seconds
        self._connect = connect
        self._idle: list[asyncpg.Connection] = []
        self._busy: set[asyncpg.Connection] = set()
        self._connecting = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._retiring: set[asyncio.Task[None]] = set()
        self.is_closed = False

    async def fetch(self, text: str, arguments: Sequence[Any], *, wait_seconds: float) -> list[asyncpg.Record]:
        """Run one read; PoolExhaustedError where no connection comes free in time, asyncpg's errors otherwise."""
        connection = await self._acquire(wait_seconds)
        whole = False
        try:
            rows: list[asyncpg.Record] = await connection.fetch(text, *arguments)
            whole = True
        except asyncpg.PostgresError:
            whole = True
            raise
        except asyncpg.InterfaceError as error:
            if connection.is_closed():
                raise asyncpg.ConnectionDoesNotExistError("the connection was lost") from error
            raise
        finally:
            if whole and not connection.is_closed():
                self._release(connection)
            else:
                self._retire(connection)
        return rows

    def drop_idle(self) -> None:
        """Drop the idle connections: the server that they were made to is gone."""
        while self._idle:
            self._retire(self._idle.pop())

    async def close(self, timeout_seconds: float) -> None:
        """Let reads under way end, for so long; then cut them off."""
        self.is_closed = True
        while self._idle:
            self._retire(self._idle.pop())
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_seconds
        while self._busy and (left := deadline - loop.time()) > 0:
            try:
                await self._wait(left)
            except PoolExhaustedError:
                break
        for connection in self._busy:
            connection.terminate()
        if self._retiring:
            _, pending = await asyncio.wait(self._retiring, timeout=timeout_seconds)
            for task in pending:
                task.cancel()

    async def _acquire(self, timeout_seconds: float) -> asyncpg.Connection:
        while True:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_closed():
                    self._busy.add(connection)
                    return connection
            if len(self._busy) + self._connecting < self._size:
                return await self._open()
            await self._wait(timeout_seconds)

    def _release(self, connection: asyncpg.Connection) -> None:
        self._busy.discard(connection)
        if self.is_closed:
            connection.terminate()
        else:
            self._idle.append(connection)
        self._wake()

    def _retire(self, connection: asyncpg.Connection) -> None:
        """Close a connection whose read was cut off; it is counted until the server has been told to stop."""
        task = asyncio.create_task(self._close_gently(connection))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _close_gently(self, connection: asyncpg.Connection) -> None:
        try:
            await connection.close(timeout=self._connect_timeout_seconds)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            connection.terminate()
        finally:
            self._busy.discard(connection)
            self._wake()

    async def _open(self) -> asyncpg.Connection:
        self._connecting += 1
        try:
            connection: asyncpg.Connection = await asyncpg.connect(
                self._dsn, timeout=self._connect_timeout_seconds, max_cached_statement_lifetime=0, **self._connect
            )
        except BaseException:
            self._wake()
            raise
        finally:
            self._connecting -= 1
        self._busy.add(connection)
        return connection

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
