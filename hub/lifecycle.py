"""What may be done with an engagement, by whom and when: the one place, for the mutations and for `allowedActions` alike.

Pure functions over what is known of an engagement (Standing) and who acts (Actor). `not_its_side` says whether an action is for
this actor to take; `obstacle` what stands in its way as things are. Where both say nothing, the action is allowed:

action             for whom                              when the engagement is open and
RECORD_FINDING     the leading advisor                   has room for one more finding
PRESCRIBE          the leading advisor                   (a new prescription takes the place of the last)
ADVANCE_PHASE      the lead                              it has a next phase, that the lead is strong in; no offer is open
OFFER_HANDOFF      the lead                              no offer is open
ACCEPT_HANDOFF     the firm that it is offered to        the offer is open
DECLINE_HANDOFF    the firm that it is offered to        the offer is open
WITHDRAW_HANDOFF   the firm that offered it              the offer is open
COMPLETE           the lead                              it is in UTILIZATION
ABANDON            the lead                              always

The leading advisor is the lead while the phase is one of advisors. Staff act for all sides. Entering DEPLOYMENT, in whatever
way, needs a prescription. An offer is open while it is OFFERED and its time has not come, whether or not it was swept.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.user_errors import UserError, invalid, not_allowed, path
from hub.vocabulary import (
    PHASES_OF_ROLE,
    EngagementAction,
    EngagementOutcome,
    EngagementStatus,
    HandoffStatus,
    PartnerRole,
    Phase,
    UserErrorCode,
)

MOST_ASSIGNMENTS: Final = 50
MOST_FINDINGS: Final = 100
MOST_HANDOFFS: Final = 100
"""What an engagement has of each, at most: the graph lists them without pages."""

ACTION_OF_OUTCOME: Final = {
    EngagementOutcome.COMPLETED: EngagementAction.COMPLETE,
    EngagementOutcome.ABANDONED: EngagementAction.ABANDON,
}

_PHASES: Final = tuple(Phase)
_ADVISORY: Final = PHASES_OF_ROLE[PartnerRole.ADVISOR]
_OF_ADVISOR: Final = (EngagementAction.RECORD_FINDING, EngagementAction.PRESCRIBE)
_OF_RECEIVER: Final = (EngagementAction.ACCEPT_HANDOFF, EngagementAction.DECLINE_HANDOFF)
_OF_OFFER: Final = (*_OF_RECEIVER, EngagementAction.WITHDRAW_HANDOFF)

PHASE_IN_JAPANESE: Final = {
    Phase.AWARENESS: "啓発",
    Phase.CONSULTATION: "相談",
    Phase.DEPLOYMENT: "導入",
    Phase.UTILIZATION: "活用",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: staff, or a firm; neither is reporting, or a machine of no firm."""

    is_staff: bool
    partner_id: int | None

    def acts_for(self, partner_id: int) -> bool:
        """Whether what this firm may do is this actor's to do."""
        return self.is_staff or self.partner_id == partner_id


@dataclass(frozen=True, slots=True)
class Offer:
    """A hand-off."""

    id: int
    from_phase: Phase
    to_phase: Phase
    from_partner_id: int
    to_partner_id: int
    status: HandoffStatus
    respond_by: datetime

    def has_lapsed(self, now: datetime) -> bool:
        """Whether it was not answered in time, and still stands as if it could be."""
        return self.status is HandoffStatus.OFFERED and self.respond_by <= now

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be answered."""
        return self.status is HandoffStatus.OFFERED and self.respond_by > now


@dataclass(frozen=True, slots=True)
class Standing:
    """How an engagement stands at a moment. `offer`: the one that is OFFERED, or the hand-off that is asked about."""

    id: int
    phase: Phase
    status: EngagementStatus
    lead_partner_id: int
    version: int
    region: str | None
    is_prescribed: bool
    findings: int
    handoffs: int
    assignments: int
    offer: Offer | None
    now: datetime

    @property
    def next_phase(self) -> Phase | None:
        """The phase after the present one; None after the last."""
        position = _PHASES.index(self.phase) + 1
        return _PHASES[position] if position < len(_PHASES) else None

    @property
    def has_open_offer(self) -> bool:
        """Whether somebody may still answer an offer of it."""
        return self.offer is not None and self.offer.is_open(self.now)


def allowed_actions(standing: Standing, actor: Actor, strengths_of_lead: Collection[Phase]) -> list[EngagementAction]:
    """What the actor may do next, in the order of the vocabulary. strengths_of_lead: asked of ADVANCE_PHASE alone."""
    return [
        action
        for action in EngagementAction
        if not_its_side(action, standing, actor) is None and obstacle(action, standing, strengths_of_lead) is None
    ]


def not_its_side(action: EngagementAction, standing: Standing, actor: Actor) -> UserError | None:
    """Why an action is not this actor's to take."""
    if action in _OF_RECEIVER:
        if standing.offer is not None and actor.acts_for(standing.offer.to_partner_id):
            return None
        return not_allowed(
            "この引き継ぎの打診を受けた事業者だけが操作できます。", "Only the firm that it is offered to may do this."
        )
    if action is EngagementAction.WITHDRAW_HANDOFF:
        if standing.offer is not None and actor.acts_for(standing.offer.from_partner_id):
            return None
        return not_allowed("この引き継ぎを打診した事業者だけが操作できます。", "Only the firm that offered it may do this.")
    leads = actor.acts_for(standing.lead_partner_id)
    if action in _OF_ADVISOR and not (actor.is_staff or (leads and standing.phase in _ADVISORY)):
        return not_allowed("この案件を主導する助言者だけが操作できます。", "Only the leading advisor may do this.")
    if not leads:
        return not_allowed(
            "この案件を主導する事業者だけが操作できます。", "Only the firm that leads the engagement may do this."
        )
    return None


