"""Source 1, the partner directory: associations, firms, their people; and what the other sources know of a firm."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

import loaders.certifications
import loaders.community
import loaders.directory
import loaders.engagements
import loaders.trainings
import resolvers.directory
import resolvers.engagements
from hub.context import RequestContext
from hub.locale import localized
from loaders.reading import Row
from schema.enums import (
    HandoffDirection,
    HandoffStatus,
    OrderDirection,
    PartnerOrderField,
    PartnerRole,
    Phase,
)
from schema.fields import computed, connection, edge
from schema.price import search
from schema.relay import Connection, Node

if TYPE_CHECKING:
    from schema.certifications import Certification
    from schema.community import Post
    from schema.engagements import Engagement, EngagementFilter, Handoff
    from schema.trainings import Course

LazyPartner = Annotated["Partner", strawberry.lazy("schema.directory")]


def _localized_name(association: Row, context: RequestContext, locale: str | None = None) -> str:
    return localized(association, "name", context.locale, locale)


@strawberry.type(
    description="A body that partners belong to: "
    "全国IT推進研究会, スマートビジネスパートナー, MOTS, and those of other countries."
)
class Association(Node):
    code: str

    name: str = computed(
        _localized_name,
        columns=("name_ja", "name_en"),
        description="Its name in the language of the request, or in `locale` (ja, en).",
        locale=str | None,
    )

    role: PartnerRole
    phases: list[Phase] = strawberry.field(description="The phases its members are strong in.")
    partners: Connection[LazyPartner] = connection(loaders.directory.PARTNERS_OF_ASSOCIATION)


@strawberry.type(description="A firm: a member of the programme, or a certified firm that could become one.")
class Partner(Node):
    name: str
    name_kana: str | None
    name_en: str | None
    corporate_number: str | None = strawberry.field(
        description="National corporate number (法人番号): 13 digits, the first a check digit."
    )
    roles: list[PartnerRole]

    associations: list[Association] = computed(
        resolvers.directory.associations_of,
        columns=("association_ids",),
        size=3,
        description="The associations it belongs to; none where it has not joined.",
    )

    strengths: list[Phase] = computed(
        resolvers.directory.strengths_of, columns=("association_ids",), description="All phases its associations are strong in."
    )

    specialties: list[str]
    country: str = strawberry.field(description="ISO 3166-1 alpha-2.")
    region: str | None = strawberry.field(description="ISO 3166-2, for example JP-13.")
    website: str | None
    joined_on: date | None = strawberry.field(description="When it joined the programme; null where it has not.")
    endorsed_plan_on: date | None = strawberry.field(
        description="When it endorsed the national plan (全国IT推進計画); null where it has not."
    )
    members: Connection[Annotated["Member", strawberry.lazy("schema.directory")]] = connection(
        loaders.directory.MEMBERS_OF_PARTNER
    )
    certifications: list[Annotated["Certification", strawberry.lazy("schema.certifications")]] | None = edge(
        loaders.certifications.certifications_of_partner,
        key="id",
        size=10,
        description="What it holds, at most 100; with `validOn` only what is or was in force on that day.",
        valid_on=date | None,
    )
    engagements: Connection[Annotated["Engagement", strawberry.lazy("schema.engagements")]] | None = connection(
        loaders.engagements.ENGAGEMENTS_OF_PARTNER,
        narrow=resolvers.engagements.narrow_engagements,
        description="Those that it leads or has led.",
        filter=Annotated["EngagementFilter", strawberry.lazy("schema.engagements")] | None,
    )
    handoffs: Connection[Annotated["Handoff", strawberry.lazy("schema.engagements")]] | None = connection(
        loaders.engagements.HANDOFFS_OF_PARTNER,
        narrow=resolvers.engagements.narrow_handoffs_of_partner,
        description="Offered to it or by it, newest first.",
        direction=HandoffDirection | None,
        status=HandoffStatus | None,
    )
    courses: Connection[Annotated["Course", strawberry.lazy("schema.trainings")]] | None = connection(
        loaders.trainings.COURSES_OF_PARTNER, description="The courses that it provides."
    )
    posts: Connection[Annotated["Post", strawberry.lazy("schema.community")]] | None = connection(
        loaders.community.POSTS_OF_PARTNER, description="What its people have posted, newest first."
    )


@strawberry.type(description="A person at a partner firm.")
class Member(Node):
    name: str
    qualifications: list[str]
    email: str | None = edge(
        loaders.directory.emails_by_member,
        key="id",
        description="For staff, its own firm, and the firms that share an engagement with its firm.",
    )
    partner: Partner = edge(loaders.directory.partners_by_id, key="partner_id")


@strawberry.input(description="Which partners; every field given narrows them further.")
class PartnerFilter:
    search: str | None = search(
        "Matches name, kana, English name and corporate number; width, kana type and case do not matter."
    )
    role: PartnerRole | None = strawberry.UNSET
    association: str | None = strawberry.field(default=strawberry.UNSET, description="An association's code.")
    regions: list[str] | None = strawberry.field(default=strawberry.UNSET, description="ISO 3166-2.")
    country: str | None = strawberry.field(default=strawberry.UNSET, description="ISO 3166-1 alpha-2.")
    strength: Phase | None = strawberry.UNSET
    certified_in: str | None = strawberry.field(
        default=strawberry.UNSET, description="Holds an ACTIVE certification in this program today."
    )
    endorsed_plan: bool | None = strawberry.UNSET
    member: bool | None = strawberry.field(default=strawberry.UNSET, description="Has joined the programme.")


@strawberry.input(description="In which order.")
class PartnerOrder:
    field: PartnerOrderField
    direction: OrderDirection


@strawberry.input(one_of=True, description="Which partner: exactly one of these.")
class PartnerBy:
    id: strawberry.ID | None = strawberry.UNSET
    corporate_number: str | None = strawberry.UNSET
