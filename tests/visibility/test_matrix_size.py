"""The matrix cannot silently shrink: what it covers is counted exactly, and every type, edge and root field has its place."""

import pytest
from graphql import get_named_type, is_leaf_type, is_object_type

from tests.plain_sql import TABLES as NODE_TABLES
from tests.visibility.checks import checks
from tests.visibility.figures import ROWS
from tests.visibility.graph import PAYLOADS, SCHEMA, edges_of_schema, is_page_part
from tests.visibility.hidden import pairs
from tests.visibility.oracle import Sight
from tests.visibility.pages import cells_of_paging
from tests.visibility.places import PLACES, TABLES, Leaf
from tests.visibility.viewers import VIEWERS, label
from tests.visibility.world import World

CELLS = 62_491
"""(viewer, type or field, way) triples whose exact value is compared."""


@pytest.fixture(scope="module")
def cells(world: World) -> set[tuple[str, str, str]]:
    """All that the tests of this package compare, viewer by viewer."""
    found = set()
    for viewer in VIEWERS:
        sight = Sight(world, viewer)
        own = {cell for check in checks(sight) for cell in check.cells} | {pair.cell for pair in pairs(sight)}
        own |= cells_of_paging(viewer)
        found |= {(label(viewer), what, way) for what, way in own}
    return found


def test_the_matrix_has_so_many_cells(cells: set[tuple[str, str, str]]) -> None:
    print(f"{len(VIEWERS)} viewers, {len(cells)} cells")
    assert len(cells) == CELLS


def test_every_edge_has_a_place_in_the_matrix() -> None:
    edges = {edge for edge in edges_of_schema() if edge[0] not in ROWS} - {("Viewer", "member"), ("Viewer", "partner")}
    assert {place for place, shows in PLACES.items() if not isinstance(shows, Leaf)} == edges


def test_every_type_has_a_place_in_the_matrix() -> None:
    types = {name for name, type_ in SCHEMA.type_map.items() if is_object_type(type_) and not is_page_part(name)}
    assert types == {*TABLES, *ROWS, *PAYLOADS, "Query", "Mutation", "Subscription", "Viewer", "Source"}
    assert NODE_TABLES.keys() <= TABLES.keys()


def test_every_place_is_of_a_field_that_there_is() -> None:
    for type_name, field in PLACES:
        found = getattr(SCHEMA.type_map[type_name], "fields", {})
        assert field in found
        assert isinstance(PLACES[type_name, field], Leaf) == is_leaf_type(get_named_type(found[field].type))


def test_every_edge_and_field_is_asserted_for_someone_in_every_depth(cells: set[tuple[str, str, str]]) -> None:
    asserted = {what for _, what, _ in cells}
    expected = {
        f"{type_.name}.{name}"
        for type_ in SCHEMA.type_map.values()
        if is_object_type(type_) and type_.name in TABLES
        for name in type_.fields
    }
    assert expected <= asserted


def test_every_root_field_is_a_way_of_the_matrix(cells: set[tuple[str, str, str]]) -> None:
    assert SCHEMA.query_type is not None
    ways = {way.split("(")[0].split(" ")[0] for _, _, way in cells}
    assert set(SCHEMA.query_type.fields) <= ways
