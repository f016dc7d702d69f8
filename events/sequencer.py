"""Moves committed events from the outbox into the log, one mover at a time in all nodes, within milliseconds.

Ids of the outbox are given before commit, so across engagements they become visible out of order; positions are given here, to
what has been committed, and so nobody who has read up to one ever misses what comes below it. A writer holds its
engagement's row when its event gets an id, hence within an engagement the order of ids is that of commits, and it is kept.

Every node runs a sequencer; the one whose session holds an advisory lock moves. The lock is taken by a statement of its own:
the snapshot of each move is younger than the lock, so it has all that the mover before appended. It goes with the session,
however that ends, and a session that has not been heard of for some seconds is ended by the database.
"""

import asyncio
import os
import time
from typing import Any, Final

import asyncpg
import structlog

from hub.pool import SESSION
from hub.source import ABSENCE, NOT_MIGRATED, Source
from hub.viewer import ViewerKind
from hub.vocabulary import SourceName
from sql import Statement, load

log = structlog.get_logger(__name__)

APPEND = load(SourceName.ENGAGEMENTS, "append_events")
WAIT = load(SourceName.ENGAGEMENTS, "events_wait")
CLAIM = load(SourceName.ENGAGEMENTS, "claim_event_log")
KEEP = load(SourceName.ENGAGEMENTS, "keep_event_log")

KEPT_DAYS: Final = 30
"""For how many days events are kept, at least; the contract's."""

_DAYS_AHEAD: Final = 3
_BATCH: Final = 1000

ADVISORY_LOCK: Final = 7_015_113_005
"""Any constant, of the engagements' database: who holds it moves."""

_BUSY_INTERVAL_SECONDS: Final = 0.003
"""Between two moves while there is something to move: events that come within it share a commit."""

_IDLE_INTERVAL_SECONDS: Final = 0.015
"""Between two looks at an empty outbox. Writers do not notify: a commit that does takes a lock that all such commits share."""

_STAYS_BUSY_SECONDS: Final = 1.0
_ELECTION_INTERVAL_SECONDS: Final = 0.2
_RETRY_INTERVAL_SECONDS: Final = 0.1
_KEEP_INTERVAL_SECONDS: Final = 600.0
_TIMEOUT_SECONDS: Final = 5.0

SESSION_OF_MOVER: Final = SESSION | {
    # With the process, so that whose turn it is can be seen in the database.
    "application_name": f"partner-hub sequencer {os.getpid()}",
    "statement_timeout": str(int(_TIMEOUT_SECONDS * 1000)),
    # Whatever writers may risk: a position that somebody has read is not to be given again after a crash.
    "synchronous_commit": "on",
    # A node that is frozen, or cut off, keeps its session and with it the lock: till the database ends it.
    "idle_session_timeout": "5s",
    "tcp_keepalives_idle": "3",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
}


class Sequencer:
    """Orders the log from `start` to `stop`, whenever it is this node's turn; while the database is down, waits for it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._task: asyncio.Task[None] | None = None
        self._waits = False
        self.is_elected = False
        self.appended = 0
        """How many events this node has moved."""

    def start(self) -> None:
        """Stand for election from now on."""
        self._task = asyncio.create_task(self._run_for_ever(), name="sequencer")

    async def stop(self) -> None:
        """Let another node do it; a move under way is finished or undone by the database."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run_for_ever(self) -> None:
        while True:
            try:
                await self._hold_session()
            except (*ABSENCE, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                self._wait(error)
            except Exception:
                log.exception("sequencer.failed")
            await asyncio.sleep(_RETRY_INTERVAL_SECONDS)

    def _wait(self, error: Exception) -> None:
        """Say once that there is something to wait for."""
        if self._waits:
            return
        self._waits = True
        if isinstance(error, NOT_MIGRATED):
            log.error("sequencer.not_migrated", remedy="run: python -m hub migrate")
        else:
            log.warning("sequencer.waits", error=repr(error))

    async def _hold_session(self) -> None:
        connection = await asyncpg.connect(
            self._source.dsn, timeout=_TIMEOUT_SECONDS, command_timeout=_TIMEOUT_SECONDS + 1, server_settings=SESSION_OF_MOVER
        )
        try:
            # A blocking wait for the lock would hold a snapshot, and keep the database from clearing what is dead.
            while True:
                if await connection.fetchval("SELECT pg_try_advisory_lock($1)", ADVISORY_LOCK):
                    break
                await asyncio.sleep(_ELECTION_INTERVAL_SECONDS)
            await self._claim(connection)
            self.is_elected, self._waits = True, False
            await self._move_for_ever(connection)
        finally:
            self.is_elected = False
            connection.terminate()

    async def _claim(self, connection: asyncpg.Connection) -> None:
        row = await _Prepared.one(connection, CLAIM)
        if row["is_new"]:
            log.warning(
                "sequencer.new_epoch", reason="the database is another, or was recovered: cursors of before have expired"
            )
        else:
            log.info("sequencer.elected")

    async def _move_for_ever(self, connection: asyncpg.Connection) -> None:
        append = await _Prepared.of(connection, APPEND, limit=_BATCH)
        wait = await _Prepared.of(connection, WAIT)
        keep_at = busy_until = 0.0
        while True:
            now = time.monotonic()
            if now >= keep_at:
                await _keep(connection)
                keep_at = now + _KEEP_INTERVAL_SECONDS
            if now < busy_until or (await wait.fetch())[0]["waits"]:
                rows = await append.fetch()
                if rows:
                    self.appended += rows[0]["appended"]
                    busy_until = now + _STAYS_BUSY_SECONDS
                    if rows[0]["appended"] == _BATCH:
                        continue
            await asyncio.sleep(_BUSY_INTERVAL_SECONDS if now < busy_until else _IDLE_INTERVAL_SECONDS)


class _Prepared:
    """A statement prepared on the sequencer's session, with its arguments."""

    def __init__(self, statement: Any, arguments: list[Any]) -> None:
        self._statement = statement
        self._arguments = arguments

    @classmethod
    async def of(cls, connection: asyncpg.Connection, statement: Statement, **values: Any) -> "_Prepared":
        query = statement.render(ViewerKind.STAFF, values)
        return cls(await connection.prepare(query.text), query.arguments(values))

    @classmethod
    async def one(cls, connection: asyncpg.Connection, statement: Statement, **values: Any) -> asyncpg.Record:
        (row,) = await (await cls.of(connection, statement, **values)).fetch()
        return row

    async def fetch(self) -> list[asyncpg.Record]:
        rows: list[asyncpg.Record] = await self._statement.fetch(*self._arguments)
        return rows


async def _keep(connection: asyncpg.Connection) -> None:
    """Keep the partitions; where one of them is in use, at the next time. Events are moved all the same."""
    try:
        await _Prepared.one(connection, KEEP, days_kept=KEPT_DAYS, days_ahead=_DAYS_AHEAD)
    except asyncpg.LockNotAvailableError:
        log.info("sequencer.partitions_in_use")
    except asyncpg.PostgresError as error:
        # Where the connection is lost, the next statement says so.
        log.error("sequencer.partitions_not_kept", error=str(error), remedy="the hub's role must own engagements.event_log")
