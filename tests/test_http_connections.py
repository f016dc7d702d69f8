"""What a connection may do, byte by byte: slow, huge and broken requests end in an answer or a close, never in a wait."""

import asyncio
import itertools
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from hub import connections
from hub import serving as serving_module
from hub.tokens import TokenAuthority
from hub.vocabulary import SourceName
from tests import miniature
from tests.blocking import locked, waiting
from tests.byte_peer import BODY, PATIENCE_SECONDS, Peer
from tests.conftest import STAFF, Dsns, serving, settings_for, until

STAFF_NAME = {"viewer": {"name": "Staff"}}


Connect = Callable[..., AbstractAsyncContextManager[Peer]]
Serve = Callable[..., AbstractAsyncContextManager[Connect]]


@pytest.fixture
async def serve(source_dsns: Dsns, tmp_path: Path) -> Serve:
    """Serve the miniature with these settings, to connect to."""
    await miniature.write(source_dsns)

    @asynccontextmanager
    async def serve(**overrides: Any) -> AsyncIterator[Connect]:
        settings = settings_for(source_dsns, tmp_path, **overrides)
        token = TokenAuthority(settings).mint(STAFF, valid_seconds=60)
        async with serving(settings) as base:
            address = urlsplit(base)

            @asynccontextmanager
            async def connect(receive_buffer_bytes: int | None = None) -> AsyncIterator[Peer]:
                raw = socket.socket()
                if receive_buffer_bytes is not None:
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
                raw.setblocking(False)
                await asyncio.get_running_loop().sock_connect(raw, (address.hostname, address.port))
                peer = Peer(*await asyncio.open_connection(sock=raw), token)
                try:
                    yield peer
                finally:
                    peer.close()

            yield connect

    return serve


async def test_a_body_that_trickles_is_given_up(serve: Serve) -> None:
    async with serve(body_timeout_seconds=0.4) as connect, connect() as peer:
        started = time.perf_counter()
        peer.send(peer.head("Content-Type: application/json", "Content-Length: 1000"))
        trickle = asyncio.create_task(_trickle(peer, b'{"query": "'))
        headers = await peer.refusal(408, "BODY_TIMEOUT")
        assert headers["connection"] == "close"
        assert await peer.closed() == b""
        assert 0.4 <= time.perf_counter() - started < 2
        trickle.cancel()


async def _trickle(peer: Peer, data: bytes) -> None:
    """Send a byte now and then, for ever."""
    for byte in itertools.cycle(data):
        peer.send(bytes([byte]))
        await asyncio.sleep(0.02)


