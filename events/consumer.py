"""Consumers of the log that do something of it in a database: each event's work is done once, however often a node is killed.

A consumer's place in the log is kept in that database, and moves in the transaction of the work. Every node runs each consumer;
an advisory lock, taken by a statement before the place is read, lets one at a time.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final
from zlib import crc32

import asyncpg
import structlog

from events.log import EventLog
from events.record import Position, Record
from hub.errors import CursorAhead, CursorExpired, HubError
from hub.source import Source
from hub.transaction import Transaction
from hub.viewer import ViewerKind
from sql import Statement, load

log = structlog.get_logger(__name__)

Handle = Callable[[Transaction, Sequence[Record]], Awaitable[None]]
"""Does what events call for, in order. Where the log begins anew it is given events again: it must know what it has done."""

Wants = Callable[[Record], bool]
"""Whether there is something to be done of an event."""

_BATCH: Final = 500
_POLL_INTERVAL_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 0.1
"""Between two rounds: what comes within it shares a transaction."""

# Any constant; with the consumer's name it makes the key of its lock.
_ADVISORY_LOCK: Final = 7_015_200_000


class Consumer:
    """Follows the log from `start` to `stop`, whenever it is this node's turn; what fails is tried again.

    Events of which nothing is wanted are passed over once a second: they are not worth a transaction of their own.
    """

    def __init__(self, event_log: EventLog, source: Source, name: str, handle: Handle, *, wants: Wants) -> None:
        self._log = event_log
        self._source = source
        self._name = name
        self._handle = handle
        self._wants = wants
        self._place_of = load(source.name, "consumer_place")
        self._move = load(source.name, "move_consumer")
        self._lock = _ADVISORY_LOCK + crc32(name.encode())
        self._seen: Position | None = None
        self._hint = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Follow from now on."""
        self._task = asyncio.create_task(self._follow_for_ever(), name=f"consumer {self._name}")

    async def stop(self) -> None:
        """Follow no more; a transaction under way is rolled back."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def consume(self) -> None:
        """Do all that the log calls for and this node knows of, unless another node is at it. Raises HubError."""
        while self._seen != self._log.head:
            if not await self._source.transact(self._name, self._step):
                break

    async def _follow_for_ever(self) -> None:
        subscribe = partial(self._log.subscribe, self._look_at, lambda _error: self._hint.set())
        waits = False
        while True:
            # Anew each time: a subscription ends where the log begins anew.
            unsubscribe = subscribe()
            try:
                self._hint.clear()
                await self.consume()
            except (HubError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if not waits:
                    log.warning("consumer.waits", consumer=self._name, error=str(error))
                waits = True
            except Exception:
                log.exception("consumer.failed", consumer=self._name)
            else:
                waits = False
                await asyncio.sleep(_PAUSE_SECONDS)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_INTERVAL_SECONDS):
                        await self._hint.wait()
                continue
            finally:
                unsubscribe()
            await asyncio.sleep(_POLL_INTERVAL_SECONDS)

    def _look_at(self, records: Sequence[Record]) -> None:
        if any(map(self._wants, records)):
            self._hint.set()

    async def _step(self, transaction: Transaction) -> bool:
        """One batch; whether to go on."""
        ((mine,),) = await transaction.fetch("SELECT pg_try_advisory_xact_lock($1)", [self._lock])
        if not mine:
            return False
        place = await self._place(transaction)
        records = await self._log.read(place.number, _BATCH)
        if records:
            await self._handle(transaction, records)
            place = Position(place.epoch, records[-1].position)
            await run(transaction, self._move, name=self._name, epoch=place.epoch, position=place.number)
        self._seen = place
        return bool(records)

    async def _place(self, transaction: Transaction) -> Position:
        rows = await run(transaction, self._place_of, name=self._name)
        if not rows:
            return await self._log.earliest()
        place = Position(rows[0]["epoch"], rows[0]["position"])
        try:
            await self._log.check(place)
        except (CursorExpired, CursorAhead) as error:
            log.warning("consumer.begins_anew", consumer=self._name, error=str(error))
            return await self._log.earliest()
        return place


async def run(transaction: Transaction, statement: Statement, **values: Any) -> list[asyncpg.Record]:
    """Run a named statement in a transaction that nobody asked for."""
    query = statement.render(ViewerKind.STAFF, values)
    return await transaction.fetch(query.text, query.arguments(values))
