"""GraphQL over HTTP: a request in, an operation run for its viewer, an answer out (the GraphQL over HTTP specification)."""

from functools import lru_cache
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hub import graphql_errors
from hub.errors import BadRequest, HubError, Unauthenticated
from hub.graphql_request import GraphQLRequest, OperationKind, Runner, WrongOperationKind, read_request
from hub.locale import from_accept_language
from hub.runtime import Runtime
from hub.tokens import bearer_token

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
METHODS = ("GET", "POST")
HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


QUERIES = frozenset({OperationKind.QUERY})
QUERIES_AND_MUTATIONS = frozenset({OperationKind.QUERY, OperationKind.MUTATION})


class GraphQLEndpoint:
    """The handler of /graphql: GET for queries, POST for any operation."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def handle(self, request: Request) -> Response:
        """Answer; whatever goes wrong is an answer too."""
        if request.method not in METHODS:
            return PlainTextResponse("GraphQL is asked by GET or POST.", 405, {"allow": ", ".join(METHODS)})
        media_type = _negotiate(request.headers.get("accept"))
        if media_type is None:
            return PlainTextResponse(f"This endpoint answers {GRAPHQL_RESPONSE} or {JSON}.", 406)
        try:
            return await self._answer(request, media_type)
        except Unauthenticated as error:
            return _respond({"errors": [graphql_errors.shown(error)]}, 401, media_type, {"www-authenticate": "Bearer"})
        except MethodNotAllowed as error:
            return _respond({"errors": [graphql_errors.shown(error)]}, 405, media_type, {"allow": "POST"})
        except UnsupportedMediaType as error:
            return _respond({"errors": [graphql_errors.shown(error)]}, 415, media_type)
        except BodyTooLarge as error:
            return _respond({"errors": [graphql_errors.shown(error)]}, 413, media_type, {"connection": "close"})
        except HubError as error:
            return _respond({"errors": [graphql_errors.shown(error)]}, 400, media_type)
        except Exception as error:
            return _respond({"errors": [graphql_errors.masked(error)]}, 500, media_type)

    async def _answer(self, request: Request, media_type: str) -> Response:
        runtime: Runtime = request.app.state.runtime
        viewer = runtime.tokens.verify(bearer_token(request.headers.get("authorization")))
        asked = await _read(request, runtime.settings.max_body_bytes)
        context = runtime.context(viewer, from_accept_language(request.headers.get("accept-language")))
        allowed = QUERIES if request.method == "GET" else QUERIES_AND_MUTATIONS
        try:
            outcome = await self._runner.run(asked, context, allowed=allowed)
        except WrongOperationKind as error:
            if error.kind is OperationKind.MUTATION:
                raise MethodNotAllowed("A mutation must be sent by POST.") from None
            raise
        status = 200 if outcome.executed or media_type == JSON else 400
        return _respond(outcome.answer, status, media_type)


class MethodNotAllowed(BadRequest):
    """The operation needs another method."""


class UnsupportedMediaType(BadRequest):
    """The body is of another type than JSON."""


class BodyTooLarge(BadRequest):
    """The body is larger than HUB_MAX_BODY_BYTES."""


@lru_cache(maxsize=256)
def _negotiate(accept: str | None) -> str | None:
    """The media type to answer in: the one preferred, the newer of equals where it is named; None where neither is taken."""
    if not accept:
        return JSON
    weights: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        try:
            weights[name] = float(quality)
        except ValueError:
            weights[name] = 0
    newer = weights.get(GRAPHQL_RESPONSE, 0)
    older = next((weights[name] for name in (JSON, "application/*", "*/*") if name in weights), 0)
    if max(newer, older) <= 0:
        return None
    return GRAPHQL_RESPONSE if newer >= older else JSON


async def _read(request: Request, max_body_bytes: int) -> GraphQLRequest:
    if request.method == "GET":
        parameters = request.query_params
        variables = _loads(parameters["variables"].encode(), "variables") if parameters.get("variables") else None
        return read_request({**parameters, "variables": variables})
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != JSON:
        raise UnsupportedMediaType(f"content-type: must be {JSON}, not {content_type[:100]!r}.")
    body = _loads(await _body(request, max_body_bytes), "body")
    if not isinstance(body, dict):
        remedy = "; send the operations of a batch one by one" if isinstance(body, list) else ""
        raise BadRequest(f'body: must be a JSON object, for example {{"query": "{{ viewer {{ name }} }}"}}{remedy}.')
    return read_request(body)


async def _body(request: Request, max_body_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_body_bytes:
            raise BodyTooLarge(f"body: must have at most {max_body_bytes} bytes (HUB_MAX_BODY_BYTES).")
    return bytes(body)


def _loads(text: bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{what}: is not JSON ({error}).") from None


def _respond(answer: dict[str, Any], status: int, media_type: str, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(answer), status, HEADERS | (headers or {}), media_type)
