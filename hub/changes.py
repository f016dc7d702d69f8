"""Listens for a source's notices that reference data changed, and tells the cache; a lost listener is told at once too."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import asyncpg
import orjson
import structlog

from hub.source import ABSENCE
from hub.vocabulary import SourceName

log = structlog.get_logger(__name__)

OnChanged = Callable[[str, list[Any] | None], None]
OnListening = Callable[[bool], None]


class ChangeListener:
    """Keeps one connection that LISTENs on `<schema>_changed` (sql/every_source/migrations says what is sent there).

    `on_changed(name, keys)`: rows of what the cache calls `name` changed; keys is None where all of them may have.
    `on_listening(flag)`: False from the moment when notices may be lost; True once none can be, all before being forgotten.
    """

    def __init__(
        self, source: SourceName, dsn: str, *, retry_interval_seconds: float, on_changed: OnChanged, on_listening: OnListening
    ) -> None:
        self._source = source
        self._dsn = dsn
        self._retry_interval_seconds = retry_interval_seconds
        self._on_changed = on_changed
        self._on_listening = on_listening
        self._task: asyncio.Task[None] | None = None
        self._first_try = asyncio.Event()

    async def start(self) -> None:
        """Begin; returns when the first attempt to listen has succeeded or failed."""
        self._task = asyncio.create_task(self._listen_for_ever(), name=f"change listener of {self._source.value}")
        await self._first_try.wait()

    async def stop(self) -> None:
        """End the listener and its connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen()
            except (*ABSENCE, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.info("changes.not_listening", source=self._source.value, error=repr(error))
            finally:
                self._on_listening(False)
                self._first_try.set()
            await asyncio.sleep(self._retry_interval_seconds)

    async def _listen(self) -> None:
        """Listen until the connection is lost."""
        lost = asyncio.Event()
        connection = await asyncpg.connect(self._dsn, timeout=self._retry_interval_seconds + 2)
        try:
            connection.add_termination_listener(lambda _connection: lost.set())
            await connection.add_listener(f"{self._source.value}_changed", self._notified)
            self._on_listening(True)
            self._first_try.set()
            while not lost.is_set():
                # A connection that died without a word is found by asking.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(lost.wait(), 5)
                    return
                await connection.fetchval("SELECT 1", timeout=5)
        finally:
            connection.terminate()

    def _notified(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        notice = orjson.loads(str(payload))
        self._on_changed(notice["name"], notice.get("keys"))
