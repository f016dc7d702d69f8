"""Subscribers that never give up: over WebSocket, from the log's start, connecting again with their cursor to any server."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
import orjson
import websockets
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

_SUBSCRIPTION: Final = """subscription S($after: String) { handoffEvents(after: $after) {
    id cursor engagementId engagementVersion } }"""
_AGAIN_SECONDS: Final = 0.2
_SILENCE_SECONDS: Final = 60

_FATAL: Final = frozenset({"CURSOR_EXPIRED", "CURSOR_AHEAD", "BAD_CURSOR", "FORBIDDEN"})


class SubscriptionRefused(Exception):
    """A server said that it cannot go on from where this subscriber is: in these runs, never rightly."""


@dataclass
class Subscriber:
    """One, and what it has received, in order: event ids."""

    name: str
    token: str
    ports: list[int]
    after: str = "EARLIEST"
    received: list[str] = field(default_factory=list)
    connections: int = 0

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                await self._follow(random.choice(self.ports))
            except (OSError, TimeoutError, websockets.WebSocketException):
                await asyncio.sleep(_AGAIN_SECONDS * random.random())

    async def _follow(self, port: int) -> None:
        url = f"ws://127.0.0.1:{port}/graphql"
        protocol = Subprotocol("graphql-transport-ws")
        async with connect(url, subprotocols=[protocol], proxy=None, compression=None, ping_interval=None) as socket:
            self.connections += 1
            await socket.send(_text({"type": "connection_init", "payload": {"authorization": f"Bearer {self.token}"}}))
            await socket.recv()
            payload = {"query": _SUBSCRIPTION, "variables": {"after": self.after}}
            await socket.send(_text({"type": "subscribe", "id": "1", "payload": payload}))
            while True:
                async with asyncio.timeout(_SILENCE_SECONDS):
                    message = orjson.loads(await socket.recv())
                if message["type"] == "ping":
                    await socket.send(_text({"type": "pong"}))
                elif message["type"] == "next":
                    self._take(message["payload"])
                else:
                    self._ended(message)
                    return

    def _take(self, answer: dict[str, Any]) -> None:
        if answer.get("errors"):
            raise SubscriptionRefused(f"{self.name}: {answer['errors']}")
        event = answer["data"]["handoffEvents"]
        self.received.append(event["id"])
        self.after = event["cursor"]

    def _ended(self, message: dict[str, Any]) -> None:
        errors = message.get("payload") or []
        if any(error.get("extensions", {}).get("code") in _FATAL for error in errors):
            raise SubscriptionRefused(f"{self.name}: {errors}")


@dataclass
class NaiveReader:
    """What a first idea would be: asks the table that writers insert into for what has a higher id than the last one seen."""

    name: str
    dsn: str
    cursor: int = 0
    received: list[str] = field(default_factory=list)
    connections: int = 0

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            try:
                connection = await asyncpg.connect(self.dsn)
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            self.connections += 1
            try:
                while True:
                    rows = await connection.fetch(
                        "SELECT id, event_id FROM engagements.outbox WHERE id > $1 ORDER BY id", self.cursor
                    )
                    for row in rows:
                        self.received.append(str(row["event_id"]))
                        self.cursor = row["id"]
                    await asyncio.sleep(0.005)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                await asyncio.sleep(_AGAIN_SECONDS)
            finally:
                connection.terminate()


Reader = Subscriber | NaiveReader


def _text(message: dict[str, Any]) -> str:
    return orjson.dumps(message).decode()
