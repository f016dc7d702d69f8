"""Who sees what, as plain Python over the world's rows: what the design's table says, and nothing of how the product does it.

The table, as it is understood here where it leaves room:

* An offer is open while its status is OFFERED and its time has not come. What lapsed shows nothing, swept or not.
* An offered engagement shows its phase, status, region, industry, lead, version, when it was opened and changed, its symptoms
  and remedy without the notes, and the hand-offs from or to the firm that is offered it. A filter on anything else does not
  find it.
* A firm that shares an engagement is its client's advisor, or leads or has led a phase of it; the one that looks must see it
  in full.
* What hangs on an engagement (its thread, its attendees) is found by the engagement only where that is seen in full, and names
  it only then, also where the row itself is seen for another reason.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

from hub.viewer import Viewer, ViewerKind
from tests.visibility.world import Row, World

NOTES_OF_ENGAGEMENT = ("engagements.finding", "engagements.prescription")

OFFERED_COLUMNS = {
    "id", "phase", "status", "lead_partner_id", "version", "opened_at", "updated_at", "region", "industry",
}  # fmt: skip
"""What an offered engagement shows of itself; region and industry are the client's."""


class Extent(Enum):
    """How much of an engagement a viewer sees."""

    FULL = "in full"
    FIGURES = "all but title, client and notes"
    OFFER = "as an offer"
    NOTHING = "not at all"


