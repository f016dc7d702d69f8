"""The root of what is followed."""

import strawberry

import resolvers.events
from schema.events import HandoffEvent, HandoffEventFilter
from schema.fields import SubscriptionField, root


@strawberry.type(description="Everything that can be followed, over WebSocket (graphql-transport-ws) or as an event stream.")
class Subscription:
    handoff_events: HandoffEvent = root(
        resolvers.events.follow_handoff_events,
        kind=SubscriptionField,
        description="Every event the viewer may see after `after`, oldest first, then live. "
        'Without `after`: live only; `after: "EARLIEST"`: from the start. '
        "A cursor too old, or of another history, is an error (CURSOR_EXPIRED, CURSOR_AHEAD), never a silent gap.",
        after=str | None,
        filter=HandoffEventFilter | None,
    )
