"""Source 2, certification status."""

from datetime import date

import strawberry

import loaders.directory
from schema.directory import Partner
from schema.enums import CertificationStatus
from schema.fields import edge
from schema.relay import Node


@strawberry.type(description="An award of a certification program to a firm.")
class Certification(Node):
    program: str
    level: str
    competencies: list[str]
    status: CertificationStatus = strawberry.field(description="As of today; EXPIRED by the calendar.")
    awarded_on: date | None
    expires_on: date | None
    partner: Partner | None = edge(loaders.directory.partners_by_id, key="partner_id")
