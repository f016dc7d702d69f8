"""Root fields over trainings."""

from collections.abc import Mapping
from typing import Any

from hub.context import RequestContext
from loaders.pages import Connection
from loaders.trainings import COURSES_PAGES, SESSIONS_PAGES
from resolvers import arguments


def courses(context: RequestContext, *, filter: Mapping[str, Any] | None = None, **window: Any) -> Connection:
    """Courses."""
    narrowed = arguments.given(filter)
    arguments.search(narrowed.get("search"), "filter.search")
    arguments.text(narrowed.get("product"), "filter.product")
    narrowed["provider_id"] = arguments.key("Partner", narrowed.get("provider_id"), "filter.providerId")
    return Connection(context, COURSES_PAGES, **window, **narrowed)


def training_sessions(context: RequestContext, *, filter: Mapping[str, Any] | None = None, **window: Any) -> Connection:
    """Sessions, soonest first."""
    return Connection(context, SESSIONS_PAGES, **window, **narrow_sessions(filter=filter))


def narrow_sessions(*, filter: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a TrainingSessionFilter means to the query."""
    narrowed = arguments.given(filter)
    arguments.regions(narrowed.get("regions"), "filter.regions")
    narrowed["course_id"] = arguments.key("Course", narrowed.get("course_id"), "filter.courseId")
    narrowed["starts_before"] = narrowed.pop("starts_to", None)
    return narrowed
