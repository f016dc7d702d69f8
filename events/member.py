"""One subscriber: a replay from its cursor, paced by its reader, until it meets its group; then what the group is given."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from events.told import Told
from events.view import LARGEST_RUN, RETRY_INTERVAL_SECONDS
from hub import graphql_errors
from hub.errors import CostBudgetExhausted, HubError, SourceUnavailable
from hub.streams import Delivery, Outlet

if TYPE_CHECKING:
    from events.dispatcher import Dispatcher
    from events.group import Group
    from events.record import Record
    from hub.viewer import Viewer

_PAGE: Final = 500
"""Events that one step of a replay reads of the log."""

_MOST_HELD_BYTES: Final = 524_288
"""Of live events that wait for the last step of the replay."""


class Member:
    """A subscriber from `begin` to `stop`, or until it is ended. `position`: up to where it has been given what is its own."""

    __slots__ = ("_dispatcher", "_group", "_held", "_held_bytes", "_outlet", "_task", "position", "viewer")

    def __init__(self, outlet: Outlet, viewer: Viewer, group: Group, dispatcher: Dispatcher, position: int) -> None:
        self.position = position
        self.viewer = viewer
        self._outlet = outlet
        self._group = group
        self._dispatcher = dispatcher
        self._held: list[Delivery] | None = None
        self._held_bytes = 0
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Give it what follows on its position."""
        if self.position >= self._group.position:
            self._group.join(self)
        else:
            self._task = asyncio.get_running_loop().create_task(self._replay())

    def stop(self) -> None:
        """Give it nothing more; the reader has left."""
        self._held = None
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._dispatcher.forget(self, self._group)

    def end(self, errors: list[dict[str, Any]]) -> None:
        """Give it nothing more, and say why."""
        # A replay that ends itself is past being cancelled.
        if self._task is asyncio.current_task():
            self._task = None
        self.stop()
        self._outlet.end(errors)

    def take(self, delivery: Delivery) -> None:
        """Live events of the group."""
        if self._held is None:
            if delivery.first > self.position:
                self.position = delivery.last
                self._outlet.send(delivery)
            else:
                self._send(delivery)
            return
        self._held.append(delivery)
        self._held_bytes += sum(len(event.payload) for event in delivery.events)
        if self._held_bytes > _MOST_HELD_BYTES:
            # Its reader is slow, or a page is: it goes on replaying, and meets the group later.
            self._held = None
            self._group.leave(self)

    def _send(self, delivery: Delivery) -> None:
        new = delivery.after(self.position)
        if new is not None:
            self.position = new.last
            self._outlet.send(new)

    async def _replay(self) -> None:
        try:
            while not await self._step():
                pass
        except HubError as error:
            self.end([graphql_errors.shown(error)])
        except Exception as error:
            self.end([graphql_errors.masked(error)])
        else:
            self._task = None

    async def _step(self) -> bool:
        """A page; the last one, while the group's live events are held, which then follow on it without gap or double.

        Whether that was it, and the member is given what is live.
        """
        upto = self._group.position
        if upto - self.position <= _PAGE:
            self._held, self._held_bytes = [], 0
            self._group.join(self)
        upto = min(upto, self.position + _PAGE)
        if upto > self.position:
            await self._send_from_log(upto)
            self.position = upto
        held, self._held = self._held, None
        for delivery in held or ():
            self._send(delivery)
        return held is not None

    async def _send_from_log(self, upto: int) -> None:
        dispatcher, view = self._dispatcher, self._group.view
        events = [event for event in await self._read(upto - self.position) if view.filter.matches(event)]
        if view.is_judged:
            events = await dispatcher.sight.seen(events, view.partner_id)
        # What is past is told once: nobody else is at the same place.
        told = Told(dispatcher.log.cursors, dispatcher.log.head.epoch)
        size = max(1, min(LARGEST_RUN, dispatcher.affordable(view) // max(1, view.price)))
        for start in range(0, len(events), size):
            some = events[start : start + size]
            await self._pay(view.price * len(some))
            async with dispatcher.replays:
                encoded = await view.encode(some, told)
            for part in Delivery(encoded).parts():
                await self._outlet.drained()
                self._send(part)
        await self._outlet.drained()

    async def _read(self, count: int) -> list[Record]:
        while True:
            try:
                return await self._dispatcher.log.read(self.position, count)
            except SourceUnavailable:
                await asyncio.sleep(RETRY_INTERVAL_SECONDS)

    async def _pay(self, cost: int) -> None:
        """Charge the viewer for a part of the past, as a query would; wait where it has spent its minute."""
        while True:
            try:
                await self._dispatcher.budget.spend(self.viewer, cost)
            except CostBudgetExhausted as error:
                await asyncio.sleep(error.retry_after_seconds or RETRY_INTERVAL_SECONDS)
            else:
                return
