"""node and nodes: any object by its global id, by the contract's rules, with one query a type for any number of ids."""

from engine.declarations import Batch, Find
from hub import global_id
from hub.context import RequestContext
from hub.errors import BadInput
from loaders import certifications, community, directory, engagements, trainings

MOST_NODES = 100

BATCHES: dict[str, Batch] = {
    "Association": directory.associations_by_id,
    "Partner": directory.partners_by_id,
    "Member": directory.members_by_id,
    "Certification": certifications.certifications_by_id,
    "Client": engagements.clients_by_id,
    "Engagement": engagements.engagements_by_id,
    "Handoff": engagements.handoffs_by_id,
    "Course": trainings.courses_by_id,
    "TrainingSession": trainings.sessions_by_id,
    "Enrollment": trainings.enrollments_by_id,
    "Post": community.posts_by_id,
    "Comment": community.comments_by_id,
}
"""How the rows of each type with a global id are read; a test holds it complete."""


def node(_context: RequestContext, *, id: str) -> Find | None:
    """The row of a global id; None for one of a type that the graph does not have."""
    return _find(id, "id")


def nodes(_context: RequestContext, *, ids: list[str]) -> list[Find | Exception | None]:
    """As `node`, each id by itself: what is wrong with one is an error in its own place."""
    if len(ids) > MOST_NODES:
        raise BadInput("ids", f"must be at most {MOST_NODES}, not {len(ids)}")
    return [_caught(id, f"ids[{index}]") for index, id in enumerate(ids)]


def _caught(id: str, field: str) -> Find | Exception | None:
    try:
        return _find(id, field)
    except BadInput as error:
        return error


def _find(id: str, field: str) -> Find | None:
    type_name, key = global_id.decode(id, field)
    batch = BATCHES.get(type_name)
    return None if batch is None else Find(batch, key, type_name)