@dataclass(frozen=True)
class Sight:
    """What one viewer sees of a world."""

    world: World
    viewer: Viewer

    @property
    def firm(self) -> int | None:
        """The viewer's firm; none of staff's and reporting's."""
        return self.viewer.partner_id

    @property
    def is_staff(self) -> bool:
        """Whether everything shows."""
        return self.viewer.kind is ViewerKind.STAFF

    @property
    def is_reporting(self) -> bool:
        """Whether only figures show."""
        return self.viewer.kind is ViewerKind.REPORTING

    def extent(self, engagement_id: int | None) -> Extent:
        """How much of an engagement shows; nothing of one that does not exist."""
        return Extent.NOTHING if engagement_id is None else self._extents.get(engagement_id, Extent.NOTHING)

    @cached_property
    def _extents(self) -> dict[int, Extent]:
        return {row["id"]: self._extent(row) for row in self.world["engagements.engagement"]}

    def _extent(self, engagement: Row) -> Extent:
        if self.is_staff:
            return Extent.FULL
        if self.is_reporting:
            return Extent.FIGURES
        if self.firm is None:
            return Extent.NOTHING
        if self.firm in self.parties(engagement):
            return Extent.FULL
        offers = self.world.where("engagements.handoff", engagement_id=engagement["id"], to_partner_id=self.firm)
        return Extent.OFFER if any(self._is_open(offer) for offer in offers) else Extent.NOTHING

    def parties(self, engagement: Row) -> set[int]:
        """The firms of an engagement: its client's advisor, and whoever leads or has led a phase."""
        led = self.world.where("engagements.assignment", engagement_id=engagement["id"])
        advisor = self.world.one("engagements.client", engagement["client_id"])["advisor_id"]
        return {advisor, engagement["lead_partner_id"], *(assignment["partner_id"] for assignment in led)}

    def in_full(self, engagement_id: int | None) -> bool:
        """Whether an engagement shows whole; reporting never sees one so."""
        return self.extent(engagement_id) is Extent.FULL

    def sees(self, table: str, row: Row) -> bool:
        """Whether a row shows at all."""
        rule: Callable[[Row], bool] | None = getattr(self, f"_sees_{table.partition('.')[2]}", None)
        assert rule is not None or table in OPEN_TABLES, f"no rule for {table}"
        return True if rule is None else rule(row)

    def visible(self, table: str) -> list[Row]:
        """The rows of a table that show."""
        if table not in self._visible:
            self._visible[table] = [row for row in self.world[table] if self.sees(table, row)]
        return self._visible[table]

    @cached_property
    def _visible(self) -> dict[str, list[Row]]:
        return {}

    def value(self, table: str, row: Row, column: str) -> Any:
        """A column of a row that shows, None where it does not."""
        return row[column] if self._shows(table, row, column) else None

    def associations(self) -> set[int]:
        """Those that the viewer's firm belongs to."""
        return {row["association_id"] for row in self.world.where("directory.membership", partner_id=self.firm)}

    def external_ref(self, engagement_id: int) -> str | None:
        """What the viewer's firm calls an engagement, where it sees it in full."""
        if self.firm is None or not self.in_full(engagement_id):
            return None
        refs = self.world.where("engagements.external_ref", engagement_id=engagement_id, partner_id=self.firm)
        return refs[0]["ref"] if refs else None

    @cached_property
    def _peers(self) -> set[int]:
        shared = (self.parties(row) for row in self.world["engagements.engagement"] if self.in_full(row["id"]))
        return {firm for parties in shared for firm in parties}

    def _is_open(self, offer: Row) -> bool:
        return bool(offer["status"] == "OFFERED" and offer["respond_by"] > self.world.now)

    def _shows(self, table: str, row: Row, column: str) -> bool:
        if table == "directory.member" and column == "email":
            return self._sees_email(row)
        if table == "engagements.engagement":
            extent = self.extent(row["id"])
            hidden = {"title", "client_id", "closing_note"} if extent is Extent.FIGURES else set()
            return column in OFFERED_COLUMNS if extent is Extent.OFFER else column not in hidden
        if table in NOTES_OF_ENGAGEMENT and column == "note":
            return self.in_full(row["engagement_id"])
        if table == "engagements.handoff" and column in ("note", "decline_note"):
            return not self.is_reporting
        if table in ("trainings.enrollment", "community.post") and column == "engagement_id":
            return self.extent(row["engagement_id"]) in (Extent.FULL, Extent.FIGURES)
        return True

    def _sees_email(self, member: Row) -> bool:
        if self.is_staff:
            return True
        if self.is_reporting or self.firm is None:
            return False
        return member["partner_id"] == self.firm or member["partner_id"] in self._peers

    def _sees_client(self, client: Row) -> bool:
        if self.is_staff:
            return True
        if self.is_reporting or self.firm is None:
            return False
        engagements = self.world.where("engagements.engagement", client_id=client["id"])
        return client["advisor_id"] == self.firm or any(self.in_full(row["id"]) for row in engagements)

    def _sees_engagement(self, engagement: Row) -> bool:
        return self.extent(engagement["id"]) is not Extent.NOTHING

    def _sees_assignment(self, assignment: Row) -> bool:
        return self.extent(assignment["engagement_id"]) in (Extent.FULL, Extent.FIGURES)

    def _sees_finding(self, finding: Row) -> bool:
        return self.extent(finding["engagement_id"]) is not Extent.NOTHING

    _sees_prescription = _sees_finding

    def _sees_handoff(self, handoff: Row) -> bool:
        own = self.firm is not None and self.firm in (handoff["from_partner_id"], handoff["to_partner_id"])
        return own or self.extent(handoff["engagement_id"]) in (Extent.FULL, Extent.FIGURES)

    def _sees_event_log(self, event: Row) -> bool:
        between = event["from_partner_id"], event["to_partner_id"]
        own = self.firm is not None and event["handoff_id"] is not None and self.firm in between
        return own or self.extent(event["engagement_id"]) in (Extent.FULL, Extent.FIGURES)

    def _sees_enrollment(self, enrollment: Row) -> bool:
        if self.is_staff:
            return True
        if self.is_reporting or self.firm is None:
            return False
        course = self.world.one("trainings.session", enrollment["session_id"])["course_id"]
        provider = self.world.one("trainings.course", course)["provider_id"]
        return provider == self.firm or self.in_full(enrollment["engagement_id"])

    def _sees_post(self, post: Row) -> bool:
        if self.is_staff or post["visibility"] == "NETWORK":
            return True
        if self.is_reporting or self.firm is None:
            return False
        if post["visibility"] == "ASSOCIATION":
            return post["association_id"] in self.associations()
        return self.in_full(post["engagement_id"])

    def _sees_comment(self, comment: Row) -> bool:
        return self._sees_post(self.world.one("community.post", comment["post_id"]))


OPEN_TABLES = {
    "directory.association",
    "directory.partner",
    "directory.membership",
    "directory.member",
    "certifications.certification",
    "engagements.corporation",
    "engagements.symptom",
    "trainings.course",
    "trainings.session",
}
"""What everyone sees, whole but for a person's e-mail address."""
