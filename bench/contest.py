"""Servers that take turns under the same load, so that what else the machine does meets all of them; the middle turn counts."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bench.cpu import PostgresCpu, process_seconds
from bench.load import Load
from bench.server_process import ServerProcess

TURNS: Final = 7
SECONDS_A_TURN: Final = 0.5
WARM_UP_SECONDS: Final = 0.7


@dataclass(slots=True)
class Contestant:
    """A server, and the CPU of each of its turns, in ms a request."""

    server: ServerProcess
    load: Load
    turns: list[tuple[float, float]] = field(default_factory=list)

    @property
    def own(self) -> float:
        """CPU of its process in ms a request."""
        return statistics.median(own for own, _ in self.turns)

    @property
    def postgres(self) -> float:
        """CPU of PostgreSQL in ms a request."""
        return statistics.median(postgres for _, postgres in self.turns)

    @property
    def total(self) -> float:
        """Both together."""
        return statistics.median(map(sum, self.turns))

    async def take_turn(self, request: bytes, postgres: PostgresCpu) -> None:
        """Answer the request for a while."""
        own_before, postgres_before = process_seconds(self.server.pid), postgres.seconds()
        answered = await self.load.run(request, seconds=SECONDS_A_TURN)
        own, shared = process_seconds(self.server.pid) - own_before, postgres.seconds() - postgres_before
        self.turns.append((own / answered * 1000, shared / answered * 1000))


async def contest(contestants: Sequence[Contestant], request: bytes, postgres: PostgresCpu) -> None:
    """Let each warm up, then take its turns anew."""
    for each in contestants:
        each.turns.clear()
        await each.load.run(request, seconds=WARM_UP_SECONDS)
    for _ in range(TURNS):
        for each in contestants:
            await each.take_turn(request, postgres)
