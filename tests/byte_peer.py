"""One TCP connection to the server, driven byte by byte: what no client for HTTP would send, or would wait for."""

import asyncio
import json
from typing import Any

PATIENCE_SECONDS = 10

BODY = json.dumps({"query": "{ viewer { name } }"}).encode()


class Peer:
    """One TCP connection to the server, and a token to write into requests."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
        self._reader = reader
        self._writer = writer
        self._token = token

    def head(self, *headers: str, method: str = "POST", target: str = "/graphql") -> bytes:
        """A request's head with credentials."""
        lines = [f"{method} {target} HTTP/1.1", "Host: hub", f"Authorization: Bearer {self._token}", *headers]
        return "\r\n".join([*lines, "", ""]).encode()

    def post(self, body: bytes = BODY) -> bytes:
        """A whole request."""
        return self.head("Content-Type: application/json", f"Content-Length: {len(body)}") + body

    def send(self, data: bytes) -> None:
        """Write, whether or not anybody reads."""
        self._writer.write(data)

    async def drain(self) -> None:
        """Wait until most of what was sent is on its way."""
        await self._writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer: status, headers, body."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            body = await self._reader.readexactly(int(headers["content-length"]))
        return int(head[0].split()[1]), headers, body

    async def data(self) -> Any:
        """The data of the next answer, which is without errors."""
        status, _, body = await self.answer()
        answer = json.loads(body)
        assert (status, answer.get("errors")) == (200, None)
        return answer["data"]

    async def refusal(self, status: int, code: str) -> dict[str, str]:
        """The headers of the next answer, which is this refusal."""
        found, headers, body = await self.answer()
        assert (found, json.loads(body)["errors"][0]["extensions"]["code"]) == (status, code)
        return headers

    async def closed(self) -> bytes:
        """What still comes until the server closes."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                return await self._reader.read()
            except ConnectionError:
                return b""

    async def interim(self) -> bytes:
        """The head of an interim answer."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._reader.readuntil(b"\r\n\r\n")

    def stop_reading(self) -> None:
        """Take nothing more of what the server sends."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    def close(self) -> None:
        """Hang up."""
        self._writer.transport.abort()
