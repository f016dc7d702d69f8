"""What grouped figures say to a viewer: counts over what the oracle says that it may see, and for reporting over all."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.plain_sql import gid
from tests.visibility.graph import Cell
from tests.visibility.oracle import Sight
from tests.visibility.places import PHASES, TABLES, certification_status, held_seats
from tests.visibility.world import Row

ROWS = {
    "EngagementStatsRow",
    "PhaseFunnelRow",
    "HandoffStatsRow",
    "CertificationStatsRow",
    "TrainingStatsRow",
    "CommunityStatsRow",
}
"""The types whose objects are groups, of rows that each have their place elsewhere."""


@dataclass
class Figure:
    """An operation, what it answers, and the cells that are compared by it."""

    query: str
    answer: dict[str, Any]
    cells: set[Cell] = field(default_factory=set)


def figures(sight: Sight) -> Iterator[Figure]:
    """One of each root field, by several dimensions."""
    for dimension, key in (("PHASE", "phase"), ("STATUS", "status"), ("REGION", "region"), ("SYMPTOM", "symptom")):
        yield _engagements(sight, dimension, key)
    yield _engagements(sight, "LEAD_ASSOCIATION", "leadAssociation")
    yield _funnel(sight)
    yield _handoffs(sight)
    yield _certifications(sight)
    yield _trainings(sight)
    yield _posts(sight)


def _counted(sight: Sight, type_name: str) -> list[Row]:
    """The rows that figures are over."""
    table = TABLES[type_name]
    return sight.world[table] if sight.is_reporting else sight.visible(table)


def _engagements(sight: Sight, dimension: str, key: str) -> Figure:
    engagements = _counted(sight, "Engagement")
    handoffs = Counter(row["engagement_id"] for row in _counted(sight, "Handoff"))

    def client(row: Row) -> int | None:
        visible: int | None = sight.value("engagements.engagement", row, "client_id")
        return row["client_id"] if sight.is_reporting else visible

    def measured(rows: list[Row]) -> dict[str, Any]:
        return {
            "engagements": len(rows),
            "clients": len({client(row) for row in rows} - {None}),
            "handoffs": sum(handoffs[row["id"]] for row in rows),
        }

    selected = {"symptom": "symptom { code }", "leadAssociation": "leadAssociation { id }"}.get(key, key)
    groups = _groups(engagements, lambda row: _of_engagement(sight, key, row))
    return _figure("engagementStats", f"groupBy: [{dimension}]", f"{selected} engagements clients handoffs", [
        {key: _shown(key, group), **measured(rows)} for group, rows in groups
    ])  # fmt: skip


def _of_engagement(sight: Sight, key: str, row: Row) -> set[Any]:
    """The groups that an engagement is in."""
    if key == "symptom":
        found = _counted(sight, "Finding")
        return {item["symptom_code"] for item in found if item["engagement_id"] == row["id"]} or {None}
    if key == "leadAssociation":
        joined = sight.world.where("directory.membership", partner_id=row["lead_partner_id"])
        return {item["association_id"] for item in joined} or {None}
    if key == "region":
        return {sight.world.one("engagements.client", row["client_id"])["region"]}
    return {row[key]}


def _shown(key: str, group: Any) -> Any:
    if group is None:
        return None
    return {"symptom": {"code": group}, "leadAssociation": {"id": gid("Association", group)}}.get(key, group)


def _funnel(sight: Sight) -> Figure:
    assignments = _counted(sight, "PhaseAssignment")
    rows = {phase: Counter[str]() for phase in PHASES}
    for engagement in _counted(sight, "Engagement"):
        been = {row["phase"] for row in assignments if row["engagement_id"] == engagement["id"]}
        for phase in been | {engagement["phase"]}:
            rows[phase]["entered"] += 1
            rows[phase][engagement["status"].lower() if phase == engagement["phase"] else "advanced"] += 1
    names = ("entered", "advanced", "completed", "abandoned", "open")
    answer = [{"phase": phase, **{name: rows[phase][name] for name in names}} for phase in PHASES]
    return _figure("phaseFunnel", "", f"phase {' '.join(names)}", answer)


def _handoffs(sight: Sight) -> Figure:
    groups = _groups(_counted(sight, "Handoff"), lambda row: {row["status"]})
    return _figure("handoffStats", "groupBy: [STATUS]", "status handoffs senders receivers", [
        {"status": status, "handoffs": len(rows), "senders": len({row["from_partner_id"] for row in rows}),
         "receivers": len({row["to_partner_id"] for row in rows})}
        for status, rows in groups
    ])  # fmt: skip


def _certifications(sight: Sight) -> Figure:
    groups = _groups(_counted(sight, "Certification"), lambda row: {certification_status(sight, row)})
    return _figure("certificationStats", "groupBy: [STATUS]", "status certifications partners", [
        {"status": status, "certifications": len(rows), "partners": len({row["partner_id"] for row in rows})}
        for status, rows in groups
    ])  # fmt: skip


def _trainings(sight: Sight) -> Figure:
    enrollments = Counter(row["session_id"] for row in _counted(sight, "Enrollment"))
    groups = _groups(_counted(sight, "TrainingSession"), lambda row: {row["course_id"]})
    return _figure("trainingStats", "groupBy: [COURSE]", "course { id } sessions seatsHeld enrollments", [
        {"course": {"id": gid("Course", course)}, "sessions": len(rows),
         "seatsHeld": sum(held_seats(sight, row) for row in rows), "enrollments": sum(enrollments[row["id"]] for row in rows)}
        for course, rows in groups
    ])  # fmt: skip


def _posts(sight: Sight) -> Figure:
    comments = Counter(row["post_id"] for row in _counted(sight, "Comment"))
    groups = _groups(_counted(sight, "Post"), lambda row: {row["visibility"]})
    return _figure("communityStats", "groupBy: [VISIBILITY]", "visibility posts comments", [
        {"visibility": visibility, "posts": len(rows), "comments": sum(comments[row["id"]] for row in rows)}
        for visibility, rows in groups
    ])  # fmt: skip


def _groups(rows: Iterable[Row], groups_of: Callable[[Row], set[Any]]) -> list[tuple[Any, list[Row]]]:
    """The groups in their order, the one without a value last."""
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        for group in groups_of(row):
            found[group].append(row)
    return sorted(found.items(), key=lambda item: (item[0] is None, item[0] or 0))


def _figure(name: str, arguments: str, selected: str, answer: list[dict[str, Any]]) -> Figure:
    given = f"({arguments})" if arguments else ""
    type_name = f"{name[0].upper()}{name[1:]}Row"
    return Figure(f"{{ {name}{given} {{ {selected} }} }}", {name: answer}, {(type_name, f"{name}{given}")})
