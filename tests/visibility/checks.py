"""The matrix as a list: for a viewer, every operation to ask, the exact answer by the oracle, and the cells that it covers.

It is made without asking anything, so that it can be counted apart from being run.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.plain_sql import TABLES as NODE_TABLES
from tests.plain_sql import gid
from tests.visibility import events
from tests.visibility.figures import figures
from tests.visibility.filters import Filter, filters
from tests.visibility.graph import (
    PAGE,
    Cell,
    connections_of_query,
    expected,
    expected_page,
    key_field,
    key_of,
    page_selection,
    selection,
)
from tests.visibility.oracle import Sight
from tests.visibility.places import TABLES, visible
from tests.visibility.viewers import PERSONS, REPORTING, STAFF
from tests.visibility.world import Firm, Row, number

UNKNOWN = 999
"""A key that no row has."""

ALIASES = 15
"""Root fields in one operation, at most."""

ORDERS = {
    "handoffs": ("id", True),
    "corporations": ("number", False),
    "certifications": ("expires_on", False),
    "trainingSessions": ("starts_at", False),
    "posts": ("posted_at", True),
}
"""By which column a root connection is ordered, and whether the newest is first; by id where it is not said."""

SEES_FAR = (
    STAFF,
    REPORTING,
    *(
        PERSONS[firm]
        for firm in (Firm.ADVISOR, Firm.OFFERED, Firm.DECLINED, Firm.PAST_LEAD, Firm.SEES_AND_OFFERED, Firm.SCHOOL)
    ),
)
"""Viewers of which each sees in its own way."""


@dataclass
class Check:
    """An operation, what it answers, and the cells that are compared by it."""

    query: str
    answer: dict[str, Any]
    variables: dict[str, Any] = field(default_factory=dict)
    cells: set[Cell] = field(default_factory=set)


def checks(sight: Sight) -> Iterator[Check]:
    """All of a viewer's; those of SEES_FAR follow two edges from an object, the others one."""
    yield from objects_by_nodes(sight, 2 if sight.viewer in SEES_FAR else 1)
    yield from objects_by_node(sight)
    yield from objects_by_key(sight)
    yield from whole_lists(sight)
    yield from whole_connections(sight)
    yield from events_after(sight, 2 if sight.viewer in SEES_FAR else 1)
    yield from filtered(sight)
    yield from (Check(figure.query, figure.answer, cells=figure.cells) for figure in figures(sight))


def objects_by_nodes(sight: Sight, depth: int) -> Iterator[Check]:
    """Every object of every type, and one that there is not, by nodes(ids)."""
    for type_name in NODE_TABLES:
        ids = _ids(sight, type_name)
        check = Check(
            f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {type_name} {{ {selection(type_name, depth)} }} }} }}",
            {},
            {"ids": [id for id, _ in ids]},
        )
        check.answer["nodes"] = [expected(sight, type_name, row, depth, "nodes", check.cells) for _, row in ids]
        yield check


def objects_by_node(sight: Sight) -> Iterator[Check]:
    """The same by node(id)."""
    for type_name in NODE_TABLES:
        calls = [
            _call(sight, f'node(id: "{id}")', type_name, row, "node", 0, f"... on {type_name} {{ {selection(type_name, 0)} }}")
            for id, row in _ids(sight, type_name)
        ]
        yield from _together(calls)


def objects_by_key(sight: Sight) -> Iterator[Check]:
    """Every object by each key of its own root field, and what there is not."""
    for type_name, name in (("Partner", "partner"), ("Client", "client"), ("Engagement", "engagement")):
        way = f"{name}(id)"
        ids = _ids(sight, type_name)
        yield from _together([_call(sight, f'{name}(by: {{id: "{id}"}})', type_name, row, way) for id, row in ids])
    for type_name, name in (("Partner", "partner"), ("Client", "client")):
        way = f"{name}(corporateNumber)"
        numbers = [(row["corporate_number"], row) for row in sight.world[TABLES[type_name]] if row["corporate_number"]]
        calls = [(f'{name}(by: {{corporateNumber: "{of}"}})', row) for of, row in [*numbers, (number(UNKNOWN), None)]]
        yield from _together([_call(sight, call, type_name, row, way) for call, row in calls])
    corporations = [(row["number"], row) for row in sight.world["engagements.corporation"]]
    calls = [(f'corporation(number: "{of}")', row) for of, row in [*corporations, (number(UNKNOWN), None)]]
    yield from _together([_call(sight, call, "Corporation", row, "corporation(number)") for call, row in calls])
    ids = _ids(sight, "Handoff")
    yield from _together([_call(sight, f'handoff(id: "{id}")', "Handoff", row, "handoff(id)") for id, row in ids])
    refs = sorted({row["ref"] for row in sight.world["engagements.external_ref"]} | {"no such ref"})
    calls = [(f'engagement(by: {{externalRef: "{ref}"}})', _called(sight, ref)) for ref in refs]
    yield from _together([_call(sight, call, "Engagement", row, "engagement(externalRef)") for call, row in calls])


def whole_lists(sight: Sight) -> Iterator[Check]:
    """The root lists, and the viewer itself."""
    for name, type_name, by in (("associations", "Association", "id"), ("symptoms", "Symptom", "position")):
        check = Check(f"{{ {name} {{ {selection(type_name, 1)} }} }}", {})
        rows = visible(sight, type_name, by=by)
        check.answer[name] = [expected(sight, type_name, row, 1, name, check.cells) for row in rows]
        yield check
    check = Check(
        f"{{ viewer {{ name member {{ {selection('Member', 1)} }} partner {{ {selection('Partner', 1)} }} }}"
        " sources { name } }",
        {"sources": [{"name": name} for name in ("directory", "certifications", "engagements", "trainings", "community")]},
    )
    member = sight.world.by_id("directory.member", sight.viewer.member_id)
    partner = sight.world.by_id("directory.partner", sight.firm)
    check.answer["viewer"] = {
        "name": sight.viewer.name,
        "member": expected(sight, "Member", member, 1, "viewer > Viewer.member", check.cells),
        "partner": expected(sight, "Partner", partner, 1, "viewer > Viewer.partner", check.cells),
    }
    check.cells |= {("Viewer", "viewer"), ("Source", "sources"), ("Viewer.member", "viewer"), ("Viewer.partner", "viewer")}
    yield check


