"""Connections: every page in either direction is the slice of the whole that it says it is, also while rows come and go."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.vocabulary import SourceName
from tests.conftest import Ask, Dsns, asker, running, settings_for
from tests.miniature import execute

PAGE = "edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"

CONNECTIONS = [
    "partners",
    "partners(orderBy: {field: NAME_KANA, direction: ASC})",
    "partners(orderBy: {field: NAME_KANA, direction: DESC})",
    "partners(orderBy: {field: JOINED_ON, direction: ASC})",
    "partners(orderBy: {field: JOINED_ON, direction: DESC})",
    'engagements(filter: {search: "会計"})',
    'engagements(filter: {search: "会計"}, orderBy: {field: UPDATED_AT, direction: DESC})',
    'engagements(filter: {search: "会計"}, orderBy: {field: OPENED_AT, direction: ASC})',
    "certifications(status: SUSPENDED)",
    "courses",
    "handoffs(filter: {statuses: [OFFERED]})",
]


def with_window(connection: str, window: str) -> str:
    """The connection's field with more arguments."""
    return f"{connection[:-1]}, {window})" if connection.endswith(")") else f"{connection}({window})"


async def page(ask: Ask, connection: str, window: str) -> dict[str, Any]:
    """A page, as {edges, pageInfo}."""
    answer = await ask(f"{{ page: {with_window(connection, window)} {{ {PAGE} }} }}")
    assert answer.errors == []
    found: dict[str, Any] = answer.data["page"]
    return found


async def whole(ask: Ask, connection: str) -> list[tuple[str, str]]:
    """Every (id, cursor), walked forwards a hundred at a time."""
    edges: list[tuple[str, str]] = []
    window = "first: 100"
    while True:
        found = await page(ask, connection, window)
        edges += [(edge["node"]["id"], edge["cursor"]) for edge in found["edges"]]
        if not found["pageInfo"]["hasNextPage"]:
            return edges
        window = f'first: 100, after: "{found["pageInfo"]["endCursor"]}"'


@pytest.mark.parametrize("connection", CONNECTIONS)
async def test_walking_back_finds_what_walking_on_found(ask: Ask, connection: str) -> None:
    forwards = await whole(ask, connection)
    assert len(set(forwards)) == len(forwards) > 20
    total = (await ask(f"{{ {connection} {{ totalCount }} }}")).data
    assert [value["totalCount"] for value in total.values()] == [len(forwards)]
    backwards: list[tuple[str, str]] = []
    window = "last: 100"
    while True:
        found = await page(ask, connection, window)
        backwards = [(edge["node"]["id"], edge["cursor"]) for edge in found["edges"]] + backwards
        if not found["pageInfo"]["hasPreviousPage"]:
            break
        window = f'last: 100, before: "{found["pageInfo"]["startCursor"]}"'
    assert backwards == forwards


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    connection=st.sampled_from(CONNECTIONS[1:5]),
    size=st.integers(1, 100),
    ends=st.tuples(st.none() | st.integers(0, 499), st.none() | st.integers(0, 499)),
    backwards=st.booleans(),
)
def test_a_window_is_a_slice(
    seeded_dsns: Dsns, tmp_path: Path, connection: str, size: int, ends: tuple[int | None, int | None], backwards: bool
) -> None:
    import asyncio

    async def check() -> None:
        async with running(settings_for(seeded_dsns, tmp_path)) as runtime:
            ask = asker(runtime)
            rows = await whole(ask, connection)
            after, before = ends
            start = 0 if after is None else after + 1
            stop = len(rows) if before is None else before
            inside = rows[start:stop]
            expected = inside[-size:] if backwards else inside[:size]
            window = f"{'last' if backwards else 'first'}: {size}"
            window += "" if after is None else f', after: "{rows[after][1]}"'
            window += "" if before is None else f', before: "{rows[before][1]}"'
            found = await page(ask, connection, window)
            assert [(edge["node"]["id"], edge["cursor"]) for edge in found["edges"]] == expected
            more = len(inside) > size
            assert found["pageInfo"] == {
                "hasNextPage": before is not None if backwards else more,
                "hasPreviousPage": more if backwards else after is not None,
                "startCursor": expected[0][1] if expected else None,
                "endCursor": expected[-1][1] if expected else None,
            }

    asyncio.run(check())


