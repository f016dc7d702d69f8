"""How one engagement stands, under a lock, and how it is changed: one version and one event in the outbox for each thing that
happens to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from commands import events
from commands.events import Event
from commands.write import Write
from hub.lifecycle import Actor, Offer, Standing, not_its_side, obstacle
from hub.user_errors import Refused, UserError, conflict, not_found, refuse
from hub.vocabulary import EngagementAction, EngagementStatus, HandoffEventType, HandoffStatus, Phase, SourceName
from loaders.engagement_actions import STANDINGS, actor_of, standing_of
from loaders.engagements import HANDOFFS
from sql import load

LOCK = load(SourceName.ENGAGEMENTS, "lock_engagement")
LOCK_OF_HANDOFF = load(SourceName.ENGAGEMENTS, "lock_engagement_of_handoff")
LOCK_FREE = load(SourceName.ENGAGEMENTS, "lock_free_engagement")
CHANGE = load(SourceName.ENGAGEMENTS, "change_engagement")
RECORD_EVENT = load(SourceName.ENGAGEMENTS, "record_event")
ANSWER_HANDOFF = load(SourceName.ENGAGEMENTS, "answer_handoff")
END_ASSIGNMENT = load(SourceName.ENGAGEMENTS, "end_assignment")
START_ASSIGNMENT = load(SourceName.ENGAGEMENTS, "start_assignment")


@dataclass(frozen=True, slots=True)
class Locked:
    """An engagement that this transaction has locked: how it stands, who acts, and the moment that its changes are given."""

    standing: Standing
    actor: Actor
    at: datetime

    @property
    def id(self) -> int:
        """The engagement's."""
        return self.standing.id


async def lock_for(write: Write, action: EngagementAction, engagement_id: int, expected_version: int | None) -> Locked:
    """Lock an engagement, if the viewer sees it, the action is its side's, and the version is still the one that it expects."""
    await lock(write, engagement_id)
    locked = await _locked(write, engagement_id)
    refuse(not_its_side(action, locked.standing, locked.actor))
    refuse(_stale(locked, expected_version))
    return locked


async def lock(write: Write, engagement_id: int) -> None:
    """Lock an engagement, if the viewer sees it."""
    if await write.row(LOCK, engagement_id=engagement_id) is None:
        raise Refused([not_found("engagementId")])


async def lock_of_handoff(
    write: Write, action: EngagementAction, handoff_id: int, expected_version: int | None
) -> tuple[Locked, Offer]:
    """Lock the engagement of a hand-off, if the viewer sees that, the action is its side's, and the offer is still open.

    Where the offer is open no more, that is what is said, and not whether the version would still be right: a firm that
    declined an offer is told nothing further of the engagement.
    """
    found = await write.row(LOCK_OF_HANDOFF, handoff_id=handoff_id)
    rows = [] if found is None else await write.rows(HANDOFFS, ids=[handoff_id])
    if found is None or not rows:
        raise Refused([not_found("handoffId")])
    locked = await _locked(write, found["id"])
    offer = Offer(
        id=handoff_id,
        from_phase=Phase(rows[0]["from_phase"]),
        to_phase=Phase(rows[0]["to_phase"]),
        from_partner_id=rows[0]["from_partner_id"],
        to_partner_id=rows[0]["to_partner_id"],
        status=HandoffStatus(rows[0]["status"]),
        respond_by=rows[0]["respond_by"],
    )
    locked = replace(locked, standing=replace(locked.standing, offer=offer))
    refuse(not_its_side(action, locked.standing, locked.actor))
    if offer.is_open(locked.standing.now):
        refuse(_stale(locked, expected_version))
    refuse(obstacle(action, locked.standing))
    return locked, offer


async def lock_free(write: Write, engagement_id: int) -> Locked | None:
    """Lock an engagement, unless another transaction has it."""
    found = await write.row(LOCK_FREE, engagement_id=engagement_id)
    return None if found is None else await _locked(write, engagement_id)


async def without_lapsed_offer(write: Write, locked: Locked) -> Locked:
    """The engagement with an offer that has lapsed returned to its sender, where there is one and nobody has swept it yet."""
    offer = locked.standing.offer
    if offer is None or not offer.has_lapsed(locked.standing.now):
        return locked
    return await end_offer(write, locked, offer, HandoffStatus.EXPIRED, HandoffEventType.HANDOFF_EXPIRED)


async def end_offer(write: Write, locked: Locked, offer: Offer, status: HandoffStatus, event: HandoffEventType) -> Locked:
    """The engagement with its offer ended, and led as before."""
    await write.rows(ANSWER_HANDOFF, id=offer.id, status=status, at=locked.at, decline_reason=None, decline_note=None)
    return await change(write, locked, [events.of_handoff(event, offer)], offer=None)


async def change(
    write: Write,
    locked: Locked,
    happened: Sequence[Event],
    *,
    closing_note: str | None = None,
    **changed: Phase | int | EngagementStatus | Offer | None,
) -> Locked:
    """Write what changed of an engagement, and each event with a version of its own."""
    before = locked.standing
    after = replace(before, version=before.version + len(happened), **changed)  # type: ignore[arg-type]
    await write.rows(
        CHANGE,
        id=after.id,
        phase=after.phase,
        status=after.status,
        lead_partner_id=after.lead_partner_id,
        version=after.version,
        at=locked.at,
        closing_note=closing_note,
    )
    for version, event in enumerate(happened, before.version + 1):
        await record(write, event, engagement_id=after.id, version=version, region=after.region, at=locked.at)
    return replace(locked, standing=after)


async def record(write: Write, event: Event, *, engagement_id: int, version: int, region: str | None, at: datetime) -> None:
    """Leave an event in the outbox."""
    await write.rows(
        RECORD_EVENT,
        type=event.type,
        at=at,
        engagement_id=engagement_id,
        version=version,
        handoff_id=event.handoff_id,
        from_phase=event.from_phase,
        to_phase=event.to_phase,
        from_partner_id=event.from_partner_id,
        to_partner_id=event.to_partner_id,
        region=region,
    )


async def reassign(write: Write, locked: Locked, phase: Phase, partner_id: int) -> None:
    """End the present assignment, and start the next."""
    await write.rows(END_ASSIGNMENT, engagement_id=locked.id, at=locked.at)
    await write.rows(START_ASSIGNMENT, engagement_id=locked.id, phase=phase, partner_id=partner_id, at=locked.at)


async def _locked(write: Write, engagement_id: int) -> Locked:
    (row,) = await write.rows(STANDINGS, locked_id=engagement_id)
    return Locked(standing_of(row), actor_of(write.viewer), row["at"])


def _stale(locked: Locked, expected_version: int | None) -> UserError | None:
    return conflict() if expected_version not in (None, locked.standing.version) else None
