"""The cost of an operation: from the schema's prices, for literals and variables alike; its ceiling; what the answer says."""

from typing import Any

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse, validate

from engine.cost import dearest, estimate, total
from hub.errors import CostCeilingExceeded
from hub.runtime import Runtime
from hub.viewer import Viewer, ViewerKind
from tests.conftest import SCHEMA, STAFF, Ask, Dsns, asker, running, settings_for

BOARD = """{ engagements(first: 100) { nodes { title client { name } leadPartner { name certifications { program } }
    handoffs { status toPartner { name } } } } }"""
PARTNERS = "{ partners(first: 50) { nodes { name members { nodes { name } } certifications { program } } } }"
WHOLE = """{ partner(by: {id: "x"}) { members { nodes { name } } certifications { program }
    engagements(first: 20) { nodes { client { name } enrollments { nodes { attendee } } } }
    posts(first: 10) { nodes { comments { nodes { author { name } } } } } } }"""


def cost(text: str, **variables: Any) -> int:
    document = parse(text)
    assert validate(SCHEMA._schema, document) == []
    fragments = {part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)}
    (operation,) = (part for part in document.definitions if isinstance(part, OperationDefinitionNode))
    return total(estimate(SCHEMA._schema, operation, fragments), variables)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ __typename }", 0),
        ("{ viewer { name } }", 1),
        ("{ viewer { name } again: viewer { name } }", 2),
        ("{ partners { nodes { name } } }", 1 + 20),
        ("{ partners(first: 7) { nodes { name } } }", 1 + 7),
        ("{ partners(last: 7) { edges { node { name } } } }", 1 + 7 * 2),
        ("{ partners(first: 7) { nodes { name } edges { cursor } } }", 1 + 7 + 7),
        ("{ partners(first: 7) { totalCount pageInfo { endCursor } } }", 1 + 10 + 1),
        ("{ partners(first: 0) { nodes { name } } }", 1 + 1),
        ("{ partners(first: -5) { nodes { name } } }", 1 + 1),
        ("{ partners(first: 2147483647) { nodes { name } } }", 1 + 100),
        ('{ partners(first: 1, filter: {search: "x"}) { nodes { name } } }', 1 + 10 + 1),
        ("{ partners(first: 1, filter: {search: null}) { nodes { name } } }", 1 + 1),
        ('{ corporations(first: 1, search: "x") { nodes { name } } }', 1 + 10 + 1),
        ("{ partners(first: 5) { nodes { members(first: 3) { nodes { name } } } } }", 1 + 5 * (1 + 1 + 3)),
        ("{ associations { code } }", 20),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3),
        ("{ ...F ...F } fragment F on Query { viewer { name } }", 2),
        ("{ viewer { name } ... @skip(if: true) { partners { nodes { name } } } }", 1),
        ("{ viewer { name } partners @include(if: false) { nodes { name } } }", 1),
        ("{ __schema { types { name } } }", 500),
        (PARTNERS, 1 + 50 * (1 + 1 + 20 + 10)),
        (BOARD, 1 + 100 * (1 + 1 + 1 + 10 + 10 * 2)),
        (WHOLE, 1 + 21 + 10 + (1 + 20 * (1 + 1 + 21)) + (1 + 10 * (1 + 1 + 20 * 2))),
    ],
)
def test_what_an_operation_costs(text: str, expected: int) -> None:
    assert cost(text) == expected


