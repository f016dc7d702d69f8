"""Reads of the community: posts and comments."""

from collections.abc import Sequence

from hub.context import RequestContext
from hub.vocabulary import SourceName
from loaders.by_key import read_by_key
from loaders.cursors import Order
from loaders.pages import Pages
from loaders.reading import Columns, Row
from sql import load

POSTS = load(SourceName.COMMUNITY, "posts")
COMMENTS = load(SourceName.COMMUNITY, "comments")

NEWEST_FIRST = Order((("posted_at", "timestamptz"), ("id", "int8")), descending=True)
OLDEST_FIRST = Order((("posted_at", "timestamptz"), ("id", "int8")))

POSTS_PAGES = Pages(POSTS, order=NEWEST_FIRST)
POSTS_OF_PARTNER = Pages(POSTS, parent="partner_id", order=NEWEST_FIRST)
POSTS_OF_ENGAGEMENT = Pages(POSTS, parent="engagement_id", order=NEWEST_FIRST)
COMMENTS_OF_POST = Pages(COMMENTS, parent="post_id", order=OLDEST_FIRST, few=True)


async def posts_by_id(context: RequestContext, ids: Sequence[int], *, columns: Columns = None) -> list[Row | None]:
    """Posts. ids: n -> n rows or None, in the order of the ids."""
    return await read_by_key(context, POSTS, ids, columns=columns)


async def comments_by_id(context: RequestContext, ids: Sequence[int], *, columns: Columns = None) -> list[Row | None]:
    """Comments. ids: n -> n rows or None, in the order of the ids."""
    return await read_by_key(context, COMMENTS, ids, columns=columns)
