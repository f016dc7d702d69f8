"""What may be run at all: by scope, by setting; and introspection, which goes by graphql-core."""

from pathlib import Path
from typing import Any

import pytest
from graphql import get_introspection_query

from hub.errors import Forbidden, IntrospectionDisabled
from hub.viewer import Viewer, ViewerKind
from tests.conftest import STAFF, Ask, Dsns, asker, running, settings_for


async def test_a_credential_without_the_scope_runs_nothing(ask: Ask) -> None:
    events_alone = Viewer(ViewerKind.CRM, "CRM", partner_id=1, scopes=("partner", "events"))
    with pytest.raises(Forbidden) as caught:
        await ask("{ viewer { name } }", viewer=events_alone)
    assert str(caught.value) == "This query needs the scope read, which the credential does not grant."
    assert caught.value.extensions == {"code": "FORBIDDEN"}


async def test_the_schema_can_be_asked_for_beside_data(ask: Ask) -> None:
    answer = await ask('{ viewer { name } __type(name: "Viewer") { name } }')
    assert answer.data == {"viewer": {"name": "Staff"}, "__type": {"name": "Viewer"}}
    assert answer.extensions["cost"]["requested"] == 1 + 500


async def test_the_whole_introspection_query_is_within_the_limits_of_all(ask: Ask) -> None:
    for viewer in (STAFF, Viewer(ViewerKind.PERSON, "P", partner_id=1, member_id=1), Viewer(ViewerKind.REPORTING, "R")):
        answer = await ask(get_introspection_query(), viewer=viewer)
        assert len(answer.data["__schema"]["types"]) > 50


@pytest.mark.parametrize(
    "query", ["{ __schema { types { name } } }", '{ ...F } fragment F on Query { __type(name: "A") { name } }']
)
async def test_the_operator_can_turn_introspection_off(seeded_dsns: Dsns, tmp_path: Path, query: str) -> None:
    async with running(settings_for(seeded_dsns, tmp_path, introspection=False)) as runtime:
        ask = asker(runtime)
        with pytest.raises(IntrospectionDisabled):
            await ask(query)
        assert (await ask("{ __typename viewer { __typename } }")).data == {
            "__typename": "Query",
            "viewer": {"__typename": "Viewer"},
        }


async def test_thousands_of_documents_keep_memory_bounded(seeded_dsns: Dsns, tmp_path: Path) -> None:
    async with running(settings_for(seeded_dsns, tmp_path, documents_kept_characters=300)) as runtime:
        ask = asker(runtime)
        answers: list[Any] = [(await ask(f"{{ a{number}: viewer {{ name }} }}")).data for number in range(100)]
        assert answers == [{f"a{number}": {"name": "Staff"}} for number in range(100)]


async def test_what_is_wrong_with_variables_is_told_in_short(ask: Ask) -> None:
    query = "query($a: Int!, $b: [String!]) { partners(first: $a) { totalCount } corporations(regions: $b) { totalCount } }"
    answer = await ask(query, a="x" * 100_000, b=[1] * 1000)
    assert {error["extensions"]["code"] for error in answer.errors} == {"BAD_VARIABLES"}
    assert len(answer.errors) <= 11
    assert all(len(error["message"]) <= 1000 for error in answer.errors)
