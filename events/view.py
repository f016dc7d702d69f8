"""What the subscribers of a group have alike: document, filter, and view of the data; it answers events for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Final

import orjson
from graphql import GraphQLError

from events.record import Position, Record, as_row
from hub.errors import SourceUnavailable
from hub.policy import needs_seers, view_of
from hub.streams import Encoded

if TYPE_CHECKING:
    from engine.subscriptions import Program
    from events.cursors import Cursors
    from events.feed import EventFilter
    from hub.context import RequestContext
    from hub.runtime import Runtime
    from hub.source import Source
    from hub.viewer import Viewer

RETRY_INTERVAL_SECONDS: Final = 0.1

LARGEST_RUN: Final = 100
"""Events that are answered in one run of the engine, at most."""


class View:
    """A program as one kind of viewer is answered, in one language, for the events of one filter."""

    def __init__(
        self, program: Program, context: RequestContext, filter: EventFilter, price: int, runtime: Runtime, source: Source
    ) -> None:
        self.viewer: Viewer = context.viewer
        self.filter = filter
        self.price = price
        """What an event costs."""
        self.identity: Hashable = (program.identity, filter, view_of(context.viewer), context.locale)
        self.partner_id = context.viewer.partner_id
        self.is_judged = needs_seers(context.viewer)
        """Whether which events it has depends on the firm; otherwise it has all."""
        self._program = program
        self._locale = context.locale
        self._runtime = runtime
        self._source = source

    async def encode(self, events: Sequence[Record], cursors: Cursors, epoch: int) -> list[Encoded]:
        """The events as they go to readers: read at this moment, each with the errors that are its own.

        While the database that holds the log is down it waits: to say of all edges that they are null would help nobody.
        """
        sealed = [cursors.seal(Position(epoch, event.position)) for event in events]
        rows = [as_row(event, cursor) for event, cursor in zip(events, sealed, strict=True)]
        while True:
            context = self._runtime.context(self.viewer, self._locale)
            answers, errors = await self._program.answers(rows, context)
            if not self._source.breaker.is_open or not any(map(_is_absence, errors)):
                break
            await asyncio.sleep(RETRY_INTERVAL_SECONDS)
        return [
            Encoded(event.position, cursor, orjson.dumps(answer))
            for event, cursor, answer in zip(events, sealed, answers, strict=True)
        ]


def _is_absence(error: GraphQLError) -> bool:
    cause: Any = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return isinstance(cause, SourceUnavailable)