def obstacle(action: EngagementAction, standing: Standing, strengths_of_lead: Collection[Phase] = ()) -> UserError | None:
    """What stands in an action's way, whoever takes it."""
    if action in _OF_OFFER and not standing.has_open_offer:
        return UserError(
            UserErrorCode.OFFER_CLOSED,
            "この打診はすでに回答済み、取り下げ済み、または期限切れです。",
            "The offer is open no more: it was answered or withdrawn, or has lapsed.",
            path("handoffId"),
        )
    if standing.status is not EngagementStatus.OPEN:
        return _transition(
            "この案件は終了しています。", "The engagement is closed.", "handoffId" if action in _OF_OFFER else "engagementId"
        )
    match action:
        case EngagementAction.RECORD_FINDING:
            return _not_advisory(standing) or _full(standing.findings, MOST_FINDINGS, "所見", "findings")
        case EngagementAction.PRESCRIBE:
            return _not_advisory(standing)
        case EngagementAction.ADVANCE_PHASE:
            return _advance(standing, strengths_of_lead)
        case EngagementAction.OFFER_HANDOFF:
            return (
                _pending(standing)
                or _full(standing.handoffs, MOST_HANDOFFS, "引き継ぎ", "hand-offs")
                or _full(standing.assignments, MOST_ASSIGNMENTS, "担当の履歴", "assignments")
            )
        case EngagementAction.ACCEPT_HANDOFF:
            assert standing.offer is not None
            return _entering(standing, standing.offer.to_phase, "handoffId")
        case EngagementAction.COMPLETE if standing.phase is not Phase.UTILIZATION:
            return _transition(
                "完了できるのは活用フェーズの案件だけです。", "Only from UTILIZATION is one completed.", "outcome"
            )
    return None


def offer_to(
    standing: Standing, to_phase: Phase, to_partner_id: int, strengths_of_target: Collection[Phase]
) -> UserError | None:
    """What stands in the way of offering a hand-off into this phase to this firm, beside what stands in the way of any."""
    if to_phase not in (standing.phase, standing.next_phase):
        return _transition(
            "引き継ぎ先は現在または次のフェーズに限ります。", "A hand-off is into the same phase or the next.", "toPhase"
        )
    if to_partner_id == standing.lead_partner_id:
        return invalid("toPartnerId", "この事業者はすでに案件を主導しています。", "This firm leads the engagement already.")
    return _entering(standing, to_phase, "toPhase") or strong_in(to_phase, strengths_of_target, "toPartnerId")


def opening(phase: Phase, strengths_of_lead: Collection[Phase]) -> UserError | None:
    """What stands in the way of opening an engagement in this phase."""
    if phase is Phase.DEPLOYMENT:
        return _prescription_required("phase")
    return strong_in(phase, strengths_of_lead, "phase")


def strong_in(phase: Phase, strengths: Collection[Phase], field: str) -> UserError | None:
    """What a firm lacks to lead this phase."""
    if phase in strengths:
        return None
    return UserError(
        UserErrorCode.ROLE_MISMATCH,
        f"この事業者の所属団体は{PHASE_IN_JAPANESE[phase]}フェーズを担当しません。",
        f"None of the firm's associations is strong in {phase.value}.",
        path(field),
    )


def _advance(standing: Standing, strengths_of_lead: Collection[Phase]) -> UserError | None:
    phase = standing.next_phase
    if phase is None:
        return _transition("最後のフェーズです。", "This is the last phase.", "engagementId")
    return (
        _pending(standing)
        or _entering(standing, phase, "engagementId")
        or strong_in(phase, strengths_of_lead, "engagementId")
        or _full(standing.assignments, MOST_ASSIGNMENTS, "担当の履歴", "assignments")
    )


def _entering(standing: Standing, phase: Phase, field: str) -> UserError | None:
    if phase is Phase.DEPLOYMENT and standing.phase is not phase and not standing.is_prescribed:
        return _prescription_required(field)
    return None


def _prescription_required(field: str) -> UserError:
    return UserError(
        UserErrorCode.PRESCRIPTION_REQUIRED,
        "導入フェーズに進むには処方が必要です。",
        "DEPLOYMENT is not entered without a prescription.",
        path(field),
    )


def _not_advisory(standing: Standing) -> UserError | None:
    if standing.phase in _ADVISORY:
        return None
    return _transition(
        "所見と処方を記録できるのは啓発・相談フェーズだけです。",
        "Findings and prescriptions are recorded in AWARENESS and CONSULTATION.",
        "engagementId",
    )


def _pending(standing: Standing) -> UserError | None:
    if not standing.has_open_offer:
        return None
    return UserError(
        UserErrorCode.OFFER_PENDING,
        "回答待ちの打診があります。回答を待つか、取り下げてください。",
        "An offer waits for its answer: wait for it, or withdraw it.",
        path("engagementId"),
    )


def _full(found: int, most: int, ja: str, en: str) -> UserError | None:
    if found < most:
        return None
    return UserError(UserErrorCode.INVALID, f"{ja}は{most}件までです。", f"An engagement has at most {most} {en}.", None)


def _transition(ja: str, en: str, field: str) -> UserError:
    return UserError(UserErrorCode.INVALID_TRANSITION, ja, en, path(field))
