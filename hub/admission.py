"""How much is taken on at once: past the bound a request is refused early, so that what was accepted is answered in time."""

import asyncio
from types import TracebackType

from hub.errors import HubError, Overloaded


class Admission:
    """A bound on what is under way: `with admission: …` holds one place, or raises the refusal where none is left.

    Nobody queues for a place: a queue would answer each request later than its client waits for, and cost memory meanwhile.
    """

    def __init__(self, places: int, refusal: type[HubError] = Overloaded) -> None:
        self._places = places
        self._refusal = refusal
        self._idle: asyncio.Event | None = None
        self.taken = 0

    async def idle(self, at_most_seconds: float) -> None:
        """Wait until nothing is under way, but no longer than this: how what has time gives way to what is waited for."""
        if not self.taken:
            return
        if self._idle is None:
            self._idle = asyncio.Event()
        try:
            async with asyncio.timeout(at_most_seconds):
                await self._idle.wait()
        except TimeoutError:
            return

    def __enter__(self) -> None:
        if self.taken >= self._places:
            raise self._refusal
        self.taken += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.taken -= 1
        if self._idle is not None and not self.taken:
            self._idle.set()
            self._idle = None
