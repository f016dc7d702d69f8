"""The vocabulary's enums, made known to the graph under their names and docstrings."""

from enum import Enum

import strawberry

from hub.vocabulary import (
    CertificationStatus,
    DeclineReason,
    EngagementAction,
    EngagementOrderField,
    EngagementOutcome,
    EngagementStatus,
    EnrollmentStatus,
    HandoffDirection,
    HandoffEventType,
    HandoffStatus,
    OrderDirection,
    PartnerOrderField,
    PartnerRole,
    Phase,
    PostVisibility,
    RegistryStatus,
    SourceState,
    UserErrorCode,
)

__all__ = [
    "CertificationStatus",
    "DeclineReason",
    "EngagementAction",
    "EngagementOrderField",
    "EngagementOutcome",
    "EngagementStatus",
    "EnrollmentStatus",
    "HandoffDirection",
    "HandoffEventType",
    "HandoffStatus",
    "OrderDirection",
    "PartnerOrderField",
    "PartnerRole",
    "Phase",
    "PostVisibility",
    "RegistryStatus",
    "SourceState",
    "UserErrorCode",
]

_SHOWN: tuple[type[Enum], ...] = (
    CertificationStatus,
    DeclineReason,
    EngagementAction,
    EngagementOrderField,
    EngagementOutcome,
    EngagementStatus,
    EnrollmentStatus,
    HandoffDirection,
    HandoffEventType,
    HandoffStatus,
    OrderDirection,
    PartnerOrderField,
    PartnerRole,
    Phase,
    PostVisibility,
    RegistryStatus,
    SourceState,
    UserErrorCode,
)

for _enum in _SHOWN:
    strawberry.enum(_enum, description=_enum.__doc__)
