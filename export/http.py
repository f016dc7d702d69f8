"""`/export` over HTTP: rows streamed as they are read, an error before the first byte, a broken connection after it.

An answer is a file only when it ended: one that fails midway lacks the end that chunked encoding has, which every client tells.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Final

import structlog
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from engine.operations import Operations, Ready
from export.document import Exported, exported
from export.encoders import Encoder, encoder_of
from export.request import ExportRequest, read_export
from export.rows import Rows, RowsFailed
from export.snapshot_cache import SnapshotCache
from hub import graphql_errors
from hub.context import RequestContext
from hub.deadline import ClientGone, run_within
from hub.errors import BadRequest, HubError, NotExportable
from hub.graphql_http import GRAPHQL_RESPONSE, HEADERS, QUERIES, respond
from hub.graphql_request import Outcome, WrongOperationKind
from hub.http_status import INTERNAL_STATUS, headers_of, status_of
from hub.locale import from_accept_language
from hub.runtime import Runtime
from hub.snapshot import Snapshots
from hub.tokens import bearer_token

PRICED_ROWS: Final = 100
"""An export costs what one page of so many rows costs: what bounds it is how many there are at once, and for how long."""

GIVE_WAY_SECONDS: Final = 0.02
"""How long each step of an export waits, at most, while requests are under way."""

MOST_ERRORS: Final = 10

log = structlog.get_logger(__name__)


class _Refused(Exception):
    """The errors that answer a request which came to no export."""

    def __init__(self, errors: list[dict[str, Any]], status: int, headers: dict[str, str]) -> None:
        super().__init__(status)
        self.errors, self.status, self.headers = errors, status, headers


class ExportEndpoint:
    """Answers GET and POST to /export."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = _Answer(request, send)
        try:
            with request.app.state.runtime.exports:
                await answer.give()
            # Only now: who has the whole export may count on its place and its connections being free.
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        except (ClientGone, ClientDisconnect):
            return
        except _Refused as refused:
            errors, status, headers = refused.errors, refused.status, refused.headers
        except HubError as refusal:
            errors, status, headers = [graphql_errors.shown(refusal)], status_of(type(refusal)), headers_of(refusal)
        except Exception as error:
            errors, status, headers = [graphql_errors.masked(error)], INTERNAL_STATUS, {}
        if answer.started:
            # Whoever serves this breaks the connection off, because the body was not ended.
            log.warning("export.broken_off", rows=answer.rows, errors=errors[:MOST_ERRORS])
            return
        await respond({"errors": errors[:MOST_ERRORS]}, status, GRAPHQL_RESPONSE, headers)(scope, receive, send)


class _Answer:
    """One request and its answer."""

    def __init__(self, request: Request, send: Send) -> None:
        self._request = request
        self._send = send
        self._runtime: Runtime = request.app.state.runtime
        self._operations: Operations = request.app.state.operations
        self.started = False
        self.rows = 0

    async def give(self) -> None:
        """Send the whole export but for its end. Raises what goes wrong; `started` tells whether a part was sent before."""
        request, runtime = self._request, self._runtime
        viewer = (await runtime.credentials.verify(bearer_token(request.headers.get("authorization")))).viewer
        wanted = await read_export(request, runtime.settings)
        snapshots = Snapshots(runtime.sources_of(viewer), self._give_way)
        live = runtime.context(viewer, from_accept_language(request.headers.get("accept-language")))
        context = replace(live, sources=snapshots, cache=SnapshotCache())

        async def gone() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass

        async def work() -> None:
            try:
                await self._export(wanted, context)
            finally:
                await snapshots.close()

        await run_within(runtime.settings.export_timeout_seconds, work(), gone=gone)

    async def _export(self, wanted: ExportRequest, context: RequestContext) -> None:
        ready, what = self._prepare(wanted, context)
        encoder = encoder_of(wanted, what.row)
        estimates = [
            estimate if estimate.size is None else replace(estimate, size=lambda _variables: PRICED_ROWS)
            for estimate in ready.operation.estimates
        ]
        await self._operations.charge(ready, context, estimates)
        rows = Rows(what, ready.variables, context)
        async with aclosing(rows.chunks(wanted.after)) as chunks:
            try:
                await self._stream(wanted, what.root.name, encoder, chunks)
            except RowsFailed as failed:
                raise _failed(failed.errors) from failed

    def _prepare(self, wanted: ExportRequest, context: RequestContext) -> tuple[Ready, Exported]:
        try:
            ready = self._operations.ready(wanted.asked, context, allowed=QUERIES)
        except WrongOperationKind as error:
            raise NotExportable("query", f"must be a query, not a {error.kind.value}.") from None
        if isinstance(ready, Outcome):
            raise _Refused(ready.answer["errors"], 400, {})
        if ready.operation.introspects:
            raise NotExportable("query", "asks for the schema, which is no connection.")
        plan = self._operations.plan(ready)
        if plan is None:
            raise BadRequest("variables: one that @skip or @include looks at is null; give true or false.")
        return ready, exported(plan)

    async def _stream(
        self, wanted: ExportRequest, name: str, encoder: Encoder, chunks: AsyncGenerator[list[Any], None]
    ) -> None:
        # The head goes out with the first rows: until these are there, what goes wrong is an answer of its own.
        rows: list[Any] = await anext(chunks, [])
        await self._start(wanted, name)
        await self._send_part(encoder.begin() + await encoder.encode(rows))
        self.rows += len(rows)
        async for rows in chunks:
            await self._give_way()
            await self._send_part(await encoder.encode(rows))
            self.rows += len(rows)
        await self._send_part(await encoder.end())

    async def _give_way(self) -> None:
        """Wait while requests are under way that somebody waits for, but not for ever."""
        await self._runtime.admission.idle(GIVE_WAY_SECONDS)

    async def _start(self, wanted: ExportRequest, name: str) -> None:
        headers = HEADERS | {
            "content-type": wanted.format.content_type,
            "content-disposition": f'attachment; filename="{name}.{wanted.format.name}"',
        }
        encoded = [(key.encode("ascii"), value.encode("ascii")) for key, value in headers.items()]
        self.started = True
        await self._send({"type": "http.response.start", "status": 200, "headers": encoded})

    async def _send_part(self, body: bytes) -> None:
        if body:
            # Waits while the client has not taken what was sent before.
            await self._send({"type": "http.response.body", "body": body, "more_body": True})


def _failed(errors: Sequence[GraphQLError]) -> _Refused:
    """The errors of rows, with the status of the first."""
    shown = [graphql_errors.present(error, executed=True) for error in errors[:MOST_ERRORS]]
    cause = errors[0].original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if isinstance(cause, HubError):
        return _Refused(shown, status_of(type(cause)), headers_of(cause))
    return _Refused(shown, 400 if cause is None else INTERNAL_STATUS, {})
