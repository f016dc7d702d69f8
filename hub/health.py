"""Whether the process lives, and whether it can answer: for load balancers and for people."""

import orjson
from starlette.requests import Request
from starlette.responses import Response

from hub.runtime import Runtime
from hub.vocabulary import SourceState


async def healthz(_request: Request) -> Response:
    """200 as long as the event loop turns."""
    return Response(b'{"status":"ok"}', media_type="application/json")


async def readyz(request: Request) -> Response:
    """200 while at least one source answers: a node that is down for one source still serves the other four."""
    runtime: Runtime = request.app.state.runtime
    states = {source.name.value: source.breaker.state.value for source in runtime.sources}
    ready = runtime.ready and any(state != SourceState.DOWN.value for state in states.values())
    body = orjson.dumps({"status": "ready" if ready else "not ready", "sources": states})
    return Response(body, 200 if ready else 503, media_type="application/json")
