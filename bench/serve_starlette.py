"""The baseline of a small query: a bare Starlette route that parses the request's JSON and answers JSON of the same bytes."""

import sys

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.server_process import bare_config, serve


def main() -> None:
    """Answer what the second argument says, as JSON."""
    answer = orjson.loads(sys.argv[2])

    async def respond(request: Request) -> Response:
        asked = orjson.loads(await request.body())
        assert "query" in asked
        return Response(orjson.dumps(answer), media_type="application/json")

    serve(bare_config(Starlette(routes=[Route("/graphql", respond, methods=["POST"])])))


if __name__ == "__main__":
    main()
