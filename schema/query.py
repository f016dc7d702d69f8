"""The roots of every read."""

from datetime import date, datetime

import strawberry

import loaders.directory
import resolvers.certifications
import resolvers.community
import resolvers.directory
import resolvers.engagements
import resolvers.events
import resolvers.figures
import resolvers.hub
import resolvers.nodes
import resolvers.trainings
from engine.declarations import Price
from hub.figures import (
    CertificationDimension,
    CommunityDimension,
    EngagementDimension,
    HandoffDimension,
    TrainingDimension,
)
from hub.vocabulary import Phase, SourceName
from loaders.pages import DEFAULT_PAGE, LARGEST_PAGE
from resolvers.nodes import MOST_NODES
from schema.certifications import Certification
from schema.clients import Client, ClientBy, Corporation
from schema.community import Post, PostFilter
from schema.directory import (
    Association,
    Member,
    Partner,
    PartnerBy,
    PartnerFilter,
    PartnerOrder,
)
from schema.engagements import (
    Engagement,
    EngagementBy,
    EngagementFilter,
    EngagementOrder,
    Handoff,
    HandoffFilter,
    Symptom,
)
from schema.enums import CertificationStatus, RegistryStatus, SourceState
from schema.events import HandoffEventFilter, HandoffEventPage
from schema.fields import edge, root, root_connection
from schema.figures.arguments import funnel, stats
from schema.figures.certifications import (
    CertificationMeasureOrder,
    CertificationMeasureRange,
    CertificationStatsFilter,
    CertificationStatsRow,
)
from schema.figures.community import (
    CommunityMeasureOrder,
    CommunityMeasureRange,
    CommunityStatsFilter,
    CommunityStatsRow,
)
from schema.figures.engagements import (
    EngagementMeasureOrder,
    EngagementMeasureRange,
    EngagementStatsRow,
    HandoffMeasureOrder,
    HandoffMeasureRange,
    HandoffStatsRow,
    PhaseFunnelRow,
)
from schema.figures.trainings import (
    TrainingMeasureOrder,
    TrainingMeasureRange,
    TrainingStatsRow,
)
from schema.relay import Connection, Node
from schema.trainings import (
    Course,
    CourseFilter,
    TrainingSession,
    TrainingSessionFilter,
)

EVENTS = Price(assumed_size=DEFAULT_PAGE, largest_size=LARGEST_PAGE, slicing_arguments=("first",), sized_fields=("events",))


@strawberry.type(description="Who is asking.")
class Viewer:
    name: str
    member: Member | None = edge(loaders.directory.members_by_id, key="member_id")
    partner: Partner | None = edge(loaders.directory.partners_by_id, key="partner_id")
    scopes: list[str]


@strawberry.type(description="One of the five systems behind the graph.")
class Source:
    name: str
    state: SourceState
    latency_ms: float | None = strawberry.field(description="Of the last probe; null while it does not answer.")
    checked_at: datetime | None


