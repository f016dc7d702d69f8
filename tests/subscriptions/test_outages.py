"""What is down while events are delivered: nothing is lost or skipped, and who does not need it does not wait."""

import asyncio
from pathlib import Path

import asyncpg

from hub.vocabulary import SourceName
from tests.blocking import locked
from tests.conftest import STAFF, UNLIMITED, Servers, make_databases, settings_for
from tests.sockets import socket_server
from tests.subscriptions.street import RICH, VERSIONS, Street, build, crm


async def test_a_database_that_is_killed_and_comes_back_goes_on_where_it_was(own_servers: Servers, tmp_path: Path) -> None:
    dsns = await asyncio.to_thread(make_databases, own_servers, "own")
    await build(dsns)
    async with socket_server(settings_for(dsns, tmp_path, **UNLIMITED)) as server:
        street = Street(dsns, server, await asyncpg.connect(dsns[SourceName.ENGAGEMENTS]))
        async with street.following(RICH, crm(1)) as firm, street.following(viewer=STAFF) as staff:
            ids = [await street.change(1)]
            assert [event["id"] for event in await firm.events(1)] == await staff.ids(1) == ids
            street.connection.terminate()
            await asyncio.to_thread(own_servers.first.kill)
            await firm.nothing()
            await asyncio.to_thread(own_servers.first.start)
            street.connection = await asyncpg.connect(dsns[SourceName.ENGAGEMENTS])
            ids = [await street.change(1) for _ in range(3)]
            events = await firm.events(3)
            assert [event["id"] for event in events] == await staff.ids(3) == ids
            assert [event["engagement"]["title"] for event in events] == ["title 1"] * 3, "as it is once the database is back"
            street.connection.terminate()


async def test_an_edge_of_a_source_that_is_down_is_null_with_its_error(own_servers: Servers, tmp_path: Path) -> None:
    dsns = await asyncio.to_thread(make_databases, own_servers, "own")
    await build(dsns)
    query = VERSIONS % "id engagement { title posts(first: 1) { nodes { title } } }"
    async with socket_server(settings_for(dsns, tmp_path, **UNLIMITED)) as server:
        street = Street(dsns, server, await asyncpg.connect(dsns[SourceName.ENGAGEMENTS]))
        async with street.following(query, crm(1)) as follower:
            await asyncio.to_thread(own_servers.second.stop)
            event_id = await street.change(1)
            payload = await follower.next()
            assert payload["data"] == {"handoffEvents": {"id": event_id, "engagement": {"title": "title 1", "posts": None}}}
            (error,) = payload["errors"]
            assert error["path"][:3] == ["handoffEvents", "engagement", "posts"]
            assert error["extensions"] == {"code": "SOURCE_UNAVAILABLE", "source": "community"}
        street.connection.terminate()


async def test_while_sight_cannot_be_judged_those_who_see_everything_do_not_wait(street: Street) -> None:
    async with street.following(viewer=crm(1)) as firm, street.following(viewer=STAFF) as staff:
        async with locked(street.dsns[SourceName.ENGAGEMENTS], "engagements.client"):
            connection = await asyncpg.connect(street.dsns[SourceName.ENGAGEMENTS])
            ids = [
                str(
                    await connection.fetchval(
                        "INSERT INTO engagements.outbox (type, occurred_at, engagement_id, engagement_version)"
                        " VALUES ('FINDING_RECORDED', now(), 1, $1) RETURNING event_id",
                        version,
                    )
                )
                for version in (2, 3)
            ]
            await connection.close()
            assert await staff.ids(2) == ids
            await firm.nothing()
        assert await firm.ids(2) == ids
