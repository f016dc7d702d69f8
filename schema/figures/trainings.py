"""Figures of source 4: over training sessions and who takes part in them."""

from datetime import date

import strawberry

import loaders.directory
import loaders.trainings
from hub.figures import TrainingDimension, TrainingMeasure
from schema.directory import Association, Partner
from schema.enums import OrderDirection
from schema.fields import edge
from schema.figures.arguments import IS_REST, ONE_GROUP, ORDER, PERIOD, RANGE, SEVERAL_ASSOCIATIONS
from schema.trainings import Course

for _enum in (TrainingDimension, TrainingMeasure):
    strawberry.enum(_enum, description=_enum.__doc__)


@strawberry.input(description=ORDER)
class TrainingMeasureOrder:
    measure: TrainingMeasure
    direction: OrderDirection


@strawberry.input(description=RANGE)
class TrainingMeasureRange:
    measure: TrainingMeasure
    min: float | None = strawberry.UNSET
    max: float | None = strawberry.UNSET


@strawberry.type(description=ONE_GROUP)
class TrainingStatsRow:
    course: Course | None = edge(loaders.trainings.courses_by_id, key="course_id")
    product: str | None = strawberry.field(description="The product that the course is about.")
    provider: Partner | None = edge(loaders.directory.partners_by_id, key="provider_id")
    provider_association: Association | None = edge(
        loaders.directory.associations_by_id,
        key="provider_association_id",
        description=f"An association of the provider. {SEVERAL_ASSOCIATIONS}",
    )
    provider_region: str | None = strawberry.field(description="Where the provider is (ISO 3166-2).")
    region: str | None = strawberry.field(description="Where the session is held (ISO 3166-2).")
    starts_period: date | None = strawberry.field(description=PERIOD)
    is_rest: bool = strawberry.field(description=IS_REST)
    sessions: int = strawberry.field(description="How many.")
    courses: int = strawberry.field(description="Of how many different courses.")
    providers: int = strawberry.field(description="Of how many different firms.")
    seats: int = strawberry.field(description="Seats that there are.")
    seats_held: int = strawberry.field(description="Seats that are held: enrolled, completed, or not shown up.")
    fill_rate: float | None = strawberry.field(description="Seats held of all seats, 0..1; more where overbooked.")
    median_fill_rate: float | None = strawberry.field(description="Seats held of its seats: half of the sessions have no more.")
    p90_fill_rate: float | None = strawberry.field(description="The same: nine of ten sessions have no more.")
    enrollments: int = strawberry.field(description="Places that were asked for, of those that the viewer may see.")
    waitlisted: int = strawberry.field(description="How many of these wait for a seat.")
    attendance_rate: float | None = strawberry.field(
        description="Completed of these, of those completed or not shown up, 0..1; null where there are none."
    )
