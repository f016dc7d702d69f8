"""Changes of one engagement by those who lead it: opened, examined, prescribed for, led on, closed; and what firms call it."""

from collections.abc import Collection, Mapping

import asyncpg

from commands import events
from commands.idempotency import Outcome
from commands.standing import (
    END_ASSIGNMENT,
    START_ASSIGNMENT,
    change,
    end_offer,
    lock,
    lock_for,
    reassign,
    record,
    without_lapsed_offer,
)
from commands.write import Write
from hub.lifecycle import ACTION_OF_OUTCOME, obstacle, opening
from hub.user_errors import Refused, conflict, duplicate, not_allowed, not_found, refuse
from hub.vocabulary import (
    EngagementAction,
    EngagementOutcome,
    EngagementStatus,
    HandoffEventType,
    HandoffStatus,
    Phase,
    SourceName,
)
from loaders.engagement_actions import actor_of
from loaders.engagements import ENGAGEMENTS, SYMPTOMS
from sql import load

LOCK_CLIENT = load(SourceName.ENGAGEMENTS, "lock_client")
OPEN = load(SourceName.ENGAGEMENTS, "open_engagement")
RECORD_FINDING = load(SourceName.ENGAGEMENTS, "record_finding")
PRESCRIBE = load(SourceName.ENGAGEMENTS, "prescribe")
SET_EXTERNAL_REF = load(SourceName.ENGAGEMENTS, "set_external_ref")

Strengths = Mapping[int, Collection[Phase]]
"""The phases that firms are strong in; no entry of what is no firm."""


async def open_engagement(
    write: Write,
    *,
    client_id: int,
    title: str,
    phase: Phase,
    lead_partner_id: int,
    external_ref: str | None,
    strengths: Strengths,
) -> Outcome:
    """Open an engagement that this firm leads: one that advises the client, or that staff name."""
    client = await write.row(LOCK_CLIENT, client_id=client_id)
    if client is None:
        raise Refused([not_found("clientId")])
    actor = actor_of(write.viewer)
    if not actor.acts_for(client["advisor_id"]):
        refuse(
            not_allowed(
                "この顧客の顧問だけが案件を開始できます。", "Only the client's advisor opens an engagement.", "clientId"
            )
        )
    if lead_partner_id not in strengths:
        raise Refused([not_found("leadPartnerId")])
    refuse(opening(phase, strengths[lead_partner_id]))
    at = client["at"]
    (opened,) = await write.rows(OPEN, title=title, client_id=client_id, phase=phase, lead_partner_id=lead_partner_id, at=at)
    await write.rows(START_ASSIGNMENT, engagement_id=opened["id"], phase=phase, partner_id=lead_partner_id, at=at)
    if external_ref is not None:
        await refer(write, opened["id"], lead_partner_id, external_ref)
    event = events.happened(HandoffEventType.ENGAGEMENT_OPENED, phase, lead_partner_id)
    await record(write, event, engagement_id=opened["id"], version=1, region=client["region"], at=at)
    return Outcome(engagement_id=opened["id"])


async def record_finding(
    write: Write, *, engagement_id: int, symptom: str, note: str | None, expected_version: int | None
) -> Outcome:
    """Record what the advisor found."""
    locked = await lock_for(write, EngagementAction.RECORD_FINDING, engagement_id, expected_version)
    standing = locked.standing
    refuse(obstacle(EngagementAction.RECORD_FINDING, standing))
    if not await write.rows(SYMPTOMS, codes=[symptom]):
        raise Refused([not_found("symptom")])
    await write.rows(RECORD_FINDING, engagement_id=engagement_id, symptom_code=symptom, note=note, at=locked.at)
    event = events.happened(HandoffEventType.FINDING_RECORDED, standing.phase, standing.lead_partner_id)
    await change(write, locked, [event])
    return Outcome(engagement_id=engagement_id)


