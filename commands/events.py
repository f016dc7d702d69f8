"""The events of an engagement, and what of each is frozen when it happens.

`to` says where the engagement is, or is to be, after the event: phase and leading firm. `from` says where it comes from, where
it moves or is to move. Both are the hand-off's own where there is one.

type               hand-off   from phase    to phase      from partner   to partner
ENGAGEMENT_OPENED  -          -             the phase     -              the lead
FINDING_RECORDED   -          -             the phase     -              the lead
PRESCRIBED         -          -             the phase     -              the lead
HANDOFF_OFFERED    yes        its from      its to        its sender     its receiver
HANDOFF_ACCEPTED   yes        its from      its to        its sender     its receiver
HANDOFF_DECLINED   yes        its from      its to        its sender     its receiver
HANDOFF_EXPIRED    yes        its from      its to        its sender     its receiver
HANDOFF_WITHDRAWN  yes        its from      its to        its sender     its receiver
PHASE_CHANGED      if by one  the last      the new       the last lead  the lead (the same, unless by a hand-off)
ENGAGEMENT_CLOSED  -          the phase     -             the lead       -

Every event has the client's region.
"""

from dataclasses import dataclass

from hub.lifecycle import Offer, Standing
from hub.vocabulary import HandoffEventType, Phase


@dataclass(frozen=True, slots=True)
class Event:
    """What one event says, beside which engagement and version it is of, and when it was."""

    type: HandoffEventType
    handoff_id: int | None = None
    from_phase: Phase | None = None
    to_phase: Phase | None = None
    from_partner_id: int | None = None
    to_partner_id: int | None = None


def happened(type: HandoffEventType, phase: Phase, lead_partner_id: int) -> Event:
    """Something happened within a phase: ENGAGEMENT_OPENED, FINDING_RECORDED, PRESCRIBED."""
    return Event(type, to_phase=phase, to_partner_id=lead_partner_id)


def of_handoff(type: HandoffEventType, offer: Offer) -> Event:
    """An offer was made or ended."""
    return Event(type, offer.id, offer.from_phase, offer.to_phase, offer.from_partner_id, offer.to_partner_id)


def phase_changed(before: Standing, phase: Phase, lead_partner_id: int, handoff_id: int | None = None) -> Event:
    """The engagement went into another phase."""
    return Event(HandoffEventType.PHASE_CHANGED, handoff_id, before.phase, phase, before.lead_partner_id, lead_partner_id)


def closed(before: Standing) -> Event:
    """The engagement was closed."""
    return Event(HandoffEventType.ENGAGEMENT_CLOSED, from_phase=before.phase, from_partner_id=before.lead_partner_id)
