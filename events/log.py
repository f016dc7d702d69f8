"""Reads the log: one tailer a node, from which all of its subscribers hear, and reads from any position that is kept."""

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple

import asyncpg
import structlog

from events.cursors import Cursors
from events.epoch import NEW_EPOCH
from events.reads import READ, STATE, Reader, State, connect, split
from events.record import Position, Record, is_contiguous
from hub.errors import CursorExpired, HubError, SourceUnavailable
from hub.source import ABSENCE, Source
from hub.viewer import ViewerKind

log = structlog.get_logger(__name__)

CHANNEL: Final = "engagements_events"
"""Told once a batch, without a payload: a hint to read."""

_POLL_INTERVAL_SECONDS: Final = 1.0
_RETRY_INTERVAL_SECONDS: Final = 0.1
_BROKEN_INTERVAL_SECONDS: Final = 5.0

OnRecords = Callable[[list[Record]], None]
OnBroken = Callable[[HubError], None]
WantsSeers = Callable[[], bool]


def _never() -> bool:
    return False


class _Subscription(NamedTuple):
    on_records: OnRecords
    on_broken: OnBroken
    wants_seers: WantsSeers


class _LogBrokenError(Exception):
    """Positions are missing that should be there."""


class _Hint:
    """That there may be something to read: given by being called, as asyncpg's listeners are, and by the clock."""

    def __init__(self) -> None:
        self.is_given = False
        self._loop = asyncio.get_running_loop()
        self._waits: asyncio.Future[None] | None = None
        self._clock = self._loop.call_later(_POLL_INTERVAL_SECONDS, self._tick)

    def __call__(self, *_of_whom: object) -> None:
        self.is_given = True
        if self._waits is not None and not self._waits.done():
            self._waits.set_result(None)

    async def wait(self) -> None:
        """Until it is given, if it has not been since `is_given` was set to False."""
        if not self.is_given:
            self._waits = self._loop.create_future()
            await self._waits
            self._waits = None

    def close(self) -> None:
        """Stop the clock."""
        self._clock.cancel()

    def _tick(self) -> None:
        self._clock = self._loop.call_later(_POLL_INTERVAL_SECONDS, self._tick)
        self()


