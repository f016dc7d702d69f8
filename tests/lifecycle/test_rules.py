"""The rules by themselves: for every state, actor and action, what hub/lifecycle.py says, against a table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from hub.lifecycle import (
    MOST_ASSIGNMENTS,
    MOST_FINDINGS,
    MOST_HANDOFFS,
    Actor,
    Offer,
    Standing,
    allowed_actions,
    not_its_side,
    obstacle,
    offer_to,
    opening,
)
from hub.user_errors import UserError
from hub.vocabulary import EngagementAction, EngagementStatus, HandoffStatus, Phase

NOW = datetime(2026, 4, 1, tzinfo=UTC)
LEAD, RECEIVER, BYSTANDER = 1, 2, 3

STAFF, NOBODY = Actor(True, None), Actor(False, None)
ACTORS = {
    "staff": STAFF,
    "lead": Actor(False, LEAD),
    "receiver": Actor(False, RECEIVER),
    "bystander": Actor(False, BYSTANDER),
    "nobody": NOBODY,
}

OFFER = Offer(1, Phase.AWARENESS, Phase.AWARENESS, LEAD, RECEIVER, HandoffStatus.OFFERED, NOW + timedelta(seconds=1))
LAPSED = replace(OFFER, respond_by=NOW)

OFFERS = {"no offer": None, "open offer": OFFER, "lapsed offer": LAPSED}


def standing(phase: Phase = Phase.AWARENESS, offer: Offer | None = None, *, prescribed: bool = True) -> Standing:
    return Standing(
        id=1,
        phase=phase,
        status=EngagementStatus.OPEN,
        lead_partner_id=LEAD,
        version=1,
        region=None,
        is_prescribed=prescribed,
        findings=0,
        handoffs=0,
        assignments=1,
        offer=offer,
        now=NOW,
    )


def letters(actions: list[EngagementAction]) -> str:
    """Actions in one word, a letter each."""
    names = dict(zip(EngagementAction, "FPNOADWCX", strict=True))
    return "".join(names[action] for action in actions)


# F finding, P prescribe, N advance to the next phase, O offer, A accept, D decline, W withdraw, C complete, X abandon.
# The lead is strong in CONSULTATION and in UTILIZATION.
TABLE = """
    phase         offer         staff    lead    receiver
    AWARENESS     no offer      FPNOX    FPNOX   -
    AWARENESS     open offer    FPADWX   FPWX    AD
    AWARENESS     lapsed offer  FPNOX    FPNOX   -
    CONSULTATION  no offer      FPOX     FPOX    -
    CONSULTATION  open offer    FPADWX   FPWX    AD
    CONSULTATION  lapsed offer  FPOX     FPOX    -
    DEPLOYMENT    no offer      NOX      NOX     -
    DEPLOYMENT    open offer    ADWX     WX      AD
    DEPLOYMENT    lapsed offer  NOX      NOX     -
    UTILIZATION   no offer      OCX      OCX     -
    UTILIZATION   open offer    ADWCX    WCX     AD
    UTILIZATION   lapsed offer  OCX      OCX     -
"""

STRENGTHS = frozenset({Phase.CONSULTATION, Phase.UTILIZATION})


def _rows() -> list[tuple[Phase, str, dict[str, str]]]:
    rows = []
    for line in TABLE.strip().splitlines()[1:]:
        phase, first, second, *allowed = line.split()
        by_actor = dict(zip(("staff", "lead", "receiver"), (word.strip("-") for word in allowed), strict=True))
        rows.append((Phase(phase), f"{first} {second}", by_actor | {"bystander": "", "nobody": ""}))
    return rows


@pytest.mark.parametrize(("phase", "offer", "allowed"), _rows(), ids=lambda value: str(getattr(value, "value", value))[:20])
def test_the_table(phase: Phase, offer: str, allowed: dict[str, str]) -> None:
    state = standing(phase, OFFERS[offer])
    found = {name: letters(allowed_actions(state, actor, STRENGTHS)) for name, actor in ACTORS.items()}
    assert found == allowed


@pytest.mark.parametrize("status", [EngagementStatus.COMPLETED, EngagementStatus.ABANDONED])
def test_a_closed_engagement_allows_nothing(status: EngagementStatus) -> None:
    for phase, offer, actor in product(Phase, OFFERS.values(), ACTORS.values()):
        assert allowed_actions(replace(standing(phase, offer), status=status), actor, frozenset(Phase)) == []


def code(error: UserError | None) -> tuple[str, str | None] | None:
    """A refusal's code and field."""
    return None if error is None else (error.code.value, None if error.field is None else error.field[1])


