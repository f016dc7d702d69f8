"""Event streams (SSE) as clients read them: byte by byte, from a cursor, kept alive, and ended."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
import pytest

from hub import graphql_sse
from hub.viewer import Viewer
from tests.conftest import STAFF, until
from tests.sockets import PATIENCE_SECONDS
from tests.subscriptions.conftest import Serve
from tests.subscriptions.street import IDS, WHAT, Street, crm

OPENED = ":\n\n"
COMPLETE = "event: complete\ndata:\n\n"


@dataclass
class Stream:
    """An answer that is read as it comes."""

    response: httpx2.Response
    chunks: AsyncIterator[str]
    text: str = ""

    async def until(self, holds: Callable[[str], bool]) -> str:
        """What has come, once this holds of it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds(self.text):
                self.text += await anext(self.chunks)
        return self.text

    async def rest(self) -> str:
        """All, up to its end."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for chunk in self.chunks:
                self.text += chunk
        return self.text


def headers_of(street: Street, viewer: Viewer, **headers: str) -> dict[str, str]:
    """Of a viewer who asks for an event stream; names with _ for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"authorization": f"Bearer {street.server.token(viewer)}", "accept": "text/event-stream", **named}


@asynccontextmanager
async def streaming(
    street: Street,
    query: str,
    viewer: Viewer = STAFF,
    *,
    variables: dict[str, Any] | None = None,
    get: bool = False,
    **headers: str,
) -> AsyncIterator[Stream]:
    """Ask for an event stream, by POST unless by GET."""
    url = f"{street.server.url.replace('ws:', 'http:')}/graphql"
    sent = headers_of(street, viewer, **headers)
    async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as client:
        if get:
            asked = client.stream(
                "GET", f"{url}?{urlencode({'query': query, 'variables': json.dumps(variables or {})})}", headers=sent
            )
        else:
            asked = client.stream("POST", url, json={"query": query, "variables": variables}, headers=sent)
        async with asked as response:
            yield Stream(response, response.aiter_text())


def ids_of(text: str) -> list[str]:
    """The ids of the events in a stream's text."""
    lines = [line.removeprefix("data: ") for line in text.split("\n") if line.startswith("data: ")]
    return [json.loads(line)["data"]["handoffEvents"]["id"] for line in lines]


@pytest.mark.parametrize("get", [False, True], ids=["POST", "GET"])
async def test_events_byte_by_byte(street: Street, get: bool) -> None:
    async with street.following(WHAT.replace("cursor", "id cursor")) as follower, streaming(street, IDS, get=get) as stream:
        assert stream.response.status_code == 200
        headers = stream.response.headers
        told = {name: headers.get(name) for name in ("content-type", "cache-control", "x-accel-buffering", "content-encoding")}
        assert told == {
            "content-type": "text/event-stream",
            "cache-control": "no-cache",
            "x-accel-buffering": "no",
            "content-encoding": None,
        }
        assert await stream.until(lambda text: text == OPENED) == OPENED
        event_id = await street.change(1)
        (event,) = await follower.events(1)
        expected = f'{OPENED}event: next\nid: {event["cursor"]}\ndata: {{"data":{{"handoffEvents":{{"id":"{event_id}"}}}}}}\n\n'
        assert await stream.until(lambda text: len(text) >= len(expected)) == expected


async def test_it_resumes_by_the_last_event_id_which_wins_over_after(street: Street) -> None:
    ids = [await street.changed(1) for _ in range(3)]
    async with streaming(street, IDS, variables={"after": "EARLIEST"}) as stream:
        text = await stream.until(lambda text: text.count("\n\n") == 4)
        assert ids_of(text) == ids
        cursors = [line.removeprefix("id: ") for line in text.split("\n") if line.startswith("id: ")]
    async with streaming(street, IDS, variables={"after": "EARLIEST"}, last_event_id=cursors[1]) as stream:
        assert ids_of(await stream.until(lambda text: text.count("\n\n") == 2)) == ids[2:]
        ids.append(await street.change(1))
        assert ids_of(await stream.until(lambda text: text.count("\n\n") == 3)) == ids[2:]
    async with streaming(street, IDS, last_event_id="nonsense") as stream:
        text = await stream.rest()
        error = json.loads(text.split("data: ")[1].split("\n")[0])["errors"][0]
        assert error["extensions"] == {"code": "BAD_CURSOR", "field": "Last-Event-ID"}
        assert text.endswith(COMPLETE)


