"""node and nodes: any object by its global id, by the contract's rules, with one query a type for any number of ids."""

from collections.abc import Awaitable

from hub import global_id
from hub.context import Batch, RequestContext
from hub.errors import BadInput
from loaders import certifications, community, directory, engagements, trainings
from loaders.reading import Row

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

Found = tuple[str, Row]


async def node(context: RequestContext, *, id: str) -> Found | None:
    """The type's name and the row; None for a well-formed id of nothing that the viewer may see."""
    return await _load(context, *global_id.decode(id, "id"))


def nodes(context: RequestContext, *, ids: list[str]) -> list[Awaitable[Found | None]]:
    """As `node`, each id by itself: what is wrong with one, or with its source, is null in its own place."""
    if len(ids) > MOST_NODES:
        raise BadInput("ids", f"must be at most {MOST_NODES}, not {len(ids)}")
    return [_load_one(context, id, f"ids[{index}]") for index, id in enumerate(ids)]


async def _load_one(context: RequestContext, id: str, field: str) -> Found | None:
    return await _load(context, *global_id.decode(id, field))


async def _load(context: RequestContext, type_name: str, key: int) -> Found | None:
    batch = BATCHES.get(type_name)
    row: Row | None = None if batch is None else await context.loader(batch).load(key)
    return None if row is None else (type_name, row)
