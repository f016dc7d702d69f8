"""What is read of the log: its state, and what follows on a position."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import asyncpg
import structlog

from events.record import Position, Record
from hub.errors import CursorAhead, CursorExpired
from hub.pool import SESSION, Held
from hub.viewer import ViewerKind
from hub.vocabulary import SourceName
from sql import Rendered, load

log = structlog.get_logger(__name__)

READ = load(SourceName.ENGAGEMENTS, "read_log")
STATE = load(SourceName.ENGAGEMENTS, "event_log_state")

_PLAIN: Final = READ.render(ViewerKind.STAFF, {"after": 0, "limit": 0})
_JUDGED: Final = READ.render(ViewerKind.STAFF, {"after": 0, "limit": 0, "judged": True})

_BATCH: Final = 500
_STATE_COLUMNS: Final = 3
_TIMEOUT_SECONDS: Final = 5.0

_LOCK_TIMEOUT: Final = "200ms"
"""For which events may wait to be judged as they are read; then they are read without, and judged by those who must know."""

_JUDGES_AGAIN_SECONDS: Final = 1.0


class State(NamedTuple):
    """The log as a whole."""

    epoch: int
    last: int
    earliest: int

    def check(self, position: Position) -> None:
        """CursorExpired, CursorAhead where what follows on a position cannot be given, or not all of it."""
        if position.epoch != self.epoch:
            raise CursorExpired("is of another history of the log")
        if position.number < self.earliest - 1:
            raise CursorExpired("is older than what is kept")
        if position.number > self.last:
            raise CursorAhead


def split(rows: Sequence[Any]) -> tuple[State, list[Record]]:
    """The state and the events of rows of sql/engagements/read_log.sql."""
    state = State(*rows[0][:_STATE_COLUMNS])
    if rows[0]["position"] is None:
        return state, []
    return state, [Record(*row[_STATE_COLUMNS:]) for row in rows]


async def connect(dsn: str) -> asyncpg.Connection:
    """A connection to follow the log on, for a Reader and for notifications."""
    return await asyncpg.connect(
        dsn,
        timeout=_TIMEOUT_SECONDS,
        command_timeout=_TIMEOUT_SECONDS,
        server_settings=SESSION | {"application_name": "partner-hub event log", "lock_timeout": _LOCK_TIMEOUT},
    )


class Reader:
    """Reads on, again and again, with statements prepared once on a connection of `connect`."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._held = Held(connection)
        self._judges_from = 0.0

    async def read(self, after: int, *, judged: bool) -> list[asyncpg.Record]:
        """What follows on a position; judged in the same round trip, unless a lock is in the way of that alone."""
        now = asyncio.get_running_loop().time()
        if judged and now >= self._judges_from:
            try:
                # To be prepared, too, it needs the locks.
                return await self._read(_JUDGED, after)
            except asyncpg.LockNotAvailableError as error:
                log.info("events.not_judged", error=repr(error))
                self._judges_from = now + _JUDGES_AGAIN_SECONDS
        return await self._read(_PLAIN, after)

    async def _read(self, query: Rendered, after: int) -> list[asyncpg.Record]:
        return await self._held.fetch(query.text, query.arguments({"after": after, "limit": _BATCH, "judged": True}))
