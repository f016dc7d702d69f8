"""The SQL door: what a BI tool's role sees of each source, and that it sees nothing else."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from hub.migrations import migrate
from hub.settings import REPORTING_ROLE
from hub.vocabulary import SourceName
from tests.conftest import Dsns, Servers
from tests.miniature import fill
from tests.plain_sql import column, execute, fetch

VIEWS = {
    SourceName.DIRECTORY: {"associations", "memberships", "partners"},
    SourceName.CERTIFICATIONS: {"certifications"},
    SourceName.ENGAGEMENTS: {"engagements", "findings", "handoffs", "phase_assignments", "prescriptions", "symptoms"},
    SourceName.TRAININGS: {"courses", "training_sessions"},
    SourceName.COMMUNITY: {"posts"},
}

PRIVATE = {"note", "title", "email", "attendee", "author_id", "body", "client_id", "ref", "member_id", "engagement_title"}
"""What no view may show; the title of a course is no engagement's."""

REFUSALS = (asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedColumnError, asyncpg.ObjectNotInPrerequisiteStateError)
"""How a change through a view is refused: it may not be, or it cannot be, as the view is none that could be written to."""

_numbers = itertools.count()


@asynccontextmanager
async def login(
    servers: Servers, source: SourceName, dsns: Dsns, member_of: str = REPORTING_ROLE
) -> AsyncIterator[asyncpg.Connection]:
    """A session of a login that an operator made for a BI tool, as docs/reporting.md says."""
    name = f"bi_{next(_numbers)}"
    administrator = await asyncpg.connect(servers.of(source).dsn("postgres"))
    await administrator.execute(f"CREATE ROLE {name} LOGIN IN ROLE {member_of}")
    dsn = urlsplit(dsns[source])
    connection = await asyncpg.connect(dsn._replace(netloc=f"{name}@").geturl())
    try:
        assert await connection.fetchval("SELECT current_user") == name
        yield connection
    finally:
        await connection.close()
        await administrator.execute(f"DROP ROLE {name}")
        await administrator.close()


@pytest.mark.parametrize("source", list(SourceName), ids=lambda source: source.value)
async def test_the_role_reads_every_view(seeded_dsns: Dsns, servers: Servers, source: SourceName) -> None:
    async with login(servers, source, seeded_dsns) as connection:
        for view in VIEWS[source]:
            assert await connection.fetchval(f"SELECT count(*) FROM reporting.{view}") > 0


@pytest.mark.parametrize("source", list(SourceName), ids=lambda source: source.value)
async def test_the_role_reads_and_calls_nothing_else(seeded_dsns: Dsns, servers: Servers, source: SourceName) -> None:
    relations = await fetch(
        seeded_dsns, source,
        "SELECT n.nspname AS schema, c.relname AS name, c.relkind::text AS kind FROM pg_class AS c JOIN pg_namespace AS n"
        " ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v', 'm', 'p', 'S', 'f')"
        " AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_t%'",
    )  # fmt: skip
    assert {each["name"] for each in relations if each["schema"] == "reporting"} == VIEWS[source]
    others = [each for each in relations if each["schema"] != "reporting" and each["kind"] != "S"]
    assert len(others) >= 3
    functions = await column(
        seeded_dsns, source, "SELECT p.oid::regprocedure::text FROM pg_proc AS p WHERE p.pronamespace = $1::text::regnamespace",
        source.value,
    )  # fmt: skip
    assert f"{source.value}.fold(text)" in functions
    async with login(servers, source, seeded_dsns) as connection:
        for each in others:
            for statement in ("SELECT FROM {0} LIMIT 1", "DELETE FROM {0}", "TRUNCATE {0}"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement.format(f'"{each["schema"]}"."{each["name"]}"'))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetchval(f"SELECT {source.value}.fold('x')")
        for view in VIEWS[source]:
            for statement in ("DELETE FROM {0}", "UPDATE {0} SET id = 1", "INSERT INTO {0} DEFAULT VALUES", "DROP VIEW {0}"):
                with pytest.raises(REFUSALS):
                    await connection.execute(statement.format(f"reporting.{view}"))
        for statement in ("CREATE TABLE reporting.x ()", "CREATE TABLE public.x ()", f"CREATE TABLE {source.value}.x ()",
                          "CREATE SCHEMA x", "CREATE ROLE x", f"SET ROLE {await _owner(seeded_dsns, source)}"):  # fmt: skip
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


