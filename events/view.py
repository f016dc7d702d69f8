"""What the subscribers of a group have alike: document, filter, and view of the data; it answers events for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import orjson
from graphql import GraphQLError

from hub.errors import SourceUnavailable
from hub.policy import needs_seers, view_of
from hub.streams import Delivery, Encoded

if TYPE_CHECKING:
    from engine.subscriptions import Program
    from events.feed import EventFilter
    from events.record import Record
    from events.told import Told
    from hub.context import RequestContext, Together
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
        self._program_identity = program.identity
        self.identity: Hashable = (self._program_identity, filter, view_of(context.viewer), context.locale)
        self.is_same_for_all = program.is_same_for_all
        """Whether an event has the same answer for all viewers who see it, in any language."""
        self.partner_id = context.viewer.partner_id
        self.is_judged = needs_seers(context.viewer)
        """Whether which events it has depends on the firm; otherwise it has all."""
        self._program = program
        self._locale = context.locale
        self._runtime = runtime
        self._source = source

    def delivery_at_once(self, events: Sequence[Record], told: Told) -> Delivery:
        """What `encode` gives, where it `is_same_for_all`: what one group was given, the next is given too."""
        missing = [event for event in events if not told.has(self._program_identity, event)]
        if missing:
            rows = told.rows(missing)
            for encoded in _encoded(missing, rows, self._program.answers_at_once(rows, self._context)):
                told.keep(self._program_identity, encoded)
        return told.delivery(self._program_identity, events)

    async def encode(self, events: Sequence[Record], told: Told, together: Together | None = None) -> list[Encoded]:
        """The events as they go to readers: read at this moment, each with the errors that are its own.

        While the database that holds the log is down it waits: to say of all edges that they are null would help nobody.
        together: what is read for other views at the same moment.
        """
        rows = told.rows(events)
        while True:
            answers, errors = await self._program.answers(rows, self._context(together))
            if not self._source.breaker.is_open or not any(map(_is_absence, errors)):
                return _encoded(events, rows, answers)
            await asyncio.sleep(RETRY_INTERVAL_SECONDS)

    def _context(self, together: Together | None = None) -> RequestContext:
        return self._runtime.context(self.viewer, self._locale, together=together)


def _encoded(events: Sequence[Record], rows: Sequence[Mapping[str, Any]], answers: Sequence[dict[str, Any]]) -> list[Encoded]:
    return [
        Encoded(event.position, row["cursor"], orjson.dumps(answer))
        for event, row, answer in zip(events, rows, answers, strict=True)
    ]


def _is_absence(error: GraphQLError) -> bool:
    cause: Any = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return isinstance(cause, SourceUnavailable)