@pytest.mark.parametrize(
    ("literal", "with_variables", "variables"),
    [
        ("{ partners(first: 7) { nodes { name } } }", "query($n: Int) { partners(first: $n) { nodes { name } } }", {"n": 7}),
        ("{ partners { nodes { name } } }", "query($n: Int) { partners(first: $n) { nodes { name } } }", {"n": None}),
        ("{ partners { nodes { name } } }", "query($n: Int) { partners(first: $n) { nodes { name } } }", {}),
        (
            "{ partners(first: 100) { nodes { name } } }",
            "query($n: Int) { partners(first: $n) { nodes { name } } }",
            {"n": 10**9},
        ),
        (
            '{ partners(filter: {search: "x"}) { nodes { name } } }',
            "query($f: PartnerFilter) { partners(filter: $f) { nodes { name } } }",
            {"f": {"search": "x"}},
        ),
        (
            '{ partners(filter: {search: "x"}) { nodes { name } } }',
            "query($s: String) { partners(filter: {search: $s}) { nodes { name } } }",
            {"s": "x"},
        ),
        (
            "{ partners @skip(if: true) { nodes { name } } }",
            "query($b: Boolean!) { partners @skip(if: $b) { nodes { name } } }",
            {"b": True},
        ),
        ('{ nodes(ids: ["a", "b"]) { id } }', "query($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["a", "b"]}),
    ],
)
def test_a_variable_costs_what_the_literal_costs(literal: str, with_variables: str, variables: dict[str, Any]) -> None:
    assert cost(with_variables, **variables) == cost(literal)


def test_costs_stay_numbers_however_they_multiply() -> None:
    inner = "{ name }"
    for _ in range(9):
        inner = f"{{ engagements(first: 100) {{ nodes {{ leadPartner {inner} }} }} }}"
    assert cost(f"{{ partners(first: 100) {{ nodes {inner} }} }}") == 10**12


def test_the_dearest_field_is_named() -> None:
    (operation,) = parse(BOARD).definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert dearest(estimate(SCHEMA._schema, operation, {}), {}) == "engagements.nodes.handoffs"


async def test_the_answer_says_what_it_cost(ask: Ask) -> None:
    answer = await ask("{ partners(first: 2) { nodes { name } } }")
    window = answer.extensions["cost"].pop("resetsInSeconds")
    assert 0 < window <= 60
    assert answer.extensions == {"cost": {"requested": 3, "ceiling": 50_000, "remaining": 1_000_000 - 3}}


@pytest.mark.parametrize("kind", list(ViewerKind), ids=lambda kind: kind.value)
@pytest.mark.parametrize("text", [BOARD, PARTNERS, WHOLE])
async def test_what_users_ask_for_is_within_everybodys_ceiling(runtime: Runtime, kind: ViewerKind, text: str) -> None:
    assert cost(text) < getattr(runtime.settings, f"cost_ceiling_{kind.value}")


async def test_an_operation_at_the_ceiling_runs_and_one_beyond_is_told_by_how_much(seeded_dsns: Dsns, tmp_path: Any) -> None:
    async with running(settings_for(seeded_dsns, tmp_path, cost_ceiling_staff=21)) as runtime:
        ask = asker(runtime)
        assert (await ask("query($n: Int) { partners(first: $n) { nodes { name } } }", n=20)).extensions["cost"][
            "requested"
        ] == 21
        before = (await ask("{ __typename }")).extensions["cost"]["remaining"]
        with pytest.raises(CostCeilingExceeded) as caught:
            await ask("query($n: Int) { partners(first: $n) { nodes { name } } }", n=23)
        assert caught.value.extensions == {
            "code": "COST_CEILING_EXCEEDED",
            "cost": {"requested": 24, "ceiling": 21, "field": "partners"},
        }
        assert str(caught.value) == (
            "The operation costs 24, 3 more than the 21 that one may. Most of it is partners: ask for fewer of it or"
            " of what is around it (`first`, `last`, `top`), or in several operations."
        )
        after = (await ask("{ __typename }")).extensions["cost"]["remaining"]
        assert after == before, "what is refused is not charged"
        person = Viewer(ViewerKind.PERSON, "P", partner_id=1, member_id=1)
        assert (await ask("{ partners(first: 23) { nodes { name } } }", viewer=person)).errors == []
    assert STAFF.kind is ViewerKind.STAFF
