"""Rules that need a fact of another source let nothing through while that source is down; nobody else notices."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hub.migrations import migrate
from hub.viewer import Viewer
from hub.vocabulary import SourceName
from tests.conftest import UNLIMITED, Answer, Ask, Servers, asker, running, settings_for, until
from tests.plain_sql import gid
from tests.visibility.graph import PAGE
from tests.visibility.oracle import Sight
from tests.visibility.viewers import CRMS, PERSONS, REPORTING, STAFF, UNKNOWN_FIRM
from tests.visibility.world import Firm, World

FIRMS = [PERSONS[Firm.ADVISOR], CRMS[Firm.ADVISOR], CRMS[Firm.OFFERED], CRMS[Firm.STRANGER], UNKNOWN_FIRM]

POSTS = f"{{ posts(first: {PAGE}) {{ nodes {{ title }} }} }}"
POST_COUNT = "{ posts { totalCount } }"
EMAILS = "{ partners(first: 50) { nodes { members { nodes { name email } } } } }"
ATTENDEES = "{ trainingSessions { nodes { enrollments { nodes { attendee } } } } }"
NODE = "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }"


async def own_databases(servers: Servers, alone: SourceName, world: World) -> dict[SourceName, str]:
    """The world with one source on a server of its own, the second."""
    dsns = {}
    for source in SourceName:
        server = servers.second if source is alone else servers.first
        server.ensure_databases([source.value])
        dsns[source] = server.dsn(source.value)
        await migrate(source, dsns[source])
    await world.write(dsns)
    return dsns


def refused(answer: Answer, source: SourceName) -> Any:
    """The data of an answer whose errors all say that a source is down, of which there is one at least."""
    assert answer.errors
    found = {(error["extensions"]["code"], error["extensions"]["source"]) for error in answer.errors}
    assert found == {("SOURCE_UNAVAILABLE", source.value)}
    return answer.data


async def posts_as_ever(ask: Ask, world: World, viewer: Viewer) -> bool:
    """Whether the viewer gets exactly the posts that it sees."""
    answer = await ask(POSTS, viewer=viewer)
    seen = {row["title"] for row in world["community.post"] if Sight(world, viewer).sees("community.post", row)}
    return not answer.errors and {node["title"] for node in answer.data["posts"]["nodes"]} == seen


async def test_without_engagements_a_firm_gets_no_posts_no_attendees_no_addresses(own_servers: Servers, tmp_path: Path) -> None:
    world, down = World(), SourceName.ENGAGEMENTS
    dsns = await own_databases(own_servers, down, world)
    async with running(settings_for(dsns, tmp_path, **UNLIMITED)) as runtime:
        ask = asker(runtime)
        for viewer in (*FIRMS, STAFF, REPORTING):
            assert await posts_as_ever(ask, world, viewer)
        await asyncio.to_thread(own_servers.second.stop)
        for viewer in FIRMS:
            for query in (POSTS, POST_COUNT):
                assert refused(await ask(query, viewer=viewer), down) == {"posts": None}
            assert refused(await ask(ATTENDEES, viewer=viewer), down) == {"trainingSessions": None}
            for type_name in ("Enrollment", "Post", "Comment"):
                answer = await ask(NODE, viewer=viewer, id=gid(type_name, 1))
                assert refused(answer, down) == {"node": None, "nodes": [None]}
            firms = refused(await ask(EMAILS, viewer=viewer), down)["partners"]["nodes"]
            members = [member for firm in firms for member in firm["members"]["nodes"]]
            assert [member["email"] for member in members] == [None] * len(world["directory.member"])
            assert {member["name"] for member in members} == {row["name"] for row in world["directory.member"]}
            whole = await ask(
                "{ trainingSessions { nodes { id seatsLeft enrolledCount } } courses { totalCount } }", viewer=viewer
            )
            assert whole.errors == []
            assert len(whole.data["trainingSessions"]["nodes"]) == len(world["trainings.session"])
        for viewer in (STAFF, REPORTING):
            assert await posts_as_ever(ask, world, viewer)
            answer = await ask(EMAILS, viewer=viewer)
            assert answer.errors == []
        attendees = (await ask(ATTENDEES)).data["trainingSessions"]["nodes"]
        assert sum(len(session["enrollments"]["nodes"]) for session in attendees) == len(world["trainings.enrollment"])
        await asyncio.to_thread(own_servers.second.start)
        await until(lambda: posts_as_ever(ask, world, PERSONS[Firm.ADVISOR]))


async def test_without_the_directory_a_firm_gets_no_posts_and_all_else(own_servers: Servers, tmp_path: Path) -> None:
    world, down = World(), SourceName.DIRECTORY
    dsns = await own_databases(own_servers, down, world)
    async with running(settings_for(dsns, tmp_path, **UNLIMITED)) as runtime:
        ask = asker(runtime)
        await asyncio.to_thread(own_servers.second.stop)
        for viewer in FIRMS:
            for query in (POSTS, POST_COUNT):
                assert refused(await ask(query, viewer=viewer), down) == {"posts": None}
            for type_name in ("Post", "Comment"):
                answer = await ask(NODE, viewer=viewer, id=gid(type_name, 1))
                assert refused(answer, down) == {"node": None, "nodes": [None]}
            for field, table in (("engagements", "engagements.engagement"), ("clients", "engagements.client")):
                answer = await ask(f"{{ {field} {{ totalCount }} }}", viewer=viewer)
                sight = Sight(world, viewer)
                assert answer.errors == []
                assert answer.data == {field: {"totalCount": sum(sight.sees(table, row) for row in world[table])}}
        for viewer in (STAFF, REPORTING):
            assert await posts_as_ever(ask, world, viewer)


@pytest.mark.parametrize("viewer", [PERSONS[Firm.OFFERED], CRMS[Firm.OFFERED]], ids=lambda viewer: viewer.kind.value)
async def test_without_the_community_the_facts_are_of_no_matter(own_servers: Servers, tmp_path: Path, viewer: Viewer) -> None:
    world, down = World(), SourceName.COMMUNITY
    dsns = await own_databases(own_servers, down, world)
    async with running(settings_for(dsns, tmp_path, **UNLIMITED)) as runtime:
        ask = asker(runtime)
        await asyncio.to_thread(own_servers.second.stop)
        hidden, unknown = (gid("Post", key) for key in (13, 999))
        answers = [refused(await ask(NODE, viewer=viewer, id=id), down) for id in (hidden, unknown)]
        assert answers == [{"node": None, "nodes": [None]}] * 2
