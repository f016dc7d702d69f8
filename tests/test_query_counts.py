"""Every edge of the graph sends the same queries for one parent and for fifty, whoever asks."""

from collections.abc import Iterator

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_object_type

from hub.runtime import Runtime
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from schema import build_schema
from schema.fields import ComputedField, ConnectionField, EdgeField
from tests.conftest import Ask, Dsns
from tests.plain_sql import column

SCHEMA = build_schema()._schema

ROOTS = (SCHEMA.query_type, SCHEMA.mutation_type)

# How to reach many parents of each type: a path of fields from the root, the last one with {first}.
PARENTS = {
    "Association": "partners(first: {first}, filter: {{member: true}}) {{ nodes {{ associations {{ {edge} }} }} }}",
    "Partner": "partners(first: {first}) {{ nodes {{ {edge} }} }}",
    "Member": "posts(first: {first}) {{ nodes {{ author {{ {edge} }} }} }}",
    "Certification": "certifications(first: {first}) {{ nodes {{ {edge} }} }}",
    "Client": "clients(first: {first}) {{ nodes {{ {edge} }} }}",
    "Engagement": "engagements(first: {first}) {{ nodes {{ {edge} }} }}",
    "PhaseAssignment": "engagements(first: {first}) {{ nodes {{ assignments {{ {edge} }} }} }}",
    "Symptom": "engagements(first: {first}) {{ nodes {{ findings {{ symptom {{ {edge} }} }} }} }}",
    "Finding": "engagements(first: {first}) {{ nodes {{ findings {{ {edge} }} }} }}",
    "Handoff": "handoffs(first: {first}) {{ nodes {{ {edge} }} }}",
    "HandoffEventPage": 'handoffEvents(first: {first}, after: "EARLIEST") {{ {edge} }}',
    "HandoffEvent": 'handoffEvents(first: {first}, after: "EARLIEST") {{ events {{ {edge} }} }}',
    "Course": "courses(first: {first}) {{ nodes {{ {edge} }} }}",
    "TrainingSession": "trainingSessions(first: {first}) {{ nodes {{ {edge} }} }}",
    "Enrollment": "trainingSessions(first: {first}) {{ nodes {{ enrollments(first: 1) {{ nodes {{ {edge} }} }} }} }}",
    "Post": "posts(first: {first}) {{ nodes {{ {edge} }} }}",
    "Comment": "posts(first: {first}) {{ nodes {{ comments(first: 1) {{ nodes {{ {edge} }} }} }} }}",
    "Viewer": "viewer {{ {edge} }}",
    "EngagementStatsRow": (
        "engagementStats(groupBy: [LEAD_PARTNER, LEAD_ASSOCIATION, SYMPTOM], top: {first}, "
        "orderBy: {{measure: HANDOFFS, direction: DESC}}) {{ {edge} }}"
    ),
    "HandoffStatsRow": (
        "handoffStats(groupBy: [FROM_PARTNER, TO_PARTNER, FROM_ASSOCIATION, TO_ASSOCIATION], top: {first}) {{ {edge} }}"
    ),
    "CertificationStatsRow": (
        "certificationStats(groupBy: [PARTNER, ASSOCIATION], filter: {{status: PENDING}}, top: {first}) {{ {edge} }}"
    ),
    "TrainingStatsRow": "trainingStats(groupBy: [COURSE, PROVIDER, PROVIDER_ASSOCIATION], top: {first}) {{ {edge} }}",
    "CommunityStatsRow": "communityStats(groupBy: [PARTNER, ASSOCIATION], top: {first}) {{ {edge} }}",
}

CONNECTION = "(first: 2) { totalCount pageInfo { hasNextPage } nodes { __typename } }"


def edges() -> Iterator[tuple[str, str]]:
    """Each (type, field with its selection) that reads more than its own row."""
    for type_ in SCHEMA.type_map.values():
        if not is_object_type(type_) or type_.name.startswith("__") or type_ in ROOTS:
            continue
        # What a mutation answers has one parent alone.
        if type_.name.endswith(("Connection", "Edge", "Payload")) or type_.name == "PageInfo":
            continue
        yield from ((type_.name, selection) for selection in _selections(type_))


def _selections(type_: GraphQLObjectType) -> Iterator[str]:
    for name, field in type_.fields.items():
        declared = field.extensions["strawberry-definition"]
        if isinstance(declared, ConnectionField):
            yield name + CONNECTION
        elif isinstance(declared, EdgeField | ComputedField):
            yield name if is_leaf_type(get_named_type(field.type)) else f"{name} {{ __typename }}"


@pytest.fixture
async def firm(seeded_dsns: Dsns) -> Viewer:
    """The CRM of the firm that has led the most."""
    sql = "SELECT partner_id FROM engagements.assignment GROUP BY partner_id ORDER BY count(*) DESC, partner_id LIMIT 1"
    (partner_id,) = await column(seeded_dsns, SourceName.ENGAGEMENTS, sql)
    return Viewer(ViewerKind.CRM, "CRM", partner_id=partner_id)


@pytest.mark.parametrize("kind", [ViewerKind.STAFF, ViewerKind.CRM, ViewerKind.REPORTING], ids=lambda kind: kind.value)
@pytest.mark.parametrize(("type_name", "edge"), list(edges()), ids=lambda value: value.split("(")[0].split(" ")[0])
async def test_an_edge_sends_the_same_queries_for_one_parent_and_for_fifty(
    runtime: Runtime, ask: Ask, firm: Viewer, type_name: str, edge: str, kind: ViewerKind
) -> None:
    viewer = firm if kind is ViewerKind.CRM else Viewer(kind, "Somebody")
    for source in SourceName:
        # What the cache holds would hide a query.
        runtime.cache.set_listening(source, False)

    async def queries(first: int) -> list[str]:
        answer = await ask(f"{{ {PARENTS[type_name].format(first=first, edge=edge)} }}", viewer=viewer)
        assert answer.errors == []
        return answer.queries

    one, fifty = await queries(1), await queries(50)
    # One parent may happen to have none of what the edge leads to: then it needs fewer, never more.
    assert set(one) <= set(fifty)
    assert len(fifty) == len(set(fifty)), "no query is sent twice"


async def test_a_count_reads_no_page_and_a_page_no_count(ask: Ask) -> None:
    assert (await ask("{ clients { totalCount } }")).queries == ["engagements:clients.count"]
    assert (await ask("{ clients { nodes { name } } }")).queries == ["engagements:clients.page"]


async def test_the_same_edge_under_two_names_is_one_query(ask: Ask) -> None:
    query = "{ clients { nodes { a: engagements(first: 2) { nodes { title } } b: engagements(first: 2) { nodes { id } } } } }"
    assert (await ask(query)).queries == ["engagements:clients.page", "engagements:engagements.page by of_client_id"]