@strawberry.type(description="Everything that can be read.")
class Query:
    node: Node | None = root(resolvers.nodes.node, description="Any object by its global id.", id=strawberry.ID)
    nodes: list[Node | None] = root(
        resolvers.nodes.nodes,
        price=Price(assumed_size=MOST_NODES, largest_size=MOST_NODES, slicing_arguments=("ids",)),
        description="Objects by their global ids, at most 100.",
        ids=list[strawberry.ID],
    )
    viewer: Viewer = root(resolvers.hub.viewer, description="Who the server takes the caller for.")
    associations: list[Association] | None = root(resolvers.directory.associations, price=Price(assumed_size=20))
    partner: Partner | None = root(resolvers.directory.partner, by=PartnerBy)
    partners: Connection[Partner] | None = root_connection(
        resolvers.directory.partners, filter=PartnerFilter | None, order_by=PartnerOrder | None
    )
    corporation: Corporation | None = root(resolvers.engagements.corporation, number=str)
    corporations: Connection[Corporation] | None = root_connection(
        resolvers.engagements.corporations,
        description="The national corporate register, by name, kana or number.",
        search=str | None,
        regions=list[str] | None,
        status=RegistryStatus | None,
    )
    client: Client | None = root(resolvers.engagements.client, by=ClientBy)
    clients: Connection[Client] | None = root_connection(resolvers.engagements.clients, search=str | None)
    engagement: Engagement | None = root(resolvers.engagements.engagement, by=EngagementBy)
    engagements: Connection[Engagement] | None = root_connection(
        resolvers.engagements.engagements, filter=EngagementFilter | None, order_by=EngagementOrder | None
    )
    handoff: Handoff | None = root(resolvers.engagements.handoff, id=strawberry.ID)
    handoffs: Connection[Handoff] | None = root_connection(
        resolvers.engagements.handoffs, description="Newest first.", filter=HandoffFilter | None
    )
    certifications: Connection[Certification] | None = root_connection(
        resolvers.certifications.certifications,
        description="Who holds what, and what lapses when: soonest first.",
        program=str | None,
        status=CertificationStatus | None,
        expires_before=date | None,
    )
    courses: Connection[Course] | None = root_connection(resolvers.trainings.courses, filter=CourseFilter | None)
    training_sessions: Connection[TrainingSession] | None = root_connection(
        resolvers.trainings.training_sessions, description="By their start, soonest first.", filter=TrainingSessionFilter | None
    )
    posts: Connection[Post] | None = root_connection(
        resolvers.community.posts, description="Newest first.", filter=PostFilter | None
    )
    symptoms: list[Symptom] | None = root(resolvers.engagements.symptoms, price=Price(assumed_size=20))
    handoff_events: HandoffEventPage | None = root(
        resolvers.events.handoff_events,
        price=EVENTS,
        description="The same events as the subscription, pulled with the same cursor, oldest first. "
        'Without `after`: no events, and an endCursor that is now; `after: "EARLIEST"`: from the start of what is kept. '
        "endCursor moves past events that the filter or the policy leaves out.",
        first=int | None,
        after=str | None,
        filter=HandoffEventFilter | None,
    )
    sources: list[Source] = root(
        resolvers.hub.sources,
        price=Price(assumed_size=len(SourceName)),
        description="Each source: whether it answers, how fast.",
    )
    engagement_stats: list[EngagementStatsRow] | None = stats(
        resolvers.figures.engagement_stats,
        over="engagements",
        group_by=list[EngagementDimension],
        filter=EngagementFilter | None,
        time_zone=str | None,
        order_by=EngagementMeasureOrder | None,
        having=list[EngagementMeasureRange] | None,
        top=int | None,
    )
    phase_funnel: list[PhaseFunnelRow] | None = funnel(
        resolvers.figures.phase_funnel,
        rows=len(Phase),
        description="How the engagements that the viewer may see pass through the four phases; a row for each, in their order.",
        filter=EngagementFilter | None,
    )
    handoff_stats: list[HandoffStatsRow] | None = stats(
        resolvers.figures.handoff_stats,
        over="hand-offs",
        group_by=list[HandoffDimension],
        filter=HandoffFilter | None,
        time_zone=str | None,
        order_by=HandoffMeasureOrder | None,
        having=list[HandoffMeasureRange] | None,
        top=int | None,
    )
    certification_stats: list[CertificationStatsRow] | None = stats(
        resolvers.figures.certification_stats,
        over="certifications",
        group_by=list[CertificationDimension],
        filter=CertificationStatsFilter | None,
        order_by=CertificationMeasureOrder | None,
        having=list[CertificationMeasureRange] | None,
        top=int | None,
    )
    training_stats: list[TrainingStatsRow] | None = stats(
        resolvers.figures.training_stats,
        over="training sessions",
        group_by=list[TrainingDimension],
        filter=TrainingSessionFilter | None,
        time_zone=str | None,
        order_by=TrainingMeasureOrder | None,
        having=list[TrainingMeasureRange] | None,
        top=int | None,
    )
    community_stats: list[CommunityStatsRow] | None = stats(
        resolvers.figures.community_stats,
        over="posts in the community",
        group_by=list[CommunityDimension],
        filter=CommunityStatsFilter | None,
        time_zone=str | None,
        order_by=CommunityMeasureOrder | None,
        having=list[CommunityMeasureRange] | None,
        top=int | None,
    )
