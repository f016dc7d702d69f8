"""Source 5, the community (SNS and blog): posts and comments."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

import loaders.community
import loaders.directory
import loaders.engagements
from schema.directory import Member, Partner
from schema.enums import PostVisibility
from schema.fields import connection, edge
from schema.price import search
from schema.relay import Connection, Node

if TYPE_CHECKING:
    from schema.engagements import Engagement


@strawberry.type(description="A comment on a post.")
class Comment(Node):
    body: str
    posted_at: datetime
    author: Member | None = edge(loaders.directory.members_by_id, key="author_id")
    partner: Partner | None = edge(loaders.directory.partners_by_id, key="partner_id")


@strawberry.type(description="A post in the members' SNS or blog.")
class Post(Node):
    title: str
    body: str = strawberry.field(description="Markdown, as written.")
    visibility: PostVisibility
    posted_at: datetime
    author: Member | None = edge(loaders.directory.members_by_id, key="author_id")
    partner: Partner | None = edge(loaders.directory.partners_by_id, key="partner_id")
    engagement: Annotated["Engagement", strawberry.lazy("schema.engagements")] | None = edge(
        loaders.engagements.engagements_by_id, key="engagement_id"
    )
    comments: Connection[Comment] = connection(loaders.community.COMMENTS_OF_POST, description="Oldest first.")


@strawberry.input(description="Which posts; every field given narrows them further.")
class PostFilter:
    search: str | None = search()
    partner_id: strawberry.ID | None = strawberry.UNSET
    engagement_id: strawberry.ID | None = strawberry.UNSET
