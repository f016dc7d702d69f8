"""What each field of the graph shows a viewer, by the oracle: its place in the matrix. A field without one fails.

A leaf is the column of its name unless it has a place of its own; every edge, list and connection has one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from hub.vocabulary import Phase
from tests.plain_sql import gid
from tests.visibility import events
from tests.visibility.actions import allowed
from tests.visibility.oracle import Extent, Sight
from tests.visibility.world import Row

Rows = list[Row]


@dataclass(frozen=True)
class Leaf:
    """A value."""

    of: Callable[[Sight, Row], Any]


@dataclass(frozen=True)
class One:
    """An edge to one row of a type, or to none."""

    type: str
    of: Callable[[Sight, Row], Row | None]


@dataclass(frozen=True)
class Many:
    """A list of rows of a type, in order."""

    type: str
    of: Callable[[Sight, Row], Rows]


@dataclass(frozen=True)
class Pages:
    """A connection to rows of a type, in order."""

    type: str
    of: Callable[[Sight, Row], Rows]


Place = Leaf | One | Many | Pages

TABLES = {
    "Association": "directory.association",
    "Partner": "directory.partner",
    "Member": "directory.member",
    "Certification": "certifications.certification",
    "Corporation": "engagements.corporation",
    "Client": "engagements.client",
    "Engagement": "engagements.engagement",
    "PhaseAssignment": "engagements.assignment",
    "Symptom": "engagements.symptom",
    "Finding": "engagements.finding",
    "Prescription": "engagements.prescription",
    "Handoff": "engagements.handoff",
    "HandoffEvent": events.TABLE,
    "Course": "trainings.course",
    "TrainingSession": "trainings.session",
    "Enrollment": "trainings.enrollment",
    "Post": "community.post",
    "Comment": "community.comment",
}
"""The table that each type's rows are in."""

HELD = ("ENROLLED", "COMPLETED", "NO_SHOW")

PHASES = [phase.value for phase in Phase]


def visible(sight: Sight, type_name: str, rows: Iterable[Row] | None = None, *, by: str = "id", newest: bool = False) -> Rows:
    """Those of these rows (all of the type's) that show, in this order."""
    table = TABLES[type_name]
    seen = sight.visible(table) if rows is None else [row for row in rows if sight.sees(table, row)]
    return sorted(seen, key=lambda row: (row[by], row.get("id", 0)), reverse=newest)


def held_seats(sight: Sight, session: Row) -> int:
    """How many seats of a session are taken: a figure over all enrollments, seen or not."""
    return sum(row["status"] in HELD for row in sight.world.where("trainings.enrollment", session_id=session["id"]))


def led_by(sight: Sight, partner_id: int) -> Rows:
    """The engagements that show a firm as their lead, now or, where their past shows, ever."""

    def shows(engagement: Row) -> bool:
        led = sight.world.where("engagements.assignment", engagement_id=engagement["id"], partner_id=partner_id)
        return engagement["lead_partner_id"] == partner_id or any(sight.sees("engagements.assignment", row) for row in led)

    return [row for row in visible(sight, "Engagement") if shows(row)]


def of_client(sight: Sight, client_id: int) -> Rows:
    """The engagements that show a client as theirs."""
    table = "engagements.engagement"
    return [row for row in visible(sight, "Engagement") if sight.value(table, row, "client_id") == client_id]


def certification_status(_sight: Sight, row: Row) -> str:
    """As of today; every date of the world is long past."""
    lapsed = row["state"] in ("ACTIVE", "SUSPENDED") and row["expires_on"] is not None
    return "EXPIRED" if lapsed else str(row["state"])


def _edge(type_name: str, column: str, key: str = "id", *, table: str | None = None) -> One:
    """The row that a column names, where it shows; `table` is the column's, where the column may be hidden itself."""

    def of(sight: Sight, row: Row) -> Row | None:
        value = row[column] if table is None else sight.value(table, row, column)
        found = [] if value is None else sight.world.where(TABLES[type_name], **{key: value})
        return next(iter(visible(sight, type_name, found, by=key)), None)

    return One(type_name, of)


def _children(type_name: str, column: str, by: str = "id", *, newest: bool = False) -> Callable[[Sight, Row], Rows]:
    """The rows that show and whose column, where it shows, names the parent."""
    table = TABLES[type_name]

    def of(sight: Sight, row: Row) -> Rows:
        rows = visible(sight, type_name, by=by, newest=newest)
        return [child for child in rows if sight.value(table, child, column) == row["id"]]

    return of


def _list(type_name: str, column: str, by: str = "id") -> Many:
    return Many(type_name, _children(type_name, column, by))


def _pages(type_name: str, column: str, by: str = "id", *, newest: bool = False) -> Pages:
    return Pages(type_name, _children(type_name, column, by, newest=newest))


def _associations(sight: Sight, partner: Row) -> Rows:
    joined = {row["association_id"] for row in sight.world.where("directory.membership", partner_id=partner["id"])}
    return [row for row in sight.world["directory.association"] if row["id"] in joined]


def _members_of(sight: Sight, association: Row) -> Rows:
    firms = {row["partner_id"] for row in sight.world.where("directory.membership", association_id=association["id"])}
    return [row for row in sight.world["directory.partner"] if row["id"] in firms]


def _strengths(sight: Sight, partner: Row) -> list[str]:
    strong = {phase for row in _associations(sight, partner) for phase in row["phases"]}
    return [phase for phase in PHASES if phase in strong]


