"""Which firms see each event, asked once for all viewers that wait for it (hub/policy.py has the rule)."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from events.record import Record
from events.view import RETRY_INTERVAL_SECONDS
from hub.errors import SourceUnavailable
from hub.source import Source
from hub.viewer import ViewerKind
from hub.vocabulary import SourceName
from sql import load

log = structlog.get_logger(__name__)

SEERS = load(SourceName.ENGAGEMENTS, "event_seers")

Seers = Mapping[int, Sequence[int | None]]
"""By an event's position: the ids of the firms that see it."""

_NOBODY: Final[tuple[int, ...]] = ()


class Sight:
    """Judges events, as of when it is asked."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def judge(self, events: Sequence[Record]) -> Seers:
        """Who sees each event. While that cannot be told, it waits: none is skipped, and none goes to those who may not."""
        if not events:
            return {}
        values = {"position_ids": [event.position for event in events]}
        query = SEERS.render(ViewerKind.STAFF, values)
        arguments = query.arguments(values)
        while True:
            try:
                rows = await self._source.fetch(SEERS.name, query.text, arguments)
            except SourceUnavailable as error:
                log.info("events.not_judged", error=repr(error))
                await asyncio.sleep(RETRY_INTERVAL_SECONDS)
            else:
                break
        return {row["position"]: row["partner_ids"] for row in rows}

    async def seen(self, events: Sequence[Record], partner_id: int | None) -> list[Record]:
        """Those that one firm sees."""
        seers = await self.judge(events)
        return [event for event in events if partner_id is not None and partner_id in seers.get(event.position, _NOBODY)]