async def test_a_cursor_stays_good_while_rows_come_and_go(source_dsns: Dsns, tmp_path: Path) -> None:
    async with running(settings_for(source_dsns, tmp_path)) as runtime:
        ask = asker(runtime)
        dsn = source_dsns[SourceName.DIRECTORY]
        insert = "INSERT INTO directory.partner (id, name, roles)"
        await execute(dsn, f"{insert} SELECT n, 'P' || n, '{{}}' FROM generate_series(10, 60, 10) AS n")
        first = await names(ask, "first: 3")
        assert first[0] == ["P10", "P20", "P30"]
        await execute(dsn, f"{insert} VALUES (5, 'P5', '{{}}'), (35, 'P35', '{{}}')")
        await execute(dsn, "DELETE FROM directory.partner WHERE id IN (30, 40)")
        assert (await names(ask, f'first: 3, after: "{first[1]}"'))[0] == ["P35", "P50", "P60"]
        assert (await names(ask, f'last: 2, before: "{first[1]}"'))[0] == ["P10", "P20"]


async def names(ask: Ask, window: str) -> tuple[list[str], str]:
    answer = await ask(f"{{ partners({window}) {{ nodes {{ name }} pageInfo {{ endCursor }} }} }}")
    assert answer.errors == []
    return [node["name"] for node in answer.data["partners"]["nodes"]], answer.data["partners"]["pageInfo"]["endCursor"]


@pytest.mark.parametrize(
    ("window", "field"), [("first: 0", "first"), ("first: 101", "first"), ("last: -1", "last"), ("first: 1, last: 1", "first")]
)
async def test_a_page_of_a_size_that_is_not_allowed(ask: Ask, window: str, field: str) -> None:
    answer = await ask(f"{{ partners({window}) {{ totalCount }} }}")
    assert answer.data == {"partners": None}
    assert answer.error["extensions"] == {"code": "BAD_PAGE", "field": field}


async def test_a_cursor_of_elsewhere_or_of_nowhere_is_refused(ask: Ask) -> None:
    good = (await page(ask, "partners", "first: 1"))["pageInfo"]["endCursor"]
    other = (await page(ask, "courses", "first: 1"))["pageInfo"]["endCursor"]
    for cursor in ("", "x", good[:-2], good + "AA", other, "bnVsbA", "W10", "e30", "パ"):
        answer = await ask("query($c: String) { partners(first: 1, after: $c) { nodes { id } } }", c=cursor)
        assert answer.error["extensions"] == {"code": "BAD_CURSOR", "field": "after"}, cursor
    ordered = f'{{ partners(after: "{good}", orderBy: {{field: NAME_KANA, direction: ASC}}) {{ totalCount }} }}'
    assert (await ask(ordered)).error["extensions"] == {"code": "BAD_CURSOR", "field": "after"}


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
async def test_a_cursor_forged_with_a_time_that_is_none_is_refused(ask: Ask, time: str) -> None:
    good = (await page(ask, "posts", "first: 1"))["pageInfo"]["endCursor"]
    mark, _, *rest = orjson.loads(urlsafe_b64decode(good + "=" * (-len(good) % 4)))
    forged = urlsafe_b64encode(orjson.dumps([mark, time, *rest])).decode()
    answer = await ask("query($c: String) { posts(first: 1, after: $c) { nodes { id } } }", c=forged)
    assert answer.error["extensions"] == {"code": "BAD_CURSOR", "field": "after"}


@pytest.mark.parametrize(
    "search", ["カブシキガイシャ", "かぶしきがいしゃ", "ｶﾌﾞｼｷｶﾞｲｼｬ", "ABC", "ａｂｃ", "aBc", "100%", "ｼｬ　ａ"]
)
async def test_search_ignores_width_kana_type_and_case(source_dsns: Dsns, tmp_path: Path, search: str) -> None:
    await _fill(source_dsns)
    async with running(settings_for(source_dsns, tmp_path)) as runtime:
        answer = await asker(runtime)("query($s: String) { partners(filter: {search: $s}) { nodes { name } } }", s=search)
    assert (answer.errors, answer.data) == ([], {"partners": {"nodes": [{"name": "カブシキガイシャ　ＡＢＣ 100%"}]}})


async def _fill(dsns: Dsns) -> None:
    await execute(
        dsns[SourceName.DIRECTORY],
        "INSERT INTO directory.partner (name, roles)"
        " VALUES ('カブシキガイシャ　ＡＢＣ 100%', '{}'), ('有限会社 XYZ 1000', '{}')",
    )
