"""A group: subscribers who are given the same bytes. An event is answered and encoded once, however many they are."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from events.view import LARGEST_RUN
from hub import graphql_errors
from hub.errors import HubError, Overloaded
from hub.streams import Delivery

if TYPE_CHECKING:
    from events.lane import Lane
    from events.member import Member
    from events.record import Record
    from events.view import View

_MOST_PENDING: Final = 20_000
"""Events that wait for a group whose answers are slow; past that its subscribers are let go, to resume by their cursors."""


class Group:
    """The subscribers of one view, and the events that wait to be answered for them. It has a task while there are some."""

    def __init__(self, view: View, lane: Lane) -> None:
        self.view = view
        self.members: dict[Member, None] = {}
        """Those who are given what is live."""
        self.subscribers = 0
        """They, and those who replay what they are given before."""
        self._lane = lane
        self._pending: deque[Record] = deque()
        self._delivered = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def position(self) -> int:
        """Up to where its members have been given what is theirs."""
        return self._lane.position if self._task is None and not self._pending else self._delivered

    def join(self, member: Member) -> None:
        """Give a member all that follows on `position`."""
        self.members[member] = None

    def leave(self, member: Member) -> None:
        """Give it nothing more for now."""
        self.members.pop(member, None)

    def release(self, member: Member) -> bool:
        """A subscriber has left; whether nobody is left."""
        self.leave(member)
        self.subscribers -= 1
        return self.subscribers == 0

    def offer(self, event: Record) -> None:
        """An event that the view may see; in the order of the log."""
        if not self.members or not self.view.filter.matches(event):
            return
        if not self._pending and self._task is None:
            self._delivered = event.position - 1
        self._pending.append(event)

    def begin(self) -> None:
        """Answer what was offered, if it is not being done."""
        if not self._pending or self._task is not None:
            return
        if self.view.is_same_for_all and len(self._pending) <= LARGEST_RUN:
            self._deliver_at_once()
        else:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """Answer nothing more."""
        self._pending.clear()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _deliver_at_once(self) -> None:
        """What takes no reading is not worth a task."""
        try:
            delivery = self.view.delivery_at_once(self._pending, self._lane.told)
        except Exception as error:
            self._end([graphql_errors.masked(error)])
            return
        self._pending.clear()
        self._deliver(delivery)

    async def _run(self) -> None:
        try:
            while self._pending:
                if len(self._pending) > _MOST_PENDING:
                    raise Overloaded
                await self._deliver_some()
        except HubError as error:
            self._end([graphql_errors.shown(error)])
        except Exception as error:
            self._end([graphql_errors.masked(error)])
        finally:
            if self._task is asyncio.current_task():
                self._task = None

    async def _deliver_some(self) -> None:
        lane = self._lane
        async with lane.runs:
            events = [self._pending.popleft() for _ in range(min(len(self._pending), LARGEST_RUN))]
            encoded = await self.view.encode(events, lane.told, lane.together)
        for number, part in enumerate(Delivery(encoded).parts()):
            if number:
                # Transports write what they have been given only when they are given the time.
                await asyncio.sleep(0)
            self._deliver(part)

    def _deliver(self, delivery: Delivery) -> None:
        self._delivered = delivery.last
        members = self.members
        for member in list(members):
            # One that is let go may take others with it, of the same socket.
            if member in members:
                member.take(delivery)

    def _end(self, errors: list[dict[str, Any]]) -> None:
        self._pending.clear()
        for member in list(self.members):
            member.end(errors)
