"""Figures of source 5: over posts and the comments on them."""

from datetime import date

import strawberry

import loaders.directory
from hub.figures import CommunityDimension, CommunityMeasure
from schema.directory import Association, Partner
from schema.enums import OrderDirection, PostVisibility
from schema.fields import edge
from schema.figures.arguments import IS_REST, ONE_GROUP, ORDER, PERIOD, RANGE, SEVERAL_ASSOCIATIONS

for _enum in (CommunityDimension, CommunityMeasure):
    strawberry.enum(_enum, description=_enum.__doc__)


@strawberry.input(description="Which posts; every field given narrows them further.")
class CommunityStatsFilter:
    visibilities: list[PostVisibility] | None = strawberry.UNSET
    partner_id: strawberry.ID | None = strawberry.UNSET
    engagement_id: strawberry.ID | None = strawberry.UNSET
    posted_from: date | None = strawberry.UNSET
    posted_to: date | None = strawberry.UNSET


@strawberry.input(description=ORDER)
class CommunityMeasureOrder:
    measure: CommunityMeasure
    direction: OrderDirection


@strawberry.input(description=RANGE)
class CommunityMeasureRange:
    measure: CommunityMeasure
    min: float | None = strawberry.UNSET
    max: float | None = strawberry.UNSET


@strawberry.type(description=ONE_GROUP)
class CommunityStatsRow:
    visibility: PostVisibility | None
    partner: Partner | None = edge(loaders.directory.partners_by_id, key="partner_id", description="The author's firm.")
    association: Association | None = edge(
        loaders.directory.associations_by_id,
        key="association_id",
        description=f"An association of the author's firm. {SEVERAL_ASSOCIATIONS}",
    )
    region: str | None = strawberry.field(description="Where the author's firm is (ISO 3166-2).")
    posted_period: date | None = strawberry.field(description=PERIOD)
    is_rest: bool = strawberry.field(description=IS_REST)
    posts: int = strawberry.field(description="How many.")
    partners: int = strawberry.field(description="Of how many different firms.")
    authors: int = strawberry.field(description="By how many different persons.")
    comments: int = strawberry.field(description="How many comments on them.")
    answered_rate: float | None = strawberry.field(description="Those with a comment, of all, 0..1.")
    median_comments: float | None = strawberry.field(description="Comments on a post: half have no more.")
    median_hours_to_answer: float | None = strawberry.field(
        description="Hours from a post to its first comment, of posts with one: half took no longer."
    )
    p90_hours_to_answer: float | None = strawberry.field(description="The same: nine of ten took no longer.")
