"""The vocabulary's enums, made known to the graph under their names and docstrings."""

from enum import Enum

import strawberry

from hub.vocabulary import (
    CertificationStatus,
    DeclineReason,
    EngagementOrderField,
    EngagementStatus,
    EnrollmentStatus,
    HandoffDirection,
    HandoffStatus,
    OrderDirection,
    PartnerOrderField,
    PartnerRole,
    Phase,
    PostVisibility,
    RegistryStatus,
    SourceState,
)

__all__ = [
    "CertificationStatus",
    "DeclineReason",
    "EngagementOrderField",
    "EngagementStatus",
    "EnrollmentStatus",
    "HandoffDirection",
    "HandoffStatus",
    "OrderDirection",
    "PartnerOrderField",
    "PartnerRole",
    "Phase",
    "PostVisibility",
    "RegistryStatus",
    "SourceState",
]

_SHOWN: tuple[type[Enum], ...] = (
    CertificationStatus,
    DeclineReason,
    EngagementOrderField,
    EngagementStatus,
    EnrollmentStatus,
    HandoffDirection,
    HandoffStatus,
    OrderDirection,
    PartnerOrderField,
    PartnerRole,
    Phase,
    PostVisibility,
    RegistryStatus,
    SourceState,
)

for _enum in _SHOWN:
    strawberry.enum(_enum, description=_enum.__doc__)
