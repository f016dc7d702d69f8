"""Figures of source 3: over engagements, their way through the phases, and hand-offs."""

from datetime import date

import strawberry

import loaders.directory
import loaders.engagements
from hub.figures import EngagementDimension, EngagementMeasure, HandoffDimension, HandoffMeasure
from schema.directory import Association, Partner
from schema.engagements import Symptom
from schema.enums import DeclineReason, EngagementStatus, HandoffStatus, OrderDirection, Phase
from schema.fields import edge
from schema.figures.arguments import IS_REST, ONE_GROUP, ORDER, PERIOD, RANGE, SEVERAL_ASSOCIATIONS

for _enum in (EngagementDimension, EngagementMeasure, HandoffDimension, HandoffMeasure):
    strawberry.enum(_enum, description=_enum.__doc__)


@strawberry.input(description=ORDER)
class EngagementMeasureOrder:
    measure: EngagementMeasure
    direction: OrderDirection


@strawberry.input(description=RANGE)
class EngagementMeasureRange:
    measure: EngagementMeasure
    min: float | None = strawberry.UNSET
    max: float | None = strawberry.UNSET


@strawberry.type(description=ONE_GROUP)
class EngagementStatsRow:
    phase: Phase | None = strawberry.field(description="The phase that they are in.")
    status: EngagementStatus | None
    region: str | None = strawberry.field(description="Where the client is (ISO 3166-2).")
    industry: str | None = strawberry.field(description="What the client does.")
    symptom: Symptom | None = edge(
        loaders.engagements.symptoms_by_code,
        key="symptom_code",
        description="What was found. An engagement with two symptoms counts in both groups, and once in the rest.",
    )
    lead_partner: Partner | None = edge(
        loaders.directory.partners_by_id, key="lead_partner_id", description="The firm that leads the current phase."
    )
    lead_association: Association | None = edge(
        loaders.directory.associations_by_id,
        key="lead_association_id",
        description=f"An association of the firm that leads. {SEVERAL_ASSOCIATIONS}",
    )
    lead_region: str | None = strawberry.field(description="Where the firm that leads is (ISO 3166-2).")
    opened_period: date | None = strawberry.field(description=PERIOD)
    is_rest: bool = strawberry.field(description=IS_REST)
    engagements: int = strawberry.field(description="How many.")
    clients: int = strawberry.field(description="Of how many different clients.")
    handoffs: int = strawberry.field(description="How many hand-offs of them were offered.")
    acceptance_rate: float | None = strawberry.field(
        description="Accepted of answered or lapsed offers (not of those withdrawn or open), 0..1; null where there are none."
    )
    median_days_to_accept: float | None = strawberry.field(
        description="Days from offer to acceptance, of accepted hand-offs: half took no longer."
    )
    p90_days_to_accept: float | None = strawberry.field(description="The same: nine of ten took no longer.")
    median_days_open: float | None = strawberry.field(
        description="Days from opening to closing, or until now of those that are open: half are no longer open."
    )
    p90_days_open: float | None = strawberry.field(description="The same: nine of ten are no longer open.")
    completion_rate: float | None = strawberry.field(description="Completed of closed ones, 0..1; null where none is closed.")


@strawberry.type(description="How engagements pass through one phase: `entered` is the sum of the four after it.")
class PhaseFunnelRow:
    phase: Phase
    entered: int = strawberry.field(description="How many are or were in the phase.")
    advanced: int = strawberry.field(description="How many went on into a later phase.")
    completed: int = strawberry.field(description="How many were completed in it.")
    abandoned: int = strawberry.field(description="How many were abandoned in it.")
    open: int = strawberry.field(description="How many are in it now.")
    median_days: float | None = strawberry.field(
        description="Days in the phase, whoever led, of those that have left it: half took no longer. Null where none has."
    )


@strawberry.input(description=ORDER)
class HandoffMeasureOrder:
    measure: HandoffMeasure
    direction: OrderDirection


@strawberry.input(description=RANGE)
class HandoffMeasureRange:
    measure: HandoffMeasure
    min: float | None = strawberry.UNSET
    max: float | None = strawberry.UNSET


@strawberry.type(description=ONE_GROUP)
class HandoffStatsRow:
    status: HandoffStatus | None
    from_phase: Phase | None
    to_phase: Phase | None
    decline_reason: DeclineReason | None = strawberry.field(description="Null also for all that were not declined.")
    from_partner: Partner | None = edge(loaders.directory.partners_by_id, key="from_partner_id")
    to_partner: Partner | None = edge(loaders.directory.partners_by_id, key="to_partner_id")
    from_association: Association | None = edge(
        loaders.directory.associations_by_id,
        key="from_association_id",
        description=f"An association of the sender. {SEVERAL_ASSOCIATIONS}",
    )
    to_association: Association | None = edge(
        loaders.directory.associations_by_id,
        key="to_association_id",
        description=f"An association of the receiver. {SEVERAL_ASSOCIATIONS}",
    )
    from_region: str | None = strawberry.field(description="Where the sender is (ISO 3166-2).")
    to_region: str | None = strawberry.field(description="Where the receiver is (ISO 3166-2).")
    offered_period: date | None = strawberry.field(description=PERIOD)
    is_rest: bool = strawberry.field(description=IS_REST)
    handoffs: int = strawberry.field(description="How many.")
    senders: int = strawberry.field(description="From how many different firms.")
    receivers: int = strawberry.field(description="To how many different firms.")
    acceptance_rate: float | None = strawberry.field(
        description="Accepted of answered or lapsed offers (not of those withdrawn or open), 0..1; null where there are none."
    )
    lapse_rate: float | None = strawberry.field(
        description="Lapsed of answered or lapsed offers, 0..1. What nobody answered in time has lapsed, swept or not."
    )
    median_days_to_accept: float | None = strawberry.field(
        description="Days from offer to acceptance, of accepted hand-offs: half took no longer."
    )
    p90_days_to_accept: float | None = strawberry.field(description="The same: nine of ten took no longer.")
    median_days_to_decline: float | None = strawberry.field(description="Days from offer to refusal: half took no longer.")
