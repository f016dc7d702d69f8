"""What a viewer may do next with an engagement of the world: the design's words in plain Python, without hub/lifecycle.py."""

from tests.visibility.oracle import Sight
from tests.visibility.world import Row

PHASES = ["AWARENESS", "CONSULTATION", "DEPLOYMENT", "UTILIZATION"]


def allowed(sight: Sight, engagement: Row) -> list[str]:
    """The actions, in the order of the contract."""
    if engagement["status"] != "OPEN" or sight.is_reporting or (sight.firm is None and not sight.is_staff):
        return []
    offers = sight.world.where("engagements.handoff", engagement_id=engagement["id"], status="OFFERED")
    offer = next((row for row in offers if row["respond_by"] > sight.world.now), None)
    phase = engagement["phase"]
    actions = []
    if sight.is_staff or sight.firm == engagement["lead_partner_id"]:
        if phase in ("AWARENESS", "CONSULTATION"):
            actions += ["RECORD_FINDING", "PRESCRIBE"]
        if offer is None:
            if _can_advance(sight, engagement):
                actions.append("ADVANCE_PHASE")
            actions.append("OFFER_HANDOFF")
    if offer is not None:
        if sight.is_staff or sight.firm == offer["to_partner_id"]:
            actions += ["ACCEPT_HANDOFF", "DECLINE_HANDOFF"]
            if offer["to_phase"] == "DEPLOYMENT" and phase == "CONSULTATION" and not _is_prescribed(sight, engagement):
                actions.remove("ACCEPT_HANDOFF")
        if sight.is_staff or sight.firm == offer["from_partner_id"]:
            actions.append("WITHDRAW_HANDOFF")
    if sight.is_staff or sight.firm == engagement["lead_partner_id"]:
        actions += ["COMPLETE", "ABANDON"] if phase == "UTILIZATION" else ["ABANDON"]
    return actions


def _can_advance(sight: Sight, engagement: Row) -> bool:
    following = PHASES[PHASES.index(engagement["phase"]) + 1 :]
    if not following:
        return False
    joined = sight.world.where("directory.membership", partner_id=engagement["lead_partner_id"])
    strong = {phase for row in joined for phase in sight.world.one("directory.association", row["association_id"])["phases"]}
    return following[0] in strong and (following[0] != "DEPLOYMENT" or _is_prescribed(sight, engagement))


def _is_prescribed(sight: Sight, engagement: Row) -> bool:
    return bool(sight.world.where("engagements.prescription", engagement_id=engagement["id"]))
