"""Reads of trainings: courses, their sessions, who takes part."""

from collections.abc import Sequence
from functools import partial

from hub.context import RequestContext
from hub.vocabulary import SourceName
from loaders.by_key import read_by_key
from loaders.cursors import Order
from loaders.pages import Pages
from loaders.reading import Columns, Row
from loaders.reference import Reference, read_cached
from sql import load

COURSES = load(SourceName.TRAININGS, "courses")
SESSIONS = load(SourceName.TRAININGS, "sessions")
ENROLLMENTS = load(SourceName.TRAININGS, "enrollments")

COURSES_KEPT = Reference(SourceName.TRAININGS, "courses", "trainings.course")

SOONEST_FIRST = Order((("starts_at", "timestamptz"), ("id", "int8")))

COURSES_PAGES = Pages(COURSES)
COURSES_OF_PARTNER = Pages(COURSES, parent="provider_id")
SESSIONS_PAGES = Pages(SESSIONS, order=SOONEST_FIRST)
SESSIONS_OF_COURSE = Pages(SESSIONS, parent="course_id", order=SOONEST_FIRST)
ENROLLMENTS_OF_SESSION = Pages(ENROLLMENTS, parent="session_id")
ENROLLMENTS_OF_ENGAGEMENT = Pages(ENROLLMENTS, parent="engagement_id")


@COURSES_KEPT
async def courses_by_id(context: RequestContext, ids: Sequence[int], *, columns: Columns = None) -> list[Row | None]:
    """Courses. ids: n -> n rows or None, in the order of the ids."""
    return await read_cached(
        context,
        COURSES_KEPT,
        ids,
        partial(read_by_key, context, COURSES),
        columns=columns,
    )


async def sessions_by_id(context: RequestContext, ids: Sequence[int], *, columns: Columns = None) -> list[Row | None]:
    """Sessions. ids: n -> n rows or None, in the order of the ids."""
    return await read_by_key(context, SESSIONS, ids, columns=columns)


async def enrollments_by_id(context: RequestContext, ids: Sequence[int], *, columns: Columns = None) -> list[Row | None]:
    """Enrollments. ids: n -> n rows or None, in the order of the ids."""
    return await read_by_key(context, ENROLLMENTS, ids, columns=columns)
