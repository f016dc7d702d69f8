"""A lane: the log as it goes to all groups that are judged alike, in order: by their firm, or not at all."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Final

import structlog

from events.group import Group
from events.told import Told
from events.view import RETRY_INTERVAL_SECONDS
from hub.errors import SourceUnavailable

if TYPE_CHECKING:
    from events.log import EventLog
    from events.record import Record
    from events.sight import Seers, Sight
    from events.view import View
    from hub.context import Together

log = structlog.get_logger(__name__)

_MOST_WAITING: Final = 5000
"""Records kept in memory while they cannot be judged; what comes after them is read from the log when its turn comes."""

_BATCH: Final = 500


class Lane:
    """`position`: up to where events have been handed to the groups."""

    def __init__(self, event_log: EventLog, sight: Sight | None, runs: asyncio.Semaphore) -> None:
        self.runs = runs
        """How many groups are answered at once."""
        self.together: Together = {}
        """What they read together."""
        self.position = 0
        self.told: Told
        self.groups: dict[Hashable, Group] = {}
        self._log = event_log
        self._sight = sight
        self._of_partner: dict[int | None, list[Group]] = {}
        self._waiting: deque[Record] = deque()
        self._task: asyncio.Task[None] | None = None

    def begin_at(self, epoch: int, position: int) -> None:
        """What follows on this place is to be handed out, and nothing of before."""
        self.stop()
        self.position = position
        self.told = Told(self._log.cursors, epoch)

    def stop(self) -> None:
        """Hand out nothing more."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        for group in list(self.groups.values()):
            group.stop()

    def group_of(self, view: View) -> Group:
        """The group of a view: the one that there is, or a new one."""
        group = self.groups.get(view.identity)
        if group is None:
            group = self.groups[view.identity] = Group(view, self)
            self._of_partner.setdefault(view.partner_id if view.is_judged else None, []).append(group)
        return group

    def forget(self, group: Group) -> None:
        """A group that nobody is left in."""
        view = group.view
        if self.groups.get(view.identity) is group:
            group.stop()
            del self.groups[view.identity]
            partner_id = view.partner_id if view.is_judged else None
            groups = self._of_partner[partner_id]
            groups.remove(group)
            if not groups:
                del self._of_partner[partner_id]

    def take(self, events: Sequence[Record]) -> None:
        """New events of the log, contiguous with those before."""
        if self._task is None and not self.groups:
            self.position = events[-1].position
        elif self._task is None and self._sight is None:
            self._hand_out_to_all(events)
        elif self._task is None and not self._waiting and (seers := _as_read(events)) is not None:
            self._hand_out(events, seers)
        else:
            if len(self._waiting) < _MOST_WAITING:
                self._waiting.extend(events)
            if self._task is None:
                self._task = asyncio.get_running_loop().create_task(self._judge())

    async def _judge(self) -> None:
        try:
            while events := await self._next():
                assert self._sight is not None
                self._hand_out(events, await self._sight.judge(events))
        except Exception:
            # A bug; what is not handed out now is read from the log with the next events.
            log.exception("events.lane_failed")
        finally:
            if self._task is asyncio.current_task():
                self._task = None

    def _hand_out(self, events: Sequence[Record], seers: Seers) -> None:
        offered: dict[Group, None] = {}
        for event in events:
            for partner_id in set(seers.get(event.position, ())):
                for group in self._of_partner.get(partner_id, ()) if partner_id is not None else ():
                    group.offer(event)
                    offered[group] = None
        self.position = events[-1].position
        for group in offered:
            group.begin()

    def _hand_out_to_all(self, events: Sequence[Record]) -> None:
        groups = list(self.groups.values())
        for event in events:
            for group in groups:
                group.offer(event)
        self.position = events[-1].position
        for group in groups:
            group.begin()

    async def _next(self) -> list[Record]:
        """The next events, contiguous with `position`; none where there are no more."""
        waiting = self._waiting
        while waiting and waiting[0].position <= self.position:
            waiting.popleft()
        if waiting and waiting[0].position == self.position + 1:
            events: list[Record] = []
            while waiting and len(events) < _BATCH:
                events.append(waiting.popleft())
                if waiting and waiting[0].position != events[-1].position + 1:
                    break
            return events
        missing = (waiting[0].position - 1 if waiting else self._log.head.number) - self.position
        if missing <= 0:
            return []
        while True:
            try:
                return await self._log.read(self.position, min(missing, _BATCH))
            except SourceUnavailable:
                await asyncio.sleep(RETRY_INTERVAL_SECONDS)


def _as_read(events: Sequence[Record]) -> Seers | None:
    """Who sees each event, by what was read with it a moment ago; None where that does not say it of all."""
    seers = {event.position: event.seers for event in events if event.seers is not None}
    return seers if len(seers) == len(events) else None
