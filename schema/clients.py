"""Source 3, engagements: the clients, and the corporate register behind them."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

import loaders.directory
import loaders.engagements
import resolvers.engagements
from schema.directory import Partner
from schema.enums import RegistryStatus
from schema.fields import connection, edge
from schema.relay import Connection, Node

if TYPE_CHECKING:
    from schema.engagements import Engagement, EngagementFilter


@strawberry.type(description="A company as the national corporate register has it.")
class Corporation:
    number: str
    name: str
    name_kana: str | None
    region: str | None
    address: str | None
    postal_code: str | None
    status: RegistryStatus
    successor_number: str | None = strawberry.field(description="The number it was merged into.")
    updated_on: date | None


@strawberry.type(description="A small business that is being helped.")
class Client(Node):
    name: str
    name_kana: str | None
    corporate_number: str | None
    corporation: Corporation | None = edge(
        loaders.engagements.corporations_by_number,
        key="corporate_number",
        description="What the corporate register says of it; null where it has no number or the register does not know it.",
    )
    region: str | None
    industry: str | None
    employees: int | None
    advisor: Partner | None = edge(
        loaders.directory.partners_by_id, key="advisor_id", description="The firm that holds the advisory contract (顧問契約)."
    )
    engagements: Connection[Annotated["Engagement", strawberry.lazy("schema.engagements")]] = connection(
        loaders.engagements.ENGAGEMENTS_OF_CLIENT,
        narrow=resolvers.engagements.narrow_engagements,
        filter=Annotated["EngagementFilter", strawberry.lazy("schema.engagements")] | None,
    )


@strawberry.input(one_of=True, description="Which client: exactly one of these.")
class ClientBy:
    id: strawberry.ID | None = strawberry.UNSET
    corporate_number: str | None = strawberry.UNSET
