"""Hand-offs: offered by the firm that leads; accepted, declined or withdrawn; and returned when nobody answered in time."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from commands import events
from commands.engagements import refer
from commands.events import Event
from commands.idempotency import Outcome
from commands.standing import (
    ANSWER_HANDOFF,
    change,
    end_offer,
    lock_for,
    lock_free,
    lock_of_handoff,
    reassign,
    without_lapsed_offer,
)
from commands.write import Write
from hub.lifecycle import Offer, obstacle, offer_to
from hub.user_errors import Refused, invalid, not_found, refuse
from hub.vocabulary import DeclineReason, EngagementAction, HandoffEventType, HandoffStatus, Phase, SourceName
from sql import load

OFFER = load(SourceName.ENGAGEMENTS, "offer_handoff")


async def offer_handoff(
    write: Write,
    *,
    engagement_id: int,
    to_partner_id: int,
    to_phase: Phase,
    note: str | None,
    respond_by: datetime | None,
    expected_version: int | None,
    strengths: Mapping[int, Collection[Phase]],
    days: int,
    most_days: int,
) -> Outcome:
    """Offer a hand-off, to be answered within so many days unless it is said when, which may be in so many days at most."""
    action = EngagementAction.OFFER_HANDOFF
    locked = await lock_for(write, action, engagement_id, expected_version)
    refuse(obstacle(action, locked.standing))
    if to_partner_id not in strengths:
        raise Refused([not_found("toPartnerId")])
    refuse(offer_to(locked.standing, to_phase, to_partner_id, strengths[to_partner_id]))
    respond_by = locked.at + timedelta(days=days) if respond_by is None else respond_by
    if respond_by <= locked.at:
        refuse(invalid("respondBy", "回答期限は未来の日時にしてください。", "respondBy must be in the future."))
    if respond_by > locked.at + timedelta(days=most_days):
        refuse(
            invalid("respondBy", f"回答期限は{most_days}日以内にしてください。", f"respondBy must be within {most_days} days.")
        )
    locked = await without_lapsed_offer(write, locked)
    standing = locked.standing
    (offered,) = await write.rows(
        OFFER,
        engagement_id=engagement_id,
        from_phase=standing.phase,
        to_phase=to_phase,
        from_partner_id=standing.lead_partner_id,
        to_partner_id=to_partner_id,
        note=note,
        at=locked.at,
        respond_by=respond_by,
    )
    offer = Offer(
        id=offered["id"],
        from_phase=standing.phase,
        to_phase=to_phase,
        from_partner_id=standing.lead_partner_id,
        to_partner_id=to_partner_id,
        status=HandoffStatus.OFFERED,
        respond_by=respond_by,
    )
    await change(write, locked, [events.of_handoff(HandoffEventType.HANDOFF_OFFERED, offer)], offer=offer)
    return Outcome(engagement_id=engagement_id, handoff_id=offer.id)


async def accept_handoff(write: Write, *, handoff_id: int, external_ref: str | None, expected_version: int | None) -> Outcome:
    """Accept a hand-off: its receiver leads, in its phase. externalRef is what the receiver calls the engagement."""
    locked, offer = await lock_of_handoff(write, EngagementAction.ACCEPT_HANDOFF, handoff_id, expected_version)
    before = locked.standing
    await write.rows(
        ANSWER_HANDOFF, id=offer.id, status=HandoffStatus.ACCEPTED, at=locked.at, decline_reason=None, decline_note=None
    )
    await reassign(write, locked, offer.to_phase, offer.to_partner_id)
    happened: list[Event] = [events.of_handoff(HandoffEventType.HANDOFF_ACCEPTED, offer)]
    if offer.to_phase is not before.phase:
        happened.append(events.phase_changed(before, offer.to_phase, offer.to_partner_id, offer.id))
    await change(write, locked, happened, phase=offer.to_phase, lead_partner_id=offer.to_partner_id, offer=None)
    if external_ref is not None:
        await refer(write, locked.id, offer.to_partner_id, external_ref)
    return Outcome(engagement_id=locked.id, handoff_id=handoff_id)


async def decline_handoff(
    write: Write, *, handoff_id: int, reason: DeclineReason, note: str | None, expected_version: int | None
) -> Outcome:
    """Decline a hand-off: it returns to its sender, who leads as before."""
    locked, offer = await lock_of_handoff(write, EngagementAction.DECLINE_HANDOFF, handoff_id, expected_version)
    await write.rows(
        ANSWER_HANDOFF,
        id=offer.id,
        status=HandoffStatus.DECLINED,
        at=locked.at,
        decline_reason=reason,
        decline_note=note,
    )
    await change(write, locked, [events.of_handoff(HandoffEventType.HANDOFF_DECLINED, offer)], offer=None)
    return Outcome(engagement_id=locked.id, handoff_id=handoff_id)


async def withdraw_handoff(write: Write, *, handoff_id: int, expected_version: int | None) -> Outcome:
    """Withdraw a hand-off that was offered."""
    locked, offer = await lock_of_handoff(write, EngagementAction.WITHDRAW_HANDOFF, handoff_id, expected_version)
    await end_offer(write, locked, offer, HandoffStatus.WITHDRAWN, HandoffEventType.HANDOFF_WITHDRAWN)
    return Outcome(engagement_id=locked.id, handoff_id=handoff_id)


async def return_lapsed_offer(write: Write, *, engagement_id: int) -> bool:
    """Return an offer that has lapsed to its sender; False where another transaction is at it, or has been."""
    locked = await lock_free(write, engagement_id)
    return locked is not None and await without_lapsed_offer(write, locked) is not locked
