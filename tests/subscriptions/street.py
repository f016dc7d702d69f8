"""A street of firms whose engagements change: by plain SQL, as commands write it, with what clients follow."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from hub.global_id import encode
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests.conftest import STAFF, Dsns, until
from tests.miniature import execute
from tests.plain_sql import fetch
from tests.sockets import PATIENCE_SECONDS, Message, Server, Socket

ENGAGEMENTS = 4
"""Engagement n is of client n, whose advisor is firm n, which leads it."""

_DIRECTORY = (
    "INSERT INTO directory.partner (id, name, roles) SELECT id, 'firm ' || id, '{ADVISOR}' FROM generate_series(1, 9) AS id"
)

_ENGAGEMENTS = f"""
    INSERT INTO engagements.client (id, name, region, advisor_id)
    SELECT id, 'client ' || id, CASE WHEN id % 2 = 1 THEN 'JP-13' ELSE 'JP-27' END, id
    FROM generate_series(1, {ENGAGEMENTS}) AS id;
    INSERT INTO engagements.engagement (id, client_id, title, phase, status, lead_partner_id, version, opened_at, updated_at)
    SELECT id, id, 'title ' || id, 'AWARENESS', 'OPEN', id, 1, now(), now() FROM generate_series(1, {ENGAGEMENTS}) AS id;
    INSERT INTO engagements.assignment (engagement_id, position, phase, partner_id, started_at)
    SELECT id, 1, 'AWARENESS', id, now() FROM engagements.engagement;
    INSERT INTO engagements.handoff
        (id, engagement_id, from_phase, to_phase, from_partner_id, to_partner_id, status, offered_at, respond_by)
    SELECT id, id, 'AWARENESS', 'CONSULTATION', id, 9, 'OFFERED', now(), now() + interval '1 day' FROM engagements.engagement"""

_CHANGE = "UPDATE engagements.engagement SET version = version + 1 WHERE id = $1 RETURNING version"

_RECORD = """
    INSERT INTO engagements.outbox
        (type, occurred_at, engagement_id, engagement_version, handoff_id,
         from_phase, to_phase, from_partner_id, to_partner_id, region)
    SELECT $1, now(), e.id, $3, $4, $5, $6, $7, $8, c.region
    FROM engagements.engagement AS e JOIN engagements.client AS c ON c.id = e.client_id WHERE e.id = $2 RETURNING event_id"""

VERSIONS = "subscription($after: String, $filter: HandoffEventFilter) { handoffEvents(after: $after, filter: $filter) { %s } }"
IDS = VERSIONS % "id"
WHAT = VERSIONS % "cursor engagementVersion engagementId"

RICH = VERSIONS % (
    "id type occurredAt engagementVersion engagementId fromPhase toPhase fromPartner { name } toPartner { name } "
    "engagement { title version leadPartner { name } client { name } } handoff { status note } cursor"
)


def crm(firm: int) -> Viewer:
    """A firm's CRM."""
    return Viewer(ViewerKind.CRM, f"CRM of {firm}", partner_id=firm)


def engagement(number: int) -> str:
    """The id of an engagement."""
    return encode("Engagement", number)


async def build(dsns: Dsns) -> None:
    """Write the street into empty, migrated databases."""
    await execute(dsns[SourceName.DIRECTORY], _DIRECTORY)
    await execute(dsns[SourceName.ENGAGEMENTS], _ENGAGEMENTS)


@dataclass
class Street:
    """The street, a server of it, and a connection that changes it."""

    dsns: Dsns
    server: Server
    connection: asyncpg.Connection

    async def change(
        self,
        number: int = 1,
        type: str = "FINDING_RECORDED",
        *,
        handoff: int | None = None,
        phases: tuple[str | None, str | None] = (None, "AWARENESS"),
        partners: tuple[int | None, int | None] = (None, None),
        connection: asyncpg.Connection | None = None,
    ) -> str:
        """An event of an engagement: its id, once it is committed."""
        connection = connection or self.connection
        async with connection.transaction():
            version = await connection.fetchval(_CHANGE, number)
            event_id = await connection.fetchval(_RECORD, type, number, version, handoff, *phases, *partners)
        return str(event_id)

    async def changed(self, number: int = 1, **event: Any) -> str:
        """As `change`; returns when the log has it, and whoever subscribed to the server was told: who comes now is not."""
        event_id = await self.change(number, **event)

        async def is_past() -> bool:
            told = self.server.told()
            rows = await self.log()
            return any(row["event_id"] == event_id and row["position"] <= told for row in rows)

        await until(is_past)
        return event_id

    async def log(self) -> list[dict[str, Any]]:
        """The log, by position, ids as clients see them."""
        rows = await fetch(self.dsns, SourceName.ENGAGEMENTS, "SELECT * FROM engagements.event_log ORDER BY position")
        return [{**row, "event_id": str(row["event_id"])} for row in rows]

    @asynccontextmanager
    async def following(
        self, query: str = IDS, viewer: Viewer = STAFF, *, receive_buffer_bytes: int | None = None, **variables: Any
    ) -> AsyncIterator["Follower"]:
        """A subscriber on a socket of its own."""
        async with self.server.initialised(viewer, receive_buffer_bytes=receive_buffer_bytes) as socket:
            follower = Follower(socket, "1")
            await socket.ask("1", query, **variables)
            await settled(socket)
            yield follower


async def settled(socket: Socket) -> None:
    """Until what was asked on a socket has begun: for each answer is given in its turn.

    A subscription begins in a task of its own, which at its start asks nothing but memory, or the database once.
    """
    for _ in range(3):
        await socket.send({"type": "ping"})
        while (await socket.receive())["type"] != "pong":
            raise AssertionError("events came before what was awaited")


@dataclass
class Follower:
    """A subscription on a socket."""

    socket: Socket
    id: str

    async def next(self) -> Message:
        """The next event's answer."""
        message = await self.socket.receive()
        assert (message["type"], message["id"]) == ("next", self.id), message
        payload: Message = message["payload"]
        return payload

    async def events(self, count: int) -> list[Message]:
        """So many events."""
        found = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            for _ in range(count):
                payload = await self.next()
                assert "errors" not in payload, payload
                found.append(payload["data"]["handoffEvents"])
        return found

    async def ids(self, count: int) -> list[str]:
        """Of the next events."""
        return [event["id"] for event in await self.events(count)]

    async def nothing(self) -> None:
        """See that nothing was sent before a ping's answer."""
        await self.socket.send({"type": "ping", "payload": {"nothing": True}})
        received = await self.socket.receive()
        assert received == {"type": "pong", "payload": {"nothing": True}}, json.dumps(received)
