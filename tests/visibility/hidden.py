"""What a viewer may not see, beside what does not exist: the same operation asked of both."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.plain_sql import TABLES as NODE_TABLES
from tests.plain_sql import gid
from tests.visibility import events
from tests.visibility.checks import UNKNOWN
from tests.visibility.graph import Cell
from tests.visibility.oracle import Extent, Sight
from tests.visibility.places import TABLES
from tests.visibility.world import number

COUNTED = "{ totalCount nodes { id } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"

OF_TYPE = {
    "Client": f"client(by: {{id: $id}}) {{ id name }} engagements(filter: {{clientId: $id}}) {COUNTED}",
    "Engagement": f"engagement(by: {{id: $id}}) {{ id version }} posts(filter: {{engagementId: $id}}) {COUNTED}",
    "Handoff": "handoff(id: $id) { id status }",
}
"""What else than node and nodes takes an id of a type."""


@dataclass(frozen=True)
class Pair:
    """An operation, asked with what is hidden and with what there is not."""

    type: str
    way: str
    query: str
    hidden: list[dict[str, Any]]
    unknown: dict[str, Any]

    @property
    def cell(self) -> Cell:
        """What the pair compares."""
        return self.type, f"{self.way} of what does not exist"


def pairs(sight: Sight) -> Iterator[Pair]:
    """All of a viewer's; none where nothing is hidden."""
    for pair in _all(sight):
        if pair.hidden:
            yield pair


def _all(sight: Sight) -> Iterator[Pair]:
    world = sight.world
    for type_name in NODE_TABLES:
        rows = [row for row in world[TABLES[type_name]] if not sight.sees(TABLES[type_name], row)]
        query = (
            f"query($id: ID!) {{ node(id: $id) {{ __typename id }} nodes(ids: [$id]) {{ id }} {OF_TYPE.get(type_name, '')} }}"
        )
        ids = [{"id": gid(type_name, row["id"])} for row in rows]
        yield Pair(type_name, "id", query, ids, {"id": gid(type_name, UNKNOWN)})
    clients = [row for row in world["engagements.client"] if not sight.sees("engagements.client", row)]
    numbers = [{"number": row["corporate_number"]} for row in clients if row["corporate_number"]]
    query = "query($number: String!) { client(by: {corporateNumber: $number}) { id name } }"
    yield Pair("Client", "corporateNumber", query, numbers, {"number": number(UNKNOWN)})
    engagements = [row for row in world["engagements.engagement"] if sight.extent(row["id"]) is not Extent.FULL]
    refs = {row["ref"] for row in world["engagements.external_ref"]}
    shown = {sight.external_ref(row["id"]) for row in world["engagements.engagement"]}
    query = "query($ref: String!) { engagement(by: {externalRef: $ref}) { id } }"
    yield Pair("Engagement", "externalRef", query, [{"ref": ref} for ref in sorted(refs - shown)], {"ref": "no such ref"})
    words = [{"word": row["title"]} for row in engagements] + [{"word": row["name"]} for row in clients]
    query = f"query($word: String!) {{ engagements(filter: {{search: $word}}) {COUNTED} clients(search: $word) {COUNTED} }}"
    unfound = [pair for pair in words if not _is_in_what_shows(sight, pair["word"])]
    yield Pair("Engagement", "search", query, unfound, {"word": "nothing-has-this"})
    told = {row["engagement_id"] for row in world[events.TABLE] if sight.sees(events.TABLE, row)}
    untold = [{"id": gid("Engagement", row["id"])} for row in engagements if row["id"] not in told]
    query = (
        f'query($id: ID!) {{ handoffEvents(after: "{events.cursor(0)}", filter: {{engagementId: $id}})'
        " { events { id } endCursor hasMore } }"
    )
    yield Pair("HandoffEvent", "engagementId", query, untold, {"id": gid("Engagement", UNKNOWN)})
    posts = [row for row in world["community.post"] if not sight.sees("community.post", row)]
    query = f"query($word: String!) {{ posts(filter: {{search: $word}}) {COUNTED} }}"
    yield Pair("Post", "search", query, [{"word": row["title"]} for row in posts], {"word": "nothing-has-this"})
    threads = [row["id"] for row in engagements if sight.extent(row["id"]) is not Extent.FIGURES]
    query = f"query($id: ID!) {{ posts(filter: {{engagementId: $id}}) {COUNTED} }}"
    yield Pair(
        "Post", "engagementId", query, [{"id": gid("Engagement", key)} for key in threads], {"id": gid("Engagement", UNKNOWN)}
    )


def _is_in_what_shows(sight: Sight, word: str) -> bool:
    titles = [sight.value("engagements.engagement", row, "title") for row in sight.world["engagements.engagement"]]
    names = [row["name"] for row in sight.world["engagements.client"] if sight.sees("engagements.client", row)]
    return any(word in (text or "") for text in (*titles, *names))