async def prescribe(
    write: Write, *, engagement_id: int, remedy: str, note: str | None, expected_version: int | None
) -> Outcome:
    """Write what the advisor prescribes, in the place of what it prescribed before."""
    locked = await lock_for(write, EngagementAction.PRESCRIBE, engagement_id, expected_version)
    standing = locked.standing
    refuse(obstacle(EngagementAction.PRESCRIBE, standing))
    await write.rows(PRESCRIBE, engagement_id=engagement_id, remedy=remedy, note=note, at=locked.at)
    event = events.happened(HandoffEventType.PRESCRIBED, standing.phase, standing.lead_partner_id)
    await change(write, locked, [event])
    return Outcome(engagement_id=engagement_id)


async def advance_phase(write: Write, *, engagement_id: int, expected_version: int | None, strengths: Strengths) -> Outcome:
    """The lead goes on into the next phase itself. strengths: of the firm that led when they were read."""
    action = EngagementAction.ADVANCE_PHASE
    locked = await lock_for(write, action, engagement_id, expected_version)
    if locked.standing.lead_partner_id not in strengths:
        # The lead has changed since, or has left the directory.
        raise Refused([conflict()])
    refuse(obstacle(action, locked.standing, strengths[locked.standing.lead_partner_id]))
    locked = await without_lapsed_offer(write, locked)
    before = locked.standing
    phase = before.next_phase
    assert phase is not None
    await reassign(write, locked, phase, before.lead_partner_id)
    await change(write, locked, [events.phase_changed(before, phase, before.lead_partner_id)], phase=phase)
    return Outcome(engagement_id=engagement_id)


async def close_engagement(
    write: Write, *, engagement_id: int, outcome: EngagementOutcome, note: str | None, expected_version: int | None
) -> Outcome:
    """Close an engagement. An open offer is withdrawn, with an event of its own: the firm that holds it must hear of it."""
    action = ACTION_OF_OUTCOME[outcome]
    locked = await lock_for(write, action, engagement_id, expected_version)
    refuse(obstacle(action, locked.standing))
    locked = await without_lapsed_offer(write, locked)
    offer = locked.standing.offer
    if offer is not None:
        locked = await end_offer(write, locked, offer, HandoffStatus.WITHDRAWN, HandoffEventType.HANDOFF_WITHDRAWN)
    await write.rows(END_ASSIGNMENT, engagement_id=engagement_id, at=locked.at)
    await change(write, locked, [events.closed(locked.standing)], status=EngagementStatus(outcome.value), closing_note=note)
    return Outcome(engagement_id=engagement_id)


async def set_external_ref(write: Write, *, engagement_id: int, external_ref: str | None) -> Outcome:
    """Write what the viewer's firm calls an engagement that it sees in full; None takes it away. No event, no version."""
    partner_id = write.viewer.partner_id
    await lock(write, engagement_id)
    (seen,) = await write.rows(ENGAGEMENTS, ids=[engagement_id])
    if partner_id is None or seen["client_id"] is None:
        # Only where an engagement is seen in full does its client show.
        refuse(
            not_allowed(
                "この案件を担当する事業者だけが操作できます。", "Only a firm that has part in the engagement may do this."
            )
        )
    assert partner_id is not None
    await refer(write, engagement_id, partner_id, external_ref)
    return Outcome(engagement_id=engagement_id)


async def refer(write: Write, engagement_id: int, partner_id: int, external_ref: str | None) -> None:
    """Write what a firm calls an engagement; Refused where it calls another so."""
    try:
        await write.rows(SET_EXTERNAL_REF, engagement_id=engagement_id, partner_id=partner_id, ref=external_ref)
    except asyncpg.UniqueViolationError:
        raise Refused(
            [
                duplicate(
                    "externalRef",
                    "この externalRef は別の案件で使用中です。",
                    "The firm calls another engagement by this externalRef.",
                )
            ]
        ) from None
