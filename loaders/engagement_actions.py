"""What the viewer may do next with engagements: how they stand, read in batches, by the rules that the mutations apply."""

from collections.abc import Sequence

from hub.context import RequestContext
from hub.errors import SourceUnavailable
from hub.lifecycle import Actor, Offer, Standing, allowed_actions
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import EngagementStatus, HandoffStatus, Phase, SourceName
from loaders.by_key import read_by_key
from loaders.directory import associations_by_id, partners_by_id
from loaders.reading import Columns, Row
from sql import load

STANDINGS = load(SourceName.ENGAGEMENTS, "standings")

NOBODY = Actor(is_staff=False, partner_id=None)


def actor_of(viewer: Viewer) -> Actor:
    """Whose side a viewer is on; of none where it belongs to no firm and is not staff."""
    return Actor(viewer.kind is ViewerKind.STAFF, viewer.partner_id)


def standing_of(row: Row) -> Standing:
    """A row of STANDINGS as the rules take it."""
    offer = None
    if row["offer_id"] is not None:
        offer = Offer(
            id=row["offer_id"],
            from_phase=Phase(row["offer_from_phase"]),
            to_phase=Phase(row["offer_to_phase"]),
            from_partner_id=row["offer_from_partner_id"],
            to_partner_id=row["offer_to_partner_id"],
            status=HandoffStatus.OFFERED,
            respond_by=row["offer_respond_by"],
        )
    return Standing(
        id=row["id"],
        phase=Phase(row["phase"]),
        status=EngagementStatus(row["status"]),
        lead_partner_id=row["lead_partner_id"],
        version=row["version"],
        region=row["region"],
        is_prescribed=row["is_prescribed"],
        findings=row["findings"],
        handoffs=row["handoffs"],
        assignments=row["assignments"],
        offer=offer,
        now=row["now"],
    )


async def standings_by_id(context: RequestContext, ids: Sequence[int]) -> list[Standing | None]:
    """How engagements stand that the viewer sees. ids: n -> n or None, in the order of the ids."""
    rows = await read_by_key(context, STANDINGS, ids)
    return [None if row is None else standing_of(row) for row in rows]


async def actions_by_engagement(context: RequestContext, ids: Sequence[int], *, columns: Columns = None) -> list[list[str]]:
    """What the viewer may do next. ids: n engagements -> n lists, in the order of the vocabulary.

    Where the directory cannot say what a lead is strong in, the lead may not advance the phase: nor would the mutation let it.
    """
    actor = actor_of(context.viewer)
    if actor == NOBODY:
        return [[] for _ in ids]
    standings = await standings_by_id(context, ids)
    leads = {standing.lead_partner_id for standing in standings if standing and actor.acts_for(standing.lead_partner_id)}
    strengths = await _strengths(context, sorted(leads))
    return [
        []
        if standing is None
        else [action.value for action in allowed_actions(standing, actor, strengths.get(standing.lead_partner_id, frozenset()))]
        for standing in standings
    ]


async def _strengths(context: RequestContext, partner_ids: Sequence[int]) -> dict[int, frozenset[Phase]]:
    """The phases that firms are strong in, of reference data that may be cached."""
    if not partner_ids:
        return {}
    try:
        partners = await partners_by_id(context, partner_ids)
        of_partner = {partner["id"]: partner["association_ids"] for partner in partners if partner is not None}
        association_ids = sorted({each for ids in of_partner.values() for each in ids})
        associations = await associations_by_id(context, association_ids) if association_ids else []
    except SourceUnavailable:
        return {}
    phases = {row["id"]: row["phases"] for row in associations if row is not None}
    return {
        partner_id: frozenset(Phase(phase) for each in ids for phase in phases.get(each, ()))
        for partner_id, ids in of_partner.items()
    }
