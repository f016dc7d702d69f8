"""A transaction on a connection of a source's pool: begun, committed, rolled back, and what is known where one of these failed.

Nothing of it stays on the connection: settings are SET LOCAL, and a connection whose transaction was not ended for certain is
closed instead of given back.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

import asyncpg

from hub.pool import Pool

ResultT = TypeVar("ResultT")

# A node that is stopped in the middle of a transaction, or cut off, must not hold its rows' locks for ever.
_BEGIN: Final = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = {milliseconds}"


class NotBegunError(Exception):
    """The connection was dead before the transaction began: nothing of it reached the database."""


class CommitUnknownError(Exception):
    """COMMIT was sent, and what became of it was not heard."""


class Transaction:
    """What is done within one transaction, at READ COMMITTED: each statement sees what had been committed when it began.

    So what is to be judged under a lock is read by a statement after the one that takes the lock.
    """

    def __init__(self, run: Callable[[str, Sequence[Any]], Awaitable[list[asyncpg.Record]]]) -> None:
        self._run = run

    async def fetch(self, text: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
        """Run one statement. After one that failed, nothing but the end of the transaction is possible."""
        return await self._run(text, arguments)


async def transact(
    pool: Pool, work: Callable[[Transaction], Awaitable[ResultT]], *, wait_seconds: float, idle_seconds: float
) -> ResultT:
    """Commit where `work` returns, roll back where it raises. idle_seconds: how long the database waits for a next statement.

    NotBegunError and CommitUnknownError as they say; PoolExhaustedError; what `work` and its statements raise. Of all but
    CommitUnknownError nothing was committed.
    """
    try:
        held = await pool.acquire(wait_seconds)
    except TimeoutError:
        raise
    except (OSError, asyncpg.PostgresError, asyncpg.InternalClientError) as error:
        raise NotBegunError from error
    ended = False
    try:
        try:
            await held.connection.execute(_BEGIN.format(milliseconds=int(idle_seconds * 1000)))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            if held.hangs:
                raise TimeoutError from error
            raise NotBegunError from error

        async def run(text: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
            # Each statement may take as long as a read may.
            held.since = asyncio.get_running_loop().time()
            try:
                return await held.fetch(text, arguments)
            except asyncpg.InterfaceError as error:
                if held.hangs:
                    raise TimeoutError from error
                if held.connection.is_closed():
                    raise asyncpg.ConnectionDoesNotExistError("the connection was lost") from error
                raise

        try:
            result = await work(Transaction(run))
        except Exception:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                await held.connection.execute("ROLLBACK")
                ended = True
            raise
        await _commit(held.connection)
        ended = True
        return result
    finally:
        pool.give_back(held, whole=ended)


async def _commit(connection: asyncpg.Connection) -> None:
    try:
        await connection.execute("COMMIT")
    except asyncpg.IntegrityConstraintViolationError:
        # A constraint that is judged at the end: the database says for certain that nothing was committed.
        raise
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise CommitUnknownError from error
