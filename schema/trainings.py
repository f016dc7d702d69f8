"""Source 4, trainings: courses, their sessions, who takes part."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

import loaders.directory
import loaders.engagements
import loaders.trainings
from hub.context import RequestContext
from loaders.reading import Row
from schema.directory import Partner
from schema.enums import EnrollmentStatus
from schema.fields import computed, connection, edge
from schema.price import search
from schema.relay import Connection, Node

if TYPE_CHECKING:
    from schema.engagements import Engagement


@strawberry.type(description="A course that a firm provides.")
class Course(Node):
    title: str
    product: str | None
    hours: int
    provider: Partner | None = edge(loaders.directory.partners_by_id, key="provider_id")
    sessions: Connection[Annotated["TrainingSession", strawberry.lazy("schema.trainings")]] = connection(
        loaders.trainings.SESSIONS_OF_COURSE, description="By their start, soonest first."
    )


def _seats_left(session: Row, _context: RequestContext) -> int:
    return max(0, int(session["seats"]) - int(session["enrolled_count"]))


@strawberry.type(description="One holding of a course.")
class TrainingSession(Node):
    course: Course = edge(loaders.trainings.courses_by_id, key="course_id")
    starts_at: datetime
    region: str | None
    seats: int

    seats_left: int = computed(_seats_left, columns=("seats", "enrolled_count"), description="Seats that nobody holds yet.")

    enrolled_count: int = strawberry.field(description="Seats that are held: enrolled, completed, or not shown up.")
    enrollments: Connection[Annotated["Enrollment", strawberry.lazy("schema.trainings")]] = connection(
        loaders.trainings.ENROLLMENTS_OF_SESSION
    )


@strawberry.type(description="One attendee's place in a session.")
class Enrollment(Node):
    session: TrainingSession = edge(loaders.trainings.sessions_by_id, key="session_id")
    attendee: str
    status: EnrollmentStatus
    engagement: Annotated["Engagement", strawberry.lazy("schema.engagements")] | None = edge(
        loaders.engagements.engagements_by_id, key="engagement_id", description="The engagement on whose behalf."
    )


@strawberry.input(description="Which courses; every field given narrows them further.")
class CourseFilter:
    search: str | None = search()
    product: str | None = strawberry.UNSET
    provider_id: strawberry.ID | None = strawberry.UNSET


@strawberry.input(description="Which sessions; every field given narrows them further.")
class TrainingSessionFilter:
    course_id: strawberry.ID | None = strawberry.UNSET
    regions: list[str] | None = strawberry.field(default=strawberry.UNSET, description="ISO 3166-2.")
    starts_from: datetime | None = strawberry.UNSET
    starts_to: datetime | None = strawberry.UNSET
    has_seats: bool | None = strawberry.UNSET
