"""An export as a client takes it: read off a socket as it comes, its rows counted, nothing of it kept unless asked."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

import orjson

from bench.server_process import ServerProcess

_READ_BYTES: Final = 1 << 18
_END: Final = b"0\r\n\r\n"


class DownloadFailed(Exception):
    """The export was refused, or broke off."""


@dataclass(slots=True)
class Download:
    """What came: bytes on the wire, and the body where it was to be kept."""

    bytes: int = 0
    body: bytearray = field(default_factory=bytearray)


async def download(server: ServerProcess, token: str, document: str, *, keep: bool = False, **options: str) -> Download:
    """Export a document to its end; DownloadFailed where it does not come to one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=_READ_BYTES)
    try:
        body = orjson.dumps({"query": document})
        writer.write(
            f"POST /export?{urlencode(options)} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode("ascii")
        )
        writer.write(body)
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head[:13]:
            raise DownloadFailed((await reader.read(2000)).decode())
        return await (_kept(reader) if keep else _counted(reader))
    finally:
        writer.close()


@contextmanager
def again_and_again(server: ServerProcess, token: str, document: str) -> Iterator[None]:
    """Export a document over and over, in a process of its own, which ends with the block."""
    process = subprocess.Popen([sys.executable, "-m", "bench.download", str(server.port), token, document])
    try:
        yield
        assert process.poll() is None, "the exports ended early"
    finally:
        process.kill()
        process.wait()


async def _counted(reader: asyncio.StreamReader) -> Download:
    found, last = Download(), b""
    while part := await reader.read(_READ_BYTES):
        found.bytes += len(part)
        last = (last + part)[-len(_END) :] if len(part) < len(_END) else part[-len(_END) :]
    if last != _END:
        raise DownloadFailed("the export broke off")
    return found


async def _kept(reader: asyncio.StreamReader) -> Download:
    found = Download()
    while size := int(await reader.readline(), 16):
        found.body += await reader.readexactly(size)
        await reader.readexactly(2)
    found.bytes = len(found.body)
    return found


async def _repeat() -> None:
    server = ServerProcess(0, int(sys.argv[1]))
    while True:
        await download(server, sys.argv[2], sys.argv[3], format="ndjson")


if __name__ == "__main__":
    asyncio.run(_repeat())
