"""The five sources together: opened and closed as one, each living and failing by itself."""

import asyncio
from collections.abc import Iterator, Mapping

from hub.pool import Idle
from hub.settings import Settings
from hub.source import Source
from hub.vocabulary import SourceName


class Sources:
    """Every source by its name."""

    def __init__(self, dsns: Mapping[SourceName, str], settings: Settings) -> None:
        idle: dict[str, Idle] = {dsn: [] for dsn in dsns.values()}
        self._by_name = {name: Source(name, dsns[name], settings, idle[dsns[name]]) for name in SourceName}

    def __getitem__(self, name: SourceName) -> Source:
        return self._by_name[name]

    def __iter__(self) -> Iterator[Source]:
        return iter(self._by_name.values())

    async def open(self) -> None:
        """Open all at once; one that is down does not keep the others waiting."""
        await asyncio.gather(*(source.open() for source in self))

    async def close(self) -> None:
        """Close all at once."""
        await asyncio.gather(*(source.close() for source in self))
