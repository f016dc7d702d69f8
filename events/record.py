"""One event as the log holds it, and a place in the log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID


class Position(NamedTuple):
    """A place in the log: after the event of this number, of this history (epoch). Before the first event it is number 0."""

    epoch: int
    number: int


class Record(NamedTuple):
    """An event; the columns of sql/engagements/read_log.sql.

    `seers`: the ids of the firms that saw it when it was read (None in it is nobody); None where that was not asked.
    """

    position: int
    event_id: UUID
    type: str
    occurred_at: datetime
    engagement_id: int
    engagement_version: int
    handoff_id: int | None
    from_phase: str | None
    to_phase: str | None
    from_partner_id: int | None
    to_partner_id: int | None
    region: str | None
    seers: Sequence[int | None] | None = None


def as_row(record: Record, cursor: str) -> dict[str, Any]:
    """The row that the graph's HandoffEvent reads."""
    row = record._asdict()
    del row["position"], row["seers"]
    row["id"] = str(row.pop("event_id"))
    row["cursor"] = cursor
    return row


def is_contiguous(records: Sequence[Record], after: int) -> bool:
    """Whether these are the events right after a position, none missing."""
    return not records or (records[0].position == after + 1 and records[-1].position == after + len(records))