async def test_without_the_role_the_views_are_closed_too(seeded_dsns: Dsns, servers: Servers) -> None:
    source = SourceName.ENGAGEMENTS
    await execute({source: servers.of(source).dsn("postgres")}, source, "CREATE ROLE nobody_in_particular")
    async with login(servers, source, seeded_dsns, member_of="nobody_in_particular") as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT FROM reporting.engagements")


@pytest.mark.parametrize("source", list(SourceName), ids=lambda source: source.value)
async def test_every_view_and_column_is_described_and_none_is_private(seeded_dsns: Dsns, source: SourceName) -> None:
    columns = await fetch(
        seeded_dsns, source,
        "SELECT c.relname AS view, a.attname AS name, obj_description(c.oid) AS about, col_description(c.oid, a.attnum) AS text"
        " FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0"
        " WHERE c.relnamespace = 'reporting'::regnamespace",
    )  # fmt: skip
    assert {each["view"] for each in columns} == VIEWS[source]
    assert [each for each in columns if not each["about"] or not each["text"]] == []
    shown = {each["name"] for each in columns if (each["view"], each["name"]) != ("courses", "title")}
    assert shown & PRIVATE == set()


async def test_a_function_of_the_readers_own_sees_no_row_that_a_view_leaves_out(seeded_dsns: Dsns, servers: Servers) -> None:
    source = SourceName.COMMUNITY
    hidden = await column(seeded_dsns, source, "SELECT count(*) FROM community.post WHERE visibility <> 'NETWORK'")
    shown = await column(seeded_dsns, source, "SELECT count(*) FROM community.post WHERE visibility = 'NETWORK'")
    assert hidden[0] > 0
    async with login(servers, source, seeded_dsns) as connection:
        await connection.execute(
            "CREATE TEMP TABLE seen (id bigint); CREATE FUNCTION pg_temp.note(id bigint) RETURNS boolean LANGUAGE plpgsql"
            " COST 0.0001 AS 'BEGIN INSERT INTO pg_temp.seen VALUES (id); RETURN true; END'"
        )
        assert len(await connection.fetch("SELECT id FROM reporting.posts WHERE pg_temp.note(id)")) == shown[0]
        assert await connection.fetchval("SELECT count(*) FROM seen") == shown[0]


async def test_views_say_what_the_tables_do(seeded_dsns: Dsns) -> None:
    async def same(source: SourceName, view: str, table: str) -> None:
        assert await fetch(seeded_dsns, source, view) == await fetch(seeded_dsns, source, table)

    await same(SourceName.TRAININGS,
               "SELECT sum(enrolled) AS a, sum(completed) AS b, sum(no_show) AS c, sum(waitlisted) AS d, sum(cancelled) AS e,"
               " count(*) AS f FROM reporting.training_sessions",
               "SELECT count(*) FILTER (WHERE status = 'ENROLLED') AS a, count(*) FILTER (WHERE status = 'COMPLETED') AS b,"
               " count(*) FILTER (WHERE status = 'NO_SHOW') AS c, count(*) FILTER (WHERE status = 'WAITLISTED') AS d,"
               " count(*) FILTER (WHERE status = 'CANCELLED') AS e, (SELECT count(*) FROM trainings.session) AS f"
               " FROM trainings.enrollment")  # fmt: skip
    await same(SourceName.CERTIFICATIONS,
               "SELECT id, status FROM reporting.certifications ORDER BY id",
               "SELECT id, certifications.status_on(state, expires_on, current_date) AS status"
               " FROM certifications.certification ORDER BY id")  # fmt: skip
    await same(SourceName.ENGAGEMENTS,
               "SELECT region, industry, count(*) FROM reporting.engagements GROUP BY 1, 2 ORDER BY 1, 2",
               "SELECT c.region, c.industry, count(*) FROM engagements.engagement AS e"
               " JOIN engagements.client AS c ON c.id = e.client_id GROUP BY 1, 2 ORDER BY 1, 2")  # fmt: skip
    await same(SourceName.COMMUNITY,
               "SELECT sum(comments) AS a, min(first_comment_at) AS b FROM reporting.posts",
               "SELECT count(*) AS a, min(c.posted_at) AS b FROM community.comment AS c JOIN community.post AS p"
               " ON p.id = c.post_id WHERE p.visibility = 'NETWORK'")  # fmt: skip


