"""The life of engagements as the design tells it, in plain Python: who may do what, and what comes of it."""

from dataclasses import dataclass, field

PHASES = ["AWARENESS", "CONSULTATION", "DEPLOYMENT", "UTILIZATION"]

STAFF = 0

STRENGTHS = {
    1: PHASES[:2],
    2: PHASES[:2],
    3: PHASES[2:3],
    4: PHASES[2:3],
    5: PHASES[3:],
    6: PHASES,
    7: [],
}
"""What each firm of the town is strong in."""


@dataclass
class Offer:
    """A hand-off."""

    engagement: "Engagement"
    from_phase: str
    to_phase: str
    sender: int
    receiver: int
    status: str = "OFFERED"
    lapsed: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it can be answered."""
        return self.status == "OFFERED" and not self.lapsed


@dataclass
class Engagement:
    """An engagement, and all that has become of it."""

    advisor: int
    phase: str
    lead: int
    status: str = "OPEN"
    prescribed: bool = False
    findings: int = 0
    events: list[str] = field(default_factory=lambda: ["ENGAGEMENT_OPENED"])
    led: list[tuple[str, int]] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.led.append((self.phase, self.lead))

    @property
    def version(self) -> int:
        """One with each event."""
        return len(self.events)

    @property
    def offer(self) -> Offer | None:
        """The one that is OFFERED, lapsed or not."""
        return next((offer for offer in self.offers if offer.status == "OFFERED"), None)

    @property
    def following(self) -> str | None:
        """The next phase."""
        position = PHASES.index(self.phase) + 1
        return PHASES[position] if position < len(PHASES) else None

    def shows_in_full(self, actor: int) -> bool:
        """To staff, the client's advisor, and who leads or has led."""
        return actor in (STAFF, self.advisor) or any(firm == actor for _, firm in self.led)

    def shows(self, actor: int) -> bool:
        """In full, or as an offer that is open."""
        return self.shows_in_full(actor) or any(offer.receiver == actor and offer.is_open for offer in self.offers)

    def goes(self, phase: str, lead: int) -> None:
        """Somebody leads on."""
        self.phase, self.lead = phase, lead
        self.led.append((phase, lead))

    def ends_offer(self, status: str) -> None:
        """The open offer is over."""
        offer = self.offer
        assert offer is not None
        offer.status = status
        self.events.append(f"HANDOFF_{status}")

    def sweeps(self) -> None:
        """A lapsed offer returns."""
        if self.offer is not None and self.offer.lapsed:
            self.ends_offer("EXPIRED")


def _enters(engagement: Engagement, phase: str) -> str | None:
    if phase == "DEPLOYMENT" and engagement.phase != phase and not engagement.prescribed:
        return "PRESCRIPTION_REQUIRED"
    return None


def _leads(engagement: Engagement, actor: int) -> bool:
    return actor in (STAFF, engagement.lead)


def _begin(engagement: Engagement, actor: int, entitled: bool, stale: bool) -> str | None:
    if not engagement.shows(actor):
        return "NOT_FOUND"
    if not entitled:
        return "NOT_ALLOWED"
    if stale:
        return "CONFLICT"
    return None if engagement.status == "OPEN" else "INVALID_TRANSITION"


def record(engagement: Engagement, actor: int, *, prescription: bool, stale: bool = False) -> str | None:
    """A finding or a prescription; why not, or None and it is done."""
    advisory = engagement.phase in PHASES[:2]
    entitled = actor == STAFF or (actor == engagement.lead and advisory)
    refused = _begin(engagement, actor, entitled, stale) or (None if advisory else "INVALID_TRANSITION")
    if refused is None:
        engagement.events.append("PRESCRIBED" if prescription else "FINDING_RECORDED")
        engagement.prescribed |= prescription
        engagement.findings += not prescription
    return refused


