"""Root fields over the community."""

from collections.abc import Mapping
from typing import Any

from hub.context import RequestContext
from loaders.community import POSTS_PAGES
from loaders.pages import Connection
from resolvers import arguments


def posts(context: RequestContext, *, filter: Mapping[str, Any] | None = None, **window: Any) -> Connection:
    """Posts, newest first."""
    narrowed = arguments.given(filter)
    arguments.search(narrowed.get("search"), "filter.search")
    narrowed["partner_id"] = arguments.key("Partner", narrowed.get("partner_id"), "filter.partnerId")
    narrowed["engagement_id"] = arguments.key("Engagement", narrowed.get("engagement_id"), "filter.engagementId")
    return Connection(context, POSTS_PAGES, **window, **narrowed)
