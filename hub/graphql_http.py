"""GraphQL over HTTP: a request in, an operation run for its viewer, an answer out (the GraphQL over HTTP specification).

Credentials come in a header that no browser adds by itself, and there are no cookies: a page of another origin has nothing to
ride on, so there is no CSRF to prevent, and no other origin is let in by CORS.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import lru_cache
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from hub import graphql_errors
from hub.begun import Begun
from hub.connections import ANSWER
from hub.deadline import ClientGone, run_within
from hub.errors import BadRequest, BodyTimeout, BodyTooLarge, HubError, MethodNotAllowed, UnsupportedMediaType
from hub.graphql_request import GraphQLRequest, OperationKind, Outcome, Runner, WrongOperationKind, read_request
from hub.graphql_sse import EVENT_STREAM, EventStream
from hub.http_status import INTERNAL_STATUS, headers_of, status_of
from hub.json_input import parse_json
from hub.locale import DEFAULT_LOCALE, from_accept_language
from hub.media_types import weights_of
from hub.runtime import Runtime
from hub.settings import Settings
from hub.tokens import bearer_token

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
METHODS = ("GET", "POST")
HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}

QUERIES = frozenset({OperationKind.QUERY})
QUERIES_AND_MUTATIONS = frozenset({OperationKind.QUERY, OperationKind.MUTATION})

Run = Callable[[GraphQLRequest], Coroutine[Any, Any, Outcome]]

_HEADERS = {
    media_type: [(b"content-type", media_type.encode()), *((name.encode(), value.encode()) for name, value in HEADERS.items())]
    for media_type in (JSON, GRAPHQL_RESPONSE)
}


_HEADS = {media_type: b"".join(b"%s: %s\r\n" % header for header in headers) for media_type, headers in _HEADERS.items()}


class GraphQLEndpoint:
    """`/graphql` over HTTP: GET for queries, POST for any operation; whatever goes wrong is an answer too.

    An ASGI app of its own, as nearly every request is for it: Starlette's requests, responses and routes would cost more than a
    small query does.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope["app"].state
        runtime: Runtime = state.runtime
        # Of headers that are there twice the first counts.
        headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))
        accept = headers.get(b"accept")
        media_type = _negotiate(accept)
        extra: dict[str, str] | None = None
        try:
            if media_type == EVENT_STREAM:
                await _stream(scope, receive, send, headers, state)
                return
            with runtime.admission:
                answer, status = await _answer(scope, receive, headers, media_type, runtime, state.operations)
        except (ClientGone, ClientDisconnect):
            return
        except _NotAcceptable:
            text = PlainTextResponse(f"This endpoint answers {GRAPHQL_RESPONSE}, {JSON} or {EVENT_STREAM}.", 406)
            await text(scope, receive, send)
            return
        except HubError as refusal:
            answer = {"errors": [graphql_errors.shown(refusal)]}
            status, extra = status_of(type(refusal)), headers_of(refusal)
        except Exception as error:
            answer, status = {"errors": [graphql_errors.masked(error)]}, INTERNAL_STATUS
        body = orjson.dumps(answer)
        whole = scope.get("extensions", {}).get(ANSWER)
        if whole is not None and not extra and whole(status, _HEADS[media_type if media_type in _HEADS else JSON], body):
            return
        sent = [*_HEADERS[media_type if media_type in _HEADERS else JSON], (b"content-length", b"%d" % len(body))]
        if extra:
            sent += [(name.encode(), value.encode()) for name, value in extra.items()]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": body})


class _NotAcceptable(Exception):
    """The client takes no media type that this endpoint answers in."""


async def _answer(
    scope: Scope, receive: Receive, headers: dict[bytes, bytes], media_type: str | None, runtime: Runtime, runner: Runner
) -> tuple[Any, int]:
    """The answer and its status."""
    viewer = (await runtime.credentials.verify_header(headers.get(b"authorization"))).viewer
    _check_method(scope)
    if media_type is None:
        raise _NotAcceptable
    asked, allowed = await _read(scope, receive, headers, runtime.settings)
    locale = _locale(headers.get(b"accept-language"))

    def run(one: GraphQLRequest) -> Coroutine[Any, Any, Outcome]:
        return runner.run(one, runtime.context(viewer, locale), allowed=allowed)

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    timeout_seconds = runtime.request_timeout_seconds(viewer)
    if isinstance(asked, list):
        return await run_within(timeout_seconds, _run_batch(asked, run), gone=gone), 200
    try:
        outcome = await run_within(timeout_seconds, run(asked), gone=gone)
    except WrongOperationKind as error:
        raise _by_another_way(error) from None
    return outcome.answer, 200 if outcome.executed or media_type == JSON else 400


async def _stream(scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes], state: Any) -> None:
    """Answer with an event stream. What refuses the caller is raised before anything is sent."""
    runtime: Runtime = state.runtime
    authorization = headers.get(b"authorization")
    verified = await runtime.credentials.verify_header(authorization)
    _check_method(scope)
    asked, allowed = await _read(scope, receive, headers, runtime.settings)
    if isinstance(asked, list):
        raise BadRequest("body: an event stream answers one operation.")
    assert authorization is not None
    stream = EventStream(scope, receive, send, runtime, bearer_token(authorization.decode("latin-1")), verified)
    last_event_id = headers.get(b"last-event-id")
    try:
        await stream.run(
            asked,
            _locale(headers.get(b"accept-language")),
            state.operations,
            state.subscriptions,
            allowed=allowed,
            last_event_id=last_event_id.decode("latin-1") if last_event_id else None,
        )
    except WrongOperationKind as error:
        raise _by_another_way(error) from None