def test_entering_deployment_needs_a_prescription() -> None:
    unprescribed = standing(Phase.CONSULTATION, prescribed=False)
    required = "PRESCRIPTION_REQUIRED"
    assert code(obstacle(EngagementAction.ADVANCE_PHASE, unprescribed, frozenset(Phase))) == (required, "engagementId")
    assert code(offer_to(unprescribed, Phase.DEPLOYMENT, RECEIVER, frozenset(Phase))) == (required, "toPhase")
    offer = replace(OFFER, from_phase=Phase.CONSULTATION, to_phase=Phase.DEPLOYMENT)
    accepted = replace(unprescribed, offer=offer)
    assert code(obstacle(EngagementAction.ACCEPT_HANDOFF, accepted)) == (required, "handoffId")
    assert code(opening(Phase.DEPLOYMENT, frozenset(Phase))) == (required, "phase")
    # Within DEPLOYMENT nothing is entered.
    assert offer_to(standing(Phase.DEPLOYMENT, prescribed=False), Phase.DEPLOYMENT, RECEIVER, frozenset(Phase)) is None


def test_into_which_phases_and_to_whom() -> None:
    for from_phase, to_phase in product(Phase, Phase):
        steps = list(Phase).index(to_phase) - list(Phase).index(from_phase)
        state = standing(from_phase)
        expected = None if steps in (0, 1) else ("INVALID_TRANSITION", "toPhase")
        assert code(offer_to(state, to_phase, RECEIVER, {to_phase})) == expected
        if expected is None:
            assert code(offer_to(state, to_phase, RECEIVER, set(Phase) - {to_phase})) == ("ROLE_MISMATCH", "toPartnerId")
            assert code(offer_to(state, to_phase, LEAD, set(Phase))) == ("INVALID", "toPartnerId")


def test_in_which_phases_an_engagement_is_opened() -> None:
    for phase in set(Phase) - {Phase.DEPLOYMENT}:
        assert opening(phase, {phase}) is None
        assert code(opening(phase, set(Phase) - {phase})) == ("ROLE_MISMATCH", "phase")


@pytest.mark.parametrize(
    ("full", "actions"),
    [
        ({"findings": MOST_FINDINGS}, [EngagementAction.RECORD_FINDING]),
        ({"handoffs": MOST_HANDOFFS}, [EngagementAction.OFFER_HANDOFF]),
        ({"assignments": MOST_ASSIGNMENTS}, [EngagementAction.ADVANCE_PHASE, EngagementAction.OFFER_HANDOFF]),
    ],
    ids=["findings", "handoffs", "assignments"],
)
def test_lists_without_pages_have_an_end(full: dict[str, int], actions: list[EngagementAction]) -> None:
    state = replace(standing(), **full)  # type: ignore[arg-type]
    for action in actions:
        assert code(obstacle(action, state, STRENGTHS)) == ("INVALID", None)
    assert set(allowed_actions(standing(), STAFF, STRENGTHS)) - set(allowed_actions(state, STAFF, STRENGTHS)) == set(actions)
    one_less = replace(standing(), **{name: most - 1 for name, most in full.items()})  # type: ignore[arg-type]
    assert allowed_actions(one_less, STAFF, STRENGTHS) == allowed_actions(standing(), STAFF, STRENGTHS)


def test_an_offer_is_open_until_its_time_has_come() -> None:
    assert OFFER.is_open(NOW)
    assert not OFFER.has_lapsed(NOW)
    assert LAPSED.has_lapsed(NOW)
    assert not LAPSED.is_open(NOW)
    for status in set(HandoffStatus) - {HandoffStatus.OFFERED}:
        answered = replace(LAPSED, status=status)
        assert not answered.is_open(NOW - timedelta(days=1))
        assert not answered.has_lapsed(NOW)


def test_whose_side_an_action_is_on_does_not_depend_on_what_stands_in_its_way() -> None:
    for action in (EngagementAction.ACCEPT_HANDOFF, EngagementAction.DECLINE_HANDOFF):
        assert not_its_side(action, standing(offer=LAPSED), ACTORS["receiver"]) is None
        assert code(not_its_side(action, standing(offer=LAPSED), ACTORS["lead"])) == ("NOT_ALLOWED", None)
        assert code(obstacle(action, standing(offer=LAPSED))) == ("OFFER_CLOSED", "handoffId")