def whole_connections(sight: Sight) -> Iterator[Check]:
    """Every root connection, whole."""
    for name, type_name in connections_of_query().items():
        check = Check(f"{{ {name}(first: {PAGE}) {{ {page_selection(type_name, 1)} }} }}", {})
        check.answer[name] = expected_page(sight, type_name, in_order(sight, name), 1, name, check.cells)
        yield check


def events_after(sight: Sight, depth: int = 1) -> Iterator[Check]:
    """All events, and those that each filter keeps: the place to go on from is the same for whoever sees how much."""
    after, end = f'first: 100, after: "{events.cursor(0)}"', events.cursor(len(sight.world[events.TABLE]))
    rows = visible(sight, "HandoffEvent", by="position")
    check = Check(f"{{ handoffEvents({after}) {{ events {{ {selection('HandoffEvent', depth)} }} endCursor hasMore }} }}", {})
    told = [expected(sight, "HandoffEvent", row, depth, "handoffEvents", check.cells) for row in rows]
    check.answer["handoffEvents"] = {"events": told, "endCursor": end, "hasMore": False}
    yield check
    calls = []
    for filter, keeps in events.filters(sight):
        text = f"handoffEvents({after}, filter: {{{filter}}}) {{ events {{ id }} endCursor hasMore }}"
        kept = [{"id": row["event_id"]} for row in rows if keeps(row)]
        answer = {"events": kept, "endCursor": end, "hasMore": False}
        calls.append(_Call(text, answer, {("HandoffEvent", f"handoffEvents({filter})")}))
    yield from _together(calls)


def filtered(sight: Sight) -> Iterator[Check]:
    """Every filter that touches what may be hidden, of the root's connections and of the objects'."""
    yield from _together(
        [_within(sight, filter) if filter.parent else _at_root(sight, filter) for filter in filters(sight.world)]
    )


def in_order(sight: Sight, name: str) -> list[Row]:
    """The rows of a root connection that show, in its order."""
    type_name = connections_of_query()[name]
    by, newest = ORDERS.get(name, ("id", False))
    if name == "certifications":
        rows = visible(sight, type_name)
        return sorted(rows, key=lambda row: (row["expires_on"] is None, row["expires_on"] or 0, row["id"]))
    return visible(sight, type_name, by=by, newest=newest)


@dataclass
class _Call:
    """One root field with its selection, what it answers, and the cells that are compared by it."""

    text: str
    answer: Any
    cells: set[Cell]


def _ids(sight: Sight, type_name: str) -> list[tuple[str, Row | None]]:
    rows = [*sight.world[TABLES[type_name]], None]
    return [(gid(type_name, UNKNOWN if row is None else row["id"]), row) for row in rows]


def _call(
    sight: Sight, call: str, type_name: str, row: Row | None, way: str, depth: int = 1, selected: str | None = None
) -> _Call:
    cells: set[Cell] = set()
    answer = expected(sight, type_name, row, depth, way, cells)
    return _Call(f"{call} {{ {selected or selection(type_name, depth)} }}", answer, cells)


def _at_root(sight: Sight, filter: Filter) -> _Call:
    type_name = connections_of_query()[filter.connection]
    rows = [row for row in in_order(sight, filter.connection) if filter.keeps(sight, row)]
    cells: set[Cell] = {(type_name, filter.way)}
    return _Call(_narrowed(filter, type_name), _kept(type_name, rows), cells)


def _within(sight: Sight, filter: Filter) -> _Call:
    parent = filter.parent
    assert parent is not None
    cells: set[Cell] = {(parent.child, filter.way)}
    nodes = []
    for row in in_order(sight, parent.connection):
        children = [child for child in parent.children(sight, row) if filter.keeps_within(sight, child, row)]
        nodes.append({"id": gid(parent.type, row["id"]), filter.connection: _kept(parent.child, children)})
    inner = _narrowed(filter, parent.child)
    return _Call(f"{parent.connection}(first: {PAGE}) {{ nodes {{ id {inner} }} }}", {"nodes": nodes}, cells)


def _narrowed(filter: Filter, type_name: str) -> str:
    return f"{filter.connection}(first: {PAGE}, {filter.arguments}) {{ totalCount nodes {{ {key_field(type_name)} }} }}"


def _kept(type_name: str, rows: list[Row]) -> dict[str, Any]:
    return {"totalCount": len(rows), "nodes": [{key_field(type_name): key_of(type_name, row)} for row in rows]}


def _called(sight: Sight, ref: str) -> Row | None:
    """The engagement that the viewer's firm calls so, and sees in full."""
    engagements = sight.world["engagements.engagement"]
    return next((row for row in engagements if sight.external_ref(row["id"]) == ref), None)


def _together(calls: list[_Call]) -> Iterator[Check]:
    """The calls in as few operations as may be."""
    for start in range(0, len(calls), ALIASES):
        some = {f"a{index}": call for index, call in enumerate(calls[start : start + ALIASES])}
        yield Check(
            "{ " + " ".join(f"{alias}: {call.text}" for alias, call in some.items()) + " }",
            {alias: call.answer for alias, call in some.items()},
            cells=set().union(*(call.cells for call in some.values())),
        )
