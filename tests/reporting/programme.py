"""The rows of the demo's programme, read by plain SQL, and what a viewer's figures are over, in plain Python."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from tests.conftest import Dsns
from tests.plain_sql import fetch

Row = dict[str, Any]

TABLES = {
    SourceName.DIRECTORY: ("association", "partner", "membership"),
    SourceName.CERTIFICATIONS: ("certification",),
    SourceName.ENGAGEMENTS: ("client", "engagement", "assignment", "finding", "handoff"),
    SourceName.TRAININGS: ("course", "session", "enrollment"),
    SourceName.COMMUNITY: ("post", "comment"),
}


@dataclass
class Programme:
    """The rows by table."""

    tables: dict[str, list[Row]]

    @classmethod
    async def read(cls, dsns: Dsns) -> Self:
        """All of it."""
        return cls({
            table: await fetch(dsns, source, f"SELECT * FROM {source.value}.{table}")
            for source, tables in TABLES.items()
            for table in tables
        })  # fmt: skip

    def __getitem__(self, table: str) -> list[Row]:
        return self.tables[table]

    def by(self, table: str, column: str) -> dict[Any, list[Row]]:
        """The rows of a table by a column."""
        found: dict[Any, list[Row]] = defaultdict(list)
        for row in self[table]:
            found[row[column]].append(row)
        return found

    @cached_property
    def one(self) -> dict[str, dict[int, Row]]:
        """The rows of each table that has ids, by id."""
        return {table: {row["id"]: row for row in rows} for table, rows in self.tables.items() if rows and "id" in rows[0]}

    @cached_property
    def associations(self) -> dict[int, set[int]]:
        """The associations of each firm."""
        return {firm: {row["association_id"] for row in rows} for firm, rows in self.by("membership", "partner_id").items()}

    @cached_property
    def busiest_firm(self) -> int:
        """The firm that leads the most engagements."""
        led = self.by("engagement", "lead_partner_id")
        return int(min(led, key=lambda firm: (-len(led[firm]), firm)))

    def region(self, firm: int | None) -> Any:
        """Where a firm is."""
        return None if firm is None else self.one["partner"][firm]["region"]

    def in_full(self, viewer: Viewer) -> set[int]:
        """The engagements that a firm sees in full; of staff and reporting, all."""
        firm = viewer.partner_id
        if firm is None:
            return {row["id"] for row in self["engagement"]}
        led = {row["engagement_id"] for row in self["assignment"] if row["partner_id"] == firm}
        clients = {row["id"] for row in self["client"] if row["advisor_id"] == firm}
        return led | {row["id"] for row in self["engagement"] if row["client_id"] in clients}

    def offered(self, viewer: Viewer, now: datetime) -> set[int]:
        """The engagements that a firm holds an open offer of."""
        return {
            row["engagement_id"]
            for row in self["handoff"]
            if row["to_partner_id"] == viewer.partner_id and row["status"] == "OFFERED" and row["respond_by"] > now
        }

    def handoffs(self, viewer: Viewer) -> list[Row]:
        """The hand-offs that a viewer sees."""
        full, firm = self.in_full(viewer), viewer.partner_id
        return [
            row
            for row in self["handoff"]
            if row["engagement_id"] in full or (firm is not None and firm in (row["from_partner_id"], row["to_partner_id"]))
        ]

    def enrollments(self, viewer: Viewer) -> list[Row]:
        """The enrollments that a viewer's figures are over."""
        full, firm = self.in_full(viewer), viewer.partner_id
        if firm is None:
            return self["enrollment"]
        own = {row["id"] for row in self["session"] if self.one["course"][row["course_id"]]["provider_id"] == firm}
        return [row for row in self["enrollment"] if row["engagement_id"] in full or row["session_id"] in own]

    def posts(self, viewer: Viewer) -> list[Row]:
        """The posts that a viewer's figures are over."""
        if viewer.kind in (ViewerKind.STAFF, ViewerKind.REPORTING):
            return self["post"]
        full, joined = self.in_full(viewer), self.associations.get(viewer.partner_id or 0, set())

        def shows(row: Row) -> bool:
            if row["visibility"] == "ASSOCIATION":
                return row["association_id"] in joined
            return row["visibility"] == "NETWORK" or row["engagement_id"] in full

        return [row for row in self["post"] if shows(row)]
