"""Global ids, node and nodes, by the contract's rules."""

from base64 import b64encode

import pytest
from graphql import GraphQLInterfaceType

from hub.errors import BadId
from hub.global_id import decode, encode
from resolvers.nodes import BATCHES
from schema import build_schema
from tests.conftest import Ask, Dsns
from tests.plain_sql import TABLES, gid


def test_every_type_with_a_global_id_can_be_read_by_it() -> None:
    schema = build_schema()._schema
    node = schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    assert set(BATCHES) == {type_.name for type_ in schema.get_possible_types(node)} == set(TABLES)


async def test_objects_of_every_type_come_in_one_query_a_type_each_in_its_place(ask: Ask, seeded_dsns: Dsns) -> None:
    ids = [gid(type_name, key) for key in (2, 1) for type_name in TABLES]
    answer = await ask("query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }", ids=ids)
    assert answer.errors == []
    assert answer.data["nodes"] == [{"id": gid(name, key), "__typename": name} for key in (2, 1) for name in TABLES]
    assert len(answer.queries) == len(TABLES)


async def test_what_is_wrong_with_one_id_is_null_in_its_own_place(ask: Ask) -> None:
    ids = [gid("Partner", 1), "nonsense", gid("Partner", 2**62), gid("Unheard", 1), gid("Member", 1)]
    answer = await ask("query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }", ids=ids)
    assert answer.data["nodes"] == [{"__typename": "Partner"}, None, None, None, {"__typename": "Member"}]
    assert answer.error["path"] == ["nodes", 1]
    assert answer.error["extensions"] == {"code": "BAD_ID", "field": "ids[1]"}


async def test_a_hundred_and_one_ids_are_too_many(ask: Ask) -> None:
    answer = await ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[gid("Partner", 1)] * 101)
    assert answer.error["extensions"] == {"code": "BAD_INPUT", "field": "ids"}


async def test_an_id_of_another_type_is_of_nothing(ask: Ask) -> None:
    answer = await ask("query($id: ID!) { partner(by: {id: $id}) { id } handoff(id: $id) { id } }", id=gid("Client", 1))
    assert (answer.data, answer.errors) == ({"partner": None, "handoff": None}, [])


@pytest.mark.parametrize(
    "text",
    [
        "Partner:0",
        "Partner:01",
        "Partner:-1",
        "Partner:1 ",
        "Partner:",
        "partner:1",
        "Partner:9223372036854775808",
        "Partner:x",
        "",
    ],
)
def test_what_no_row_can_have_is_no_id(text: str) -> None:
    with pytest.raises(BadId):
        decode(b64encode(text.encode()).decode(), "id")


@pytest.mark.parametrize(
    "id", ["", "=", "UGFydG5lcjox=", "UGFydG5lcjox\n", " UGFydG5lcjox", "パートナー", "UGFydG5lcjoxMQ", "\0"]
)
def test_one_object_has_one_id(id: str) -> None:
    with pytest.raises(BadId):
        decode(id, "id")


@pytest.mark.parametrize("key", [1, 10, 2**63 - 1])
def test_an_id_is_read_as_it_was_written(key: int) -> None:
    assert decode(encode("TrainingSession", key), "id") == ("TrainingSession", key)
