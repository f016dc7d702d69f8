"""Opens subscriptions: from a GraphQL request to a subscriber of a group, refused at the start where it cannot be followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphql import GraphQLError

from engine.subscriptions import Program
from events.feed import EARLIEST, Feed
from events.view import View
from hub import graphql_errors
from hub.errors import BadInput
from hub.graphql_request import OperationKind, Outcome

if TYPE_CHECKING:
    from engine.operations import Operations
    from events.dispatcher import Dispatcher
    from hub.context import RequestContext
    from hub.graphql_request import GraphQLRequest
    from hub.runtime import Runtime
    from hub.source import Source
    from hub.streams import Outlet, Stream

KINDS: Final = frozenset({OperationKind.SUBSCRIPTION})

LAST_EVENT_ID: Final = "Last-Event-ID"


class EventSubscriptions:
    """The subscriptions of a node's schema to its log."""

    def __init__(self, operations: Operations, dispatcher: Dispatcher, runtime: Runtime, source: Source) -> None:
        self._operations = operations
        self._dispatcher = dispatcher
        self._runtime = runtime
        self._source = source

    async def open(
        self, asked: GraphQLRequest, context: RequestContext, outlet: Outlet, *, resume_after: str | None = None
    ) -> Stream | Outcome:
        """Begin to deliver what a subscription asks for; an Outcome where GraphQL refuses it, the rest is raised.

        resume_after: a cursor in the place of `after`, as the browser sends it of itself when it connects again.
        """
        ready = self._operations.ready(asked, context, allowed=KINDS)
        if isinstance(ready, Outcome):
            return ready
        cost = await self._operations.charge(ready, context)
        program = Program(self._operations, ready)
        try:
            feed = program.open(context)
            assert isinstance(feed, Feed)
            number = await self._start(feed, resume_after)
            view = View(program, context, feed.filter, cost["requested"], self._runtime, self._source)
            return self._dispatcher.join(view, context.viewer, outlet, number)
        except GraphQLError as error:
            return Outcome({"errors": [graphql_errors.present(error, executed=True)]}, executed=False)
        except BadInput as error:
            located = program.located(error)
            return Outcome({"errors": [graphql_errors.present(located, executed=True)]}, executed=False)

    async def _start(self, feed: Feed, resume_after: str | None) -> int | None:
        """The position that it follows on; None for what is live alone."""
        log = self._dispatcher.log
        after, field = (feed.after, "after") if resume_after is None else (resume_after, LAST_EVENT_ID)
        if after is None:
            return None
        if after == EARLIEST:
            return (await log.earliest()).number
        position = log.cursors.open(after, field)
        await log.check(position)
        return position.number