def _check_method(scope: Scope) -> None:
    if scope["method"] not in METHODS:
        raise MethodNotAllowed("GraphQL is asked by GET or POST.", ", ".join(METHODS))


async def _read(
    scope: Scope, receive: Receive, headers: dict[bytes, bytes], settings: Settings
) -> tuple[GraphQLRequest | list[GraphQLRequest], frozenset[OperationKind]]:
    """What is asked, and which kinds of operations may be asked so, beside subscriptions."""
    if scope["method"] == "GET":
        return read_request(parameters_of(Request(scope))), QUERIES
    return _asked(await _json(headers, receive, settings), settings), QUERIES_AND_MUTATIONS


def _by_another_way(error: WrongOperationKind) -> HubError:
    if error.kind is OperationKind.MUTATION:
        return MethodNotAllowed("A mutation must be sent by POST.", "POST")
    return BadRequest(f"A subscription is answered as an event stream (Accept: {EVENT_STREAM}), or over a WebSocket.")


async def _run_batch(
    batch: list[GraphQLRequest], run: Callable[[GraphQLRequest], Coroutine[Any, Any, Outcome]]
) -> list[dict[str, Any]]:
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
def _negotiate(accept: bytes | None) -> str | None:
    """The media type to answer in: the one preferred, the newer of equals where it is named; None where neither is taken."""
    if not accept:
        return JSON
    weights = weights_of(accept.decode("latin-1"))
    newer = weights.get(GRAPHQL_RESPONSE, 0)
    older = next((weights[name] for name in (JSON, "application/*", "*/*") if name in weights), 0)
    streamed = weights.get(EVENT_STREAM, 0)
    if streamed > max(newer, older):
        return EVENT_STREAM
    if streamed and streamed == max(newer, older) and JSON not in weights and GRAPHQL_RESPONSE not in weights:
        # Named, beside what takes anything.
        return EVENT_STREAM
    if max(newer, older) <= 0:
        return None
    return GRAPHQL_RESPONSE if newer >= older else JSON


def _asked(body: Any, settings: Settings) -> GraphQLRequest | list[GraphQLRequest]:
    if isinstance(body, list) and settings.max_batch:
        if not 1 <= len(body) <= settings.max_batch:
            raise BadRequest(f"body: a batch must have 1 to {settings.max_batch} operations (HUB_MAX_BATCH), not {len(body)}.")
        return [read_request(object_of(one)) for one in body]
    return read_request(object_of(body))


async def read_json(request: Request, settings: Settings) -> Any:
    """The body's JSON; BadRequest or one of its kinds where it is none, too large, or too slow."""
    return await _json(dict(reversed(request.scope["headers"])), request.receive, settings)


async def _json(headers: dict[bytes, bytes], receive: Receive, settings: Settings) -> Any:
    content_type = headers.get(b"content-type", b"")
    if content_type != b"application/json" and _media_type(content_type) != JSON:
        raise UnsupportedMediaType(f"content-type: must be {JSON}, not {_media_type(content_type)[:100]!r}.")
    return parse_json(await _body(receive, settings), "body")


def _media_type(content_type: bytes) -> str:
    return content_type.decode("latin-1").split(";")[0].strip().lower()


@lru_cache(maxsize=256)
def _locale(accept_language: bytes | None) -> str:
    return DEFAULT_LOCALE if accept_language is None else from_accept_language(accept_language.decode("latin-1"))


def object_of(body: Any) -> dict[str, Any]:
    """The body where it is a JSON object, as one request is."""
    if not isinstance(body, dict):
        remedy = "; send the operations of a batch one by one" if isinstance(body, list) else ""
        raise BadRequest(f'body: must be a JSON object, for example {{"query": "{{ viewer {{ name }} }}"}}{remedy}.')
    return body


def parameters_of(request: Request) -> dict[str, Any]:
    """What a GET asks: as a body says it, but that variables and extensions are JSON within a parameter."""
    parameters: dict[str, Any] = {}
    for name, text in request.query_params.multi_items():
        if name in parameters:
            raise BadRequest(f"{name[:100]}: is there twice; send each parameter once.")
        parameters[name] = (parse_json(text, name) if text else None) if name in ("variables", "extensions") else text
    return parameters


async def _body(receive: Receive, settings: Settings) -> bytes:
    # Most bodies came with their heads: only one that did not is waited for, and not for ever.
    first: Begun[Message] = Begun(receive())  # type: ignore[arg-type]
    if first.done and not first.value.get("more_body") and first.value["type"] == "http.request":
        body: bytes = first.value.get("body", b"")
        _check_size(body, settings.max_body_bytes)
        return body
    try:
        async with asyncio.timeout(settings.body_timeout_seconds):
            return await _whole_body(first.value if first.done else await first, receive, settings.max_body_bytes)
    except TimeoutError:
        raise BodyTimeout(f"body: did not arrive within {settings.body_timeout_seconds:g} s.") from None


async def _whole_body(message: Message, receive: Receive, max_bytes: int) -> bytes:
    body = bytearray()
    while True:
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        _check_size(body, max_bytes)
        if not message.get("more_body"):
            return bytes(body)
        message = await receive()


def _check_size(body: bytes | bytearray, max_bytes: int) -> None:
    if len(body) > max_bytes:
        raise BodyTooLarge(f"body: must have at most {max_bytes} bytes (HUB_MAX_BODY_BYTES).")


def respond(answer: Any, status: int, media_type: str, headers: dict[str, str] | None = None) -> Response:
    """An answer as JSON, which nobody may keep."""
    return Response(orjson.dumps(answer), status, HEADERS | (headers or {}), media_type)
