"""Reads of the event log for a viewer: what of a stretch of it the viewer may see and asked for."""

from collections.abc import Mapping
from typing import Any

from events.reads import STATE, State, split
from events.record import Record
from hub.context import RequestContext
from hub.vocabulary import SourceName
from loaders.reading import read
from sql import load

EVENTS = load(SourceName.ENGAGEMENTS, "events")


async def log_state(context: RequestContext) -> tuple[State, bytes]:
    """The log as a whole, and the key of its cursors."""
    (row,) = await read(context, STATE)
    return State(row["epoch"], row["last_position"], row["earliest_position"]), row["cursor_key"]


async def events_between(
    context: RequestContext, after: int, upto: int, limit: int, filter: Mapping[str, Any]
) -> tuple[State, list[Record]]:
    """The first events of a stretch of positions that the viewer sees, of those that a filter leaves; the log as of then."""
    return split(await read(context, EVENTS, after=after, upto=upto, limit=limit, **filter))
