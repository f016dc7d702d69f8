"""NDJSON: a line is what a page of the connection has, to the byte, for every row that there is."""

import json

import pytest

from tests.conftest import STAFF
from tests.export.conftest import Exports

ENGAGEMENTS = """query($after: String) { engagements(first: 100, after: $after) {
    edges { cursor node { id title phase openedAt client { name } lead: leadPartner { name roles associations { code } }
        handoffs { status ...To } prescription { remedy } enrollments(first: 2) { totalCount nodes { attendee } } } }
    pageInfo { endCursor hasNextPage } } }
    fragment To on Handoff { toPartner { name } }"""

BY_CHANGE = """query($after: String) {
    engagements(first: 100, after: $after, filter: {phases: [DEPLOYMENT]}, orderBy: {field: UPDATED_AT, direction: DESC}) {
        edges { cursor node { id updatedAt } } pageInfo { endCursor hasNextPage } } }"""

POSTS = """query($after: String) { posts(first: 100, after: $after) {
    edges { node { title author { name } comments(first: 3) { nodes { body } } } cursor }
    pageInfo { endCursor hasNextPage } } }"""


@pytest.mark.parametrize(
    ("query", "field", "count"), [(ENGAGEMENTS, "engagements", 5000), (BY_CHANGE, "engagements", None), (POSTS, "posts", None)]
)
async def test_an_export_has_every_edge_as_pages_have_it(exports: Exports, query: str, field: str, count: int | None) -> None:
    expected = await exports.pages(query, field)
    assert len(expected) == (count or len(expected)) > 100
    body = (await exports.body(query)).decode()
    assert body.splitlines() == [json.dumps(edge, ensure_ascii=False, separators=(",", ":")) for edge in expected]
    assert body.endswith("}\n")


async def test_nodes_are_lines_without_cursors(exports: Exports) -> None:
    edges = await exports.lines("{ engagements { edges { node { id status } } } }")
    nodes = await exports.lines("{ engagements { nodes { id status } } }")
    assert nodes == [edge["node"] for edge in edges]
    assert len(nodes) == 5000


async def test_the_exact_bytes_of_the_miniature(small: Exports) -> None:
    body = await small.body(
        "{ all: partners { each: nodes { __typename name kana: nameKana joinedOn certifications { level } } } }"
    )
    assert body.decode() == (
        '{"__typename":"Partner","name":"山田会計","kana":null,"joinedOn":"2020-04-01","certifications":[{"level":"GOLD"}]}\n'
        '{"__typename":"Partner","name":"鈴木システム","kana":null,"joinedOn":null,"certifications":[]}\n'
    )


async def test_no_rows_are_an_empty_file(small: Exports) -> None:
    response = await small.response('{ partners(filter: {search: "nobody"}) { nodes { name } } }')
    assert (response.status_code, response.content) == (200, b"")


async def test_the_length_of_a_page_and_what_is_asked_of_the_whole_do_not_count(small: Exports) -> None:
    for page in ("first: 1", "last: 1", "first: 100000", "first: 1, last: 1"):
        query = f"{{ partners({page}) {{ totalCount nodes {{ name }} pageInfo {{ hasNextPage }} }} }}"
        assert await small.lines(query) == [{"name": "山田会計"}, {"name": "鈴木システム"}]


async def test_variables_and_operation_names_are_taken(small: Exports) -> None:
    query = """query A($search: String!, $with: Boolean! = false) {
        partners(filter: {search: $search}) { nodes { name id @include(if: $with) } } } query B { viewer { name } }"""
    token = {"authorization": f"Bearer {small.http.token(STAFF)}"}
    variables = {"search": "鈴木"}
    posted = await small.http.client.post(
        "/export", json={"query": query, "variables": variables, "operationName": "A"}, headers=token
    )
    got = await small.http.client.get(
        "/export", params={"query": query, "variables": json.dumps(variables), "operationName": "A"}, headers=token
    )
    for response in (posted, got):
        assert (response.status_code, response.text) == (200, '{"name":"鈴木システム"}\n')


async def test_headers(small: Exports) -> None:
    expected = {"cache-control": "no-store", "x-content-type-options": "nosniff", "transfer-encoding": "chunked"}
    for name, content_type in (
        ("ndjson", "application/x-ndjson"),
        ("csv", "text/csv; charset=utf-8"),
        ("parquet", "application/vnd.apache.parquet"),
    ):
        headers = (await small.response("{ them: partners { nodes { name } } }", format=name)).headers
        assert headers["content-type"] == content_type
        assert headers["content-disposition"] == f'attachment; filename="partners.{name}"'
        assert {key: headers[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "application/x-ndjson"),
        ("*/*", "application/x-ndjson"),
        ("application/jsonl", "application/x-ndjson"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/*", "text/csv; charset=utf-8"),
        ("application/json;q=0.1, text/csv;q=0.5, application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("text/csv;q=0, */*;q=0.1", "application/x-ndjson"),
    ],
)
async def test_the_format_is_negotiated(small: Exports, accept: str | None, content_type: str) -> None:
    headers = {"authorization": f"Bearer {small.http.token(STAFF)}"} | ({} if accept is None else {"accept": accept})
    response = await small.http.client.get("/export", params={"query": "{ partners { nodes { name } } }"}, headers=headers)
    assert response.headers["content-type"] == content_type
