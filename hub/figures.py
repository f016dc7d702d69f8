"""The words of figures: what each source can be grouped by, and what is measured of a group.

Each member has the fragment of its name, in lower case, in sql/<source>/<…>_figures.sql.
"""

from enum import Enum


class EngagementDimension(Enum):
    """What engagements can be grouped by."""

    PHASE = "PHASE"
    STATUS = "STATUS"
    REGION = "REGION"
    INDUSTRY = "INDUSTRY"
    SYMPTOM = "SYMPTOM"
    LEAD_PARTNER = "LEAD_PARTNER"
    LEAD_ASSOCIATION = "LEAD_ASSOCIATION"
    LEAD_REGION = "LEAD_REGION"
    OPENED_WEEK = "OPENED_WEEK"
    OPENED_MONTH = "OPENED_MONTH"
    OPENED_QUARTER = "OPENED_QUARTER"
    OPENED_YEAR = "OPENED_YEAR"


class EngagementMeasure(Enum):
    """What is measured of a group of engagements."""

    ENGAGEMENTS = "ENGAGEMENTS"
    CLIENTS = "CLIENTS"
    HANDOFFS = "HANDOFFS"
    ACCEPTANCE_RATE = "ACCEPTANCE_RATE"
    MEDIAN_DAYS_TO_ACCEPT = "MEDIAN_DAYS_TO_ACCEPT"
    P90_DAYS_TO_ACCEPT = "P90_DAYS_TO_ACCEPT"
    MEDIAN_DAYS_OPEN = "MEDIAN_DAYS_OPEN"
    P90_DAYS_OPEN = "P90_DAYS_OPEN"
    COMPLETION_RATE = "COMPLETION_RATE"


class HandoffDimension(Enum):
    """What hand-offs can be grouped by."""

    STATUS = "STATUS"
    FROM_PHASE = "FROM_PHASE"
    TO_PHASE = "TO_PHASE"
    DECLINE_REASON = "DECLINE_REASON"
    FROM_PARTNER = "FROM_PARTNER"
    TO_PARTNER = "TO_PARTNER"
    FROM_ASSOCIATION = "FROM_ASSOCIATION"
    TO_ASSOCIATION = "TO_ASSOCIATION"
    FROM_REGION = "FROM_REGION"
    TO_REGION = "TO_REGION"
    OFFERED_WEEK = "OFFERED_WEEK"
    OFFERED_MONTH = "OFFERED_MONTH"
    OFFERED_QUARTER = "OFFERED_QUARTER"
    OFFERED_YEAR = "OFFERED_YEAR"


class HandoffMeasure(Enum):
    """What is measured of a group of hand-offs."""

    HANDOFFS = "HANDOFFS"
    SENDERS = "SENDERS"
    RECEIVERS = "RECEIVERS"
    ACCEPTANCE_RATE = "ACCEPTANCE_RATE"
    LAPSE_RATE = "LAPSE_RATE"
    MEDIAN_DAYS_TO_ACCEPT = "MEDIAN_DAYS_TO_ACCEPT"
    P90_DAYS_TO_ACCEPT = "P90_DAYS_TO_ACCEPT"
    MEDIAN_DAYS_TO_DECLINE = "MEDIAN_DAYS_TO_DECLINE"


class CertificationDimension(Enum):
    """What certifications can be grouped by."""

    PROGRAM = "PROGRAM"
    LEVEL = "LEVEL"
    STATUS = "STATUS"
    PARTNER = "PARTNER"
    ASSOCIATION = "ASSOCIATION"
    REGION = "REGION"
    AWARDED_WEEK = "AWARDED_WEEK"
    AWARDED_MONTH = "AWARDED_MONTH"
    AWARDED_QUARTER = "AWARDED_QUARTER"
    AWARDED_YEAR = "AWARDED_YEAR"
    EXPIRES_WEEK = "EXPIRES_WEEK"
    EXPIRES_MONTH = "EXPIRES_MONTH"
    EXPIRES_QUARTER = "EXPIRES_QUARTER"
    EXPIRES_YEAR = "EXPIRES_YEAR"


class CertificationMeasure(Enum):
    """What is measured of a group of certifications."""

    CERTIFICATIONS = "CERTIFICATIONS"
    PARTNERS = "PARTNERS"
    ACTIVE_RATE = "ACTIVE_RATE"
    MEDIAN_DAYS_LEFT = "MEDIAN_DAYS_LEFT"
    P10_DAYS_LEFT = "P10_DAYS_LEFT"


class TrainingDimension(Enum):
    """What training sessions can be grouped by."""

    COURSE = "COURSE"
    PRODUCT = "PRODUCT"
    PROVIDER = "PROVIDER"
    PROVIDER_ASSOCIATION = "PROVIDER_ASSOCIATION"
    PROVIDER_REGION = "PROVIDER_REGION"
    REGION = "REGION"
    STARTS_WEEK = "STARTS_WEEK"
    STARTS_MONTH = "STARTS_MONTH"
    STARTS_QUARTER = "STARTS_QUARTER"
    STARTS_YEAR = "STARTS_YEAR"


class TrainingMeasure(Enum):
    """What is measured of a group of training sessions."""

    SESSIONS = "SESSIONS"
    COURSES = "COURSES"
    PROVIDERS = "PROVIDERS"
    SEATS = "SEATS"
    SEATS_HELD = "SEATS_HELD"
    FILL_RATE = "FILL_RATE"
    MEDIAN_FILL_RATE = "MEDIAN_FILL_RATE"
    P90_FILL_RATE = "P90_FILL_RATE"
    ENROLLMENTS = "ENROLLMENTS"
    WAITLISTED = "WAITLISTED"
    ATTENDANCE_RATE = "ATTENDANCE_RATE"


class CommunityDimension(Enum):
    """What posts can be grouped by."""

    VISIBILITY = "VISIBILITY"
    PARTNER = "PARTNER"
    ASSOCIATION = "ASSOCIATION"
    REGION = "REGION"
    POSTED_WEEK = "POSTED_WEEK"
    POSTED_MONTH = "POSTED_MONTH"
    POSTED_QUARTER = "POSTED_QUARTER"
    POSTED_YEAR = "POSTED_YEAR"


class CommunityMeasure(Enum):
    """What is measured of a group of posts."""

    POSTS = "POSTS"
    PARTNERS = "PARTNERS"
    AUTHORS = "AUTHORS"
    COMMENTS = "COMMENTS"
    ANSWERED_RATE = "ANSWERED_RATE"
    MEDIAN_COMMENTS = "MEDIAN_COMMENTS"
    MEDIAN_HOURS_TO_ANSWER = "MEDIAN_HOURS_TO_ANSWER"
    P90_HOURS_TO_ANSWER = "P90_HOURS_TO_ANSWER"
