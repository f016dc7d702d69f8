"""The dispatcher: one for a node; hears the log once, and hands each event to the groups whose viewers may see it.

Two lanes keep those who see everything from waiting for the judging of who sees what, but for the moment that the tailer gives
a lock (events/reads.py). A group that is slow, and a reader that is slow, keep nobody else waiting.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from events.lane import Lane
from events.member import Member
from events.sight import Sight
from hub import graphql_errors
from hub.errors import HubError, TooManySubscriptions

if TYPE_CHECKING:
    from events.group import Group
    from events.log import EventLog
    from events.record import Record
    from events.view import View
    from hub.runtime import Runtime
    from hub.source import Source
    from hub.streams import Outlet
    from hub.viewer import Viewer

_GROUPS_AT_ONCE: Final = 8
_REPLAYS_AT_ONCE: Final = 4


class Dispatcher:
    """The subscribers of a node, from `start` to `stop`."""

    def __init__(self, event_log: EventLog, runtime: Runtime, source: Source) -> None:
        self.log = event_log
        self.sight = Sight(source)
        self.budget = runtime.budget
        self.replays = asyncio.Semaphore(_REPLAYS_AT_ONCE)
        """How many pages of the past are answered at once."""
        self.members: set[Member] = set()
        self._of_viewer: Counter[Viewer] = Counter()
        self._settings = runtime.settings
        runs = asyncio.Semaphore(_GROUPS_AT_ONCE)
        self._judged = Lane(event_log, self.sight, runs)
        self._open = Lane(event_log, None, runs)
        self._unsubscribe: Callable[[], None] | None = None
        self._has_begun = False

    def start(self) -> None:
        """Hear the log from now on."""
        self._unsubscribe = self.log.subscribe(self._take, self._restart, lambda: bool(self._judged.groups))

    def stop(self) -> None:
        """Hear it no more; streams have been ended by their transports."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        for member in list(self.members):
            member.stop()
        for lane in (self._judged, self._open):
            lane.stop()

    def join(self, view: View, viewer: Viewer, outlet: Outlet, number: int | None) -> Member:
        """A new subscriber of a view, of what follows on a position, or of what is live; SourceUnavailable."""
        limit = self._settings.max_subscriptions_per_viewer
        if self._of_viewer[viewer] >= limit:
            raise TooManySubscriptions(limit)
        self._begin()
        lane = self._judged if view.is_judged else self._open
        group = lane.group_of(view)
        group.subscribers += 1
        member = Member(outlet, viewer, group, self, self.log.head.number if number is None else number)
        self.members.add(member)
        self._of_viewer[viewer] += 1
        member.begin()
        return member

    def forget(self, member: Member, group: Group) -> None:
        """A subscriber that has left."""
        if member not in self.members:
            return
        self.members.discard(member)
        self._of_viewer[member.viewer] -= 1
        if not self._of_viewer[member.viewer]:
            del self._of_viewer[member.viewer]
        if group.release(member):
            (self._judged if group.view.is_judged else self._open).forget(group)

    def affordable(self, view: View) -> int:
        """What one run for a viewer may cost."""
        ceiling: int = getattr(self._settings, f"cost_ceiling_{view.viewer.kind.value}")
        return ceiling

    def _begin(self) -> None:
        if not self._has_begun:
            head = self.log.head
            for lane in (self._judged, self._open):
                lane.begin_at(head.epoch, head.number)
            self._has_begun = True

    def _take(self, events: Sequence[Record]) -> None:
        if not self._has_begun:
            return
        for lane in (self._judged, self._open):
            lane.take(events)

    def _restart(self, error: HubError) -> None:
        """What comes is no continuation of what was delivered: end all, and begin anew."""
        for member in list(self.members):
            member.end([graphql_errors.shown(error)])
        self._has_begun = False
        for lane in (self._judged, self._open):
            lane.stop()
        self.start()
