"""What cannot be exported, each told by the field and the remedy, before anything is read."""

from typing import Any

import pytest

from tests.conftest import STAFF
from tests.export.conftest import Exports

PARTNERS = "{ partners { nodes { name } } }"


def not_exportable(field: str, problem: str) -> dict[str, Any]:
    """The error."""
    return {"message": f"{field}: {problem}", "extensions": {"code": "NOT_EXPORTABLE", "field": field}}


@pytest.mark.parametrize(
    ("query", "field", "problem"),
    [
        (
            "{ partners { nodes { name } } all: courses { nodes { title } } }",
            "query",
            "must have one root field, a connection, not partners, all; export each by itself.",
        ),
        ("{ __typename }", "query", "must have one root field, a connection, not __typename; export each by itself."),
        ("{ viewer { name } }", "viewer", "is no connection; export one, for example engagements, and filter it."),
        ("{ them: associations { code } }", "them", "is no connection; export one, for example engagements, and filter it."),
        ("{ __schema { queryType { name } } }", "query", "asks for the schema, which is no connection."),
        (
            "{ partners { totalCount pageInfo { hasNextPage } } }",
            "partners",
            "must be asked for either nodes { … } or edges { cursor node { … } }, not neither.",
        ),
        (
            "{ partners { nodes { name } edges { cursor } } }",
            "partners",
            "must be asked for either nodes { … } or edges { cursor node { … } }, not nodes and edges.",
        ),
        (
            "{ partners { nodes { name } more: nodes { id } } }",
            "partners",
            "must be asked for either nodes { … } or edges { cursor node { … } }, not nodes and more.",
        ),
    ],
)
async def test_a_document_that_is_no_export(small: Exports, query: str, field: str, problem: str) -> None:
    assert await small.refusal(query) == (400, [not_exportable(field, problem)])


async def test_what_graphql_itself_refuses(small: Exports) -> None:
    for query, variables, code in (
        ("{ partners { nodes { ", None, "GRAPHQL_PARSE_FAILED"),
        ("{ partners { nodes { nickname } } }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("query($s: String!) { partners(filter: {search: $s}) { nodes { name } } }", None, "BAD_VARIABLES"),
        ("query($s: String!) { partners(filter: {search: $s}) { nodes { name } } }", {"s": 1}, "BAD_VARIABLES"),
        ("query A { partners { nodes { name } } } query B { courses { nodes { title } } }", None, "BAD_REQUEST"),
        (
            "query($w: Boolean) { partners { nodes { name id @include(if: $w) } } }",
            {"w": None},
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("query($w: Boolean = true) { partners { nodes { name id @include(if: $w) } } }", {"w": None}, "BAD_REQUEST"),
        (f"{{ partners {{ nodes {{ {'a' * 70_000} }} }} }}", None, "DOCUMENT_LIMIT_EXCEEDED"),
    ):
        status, errors = await small.refusal(query, variables=variables)
        assert (status, errors[0]["extensions"]["code"]) == (400, code)


async def test_arguments_of_the_connection_are_refused_where_they_stand(small: Exports) -> None:
    status, (error,) = await small.refusal('{ partners(filter: {regions: ["Tokyo"]}) { nodes { name } } }')
    assert (status, error["path"]) == (400, ["partners"])
    assert error["extensions"] == {"code": "BAD_INPUT", "field": "filter.regions"}
    for query, after in (('{ partners(after: "x") { nodes { name } } }', None), (PARTNERS, "x")):
        status, (error,) = await small.refusal(query, **({} if after is None else {"after": after}))
        assert (status, error["path"]) == (400, ["partners"])
        assert error["extensions"] == {"code": "BAD_CURSOR", "field": "after"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "xlsx"}, "format: must be one of ndjson, csv, parquet, not 'xlsx'."),
        ({"format": "csv", "bom": "yes"}, "bom: must be true or false."),
        ({"bom": "true"}, "bom: is for csv, not ndjson."),
        ({"format": "parquet", "escapeFormulas": "true"}, "escapeFormulas: is for csv, not parquet."),
        ({"fromat": "csv"}, "fromat: by POST, send it in the body."),
    ],
)
async def test_options_that_are_none(small: Exports, options: dict[str, str], message: str) -> None:
    assert await small.refusal(PARTNERS, **options) == (400, [{"message": message, "extensions": {"code": "BAD_REQUEST"}}])


async def test_requests_that_are_none(small: Exports) -> None:
    client, headers = small.http.client, {"authorization": f"Bearer {small.http.token(STAFF)}"}
    for method, how, status, code, message in (
        ("DELETE", {}, 405, "METHOD_NOT_ALLOWED", "An export is asked for by GET or POST."),
        ("GET", {"params": {"format": "csv"}}, 400, "BAD_REQUEST", "query: must be a GraphQL document."),
        (
            "GET",
            {"params": {"query": PARTNERS, "fromat": "csv"}},
            400,
            "BAD_REQUEST",
            "fromat: is no parameter of an export; those are query, variables, operationName, extensions, documentId, format,"
            " after, bom, escapeFormulas.",
        ),
        ("POST", {"json": {"query": PARTNERS, "after": 1}}, 400, "BAD_REQUEST", "after: must be a string."),
        (
            "POST",
            {"json": {"query": PARTNERS, "format": "csv"}, "params": {"format": "csv"}},
            400,
            "BAD_REQUEST",
            "format: by POST, send it once.",
        ),
        ("POST", {"content": b"query"}, 415, "UNSUPPORTED_MEDIA_TYPE", "content-type: must be application/json, not ''."),
        (
            "GET",
            {"params": {"query": PARTNERS}, "headers": headers | {"accept": "application/pdf"}},
            406,
            "NOT_ACCEPTABLE",
            "accept: an export is application/x-ndjson, text/csv, application/vnd.apache.parquet; name one, or give the"
            " parameter format.",
        ),
    ):
        response = await client.request(method, "/export", **({"headers": headers} | how))
        assert response.status_code == status
        assert response.json() == {"errors": [{"message": message, "extensions": {"code": code}}]}
        if status == 405:
            assert response.headers["allow"] == "GET, POST"


async def test_options_may_stand_in_the_body(small: Exports) -> None:
    headers = {"authorization": f"Bearer {small.http.token(STAFF)}"}
    body = {"query": PARTNERS, "format": "csv", "bom": True}
    response = await small.http.client.post("/export", json=body, headers=headers)
    assert response.content == "\ufeffname\r\n山田会計\r\n鈴木システム\r\n".encode()