async def _press(peer: Peer, data: bytes, *, pause_seconds: float = 0) -> None:
    """Send again and again, until the connection breaks."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            peer.send(data)
            await peer.drain()
            await asyncio.sleep(pause_seconds)


@pytest.mark.parametrize("start", [b"", b"GET /gr", b"GET /healthz HTTP/1.1\r\nX-Slow: ", b"\r\n"])
async def test_a_head_that_trickles_or_never_comes_is_cut_off(serve: Serve, start: bytes) -> None:
    async with serve(body_timeout_seconds=0.4) as connect:
        async with connect() as peer:
            peer.send(start)
            trickle = asyncio.create_task(_trickle(peer, start[-1:]))
            assert await peer.closed() == b""
            trickle.cancel()
        async with connect() as peer:
            peer.send(peer.post())
            assert await peer.data() == STAFF_NAME
            peer.send(start or b"\r\n")
            assert await peer.closed() == b"", "nor in the place of a second request"


@pytest.mark.parametrize("kind", ["one header", "many headers", "target", "unfinished"])
async def test_a_huge_head_is_refused(serve: Serve, kind: str) -> None:
    limit = connections.MAX_HEAD_BYTES
    head = {
        "one header": b"GET /healthz HTTP/1.1\r\nX: " + b"a" * limit + b"\r\n\r\n",
        "many headers": b"GET /healthz HTTP/1.1\r\n" + b"Name: value\r\n" * (limit // 9) + b"\r\n",
        "target": b"GET /healthz?" + b"a" * limit + b" HTTP/1.1\r\n\r\n",
        "unfinished": b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 3 * limit,
    }[kind]
    async with serve() as connect, connect() as peer:
        peer.send(head)
        status, headers, body = await peer.answer()
        assert (status, headers["connection"]) == (431, "close")
        assert body == b"The request's head must have at most 65536 bytes; send long queries by POST."
        assert await peer.closed() == b""


async def test_a_head_within_the_limit_is_taken(serve: Serve) -> None:
    async with serve() as connect, connect() as peer:
        for _ in range(3):
            peer.send(b"GET /healthz HTTP/1.1\r\nX: " + b"a" * (connections.MAX_HEAD_BYTES - 10) + b"\r\n\r\n")
            assert (await peer.answer())[0] == 200
            peer.send(peer.post(BODY.ljust(300_000)))
            assert await peer.data() == STAFF_NAME


async def test_requests_in_a_pipeline_are_answered_in_order(serve: Serve, source_dsns: Dsns) -> None:
    slow = json.dumps({"query": "{ partners { totalCount } }"}).encode()
    directory = source_dsns[SourceName.DIRECTORY]

    async def waits() -> bool:
        return await waiting(directory) == 1

    async with serve(body_timeout_seconds=0.3, max_requests_in_flight=1) as connect, connect() as peer:
        async with locked(directory, "directory.partner"):
            # The last is unfinished, and late, while the first is being answered.
            peer.send(peer.post(slow) + peer.post() + b"GET /healthz HTTP/1.1\r\n\r\n" + peer.post()[:-1])
            await until(waits)
        assert await peer.data() == {"partners": {"totalCount": 2}}
        assert await peer.data() == STAFF_NAME
        assert (await peer.answer())[2] == b'{"status":"ok"}'
        await peer.refusal(408, "BODY_TIMEOUT")
        assert await peer.closed() == b""


@pytest.mark.parametrize(
    "request_line",
    [
        b"nonsense\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nBad Name: x\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /graphql HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 100,
    ],
)
async def test_what_is_no_http_is_a_bad_request_and_closed(serve: Serve, request_line: bytes) -> None:
    async with serve(body_timeout_seconds=2) as connect, connect() as peer:
        peer.send(request_line)
        answered = await peer.closed()
        assert answered.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 401 ")), answered
        assert b" 200 " not in answered


async def test_a_body_that_is_cut_short_is_given_up_or_forgotten(serve: Serve) -> None:
    async with serve(body_timeout_seconds=0.3, max_requests_in_flight=1) as connect:
        chunked = ("Content-Type: application/json", "Transfer-Encoding: chunked")
        async with connect() as peer:
            peer.send(peer.head(*chunked) + b"10\r\n{")
            await peer.refusal(408, "BODY_TIMEOUT")
        for _ in range(3):
            async with connect() as peer:
                peer.send(peer.head(*chunked) + b"5\r\n{")
            async with connect() as peer:
                peer.send(peer.head("Content-Type: application/json", f"Content-Length: {len(BODY) + 1}") + BODY)

        async def free() -> bool:
            async with connect() as peer:
                peer.send(peer.post())
                return (await peer.answer())[0] == 200

        await until(free)


async def test_a_content_length_that_is_too_small_cuts_the_body_off_there(serve: Serve) -> None:
    async with serve() as connect, connect() as peer:
        peer.send(peer.head("Content-Type: application/json", f"Content-Length: {len(BODY) - 1}") + BODY)
        status, headers, body = await peer.answer()
        assert (status, headers["connection"], body) == (400, "close", b"Invalid HTTP request received."), (
            "the byte that is left"
        )
        assert await peer.closed() == b""


async def test_a_body_that_nobody_reads_is_thrown_away_and_bounded(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_UNREAD_BODY_BYTES", 2_000_000)
    async with serve(body_timeout_seconds=0.5) as connect:
        async with connect() as peer:
            # Refused before its body is read; the connection serves on.
            peer.send(b"POST /graphql HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n" + b"a" * 1_000_000 + peer.post())
            await peer.refusal(401, "UNAUTHENTICATED")
            assert await peer.data() == STAFF_NAME
        async with connect() as peer:
            peer.send(b"POST /graphql HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n" + b"a" * 1000)
            await peer.refusal(401, "UNAUTHENTICATED")
            with pytest.raises(ConnectionError):
                await _press(peer, b"a" * 100_000)
        async with connect() as peer:
            peer.send(b"POST /graphql HTTP/1.1\r\nContent-Length: 1000\r\n\r\na")
            await peer.refusal(401, "UNAUTHENTICATED")
            trickle = asyncio.create_task(_trickle(peer, b"a"))
            assert await peer.closed() == b""
            trickle.cancel()


async def test_a_client_that_does_not_read_what_it_asked_for_is_cut_off(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving_module, "STALL_TIMEOUT_SECONDS", 0.3)
    async with serve(body_timeout_seconds=60) as connect, connect(receive_buffer_bytes=4096) as peer:
        peer.stop_reading()
        for _ in range(10):
            peer.send(peer.head(method="GET", target="/static/vendor/graphiql/graphiql.min.js"))
        with pytest.raises(ConnectionError):
            await _press(peer, b"\r\n", pause_seconds=0.05)


async def test_expect_continue_is_answered_before_the_body(serve: Serve) -> None:
    async with serve() as connect, connect() as peer:
        length = f"Content-Length: {len(BODY)}"
        peer.send(peer.head("Content-Type: application/json", length, "Expect: 100-continue"))
        assert await peer.interim() == b"HTTP/1.1 100 Continue\r\n\r\n"
        peer.send(BODY)
        assert await peer.data() == STAFF_NAME


@pytest.mark.parametrize(
    "change",
    [
        {},
        {b"\r\n\r\n": b"\r\nConnection: close\r\n\r\n"},
        {b"HTTP/1.1": b"HTTP/1.0"},
        {b"viewer": b"nobody"},
        {b"{": b"["},
    ],
)
async def test_an_answer_written_at_once_is_the_one_that_goes_by_asgi(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, change: dict[bytes, bytes]
) -> None:
    written: list[bool] = []
    at_once = connections.BoundedHttpProtocol._answer

    def watched(self: connections.BoundedHttpProtocol, *answer: Any) -> bool:
        written.append(at_once(self, *answer))
        return written[-1]

    async def answers(connect: Connect) -> tuple[int, dict[str, str], dict[str, Any], bytes]:
        async with connect() as peer:
            request = peer.post()
            for old, new in change.items():
                request = request.replace(old, new)
            peer.send(request)
            status, headers, body = await peer.answer()
            closed = await peer.closed() if headers.get("connection") == "close" else b"open"
            answer = json.loads(body)
            answer.get("extensions", {}).get("cost", {}).clear()
            # What differs from one moment to the next.
            return status, headers | {"date": "", "content-length": ""}, answer, closed

    async with serve() as connect:
        monkeypatch.setattr(connections.BoundedHttpProtocol, "_answer", watched)
        ours = await answers(connect)
        assert written == [True]
        monkeypatch.setattr(connections.BoundedHttpProtocol, "_answer", lambda *_: False)
        assert await answers(connect) == ours
    assert ours[0] in (200, 400)
