"""Root fields about the hub itself: who is asking, how the sources do."""

from typing import Any

from hub.context import RequestContext


def viewer(context: RequestContext) -> dict[str, Any]:
    """Who the server takes the caller for; reads no source."""
    viewer = context.viewer
    return {
        "name": viewer.name,
        "member_id": viewer.member_id,
        "partner_id": viewer.partner_id,
        "scopes": list(viewer.scopes),
    }


def sources(context: RequestContext) -> list[dict[str, Any]]:
    """Each source as its last probe found it."""
    return [
        {
            "name": source.name.value,
            "state": source.breaker.state.value,
            "latency_ms": source.breaker.latency_ms,
            "checked_at": source.breaker.checked_at,
        }
        for source in context.sources
    ]
