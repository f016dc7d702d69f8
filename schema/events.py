"""What happens to engagements, as events: of the subscription, the pull, and webhooks alike."""

from datetime import datetime

import strawberry

import loaders.directory
import loaders.engagements
import resolvers.events
from schema.directory import Partner
from schema.engagements import Engagement, Handoff
from schema.enums import HandoffEventType, Phase
from schema.fields import computed, edge
from schema.relay import key_of


@strawberry.type(
    description="Something that happened to an engagement: ordered within it, kept at least 30 days. "
    "`engagement` and `handoff` are read at delivery, all else is frozen."
)
class HandoffEvent:
    id: strawberry.ID = strawberry.field(description="A UUID, the same in every channel: subscription, webhook, pull.")
    cursor: str = strawberry.field(description="Where to resume: pass it as `after`. Opaque and sealed.")
    type: HandoffEventType
    occurred_at: datetime
    engagement_version: int = strawberry.field(
        description="The version of the engagement that this event made: one more than that of its event before."
    )
    engagement_id: strawberry.ID = key_of(
        "Engagement", "engagement_id", description="Its id, also where the viewer does not see it any more."
    )
    engagement: Engagement | None = edge(loaders.engagements.engagements_by_id, key="engagement_id")
    handoff: Handoff | None = edge(loaders.engagements.handoffs_by_id, key="handoff_id")
    from_phase: Phase | None
    to_phase: Phase | None
    from_partner: Partner | None = edge(loaders.directory.partners_by_id, key="from_partner_id")
    to_partner: Partner | None = edge(loaders.directory.partners_by_id, key="to_partner_id")


@strawberry.type(description="Events, oldest first, and where to go on.")
class HandoffEventPage:
    events: list[HandoffEvent] = computed(resolvers.events.events_of, columns=("events",))
    end_cursor: str = strawberry.field(
        description="Pass it as `after` for what follows; it moves past events that the filter or the policy leaves out."
    )
    has_more: bool = strawberry.field(description="Whether to ask again at once: a page may be short, or empty, all the same.")


@strawberry.input(description="Which events; every field given narrows them further.")
class HandoffEventFilter:
    types: list[HandoffEventType] | None = strawberry.UNSET
    partner_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Only events to or from this firm."
    )
    engagement_id: strawberry.ID | None = strawberry.UNSET
    to_phases: list[Phase] | None = strawberry.UNSET
    regions: list[str] | None = strawberry.field(default=strawberry.UNSET, description="ISO 3166-2, of the client.")
