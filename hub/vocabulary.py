"""The words of the domain, once: sources, phases, roles, states. The graph's enums and the tables' checks use these names."""

from enum import Enum


class SourceName(Enum):
    """The five systems; the value is the stem of a source's files, its Postgres schema and its settings."""

    DIRECTORY = "directory"
    CERTIFICATIONS = "certifications"
    ENGAGEMENTS = "engagements"
    TRAININGS = "trainings"
    COMMUNITY = "community"

    # Members are one of a kind; enum's own hash is a function in Python, and sources are looked up at every read.
    __hash__ = object.__hash__


THREADS_CONSUMER = "threads"
"""Who reads the event log to open threads in the community (commands/threads.py): the name under which it keeps its place."""


class Phase(Enum):
    """The four phases of bringing IT to a small business: 啓発, 相談, 導入, 活用."""

    AWARENESS = "AWARENESS"
    CONSULTATION = "CONSULTATION"
    DEPLOYMENT = "DEPLOYMENT"
    UTILIZATION = "UTILIZATION"


class PartnerRole(Enum):
    """What a partner firm does: it advises (IT coordinators: accountants, tax accountants), integrates (SI, ISV), trains."""

    ADVISOR = "ADVISOR"
    INTEGRATOR = "INTEGRATOR"
    TRAINER = "TRAINER"


PHASES_OF_ROLE: dict[PartnerRole, tuple[Phase, ...]] = {
    PartnerRole.ADVISOR: (Phase.AWARENESS, Phase.CONSULTATION),
    PartnerRole.INTEGRATOR: (Phase.DEPLOYMENT,),
    PartnerRole.TRAINER: (Phase.UTILIZATION,),
}
"""The phases each role is strong in."""


class CertificationStatus(Enum):
    """Where an award stands on a day; EXPIRED by the calendar."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


class RegistryStatus(Enum):
    """What the national corporate register says of a corporation."""

    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"
    MERGED = "MERGED"
    UNKNOWN = "UNKNOWN"


class EngagementStatus(Enum):
    """Whether an engagement is under way, and how it ended."""

    OPEN = "OPEN"
    COMPLETED = "COMPLETED"
    ABANDONED = "ABANDONED"


class EngagementOutcome(Enum):
    """How an engagement is closed."""

    COMPLETED = "COMPLETED"
    ABANDONED = "ABANDONED"


class EngagementAction(Enum):
    """What can be done with an engagement; what each takes is in hub/lifecycle.py."""

    RECORD_FINDING = "RECORD_FINDING"
    PRESCRIBE = "PRESCRIBE"
    ADVANCE_PHASE = "ADVANCE_PHASE"
    OFFER_HANDOFF = "OFFER_HANDOFF"
    ACCEPT_HANDOFF = "ACCEPT_HANDOFF"
    DECLINE_HANDOFF = "DECLINE_HANDOFF"
    WITHDRAW_HANDOFF = "WITHDRAW_HANDOFF"
    COMPLETE = "COMPLETE"
    ABANDON = "ABANDON"


class HandoffEventType(Enum):
    """What can happen to an engagement: one event, and one version of it, each."""

    ENGAGEMENT_OPENED = "ENGAGEMENT_OPENED"
    FINDING_RECORDED = "FINDING_RECORDED"
    PRESCRIBED = "PRESCRIBED"
    HANDOFF_OFFERED = "HANDOFF_OFFERED"
    HANDOFF_ACCEPTED = "HANDOFF_ACCEPTED"
    HANDOFF_DECLINED = "HANDOFF_DECLINED"
    HANDOFF_EXPIRED = "HANDOFF_EXPIRED"
    HANDOFF_WITHDRAWN = "HANDOFF_WITHDRAWN"
    PHASE_CHANGED = "PHASE_CHANGED"
    ENGAGEMENT_CLOSED = "ENGAGEMENT_CLOSED"


class UserErrorCode(Enum):
    """Why an input was refused, in a way that the user can mend."""

    REQUIRED = "REQUIRED"
    INVALID = "INVALID"
    TOO_LONG = "TOO_LONG"
    NOT_FOUND = "NOT_FOUND"
    NOT_ALLOWED = "NOT_ALLOWED"
    CONFLICT = "CONFLICT"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    INVALID_TRANSITION = "INVALID_TRANSITION"
    ROLE_MISMATCH = "ROLE_MISMATCH"
    OFFER_PENDING = "OFFER_PENDING"
    OFFER_CLOSED = "OFFER_CLOSED"
    PRESCRIPTION_REQUIRED = "PRESCRIPTION_REQUIRED"
    DUPLICATE = "DUPLICATE"
    SEATS_TAKEN = "SEATS_TAKEN"
    URL_REFUSED = "URL_REFUSED"


class HandoffStatus(Enum):
    """Where the offer of a hand-off stands."""

    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


class HandoffDirection(Enum):
    """Seen from one firm: offered to it, or offered by it."""

    INCOMING = "INCOMING"
    OUTGOING = "OUTGOING"


class DeclineReason(Enum):
    """Why an offered hand-off was declined."""

    NO_CAPACITY = "NO_CAPACITY"
    OUT_OF_REGION = "OUT_OF_REGION"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    DUPLICATE = "DUPLICATE"
    CONFLICT_OF_INTEREST = "CONFLICT_OF_INTEREST"
    OTHER = "OTHER"


class EnrollmentStatus(Enum):
    """Where one attendee's place in a training session stands."""

    WAITLISTED = "WAITLISTED"
    ENROLLED = "ENROLLED"
    COMPLETED = "COMPLETED"
    NO_SHOW = "NO_SHOW"
    CANCELLED = "CANCELLED"


class PostVisibility(Enum):
    """Who may read a post: every partner, the members of an association, the firms of an engagement."""

    NETWORK = "NETWORK"
    ASSOCIATION = "ASSOCIATION"
    ENGAGEMENT = "ENGAGEMENT"


class OrderDirection(Enum):
    """Ascending or descending."""

    ASC = "ASC"
    DESC = "DESC"


class PartnerOrderField(Enum):
    """What partners can be ordered by; the id settles ties."""

    ID = "ID"
    NAME_KANA = "NAME_KANA"
    JOINED_ON = "JOINED_ON"


class EngagementOrderField(Enum):
    """What engagements can be ordered by; the id settles ties."""

    ID = "ID"
    OPENED_AT = "OPENED_AT"
    UPDATED_AT = "UPDATED_AT"


class SourceState(Enum):
    """UP answers; DEGRADED failed of late and is being tried; DOWN is not asked until its breaker tries again."""

    UP = "UP"
    DEGRADED = "DEGRADED"
    DOWN = "DOWN"
