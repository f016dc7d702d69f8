"""Source 3, engagements: the way of each through the phases, and what the other sources know of it."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

import loaders.community
import loaders.directory
import loaders.engagement_actions
import loaders.engagements
import loaders.trainings
from hub.context import RequestContext
from hub.locale import localized
from loaders.reading import Row
from schema.clients import Client
from schema.directory import Partner
from schema.enums import (
    DeclineReason,
    EngagementAction,
    EngagementOrderField,
    EngagementStatus,
    HandoffDirection,
    HandoffStatus,
    OrderDirection,
    Phase,
)
from schema.fields import computed, connection, edge
from schema.price import search
from schema.relay import Connection, Node

if TYPE_CHECKING:
    from schema.community import Post
    from schema.trainings import Enrollment


@strawberry.type(description="Who led a phase, from when to when.")
class PhaseAssignment:
    phase: Phase
    partner: Partner | None = edge(loaders.directory.partners_by_id, key="partner_id")
    started_at: datetime
    ended_at: datetime | None


def _localized_label(symptom: Row, context: RequestContext, locale: str | None = None) -> str:
    return localized(symptom, "label", context.locale, locale)


@strawberry.type(
    description="A symptom of a business: "
    "環境適応障害, 特定取引先依存症, 自社の強み欠乏症, 社員の組織沈滞感, and others that staff add."
)
class Symptom:
    code: str

    label: str = computed(
        _localized_label,
        columns=("label_ja", "label_en"),
        description="Its name in the language of the request, or in `locale` (ja, en).",
        locale=str | None,
    )


@strawberry.type(description="What the advisor found (問診).")
class Finding:
    symptom: Symptom = edge(loaders.engagements.symptoms_by_code, key="symptom_code")
    note: str | None
    found_at: datetime


@strawberry.type(description="What the advisor prescribed (処方).")
class Prescription:
    remedy: str
    note: str | None
    prescribed_at: datetime


@strawberry.type(description="One engagement passing from one firm to another, into the same phase or the next.")
class Handoff(Node):
    engagement: Annotated["Engagement", strawberry.lazy("schema.engagements")] | None = edge(
        loaders.engagements.engagements_by_id,
        key="engagement_id",
        description="Null for the receiving firm once its offer was declined, withdrawn or has lapsed.",
    )
    from_phase: Phase
    to_phase: Phase
    from_partner: Partner | None = edge(loaders.directory.partners_by_id, key="from_partner_id")
    to_partner: Partner | None = edge(loaders.directory.partners_by_id, key="to_partner_id")
    status: HandoffStatus
    note: str | None
    offered_at: datetime
    respond_by: datetime = strawberry.field(description="When the offer lapses and returns to the sender.")
    responded_at: datetime | None
    decline_reason: DeclineReason | None
    decline_note: str | None


@strawberry.type(description="The help for one client, from phase to phase, from firm to firm.")
class Engagement(Node):
    title: str | None = strawberry.field(
        description="Null, like client, notes, attendees and thread, while the viewer's firm has only been offered it."
    )
    phase: Phase
    status: EngagementStatus
    client: Client | None = edge(
        loaders.engagements.clients_by_id,
        key="client_id",
        joined="client",
        description=(
            "Null while the viewer's firm has only been offered it, and for the reporting scope: "
            "the client shows on acceptance."
        ),
    )
    region: str | None = strawberry.field(
        description="Where the client is (ISO 3166-2): with `industry` enough to judge an offer by."
    )
    industry: str | None = strawberry.field(description="What the client does.")
    lead_partner: Partner | None = edge(
        loaders.directory.partners_by_id, key="lead_partner_id", description="The firm that leads the current phase."
    )
    assignments: list[PhaseAssignment] = edge(
        loaders.engagements.assignments_of_engagement,
        key="id",
        size=5,
        description="Who led which phase, when: one entry per phase and lead, oldest first, at most 50.",
    )
    findings: list[Finding] = edge(
        loaders.engagements.findings_of_engagement,
        key="id",
        size=10,
        description="What the advisor found (問診), oldest first, at most 100.",
    )
    prescription: Prescription | None = edge(
        loaders.engagements.prescriptions_of_engagement,
        key="id",
        description="What the advisor prescribed (処方); null until it has.",
    )
    handoffs: list[Handoff] = edge(
        loaders.engagements.handoffs_of_engagement, key="id", size=10, description="Oldest first, at most 100."
    )
    allowed_actions: list[EngagementAction] = edge(
        loaders.engagement_actions.actions_by_engagement,
        key="id",
        description="What the viewer may do next, computed by the rules that the mutations apply.",
    )
    version: int = strawberry.field(description="Rises by one with each event of the engagement.")
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    closing_note: str | None = strawberry.field(description="What was said when it was closed.")
    external_ref: str | None = strawberry.field(description="The viewer's firm's own identifier of it, as its CRM knows it.")
    enrollments: Connection[Annotated["Enrollment", strawberry.lazy("schema.trainings")]] | None = connection(
        loaders.trainings.ENROLLMENTS_OF_ENGAGEMENT, description="Who of the client takes part in trainings."
    )
    posts: Connection[Annotated["Post", strawberry.lazy("schema.community")]] | None = connection(
        loaders.community.POSTS_OF_ENGAGEMENT, description="Its thread in the community, newest first."
    )


@strawberry.input(description="Which engagements; every field given narrows them further.")
class EngagementFilter:
    search: str | None = search("Matches title and client name, among those the viewer may see.")
    phases: list[Phase] | None = strawberry.UNSET
    statuses: list[EngagementStatus] | None = strawberry.UNSET
    regions: list[str] | None = strawberry.field(default=strawberry.UNSET, description="ISO 3166-2, of the client.")
    industries: list[str] | None = strawberry.UNSET
    lead_partner_id: strawberry.ID | None = strawberry.UNSET
    client_id: strawberry.ID | None = strawberry.UNSET
    opened_from: date | None = strawberry.UNSET
    opened_to: date | None = strawberry.UNSET
    updated_since: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Changed at or after: for a CRM that catches up."
    )


@strawberry.input(description="In which order.")
class EngagementOrder:
    field: EngagementOrderField
    direction: OrderDirection


@strawberry.input(one_of=True, description="Which engagement: exactly one of these.")
class EngagementBy:
    id: strawberry.ID | None = strawberry.UNSET
    external_ref: str | None = strawberry.UNSET


@strawberry.input(description="Which hand-offs; every field given narrows them further.")
class HandoffFilter:
    statuses: list[HandoffStatus] | None = strawberry.UNSET
    direction: HandoffDirection | None = strawberry.field(
        default=strawberry.UNSET, description="Seen from `partnerId`, or from the viewer's firm where that is not given."
    )
    partner_id: strawberry.ID | None = strawberry.UNSET
    to_phases: list[Phase] | None = strawberry.UNSET
    respond_before: datetime | None = strawberry.UNSET