def _handoffs_of(sight: Sight, partner: Row) -> Rows:
    rows = visible(sight, "Handoff", newest=True)
    return [row for row in rows if partner["id"] in (row["from_partner_id"], row["to_partner_id"])]


def _client_says(column: str) -> Leaf:
    return Leaf(lambda sight, row: sight.world.one("engagements.client", row["client_id"])[column])


def _prescription(sight: Sight, row: Row) -> Row | None:
    found = sight.world.where("engagements.prescription", engagement_id=row["id"])
    return next((item for item in found if sight.sees("engagements.prescription", item)), None)


def _of_engagement(type_name: str, by: str = "id", *, newest: bool = False) -> Pages:
    """What hangs on an engagement by id: nothing where it is only offered."""
    children = _children(type_name, "engagement_id", by, newest=newest)

    def of(sight: Sight, row: Row) -> Rows:
        return [] if sight.extent(row["id"]) is Extent.OFFER else children(sight, row)

    return Pages(type_name, of)


PLACES: dict[tuple[str, str], Place] = {
    ("Association", "name"): Leaf(lambda _, row: row["name_ja"]),
    ("Association", "partners"): Pages("Partner", _members_of),
    ("Partner", "associations"): Many("Association", _associations),
    ("Partner", "strengths"): Leaf(_strengths),
    ("Partner", "members"): _pages("Member", "partner_id"),
    ("Partner", "certifications"): _list("Certification", "partner_id"),
    ("Partner", "engagements"): Pages("Engagement", lambda sight, row: led_by(sight, row["id"])),
    ("Partner", "handoffs"): Pages("Handoff", _handoffs_of),
    ("Partner", "courses"): _pages("Course", "provider_id"),
    ("Partner", "posts"): _pages("Post", "partner_id", "posted_at", newest=True),
    ("Member", "partner"): _edge("Partner", "partner_id"),
    ("Certification", "status"): Leaf(certification_status),
    ("Certification", "partner"): _edge("Partner", "partner_id"),
    ("Client", "corporation"): _edge("Corporation", "corporate_number", "number"),
    ("Client", "advisor"): _edge("Partner", "advisor_id"),
    ("Client", "engagements"): Pages("Engagement", lambda sight, row: of_client(sight, row["id"])),
    ("Engagement", "region"): _client_says("region"),
    ("Engagement", "industry"): _client_says("industry"),
    ("Engagement", "client"): _edge("Client", "client_id", table="engagements.engagement"),
    ("Engagement", "leadPartner"): _edge("Partner", "lead_partner_id"),
    ("Engagement", "assignments"): _list("PhaseAssignment", "engagement_id", "position"),
    ("Engagement", "findings"): _list("Finding", "engagement_id", "found_at"),
    ("Engagement", "prescription"): One("Prescription", _prescription),
    ("Engagement", "handoffs"): _list("Handoff", "engagement_id", "offered_at"),
    ("Engagement", "allowedActions"): Leaf(allowed),
    ("Engagement", "externalRef"): Leaf(lambda sight, row: sight.external_ref(row["id"])),
    ("Engagement", "enrollments"): _of_engagement("Enrollment"),
    ("Engagement", "posts"): _of_engagement("Post", "posted_at", newest=True),
    ("PhaseAssignment", "partner"): _edge("Partner", "partner_id"),
    ("Symptom", "label"): Leaf(lambda _, row: row["label_ja"]),
    ("Finding", "symptom"): _edge("Symptom", "symptom_code", "code"),
    ("Handoff", "engagement"): _edge("Engagement", "engagement_id"),
    ("Handoff", "fromPartner"): _edge("Partner", "from_partner_id"),
    ("Handoff", "toPartner"): _edge("Partner", "to_partner_id"),
    ("HandoffEvent", "id"): Leaf(lambda _, row: row["event_id"]),
    ("HandoffEvent", "cursor"): Leaf(lambda _, row: events.cursor(row["position"])),
    ("HandoffEvent", "engagementId"): Leaf(lambda _, row: gid("Engagement", row["engagement_id"])),
    ("HandoffEvent", "engagement"): _edge("Engagement", "engagement_id"),
    ("HandoffEvent", "handoff"): _edge("Handoff", "handoff_id"),
    ("HandoffEvent", "fromPartner"): _edge("Partner", "from_partner_id"),
    ("HandoffEvent", "toPartner"): _edge("Partner", "to_partner_id"),
    ("Course", "provider"): _edge("Partner", "provider_id"),
    ("Course", "sessions"): _pages("TrainingSession", "course_id", "starts_at"),
    ("TrainingSession", "course"): _edge("Course", "course_id"),
    ("TrainingSession", "enrolledCount"): Leaf(held_seats),
    ("TrainingSession", "seatsLeft"): Leaf(lambda sight, row: max(0, row["seats"] - held_seats(sight, row))),
    ("TrainingSession", "enrollments"): _pages("Enrollment", "session_id"),
    ("Enrollment", "session"): _edge("TrainingSession", "session_id"),
    ("Enrollment", "engagement"): _edge("Engagement", "engagement_id", table="trainings.enrollment"),
    ("Post", "author"): _edge("Member", "author_id"),
    ("Post", "partner"): _edge("Partner", "partner_id"),
    ("Post", "engagement"): _edge("Engagement", "engagement_id", table="community.post"),
    ("Post", "comments"): _pages("Comment", "post_id", "posted_at"),
    ("Comment", "author"): _edge("Member", "author_id"),
    ("Comment", "partner"): _edge("Partner", "partner_id"),
}
"""(type, field) -> what it shows."""
