"""Between a transport and what feeds it: what is delivered, whom it is delivered to, and how it is asked for and ended."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from hub.context import RequestContext
    from hub.graphql_request import GraphQLRequest, Outcome

MOST_HELD_BYTES: Final = 1_048_576
"""What is held for a reader that does not take it; past that it is let go, and resumes by its cursor."""

PART_BYTES: Final = 262_144
"""What is handed to a transport at once, unless one event is larger."""

_FORMS_KEPT: Final = 8

FormT = TypeVar("FormT", bound=Hashable)


class Encoded(NamedTuple):
    """An event as it goes to all readers of a group: where it stands, its cursor, and the answer of GraphQL as JSON."""

    position: int
    cursor: str
    payload: bytes


class Delivery:
    """Events that go to the readers of a group at the same time, in order; written once for each form that transports have."""

    __slots__ = ("_written", "events", "first", "last")

    def __init__(self, events: Sequence[Encoded]) -> None:
        self.events = events
        self.first = events[0].position
        self.last = events[-1].position
        self._written: dict[Hashable, bytes] = {}

    def written(self, form: FormT, write: Callable[[Sequence[Encoded], FormT], bytes]) -> bytes:
        """The bytes of a form; readers of the same form share them."""
        found = self._written.get(form)
        if found is None:
            found = write(self.events, form)
            # Forms are as many as ids of operations: most clients have the same few.
            if len(self._written) < _FORMS_KEPT:
                self._written[form] = found
        return found

    def after(self, position: int) -> Delivery | None:
        """The events beyond a position; None where there are none."""
        if self.first > position:
            return self
        events = [event for event in self.events if event.position > position]
        return Delivery(events) if events else None

    def parts(self) -> list[Delivery]:
        """The same in deliveries of at most PART_BYTES, or of one event."""
        if len(self.events) == 1:
            return [self]
        ends = list(accumulate(len(event.payload) for event in self.events))
        if ends[-1] <= PART_BYTES:
            return [self]
        parts: list[list[Encoded]] = [[]]
        size = 0
        for event in self.events:
            if parts[-1] and size + len(event.payload) > PART_BYTES:
                parts.append([])
                size = 0
            parts[-1].append(event)
            size += len(event.payload)
        return [Delivery(part) for part in parts]


class Outlet(Protocol):
    """A reader's end, as what feeds it sees it. Nothing here is called after `end`, or once its stream was stopped."""

    def send(self, delivery: Delivery) -> None:
        """Take events; a reader that is too slow for them is let go."""

    async def drained(self) -> None:
        """Wait until the reader has taken most of what it was sent."""

    def end(self, errors: list[dict[str, Any]]) -> None:
        """There will be no more, for these errors as clients see them."""


class Stream(Protocol):
    """A subscription under way."""

    def stop(self) -> None:
        """Deliver nothing more; the reader has left."""


class Subscriptions(Protocol):
    """What opens subscriptions."""

    async def open(
        self, asked: GraphQLRequest, context: RequestContext, outlet: Outlet, *, resume_after: str | None = None
    ) -> Stream | Outcome:
        """Begin to deliver; an Outcome where GraphQL refuses it, the rest is raised. resume_after: in the place of `after`."""