async def test_five_sources_in_one_database_and_five_databases_migrate_at_once_with_a_role_of_their_own(
    servers: Servers,
) -> None:
    role = "reporting_at_once"
    names = ["door_all", *(f"door_{source.value}" for source in SourceName)]
    servers.first.ensure_databases(names)
    together = servers.first.dsn("door_all")
    await asyncio.gather(*(
        migrate(source, dsn, reporting_role=role)
        for source in SourceName
        for dsn in (together, servers.first.dsn(f"door_{source.value}"))
        for _ in range(2)
    ))  # fmt: skip
    everywhere = dict.fromkeys(SourceName, together)
    await asyncio.to_thread(fill, everywhere)
    all_on_first = Servers(servers.first, servers.first)
    async with login(all_on_first, SourceName.DIRECTORY, everywhere, member_of=role) as connection:
        counted = {
            view: await connection.fetchval(f"SELECT count(*) FROM reporting.{view}")
            for views in VIEWS.values()
            for view in views
        }
    assert counted == {
        "associations": 1, "memberships": 1, "partners": 2, "certifications": 1, "engagements": 1, "findings": 0, "handoffs": 0,
        "phase_assignments": 1, "prescriptions": 0, "symptoms": 0, "courses": 1, "training_sessions": 1, "posts": 1,
    }  # fmt: skip
    apart = {source: servers.first.dsn(f"door_{source.value}") for source in SourceName}
    for source in SourceName:
        async with login(all_on_first, source, apart, member_of=role) as connection:
            for view in VIEWS[source]:
                await connection.fetchval(f"SELECT count(*) FROM reporting.{view}")


async def test_what_others_have_in_a_schema_of_this_name_stays_theirs(servers: Servers, source_dsns: Dsns) -> None:
    source = SourceName.COMMUNITY
    await execute(source_dsns, source, "CREATE TABLE reporting.of_others AS SELECT 1 AS id")
    await execute(source_dsns, source, "CREATE VIEW reporting.view_of_others AS SELECT * FROM reporting.of_others")
    await migrate(source, source_dsns[source])
    async with login(servers, source, source_dsns) as connection:
        for name in ("of_others", "view_of_others"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"SELECT FROM reporting.{name}")


async def test_a_migration_that_may_make_no_role_goes_on_without_and_the_operators_role_is_granted_later(
    servers: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    source, role = SourceName.COMMUNITY, "made_by_operator"
    server = servers.of(source)
    postgres = {source: server.dsn("postgres")}
    await execute(postgres, source, "CREATE ROLE humble LOGIN")
    await execute(postgres, source, "CREATE DATABASE door_humble OWNER humble")
    await execute({source: server.dsn("door_humble")}, source, "CREATE EXTENSION pg_trgm SCHEMA public")
    dsn = urlsplit(server.dsn("door_humble"))._replace(netloc="humble@").geturl()
    await migrate(source, dsn, reporting_role=role)
    assert "reporting_role.missing" in capsys.readouterr().out
    await execute(postgres, source, f"CREATE ROLE {role}")
    await migrate(source, dsn, reporting_role=role)
    assert "reporting_role.missing" not in capsys.readouterr().out
    async with login(servers, source, {source: server.dsn("door_humble")}, member_of=role) as connection:
        assert await connection.fetchval("SELECT count(*) FROM reporting.posts") == 0


async def _owner(dsns: Dsns, source: SourceName) -> Any:
    (owner,) = await column(dsns, source, "SELECT current_user")
    return owner
