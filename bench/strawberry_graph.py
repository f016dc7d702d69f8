"""The part of the graph that the five operations need, as written with Strawberry alone: types, resolvers, DataLoaders."""

from datetime import date
from typing import Final, Generic, TypeVar

import strawberry
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.types.info import Info as StrawberryInfo

from bench.strawberry_loaders import Loaders, Row
from hub import global_id
from schema.enums import CertificationStatus, EngagementStatus, EnrollmentStatus, HandoffStatus, Phase

DEFAULT_PAGE = 20

Info = StrawberryInfo[Loaders, None]
NodeT = TypeVar("NodeT")


@strawberry.type
class Connection(Generic[NodeT]):
    nodes: list[NodeT]


@strawberry.type
class Member:
    name: str
    qualifications: list[str]

    @classmethod
    def of(cls, row: Row) -> "Member":
        return cls(name=row["name"], qualifications=row["qualifications"])


@strawberry.type
class Certification:
    program: str
    level: str
    status: CertificationStatus
    expires_on: date | None

    @classmethod
    def of(cls, row: Row) -> "Certification":
        return cls(
            program=row["program"],
            level=row["level"],
            status=CertificationStatus(row["status"]),
            expires_on=row["expires_on"],
        )


@strawberry.type
class Client:
    name: str
    region: str | None


@strawberry.type
class Enrollment:
    attendee: str
    status: EnrollmentStatus


@strawberry.type
class Comment:
    author_id: strawberry.Private[int | None]
    body: str

    @strawberry.field
    async def author(self, info: Info) -> Member | None:
        row = None if self.author_id is None else await info.context.members.load(self.author_id)
        return None if row is None else Member.of(row)


@strawberry.type
class Post:
    key: strawberry.Private[int]
    title: str

    @strawberry.field
    async def comments(self, info: Info, first: int = DEFAULT_PAGE) -> Connection[Comment]:
        rows = await info.context.comments_of_post.load((self.key, first))
        return Connection(nodes=[Comment(author_id=row["author_id"], body=row["body"]) for row in rows])


@strawberry.type
class Handoff:
    to_partner_id: strawberry.Private[int]
    status: HandoffStatus
    to_phase: Phase

    @strawberry.field
    async def to_partner(self, info: Info) -> "Partner | None":
        return await _partner(info, self.to_partner_id)


@strawberry.type
class Engagement:
    key: strawberry.Private[int]
    client_id: strawberry.Private[int]
    lead_partner_id: strawberry.Private[int]
    id: strawberry.ID
    title: str | None
    phase: Phase
    status: EngagementStatus

    @classmethod
    def of(cls, row: Row) -> "Engagement":
        return cls(
            key=row["id"],
            client_id=row["client_id"],
            lead_partner_id=row["lead_partner_id"],
            id=strawberry.ID(global_id.encode("Engagement", row["id"])),
            title=row["title"],
            phase=Phase(row["phase"]),
            status=EngagementStatus(row["status"]),
        )

    @strawberry.field
    async def client(self, info: Info) -> Client | None:
        row = await info.context.clients.load(self.client_id)
        return None if row is None else Client(name=row["name"], region=row["region"])

    @strawberry.field
    async def lead_partner(self, info: Info) -> "Partner | None":
        return await _partner(info, self.lead_partner_id)

    @strawberry.field
    async def handoffs(self, info: Info) -> list[Handoff]:
        rows = await info.context.handoffs_of_engagement.load(self.key)
        return [
            Handoff(to_partner_id=row["to_partner_id"], status=HandoffStatus(row["status"]), to_phase=Phase(row["to_phase"]))
            for row in rows
        ]

    @strawberry.field
    async def enrollments(self, info: Info, first: int = DEFAULT_PAGE) -> Connection[Enrollment]:
        rows = await info.context.enrollments_of_engagement.load((self.key, first))
        return Connection(nodes=[Enrollment(attendee=row["attendee"], status=EnrollmentStatus(row["status"])) for row in rows])


@strawberry.type
class Partner:
    key: strawberry.Private[int]
    id: strawberry.ID
    name: str
    region: str | None

    @classmethod
    def of(cls, row: Row) -> "Partner":
        id = strawberry.ID(global_id.encode("Partner", row["id"]))
        return cls(key=row["id"], id=id, name=row["name"], region=row["region"])

    @strawberry.field
    async def members(self, info: Info, first: int = DEFAULT_PAGE) -> Connection[Member]:
        return Connection(nodes=[Member.of(row) for row in await info.context.members_of_partner.load((self.key, first))])

    @strawberry.field
    async def certifications(self, info: Info) -> list[Certification]:
        return [Certification.of(row) for row in await info.context.certifications_of_partner.load(self.key)]

    @strawberry.field
    async def engagements(self, info: Info, first: int = DEFAULT_PAGE) -> Connection[Engagement]:
        rows = await info.context.engagements_of_partner.load((self.key, first))
        return Connection(nodes=[Engagement.of(row) for row in rows])

    @strawberry.field
    async def posts(self, info: Info, first: int = DEFAULT_PAGE) -> Connection[Post]:
        rows = await info.context.posts_of_partner.load((self.key, first))
        return Connection(nodes=[Post(key=row["id"], title=row["title"]) for row in rows])


@strawberry.input
class PartnerBy:
    id: strawberry.ID


@strawberry.input
class EngagementBy:
    id: strawberry.ID


@strawberry.type
class Query:
    @strawberry.field
    async def partners(self, info: Info, first: int = DEFAULT_PAGE) -> Connection[Partner]:
        return Connection(nodes=[Partner.of(row) for row in await info.context.first("partners", first)])

    @strawberry.field
    async def engagements(self, info: Info, first: int = DEFAULT_PAGE) -> Connection[Engagement]:
        return Connection(nodes=[Engagement.of(row) for row in await info.context.first("engagements", first)])

    @strawberry.field
    async def partner(self, info: Info, by: PartnerBy) -> Partner | None:
        key = global_id.key_of("Partner", by.id, "by.id")
        return None if key is None else await _partner(info, key)

    @strawberry.field
    async def engagement(self, info: Info, by: EngagementBy) -> Engagement | None:
        key = global_id.key_of("Engagement", by.id, "by.id")
        row = None if key is None else await info.context.engagements.load(key)
        return None if row is None else Engagement.of(row)


async def _partner(info: Info, key: int) -> Partner | None:
    row = await info.context.partners.load(key)
    return None if row is None else Partner.of(row)


STRAWBERRY_SCHEMA: Final = strawberry.Schema(query=Query, extensions=[ParserCache, ValidationCache])
"""With Strawberry's own caches of documents, so that none is parsed or validated twice."""
