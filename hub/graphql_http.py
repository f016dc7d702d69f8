"""GraphQL over HTTP: a request in, an operation run for its viewer, an answer out (the GraphQL over HTTP specification).

Credentials come in a header that no browser adds by itself, and there are no cookies: a page of another origin has nothing to
ride on, so there is no CSRF to prevent, and no other origin is let in by CORS.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from hub import graphql_errors
from hub.deadline import ClientGone, run_within
from hub.errors import BadRequest, BodyTimeout, BodyTooLarge, HubError, MethodNotAllowed, UnsupportedMediaType
from hub.graphql_request import GraphQLRequest, OperationKind, Outcome, Runner, WrongOperationKind, read_request
from hub.http_status import INTERNAL_STATUS, headers_of, status_of
from hub.json_input import parse_json
from hub.locale import from_accept_language
from hub.runtime import Runtime
from hub.settings import Settings
from hub.tokens import bearer_token

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
METHODS = ("GET", "POST")
HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}

QUERIES = frozenset({OperationKind.QUERY})
QUERIES_AND_MUTATIONS = frozenset({OperationKind.QUERY, OperationKind.MUTATION})

# What is returned for a client that has gone. It is never sent.
_NOBODY_LISTENS = Response(status_code=499)


async def answer_http(request: Request) -> Response:
    """Answer a request to /graphql: GET for queries, POST for any operation; whatever goes wrong is an answer too."""
    runtime: Runtime = request.app.state.runtime
    media_type = _negotiate(request.headers.get("accept"))
    try:
        with runtime.admission:
            return await _answer(request, runtime, media_type)
    except (ClientGone, ClientDisconnect):
        return _NOBODY_LISTENS
    except HubError as refusal:
        answer = {"errors": [graphql_errors.shown(refusal)]}
        return _respond(answer, status_of(type(refusal)), media_type or JSON, headers_of(refusal))
    except Exception as error:
        return _respond({"errors": [graphql_errors.masked(error)]}, INTERNAL_STATUS, media_type or JSON)


async def _answer(request: Request, runtime: Runtime, media_type: str | None) -> Response:
    viewer = (await runtime.credentials.verify(bearer_token(request.headers.get("authorization")))).viewer
    if request.method not in METHODS:
        raise MethodNotAllowed("GraphQL is asked by GET or POST.", ", ".join(METHODS))
    if media_type is None:
        return PlainTextResponse(f"This endpoint answers {GRAPHQL_RESPONSE} or {JSON}.", 406)
    asked = await _read(request, runtime.settings)
    locale = from_accept_language(request.headers.get("accept-language"))
    allowed = QUERIES if request.method == "GET" else QUERIES_AND_MUTATIONS
    runner: Runner = request.app.state.operations

    def run(one: GraphQLRequest) -> Awaitable[Outcome]:
        return runner.run(one, runtime.context(viewer, locale), allowed=allowed)

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    timeout_seconds = runtime.settings.request_timeout_seconds
    if isinstance(asked, list):
        return _respond(await run_within(timeout_seconds, _run_batch(asked, run), gone=gone), 200, media_type)
    try:
        outcome = await run_within(timeout_seconds, run(asked), gone=gone)
    except WrongOperationKind as error:
        if error.kind is OperationKind.MUTATION:
            raise MethodNotAllowed("A mutation must be sent by POST.", "POST") from None
        raise
    status = 200 if outcome.executed or media_type == JSON else 400
    return _respond(outcome.answer, status, media_type)


async def _run_batch(batch: list[GraphQLRequest], run: Callable[[GraphQLRequest], Awaitable[Outcome]]) -> list[dict[str, Any]]:
    """The answers of a batch, in its order: one after the other, each refused or answered by itself."""
    answers: list[dict[str, Any]] = []
    for one in batch:
        try:
            answers.append((await run(one)).answer)
        except HubError as refusal:
            answers.append({"errors": [graphql_errors.shown(refusal)]})
        except Exception as error:
            answers.append({"errors": [graphql_errors.masked(error)]})
    return answers


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


async def _read(request: Request, settings: Settings) -> GraphQLRequest | list[GraphQLRequest]:
    if request.method == "GET":
        return read_request(_parameters(request))
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != JSON:
        raise UnsupportedMediaType(f"content-type: must be {JSON}, not {content_type[:100]!r}.")
    body = parse_json(await _body(request, settings), "body")
    if isinstance(body, list) and settings.max_batch:
        if not 1 <= len(body) <= settings.max_batch:
            raise BadRequest(f"body: a batch must have 1 to {settings.max_batch} operations (HUB_MAX_BATCH), not {len(body)}.")
        return [read_request(_object(one)) for one in body]
    return read_request(_object(body))


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        remedy = "; send the operations of a batch one by one" if isinstance(body, list) else ""
        raise BadRequest(f'body: must be a JSON object, for example {{"query": "{{ viewer {{ name }} }}"}}{remedy}.')
    return body


def _parameters(request: Request) -> dict[str, Any]:
    """What a GET asks: as a body says it, but that variables and extensions are JSON within a parameter."""
    parameters: dict[str, Any] = {}
    for name, text in request.query_params.multi_items():
        if name in parameters:
            raise BadRequest(f"{name[:100]}: is there twice; send each parameter once.")
        parameters[name] = (parse_json(text, name) if text else None) if name in ("variables", "extensions") else text
    return parameters


async def _body(request: Request, settings: Settings) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(settings.body_timeout_seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > settings.max_body_bytes:
                    raise BodyTooLarge(f"body: must have at most {settings.max_body_bytes} bytes (HUB_MAX_BODY_BYTES).")
    except TimeoutError:
        raise BodyTimeout(f"body: did not arrive within {settings.body_timeout_seconds:g} s.") from None
    return bytes(body)


def _respond(answer: Any, status: int, media_type: str, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(answer), status, HEADERS | (headers or {}), media_type)