def may_advance(engagement: Engagement) -> str | None:
    """What stands in the way of the lead's going on itself."""
    following = engagement.following
    if following is None:
        return "INVALID_TRANSITION"
    if engagement.offer is not None and engagement.offer.is_open:
        return "OFFER_PENDING"
    return _enters(engagement, following) or (None if following in STRENGTHS[engagement.lead] else "ROLE_MISMATCH")


def advance(engagement: Engagement, actor: int, *, stale: bool = False) -> str | None:
    """As `record`."""
    refused = _begin(engagement, actor, _leads(engagement, actor), stale) or may_advance(engagement)
    if refused is None:
        engagement.sweeps()
        assert engagement.following is not None
        engagement.events.append("PHASE_CHANGED")
        engagement.goes(engagement.following, engagement.lead)
    return refused


def offer(engagement: Engagement, actor: int, receiver: int, phase: str, *, stale: bool = False) -> str | None:
    """As `record`."""
    refused = _begin(engagement, actor, _leads(engagement, actor), stale)
    if refused is None and engagement.offer is not None and engagement.offer.is_open:
        refused = "OFFER_PENDING"
    elif refused is None and phase not in (engagement.phase, engagement.following):
        refused = "INVALID_TRANSITION"
    elif refused is None and receiver == engagement.lead:
        refused = "INVALID"
    refused = refused or _enters(engagement, phase) or (None if phase in STRENGTHS[receiver] else "ROLE_MISMATCH")
    if refused is None:
        engagement.sweeps()
        engagement.offers.append(Offer(engagement, engagement.phase, phase, engagement.lead, receiver))
        engagement.events.append("HANDOFF_OFFERED")
    return refused


def answer(handoff: Offer, actor: int, verb: str, *, stale: bool = False) -> str | None:
    """Accept, decline or withdraw; as `record`."""
    engagement = handoff.engagement
    if actor not in (handoff.sender, handoff.receiver) and not engagement.shows_in_full(actor):
        return "NOT_FOUND"
    if actor not in (STAFF, handoff.sender if verb == "withdraw" else handoff.receiver):
        return "NOT_ALLOWED"
    if not handoff.is_open:
        return "OFFER_CLOSED"
    if stale:
        return "CONFLICT"
    engagement.ends_offer({"accept": "ACCEPTED", "decline": "DECLINED", "withdraw": "WITHDRAWN"}[verb])
    if verb == "accept":
        if handoff.to_phase != engagement.phase:
            engagement.events.append("PHASE_CHANGED")
        engagement.goes(handoff.to_phase, handoff.receiver)
    return None


def close(engagement: Engagement, actor: int, outcome: str, *, stale: bool = False) -> str | None:
    """As `record`."""
    refused = _begin(engagement, actor, _leads(engagement, actor), stale)
    if refused is None and outcome == "COMPLETED" and engagement.phase != "UTILIZATION":
        refused = "INVALID_TRANSITION"
    if refused is None:
        engagement.sweeps()
        if engagement.offer is not None:
            engagement.ends_offer("WITHDRAWN")
        engagement.status = outcome
        engagement.events.append("ENGAGEMENT_CLOSED")
    return refused


def allowed(engagement: Engagement, actor: int) -> list[str]:
    """What the actor may do next."""
    if engagement.status != "OPEN":
        return []
    leads, offered = _leads(engagement, actor), engagement.offer
    open_offer = offered if offered is not None and offered.is_open else None
    actions = ["RECORD_FINDING", "PRESCRIBE"] if leads and engagement.phase in PHASES[:2] else []
    actions += ["ADVANCE_PHASE"] if leads and may_advance(engagement) is None else []
    actions += ["OFFER_HANDOFF"] if leads and open_offer is None else []
    if open_offer is not None:
        actions += ["ACCEPT_HANDOFF", "DECLINE_HANDOFF"] if actor in (STAFF, open_offer.receiver) else []
        actions += ["WITHDRAW_HANDOFF"] if actor in (STAFF, open_offer.sender) else []
    actions += ["COMPLETE"] if leads and engagement.phase == "UTILIZATION" else []
    return actions + (["ABANDON"] if leads else [])
