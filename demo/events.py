"""The events of the demo: what happened to its engagements in the last days, in the log, as if it had been told then."""

import datetime
from typing import Final

from demo.clock import Clock
from demo.target import Target
from hub.vocabulary import THREADS_CONSUMER, SourceName
from sql import load

DAYS: Final = 30
"""Of how many days; older ones would not be kept."""

_BATCH: Final = 10_000

SEED_EVENTS = load(SourceName.ENGAGEMENTS, "seed_events")
APPEND = load(SourceName.ENGAGEMENTS, "append_events")
STATE = load(SourceName.ENGAGEMENTS, "event_log_state")
MOVE = load(SourceName.COMMUNITY, "move_consumer")


async def fill(target: Target, as_of: datetime.date) -> None:
    """Tell of what the loaded engagements went through, and take it into the log."""
    clock = Clock(as_of)
    await target.run(SEED_EVENTS, since=clock.moment(clock.time_of(clock.days_ago(DAYS))))
    while await target.run(APPEND, limit=_BATCH):
        pass


async def leave_read(log: Target, community: Target) -> None:
    """Let the community have heard of them: the demo's posts are all that was written."""
    (state,) = await log.run(STATE)
    await community.run(MOVE, name=THREADS_CONSUMER, epoch=state["epoch"], position=state["last_position"])
