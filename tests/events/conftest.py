"""A source of engagements with the log's parts on it, as one node has them."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from events.log import EventLog
from events.record import Record
from events.sequencer import Sequencer
from hub.errors import HubError
from hub.settings import Settings
from hub.source import Source
from hub.vocabulary import SourceName
from tests.conftest import Dsns, settings_for, until


@contextlib.asynccontextmanager
async def opened(dsn: str, settings: Settings) -> AsyncIterator[Source]:
    """A source of engagements."""
    source = Source(SourceName.ENGAGEMENTS, dsn, settings)
    await source.open()
    try:
        yield source
    finally:
        await source.close()


@contextlib.asynccontextmanager
async def sequencing(source: Source) -> AsyncIterator[Sequencer]:
    """A sequencer that runs."""
    sequencer = Sequencer(source)
    sequencer.start()
    try:
        yield sequencer
    finally:
        await sequencer.stop()


@contextlib.asynccontextmanager
async def following(source: Source) -> AsyncIterator[EventLog]:
    """A log that is followed."""
    log = EventLog(source)
    await log.start()
    try:
        yield log
    finally:
        await log.close()


class Told:
    """A subscriber that keeps what it is told."""

    def __init__(self, log: EventLog) -> None:
        self.records: list[Record] = []
        self.broken: list[HubError] = []
        self.unsubscribe = log.subscribe(self.records.extend, self.broken.append)

    @property
    def positions(self) -> list[int]:
        """Of all events, in the order in which they came."""
        return [record.position for record in self.records]

    async def is_broken(self) -> bool:
        """Whether it has been told that there will be no more."""
        return bool(self.broken)

    async def until(self, position: int) -> None:
        """Wait until an event of this position has come."""

        async def has_come() -> bool:
            return position in self.positions

        await until(has_come)


@pytest.fixture
def settings(source_dsns: Dsns, tmp_path: Path) -> Settings:
    """Of a node over this test's databases."""
    return settings_for(source_dsns, tmp_path)


@pytest.fixture
async def source(source_dsns: Dsns, settings: Settings) -> AsyncIterator[Source]:
    """The engagements of this test."""
    async with opened(source_dsns[SourceName.ENGAGEMENTS], settings) as source:
        yield source