async def test_each_sees_its_own(street: Street) -> None:
    async with streaming(street, IDS, crm(1)) as own, streaming(street, IDS, crm(2)) as other:
        await own.until(lambda text: text == OPENED)
        await other.until(lambda text: text == OPENED)
        first, second = await street.change(1), await street.change(2)
        assert ids_of(await own.until(lambda text: "data" in text)) == [first]
        assert ids_of(await other.until(lambda text: "data" in text)) == [second]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("{ viewer { name } }", {"data": {"viewer": {"name": "Staff"}}}),
        ("{ viewer {", "GRAPHQL_PARSE_FAILED"),
        ("{ viewer { nickname } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("mutation { nothing }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_what_is_answered_once_is_one_next_and_complete(street: Street, query: str, answer: Any) -> None:
    async with streaming(street, query) as stream:
        assert stream.response.status_code == 200
        text = await stream.rest()
        opened, next_, complete, end = text.split("\n\n")
        assert (f"{opened}\n\n", f"{complete}\n\n", end) == (OPENED, COMPLETE, "")
        event, data = next_.split("\n")
        assert event == "event: next"
        found = json.loads(data.removeprefix("data: "))
        if isinstance(answer, str):
            assert found["errors"][0]["extensions"]["code"] == answer
        else:
            assert found["data"] == answer["data"]


async def test_what_refuses_the_caller_is_an_answer_with_its_status(serve: Serve) -> None:
    async with serve(max_subscriptions_per_viewer=1, max_sockets=2) as street:
        url = f"{street.server.url.replace('ws:', 'http:')}/graphql"
        accept = {"accept": "text/event-stream"}
        async with httpx2.AsyncClient() as client:
            refused = await client.post(url, json={"query": IDS}, headers=accept)
            assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
            assert refused.headers["content-type"] == "application/json"
            refused = await client.put(url, json={"query": IDS}, headers=headers_of(street, STAFF))
            assert refused.status_code == 405
            refused = await client.post(
                url, content=b"{", headers=headers_of(street, STAFF) | {"content-type": "application/json"}
            )
            assert refused.status_code == 400
            refused = await client.get(f"{url}?query=mutation{{x}}", headers=headers_of(street, STAFF))
            assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
            for accepted in ("application/json", "application/graphql-response+json", "*/*"):
                sent = headers_of(street, STAFF) | {"accept": accepted}
                refused = await client.post(url, json={"query": IDS}, headers=sent)
                assert refused.status_code == 400
                assert "event stream" in refused.json()["errors"][0]["message"]
            async with streaming(street, IDS):
                refused = await client.post(url, json={"query": IDS}, headers=headers_of(street, STAFF))
                assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
                async with streaming(street, IDS, crm(1)):
                    refused = await client.post(url, json={"query": IDS}, headers=headers_of(street, crm(2)))
                    assert refused.status_code == 503


async def test_a_stream_with_nothing_to_say_is_kept_alive(serve: Serve) -> None:
    async with serve(stream_keepalive_seconds=0.1) as street, streaming(street, IDS) as stream:
        await stream.until(lambda text: text == OPENED * 4)
        event_id = await street.change(1)
        assert ids_of(await stream.until(lambda text: "data" in text)) == [event_id]


async def test_a_server_that_stops_ends_its_streams(serve: Serve) -> None:
    async with serve() as street:
        opened = streaming(street, IDS)
        stream = await opened.__aenter__()
        await stream.until(lambda text: text == OPENED)
    assert await stream.rest() == OPENED, "without `complete`: there is more, elsewhere"
    await opened.__aexit__(None, None, None)


async def test_a_client_that_leaves_is_forgotten(serve: Serve) -> None:
    async with serve(max_subscriptions_per_viewer=1) as street:

        async def is_taken() -> bool:
            async with streaming(street, IDS) as stream:
                return stream.response.status_code == 200

        for _ in range(3):
            await until(is_taken)


async def test_a_token_that_ends_ends_the_stream(street: Street) -> None:
    token = street.server.token(STAFF, valid_seconds=2)
    async with streaming(street, IDS, authorization=f"Bearer {token}") as stream:
        assert await stream.rest() == OPENED


async def test_a_slow_reader_is_let_go_and_slows_nobody(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphql_sse, "MOST_HELD_BYTES", 50_000)
    query = WHAT.replace("cursor", "id cursor " + " ".join(f"a{number}: cursor" for number in range(90)))
    body = json.dumps({"query": query}).encode()
    sent = headers_of(street, STAFF, content_type="application/json", content_length=str(len(body)), host="127.0.0.1")
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    address = urlsplit(street.server.url)
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        bound.setblocking(False)
        await asyncio.get_running_loop().sock_connect(bound, (address.hostname, address.port))
        reader, writer = await asyncio.open_connection(sock=bound, limit=4096)
        writer.write(f"POST /graphql HTTP/1.1\r\n{head}\r\n".encode() + body)
        await reader.readuntil(b"\r\n:\n\n\r\n")
        async with street.following(query) as quick:
            expected = []
            for _ in range(15):
                async with street.connection.transaction():
                    expected += [await street.change(1) for _ in range(100)]
                assert await quick.ids(100) == expected[-100:]
        async with asyncio.timeout(PATIENCE_SECONDS):
            text = (await _to_the_end(reader)).decode()
        writer.close()
    found = re.findall(r'"handoffEvents":\{"id":"([0-9a-f-]{36})"', text)
    assert 0 < len(found) < len(expected)
    assert found == expected[: len(found)], "no gap in what it was given"
    assert "event: complete" not in text


async def _to_the_end(reader: asyncio.StreamReader) -> bytes:
    """All of a chunked answer; the chunk that ends it is empty."""
    data = b""
    while not data.endswith(b"\r\n0\r\n\r\n"):
        data += await reader.read(65_536)
    return data
