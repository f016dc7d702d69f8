"""Who sees what in an export: the same as in the pages of its connection, for each kind of viewer."""

import pytest

from hub.viewer import Viewer, ViewerKind
from tests.conftest import STAFF
from tests.export.conftest import Exports

ENGAGEMENTS = """query($after: String) { engagements(first: 100, after: $after) {
    edges { node { id title client { name } findings { note } enrollments { totalCount nodes { attendee } }
        posts { nodes { title } } handoffs { id note } } }
    pageInfo { endCursor hasNextPage } } }"""
POSTS = """query($after: String) { posts(first: 100, after: $after) {
    edges { node { title engagement { title } author { email } } } pageInfo { endCursor hasNextPage } } }"""

VIEWERS = {
    "staff": STAFF,
    "person": Viewer(ViewerKind.PERSON, "Person", partner_id=1, member_id=1),
    "crm": Viewer(ViewerKind.CRM, "CRM", partner_id=2),
    "reporting": Viewer(ViewerKind.REPORTING, "Reporting"),
}


@pytest.mark.parametrize("viewer", VIEWERS.values(), ids=VIEWERS)
@pytest.mark.parametrize(("query", "field"), [(ENGAGEMENTS, "engagements"), (POSTS, "posts")])
async def test_an_export_shows_what_pages_show(exports: Exports, query: str, field: str, viewer: Viewer) -> None:
    assert await exports.lines(query, viewer=viewer) == await exports.pages(query, field, viewer=viewer)


async def test_a_firm_exports_a_part_and_reporting_no_titles_and_no_clients(exports: Exports) -> None:
    query = "{ engagements { nodes { id title client { name } } } }"
    every = await exports.lines(query)
    assert len(every) == 5000
    assert all(row["title"] and row["client"] for row in every)
    own = await exports.lines(query, viewer=VIEWERS["person"])
    assert 0 < len(own) < 500
    assert {row["id"] for row in own} < {row["id"] for row in every}
    reported = await exports.lines(query, viewer=VIEWERS["reporting"])
    assert reported == [{"id": row["id"], "title": None, "client": None} for row in every]
    assert await exports.lines("{ clients { nodes { name } } }", viewer=VIEWERS["reporting"]) == []
