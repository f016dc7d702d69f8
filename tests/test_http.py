"""GraphQL over HTTP, on a real socket: what is asked in which way, in which media type it is answered, with which status."""

import json
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from hub.tokens import TokenAuthority
from tests.conftest import STAFF, Dsns, Http, serving, settings_for

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"

NAME = "{ viewer { name } }"
STAFF_NAME = {"viewer": {"name": "Staff"}}
TWO = "query A { viewer { name } } query B { viewer { scopes } }"


async def send(http: Http, method: str, path: str = "/graphql", *, content: Any = None, **headers: str) -> httpx2.Response:
    """A request of staff; header names with _ for -."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers["authorization"] = f"Bearer {http.token(STAFF)}"
    return await http.client.request(method, path, content=content, headers=headers)


async def post(http: Http, content: Any, content_type: str = JSON, **headers: str) -> httpx2.Response:
    return await send(http, "POST", content=content, content_type=content_type, **headers)


def data(response: httpx2.Response) -> Any:
    """The data of an answer without errors."""
    assert "errors" not in response.json(), response.text
    return response.json()["data"]


def refusal(response: httpx2.Response, status: int, code: str = "BAD_REQUEST") -> str:
    """The message of an answer that holds one error and nothing else."""
    assert response.status_code == status, response.text
    assert list(response.json()) == ["errors"]
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": code}
    assert "Traceback" not in response.text
    message: str = error["message"]
    return message


async def test_post_and_get_answer_alike(http: Http) -> None:
    posted = await http.post({"query": NAME})
    assert (posted.status_code, posted.headers["content-type"], data(posted)) == (200, JSON, STAFF_NAME)
    got = await send(http, "GET", f"/graphql?query={quote(NAME)}")
    assert (got.status_code, got.headers["content-type"], data(got)) == (200, JSON, STAFF_NAME)


async def test_answers_are_not_kept_by_caches_and_are_taken_for_nothing_else(http: Http) -> None:
    answer = await http.post({"query": NAME})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_variables_and_operation_name_by_post_and_get(http: Http) -> None:
    query = "query A($n: Int!) { partners(first: $n) { nodes { __typename } } } query B { viewer { name } }"
    one = {"partners": {"nodes": [{"__typename": "Partner"}]}}
    asked = {"query": query, "variables": {"n": 1}, "operationName": "A"}
    assert data(await http.post(asked)) == one
    got = await http.client.get(
        "/graphql",
        params={"query": query, "variables": '{"n": 1}', "operationName": "A"},
        headers={"authorization": f"Bearer {http.token(STAFF)}"},
    )
    assert data(got) == one
    assert data(await http.post({**asked, "operationName": "B"})) == STAFF_NAME
    nothing_else: dict[str, Any] = {"query": NAME, "variables": None, "operationName": None, "extensions": {}}
    assert data(await http.post(nothing_else)) == STAFF_NAME


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/graphql", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""],
)
async def test_a_body_of_another_type_is_refused(http: Http, content_type: str) -> None:
    answer = await post(http, json.dumps({"query": NAME}).encode(), content_type)
    message = refusal(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
    assert message == f"content-type: must be application/json, not {content_type.split(';')[0]!r}."


async def test_the_content_type_may_have_parameters_and_capitals(http: Http) -> None:
    answer = await post(http, json.dumps({"query": NAME}).encode(), "Application/JSON; charset=utf-8")
    assert data(answer) == STAFF_NAME


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE),
        (JSON, JSON),
        (f"{GRAPHQL_RESPONSE}, {JSON};q=0.9", GRAPHQL_RESPONSE),
        (f"{JSON}, {GRAPHQL_RESPONSE}", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE};q=0.5, {JSON}", JSON),
        (f"{GRAPHQL_RESPONSE};q=0, */*", JSON),
        (f"{GRAPHQL_RESPONSE}; charset=utf-8", GRAPHQL_RESPONSE),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/html, */*;q=0.8", JSON),
    ],
)
async def test_the_answer_is_in_the_type_that_the_client_prefers(http: Http, accept: str, media_type: str) -> None:
    answer = await post(http, json.dumps({"query": NAME}).encode(), accept=accept)
    assert (answer.status_code, answer.headers["content-type"], data(answer)) == (200, media_type, STAFF_NAME)


@pytest.mark.parametrize("accept", ["text/html", "image/*", f"{JSON};q=0"])
async def test_no_type_that_the_client_takes(http: Http, accept: str) -> None:
    answer = await post(http, json.dumps({"query": NAME}).encode(), accept=accept)
    assert answer.status_code == 406
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == f"This endpoint answers {GRAPHQL_RESPONSE}, {JSON} or text/event-stream."


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{ viewer {", None, "GRAPHQL_PARSE_FAILED"),
        ("# nothing", None, "GRAPHQL_PARSE_FAILED"),
        ("{ a " * 5_000, None, "GRAPHQL_PARSE_FAILED"),
        (f"{{ viewer(a: {'[' * 5_000}) }}", None, "GRAPHQL_PARSE_FAILED"),
        ("{ viewer { nickname } }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer }", None, "GRAPHQL_VALIDATION_FAILED"),
        ('{ certifications(expiresBefore: "soon") { totalCount } }', None, "GRAPHQL_VALIDATION_FAILED"),
        ("query($n: Int!) { partners(first: $n) { totalCount } }", None, "BAD_VARIABLES"),
        ("query($n: Int!) { partners(first: $n) { totalCount } }", {"n": "one"}, "BAD_VARIABLES"),
        ("query($d: Date) { certifications(expiresBefore: $d) { totalCount } }", {"d": "soon"}, "BAD_VARIABLES"),
        ("query($s: RegistryStatus) { corporations(status: $s) { totalCount } }", {"s": "soon"}, "BAD_VARIABLES"),
    ],
)
async def test_an_operation_that_cannot_run_is_a_bad_request_in_the_newer_type_alone(
    http: Http, query: str, variables: dict[str, Any] | None, code: str
) -> None:
    body = {"query": query, "variables": variables}
    newer = await http.post(body, accept=GRAPHQL_RESPONSE)
    older = await http.post(body, accept=JSON)
    assert (newer.status_code, older.status_code) == (400, 200)
    assert newer.content == older.content
    assert list(newer.json()) == ["errors"], "there is no data, not even null"
    assert [error["extensions"]["code"] for error in newer.json()["errors"]] == [code]
    assert [error["locations"][0]["line"] for error in newer.json()["errors"]] == [1]


async def test_an_error_of_a_field_is_200_in_either_type_with_data_after_errors(http: Http) -> None:
    for media_type in (GRAPHQL_RESPONSE, JSON):
        answer = await http.post({"query": "{ viewer { name } partners(first: 0) { totalCount } }"}, accept=media_type)
        assert answer.status_code == 200
        assert list(answer.json())[:2] == ["errors", "data"]
        assert answer.json()["data"] == {"viewer": {"name": "Staff"}, "partners": None}
        (error,) = answer.json()["errors"]
        assert (error["path"], error["extensions"]) == (["partners"], {"code": "BAD_PAGE", "field": "first"})


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "body: is not JSON"),
        (b"{", "body: is not JSON"),
        (b'{"query": "{ viewer { name } }",}', "body: is not JSON"),
        (b'{"query": "\xff\xfe"}', "body: is not JSON"),
        ('{"query": "{ viewer { name } }"}'.encode("utf-16"), "body: is not JSON"),
        (b"[" * 100_000, "body: is not JSON"),
        (b"[" * 33 + b"]" * 33, "body: is nested deeper than 32 levels; send it flatter."),
        (b'{"query": ' + b"[" * 32 + b"]" * 32 + b"}", "body: is nested deeper than 32 levels in 'query'; send it flatter."),
        (
            b'{"query": "{a}", "variables": ' + b'{"a":' * 32 + b"1" + b"}" * 33,
            "body: is nested deeper than 32 levels in 'variab",
        ),
        (b'{"x": ' + b"[" * 1000 + b"]" * 1000 + b"}", "body: is nested deeper than 32 levels in 'x'; send it flatter."),
        (
            b'{"query": "{a}", "variables": {"a": [' + b"1," * 10_000 + b"1]}}",
            "body: has more than 10000 values; send fewer at once.",
        ),
        (b'{"query": "\\ud800"}', "body: is not JSON"),
        (b'{"query": "\xed\xa0\x80"}', "body: is not JSON"),
        (b'{"query": "{a}", "variables": {"a": 1e400}}', "body: is not JSON"),
        (b'{"query": "{a}", "variables": {"a": NaN}}', "body: is not JSON"),
        (b'{"query": "{a}", "variables": {"a": 1' + b"0" * 400 + b"}}", "body: is not JSON"),
        (b'"query"', "body: must be a JSON object"),
        (b"null", "body: must be a JSON object"),
        (b'[{"query": "{ viewer { name } }"}]', "body: must be a JSON object"),
        (b"{}", "query: must be a GraphQL document"),
        (b'{"query": null}', "query: must be a GraphQL document"),
        (b'{"query": ["{ viewer { name } }"]}', "query: must be a GraphQL document"),
        (b'{"query": " "}', "query: must be a GraphQL document"),
        (b'{"query": "{ viewer { name } }", "variables": []}', "variables: must be a JSON object"),
        (b'{"query": "{ viewer { name } }", "variables": "{}"}', "variables: must be a JSON object"),
        (b'{"query": "{ viewer { name } }", "operationName": 1}', "operationName: must be a string"),
        (b'{"query": "{ viewer { name } }", "operationName": "C"}', "operationName: the document has no operation 'C'."),
        (json.dumps({"query": TWO}).encode(), "operationName: the document has several operations or none"),
        (json.dumps({"query": TWO, "operationName": "C"}).encode(), "operationName: the document has no operation 'C'."),
        (b'{"query": "fragment F on Viewer { name }"}', "operationName: the document has several operations or none"),
        (b'{"query": "subscription { viewer { name } }"}', "A subscription is answered as an event stream"),
    ],
)
@pytest.mark.parametrize("accept", [GRAPHQL_RESPONSE, JSON])
async def test_what_is_no_request_is_told_what_is_wrong(http: Http, body: bytes, problem: str, accept: str) -> None:
    message = refusal(await post(http, body, accept=accept), 400)
    assert message.startswith(problem), message
    assert len(message) < 200


async def test_a_batch_is_refused_with_the_remedy(http: Http) -> None:
    message = refusal(await post(http, json.dumps([{"query": NAME}] * 2).encode()), 400)
    assert message == (
        'body: must be a JSON object, for example {"query": "{ viewer { name } }"}; send the operations of a batch one by one.'
    )


async def test_a_batch_is_answered_where_the_operator_takes_them(seeded_dsns: Dsns, tmp_path: Any) -> None:
    settings = settings_for(seeded_dsns, tmp_path, max_batch=3)
    async with serving(settings) as base, httpx2.AsyncClient(base_url=base) as client:
        http = Http(client, lambda viewer: TokenAuthority(settings).mint(viewer, valid_seconds=60))
        batch = [{"query": NAME}, {"query": "{ nothing }"}, {"query": TWO, "operationName": "C"}]
        answer = await http.post(batch)
        assert answer.status_code == 200
        first, second, third = answer.json()
        assert first["data"] == {"viewer": {"name": "Staff"}}
        assert [error["extensions"]["code"] for error in second["errors"]] == ["GRAPHQL_VALIDATION_FAILED"]
        assert [error["extensions"]["code"] for error in third["errors"]] == ["BAD_REQUEST"]
        for size in (0, 4):
            message = refusal(await http.post([{"query": NAME}] * size), 400)
            assert message == f"body: a batch must have 1 to 3 operations (HUB_MAX_BATCH), not {size}."


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/graphql", "query: must be a GraphQL document."),
        ("/graphql?query=", "query: must be a GraphQL document."),
        ("/graphql?query={viewer{name}}&variables={", "variables: is not JSON"),
        ("/graphql?query={viewer{name}}&variables=[1]", "variables: must be a JSON object or null."),
        ("/graphql?query={viewer{name}}&query={viewer{name}}", "query: is there twice; send each parameter once."),
        ("/graphql?query={viewer{name}}&extensions={", "extensions: is not JSON"),
        ("/graphql?query={viewer{name}}&extensions=" + "[" * 33 + "]" * 33, "extensions: is nested deeper than 32 levels"),
        ("/graphql?query={viewer{name}}&operationName=C", "operationName: the document has no operation 'C'."),
    ],
)
async def test_a_get_that_is_no_request(http: Http, path: str, problem: str) -> None:
    assert refusal(await send(http, "GET", path), 400).startswith(problem)


async def test_a_mutation_by_get_is_not_allowed(http: Http) -> None:
    answer = await send(http, "GET", f"/graphql?query={quote('mutation { anything }')}")
    assert refusal(answer, 405, "METHOD_NOT_ALLOWED") == "A mutation must be sent by POST."
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_other_methods_are_not_allowed(http: Http, method: str) -> None:
    answer = await send(http, method)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_without_credentials_nothing_is_told(http: Http, method: str) -> None:
    answer = await http.client.request(method, "/graphql?query={viewer{name}}", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/graphiql"])
async def test_health_and_static_pages_need_no_credentials(http: Http, path: str) -> None:
    assert (await http.client.get(path)).status_code == 200


async def test_the_language_of_the_answer_follows_the_header(http: Http) -> None:
    query = {"query": "{ associations { name } }"}
    japanese = (await http.post(query)).json()["data"]["associations"]
    english = (await http.post(query, accept_language="en-GB,ja;q=0.5")).json()["data"]["associations"]
    assert japanese != english
    assert all(name["name"].isascii() for name in english)
