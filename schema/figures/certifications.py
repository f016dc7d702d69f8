"""Figures of source 2: over certifications."""

from datetime import date

import strawberry

import loaders.directory
from hub.figures import CertificationDimension, CertificationMeasure
from schema.directory import Association, Partner
from schema.enums import CertificationStatus, OrderDirection
from schema.fields import edge
from schema.figures.arguments import IS_REST, ONE_GROUP, ORDER, PERIOD, RANGE, SEVERAL_ASSOCIATIONS

for _enum in (CertificationDimension, CertificationMeasure):
    strawberry.enum(_enum, description=_enum.__doc__)


@strawberry.input(description="Which certifications; every field given narrows them further.")
class CertificationStatsFilter:
    program: str | None = strawberry.UNSET
    status: CertificationStatus | None = strawberry.field(default=strawberry.UNSET, description="As of today.")
    expires_from: date | None = strawberry.field(default=strawberry.UNSET, description="Ending on that day or later, or never.")
    expires_before: date | None = strawberry.field(default=strawberry.UNSET, description="Ending on that day or earlier.")
    valid_on: date | None = strawberry.field(default=strawberry.UNSET, description="In force on that day.")


@strawberry.input(description=ORDER)
class CertificationMeasureOrder:
    measure: CertificationMeasure
    direction: OrderDirection


@strawberry.input(description=RANGE)
class CertificationMeasureRange:
    measure: CertificationMeasure
    min: float | None = strawberry.UNSET
    max: float | None = strawberry.UNSET


@strawberry.type(description=ONE_GROUP)
class CertificationStatsRow:
    program: str | None
    level: str | None
    status: CertificationStatus | None = strawberry.field(description="As of today; EXPIRED by the calendar.")
    partner: Partner | None = edge(loaders.directory.partners_by_id, key="partner_id")
    association: Association | None = edge(
        loaders.directory.associations_by_id,
        key="association_id",
        description=f"An association of the firm. {SEVERAL_ASSOCIATIONS}",
    )
    region: str | None = strawberry.field(description="Where the firm is (ISO 3166-2).")
    awarded_period: date | None = strawberry.field(description=PERIOD)
    expires_period: date | None = strawberry.field(description=f"{PERIOD} Null also for what does not end.")
    is_rest: bool = strawberry.field(description=IS_REST)
    certifications: int = strawberry.field(description="How many.")
    partners: int = strawberry.field(description="Held by how many different firms.")
    active_rate: float | None = strawberry.field(description="Those ACTIVE today, of all, 0..1.")
    median_days_left: float | None = strawberry.field(
        description="Days until they end, of those ACTIVE today that do end: half have no more left."
    )
    p10_days_left: float | None = strawberry.field(description="The same: one of ten has no more left.")
