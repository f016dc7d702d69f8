"""The event log as a query: pages of it by cursor, and what a filter of events means."""

from collections.abc import Mapping
from typing import Any, Final

from events.cursors import Cursors
from events.feed import EARLIEST, EventFilter, Feed
from events.reads import State
from events.record import Position, as_row
from hub.context import RequestContext
from hub.errors import BadPage, Forbidden
from hub.viewer import SCOPES, Viewer, ViewerKind
from hub.vocabulary import SourceName
from loaders.events import events_between, log_state
from loaders.pages import DEFAULT_PAGE, LARGEST_PAGE
from loaders.reading import Row
from resolvers import arguments

MOST_LOOKED_AT: Final = 5000
"""Events that one call looks at, however few of them it finds."""

EVENTS: Final = "events"
"""The scope for following events, of the kinds of callers that have it."""


async def handoff_events(
    context: RequestContext,
    *,
    first: int | None = None,
    after: str | None = None,
    filter: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A page of events after a cursor; without one none, and the cursor of now."""
    check_may_follow(context.viewer)
    size = DEFAULT_PAGE if first is None else first
    if not 1 <= size <= LARGEST_PAGE:
        raise BadPage("first", f"must be 1 to {LARGEST_PAGE}, not {size}")
    narrowed = narrow_events(filter)
    state, key = await log_state(context)
    cursors = Cursors(key)
    if after is None:
        return _page([], cursors, Position(state.epoch, state.last), has_more=False)
    start = Position(state.epoch, state.earliest - 1) if after == EARLIEST else cursors.open(after)
    state.check(_as_read(context, state, start))
    upto = min(state.last, start.number + MOST_LOOKED_AT)
    if upto <= start.number:
        return _page([], cursors, start, has_more=False)
    then, found = await events_between(context, start.number, upto, size + 1, narrowed)
    # Meanwhile the log may have begun anew, or its oldest days have gone.
    then.check(_as_read(context, then, start))
    page = found[:size]
    end = page[-1].position if len(found) > size else upto
    events = [as_row(event, cursors.seal(Position(state.epoch, event.position))) for event in page]
    return _page(events, cursors, Position(state.epoch, end), has_more=end < state.last)


def follow_handoff_events(
    context: RequestContext, *, after: str | None = None, filter: Mapping[str, Any] | None = None
) -> Feed:
    """Which events a subscription follows, and from where."""
    check_may_follow(context.viewer)
    return Feed(after, EventFilter.of(narrow_events(filter)))


def check_may_follow(viewer: Viewer) -> None:
    """Forbidden where the viewer's credential could grant to follow events, and does not."""
    if EVENTS in SCOPES[viewer.kind] and EVENTS not in viewer.scopes:
        raise Forbidden(f"Events need the scope {EVENTS}, which the credential does not grant.")


def narrow_events(filter: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a HandoffEventFilter means to the query."""
    narrowed = arguments.given(filter)
    arguments.listed(narrowed.get("types"), "filter.types")
    arguments.listed(narrowed.get("to_phases"), "filter.toPhases")
    arguments.regions(narrowed.get("regions"), "filter.regions")
    for type_name, field, name in (("Partner", "partner_id", "partnerId"), ("Engagement", "engagement_id", "engagementId")):
        if field in narrowed:
            narrowed[field] = arguments.key(type_name, narrowed[field], f"filter.{name}")
    return narrowed


def events_of(page: Row, _context: RequestContext) -> list[Row]:
    """The events of a page."""
    events: list[Row] = page["events"]
    return events


def _page(events: list[dict[str, Any]], cursors: Cursors, end: Position, *, has_more: bool) -> dict[str, Any]:
    return {"events": events, "end_cursor": cursors.seal(end), "has_more": has_more}


def _as_read(context: RequestContext, state: State, start: Position) -> Position:
    """The place, or what this caller's replica has of it: that may be late, and then the cursor is not ahead of the log."""
    if context.viewer.kind is ViewerKind.REPORTING and context.settings.replica_dsn_of(SourceName.ENGAGEMENTS) is not None:
        return Position(start.epoch, min(start.number, state.last))
    return start