class EventLog:
    """The log as this node knows it, from `start` to `close`. While the database is down it waits; then it goes on."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._state: State | None = None
        self._cursors: Cursors | None = None
        self._subscribers: dict[object, _Subscription] = {}
        self._task: asyncio.Task[None] | None = None
        self._first_try = asyncio.Event()
        self._follows = False

    async def start(self) -> None:
        """Begin; returns when the first attempt to read has succeeded or failed."""
        self._task = asyncio.create_task(self._follow_for_ever(), name="tailer of the event log")
        await self._first_try.wait()

    async def close(self) -> None:
        """End the tailer and its connection; subscribers hear nothing more."""
        self._subscribers.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    @property
    def head(self) -> Position:
        """The place up to which subscribers have been told: the newest that this node knows."""
        state = self._known
        return Position(state.epoch, state.last)

    @property
    def cursors(self) -> Cursors:
        """Makes and opens the log's cursors."""
        if self._cursors is None:
            raise SourceUnavailable(self._source.name.value)
        return self._cursors

    def subscribe(self, on_records: OnRecords, on_broken: OnBroken, wants_seers: WantsSeers = _never) -> Callable[[], None]:
        """Hear of what follows on `head` as it is now; gives what ends it.

        on_records: each new batch, in order, none missing and none twice, whatever becomes of the connection between.
        on_broken: the last that is heard, where that cannot be kept: the history is another now, or has a gap.
        Both are called by the tailer, and are to return at once; what they raise is logged and ends the subscription.
        wants_seers: whether the next records are to have their seers, which they may lack all the same.
        """
        identity = object()
        self._subscribers[identity] = _Subscription(on_records, on_broken, wants_seers)
        return lambda: self._forget(identity)

    async def read(self, after: int, limit: int) -> list[Record]:
        """At most so many events that follow on a number of the present history, in order.

        They may go beyond `head`. CursorExpired where some that follow are not kept any more; SourceUnavailable.
        """
        state, records = await self._read(after, limit)
        state.check(Position(self._known.epoch, min(after, state.last)))
        if not is_contiguous(records, after):
            log.error("events.gap", after=after, found=[record.position for record in records[:3]])
            raise CursorExpired("is before events that are missing")
        return records

    async def check(self, position: Position) -> None:
        """CursorExpired, CursorAhead where what follows cannot be given, by the database's word; SourceUnavailable."""
        known = self._known
        if position.epoch == known.epoch and known.earliest <= position.number <= known.last:
            return
        # This node may be late to know what another has told.
        (await self._read_state()).check(position)

    async def earliest(self) -> Position:
        """The place on which all follow that are kept; SourceUnavailable."""
        state = await self._read_state()
        return Position(state.epoch, state.earliest - 1)

    @property
    def _known(self) -> State:
        if self._state is None:
            raise SourceUnavailable(self._source.name.value)
        return self._state

    async def _read_state(self) -> State:
        query = STATE.render(ViewerKind.STAFF, {})
        (row,) = await self._source.fetch(STATE.name, query.text, [])
        return State(row["epoch"], row["last_position"], row["earliest_position"])

    async def _read(self, after: int, limit: int) -> tuple[State, list[Record]]:
        values = {"after": after, "limit": limit}
        query = READ.render(ViewerKind.STAFF, values)
        return split(await self._source.fetch(READ.name, query.text, query.arguments(values)))

    async def _follow_for_ever(self) -> None:
        while True:
            interval = _RETRY_INTERVAL_SECONDS
            try:
                await self._follow()
            except (*ABSENCE, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if self._follows or not self._first_try.is_set():
                    log.warning("events.not_following", error=repr(error))
                self._follows = False
            except _LogBrokenError as error:
                log.error("events.gap", error=str(error), remedy="restore the missing events, or: python -m hub new-epoch")
                self._break(CursorExpired("is before events that are missing"))
                interval = _BROKEN_INTERVAL_SECONDS
            except Exception:
                log.exception("events.tailer_failed")
            finally:
                self._first_try.set()
            await asyncio.sleep(interval)

    async def _follow(self) -> None:
        """Read on until the connection is lost."""
        connection = await connect(self._source.dsn)
        hint = _Hint()
        try:
            connection.add_termination_listener(hint)
            # What is notified meanwhile is not heard; it is read all the same, as reading comes after.
            await connection.add_listener(CHANNEL, hint)
            await self._begin(connection)
            reader = Reader(connection)
            while True:
                hint.is_given = False
                if not await self._advance(await reader.read(self._known.last, judged=self._wants_seers())):
                    await hint.wait()
        finally:
            hint.close()
            connection.terminate()

    async def _begin(self, connection: asyncpg.Connection) -> None:
        row = await connection.fetchrow(STATE.render(ViewerKind.STAFF, {}).text)
        assert row is not None, "the log has no state"
        self._cursors = Cursors(row["cursor_key"])
        if self._state is None:
            self._state = State(row["epoch"], row["last_position"], row["earliest_position"])
        self._follows = True
        self._first_try.set()

    async def _advance(self, rows: list[asyncpg.Record]) -> bool:
        """Tell what was read; whether there may be more already."""
        known = self._known
        found, records = split(rows)
        if found.epoch != known.epoch:
            log.warning("events.another_history", epoch=found.epoch, known=known.epoch)
            self._start_anew(found)
        elif found.last < known.last:
            # Events that were told of are gone, and nobody has said so: what comes must not pass for a continuation.
            log.error("events.history_lost", last=found.last, known=known.last)
            query = NEW_EPOCH.render(ViewerKind.STAFF, {"seen_epoch": known.epoch})
            await self._source.fetch(NEW_EPOCH.name, query.text, [known.epoch])
            return True
        elif known.last < found.earliest - 1:
            log.error("events.expired", last=known.last, earliest=found.earliest)
            self._start_anew(found)
        elif not is_contiguous(records, known.last) or (not records and found.last > known.last):
            raise _LogBrokenError(f"after {known.last} comes {records[0].position if records else 'nothing'} of {found.last}")
        elif records:
            self._state = State(known.epoch, records[-1].position, found.earliest)
            self._tell(records)
            return found.last > records[-1].position
        else:
            self._state = found
        return False

    def _start_anew(self, found: State) -> None:
        self._state = found
        self._break(CursorExpired("is of another history of the log"))

    def _tell(self, records: list[Record]) -> None:
        for identity, subscription in list(self._subscribers.items()):
            try:
                subscription.on_records(records)
            except Exception:
                log.exception("events.subscriber_failed")
                self._forget(identity)

    def _wants_seers(self) -> bool:
        return any(subscription.wants_seers() for subscription in self._subscribers.values())

    def _break(self, error: HubError) -> None:
        broken = list(self._subscribers.values())
        self._subscribers.clear()
        for subscription in broken:
            try:
                subscription.on_broken(error)
            except Exception:
                log.exception("events.subscriber_failed")

    def _forget(self, identity: object) -> None:
        self._subscribers.pop(identity, None)
