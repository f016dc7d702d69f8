"""A programme by hand in which every situation of the rules of sight occurs; the same rows are written and reasoned over.

Firms are called by what they are to the engagements. Every searchable text holds a word of its own, in Latin letters, so that
a search finds exactly what it is meant to find. Times are relative to when the world was made, in whole seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from typing import Any

import asyncpg

from hub.corporate_number import check_digit
from hub.vocabulary import SourceName
from tests.conftest import Dsns
from tests.visibility import events

Row = dict[str, Any]


class Firm(IntEnum):
    """The firms, by their ids."""

    ADVISOR = 1
    """Advises clients 1, 2 and 6; led the first phases of engagement 1."""
    INTEGRATOR = 2
    """Led DEPLOYMENT of engagements 1 and 12; is offered 12 again."""
    TRAINER = 3
    """Leads UTILIZATION of engagement 1; provides course 2."""
    STRANGER = 4
    """Has nothing to do with anything."""
    OFFERED = 5
    """Holds open offers (of 2, 11 and 14) and nothing else; declined an earlier offer of 2."""
    DECLINED = 6
    """Declined an offer of 3, and an earlier one of 2, which another now holds."""
    WITHDRAWN = 7
    """Had an offer of 4 that was withdrawn."""
    EXPIRED = 8
    """Had an offer of 5 that lapsed and was swept."""
    LAPSED = 9
    """Has an offer of 6 that lapsed and was not swept yet."""
    PAST_LEAD = 10
    """Led engagement 9 once and handed it off within the phase; does not advise its client."""
    NEW_ADVISOR = 11
    """Advises client 4 of engagement 9, and has never led anything."""
    SEES_AND_OFFERED = 12
    """Leads engagement 7 of client 3, and holds an open offer of engagement 8 of the same client."""
    MEMBER = 13
    """Belongs to an association, and nothing else."""
    SCHOOL = 14
    """Provides course 1; holds an open offer of 13, whose attendees sit in its own session."""
    SENDER = 15
    """Sent an offer of 10 without having ever led it."""
    OTHER_ADVISOR = 16
    """Advises clients 3, 5, 7 and 8, and leads what is offered of theirs."""


ADVISORS, INTEGRATORS, TRAINERS, ABROAD = 1, 2, 3, 4
"""The associations, by their ids; nobody belongs to the last."""


def number(others: int) -> str:
    """A corporate number with a good check digit."""
    text = f"{others:012}"
    return f"{check_digit(text)}{text}"


@dataclass
class World:
    """The rows of every table, and when it is."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    tables: dict[str, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from tests.visibility import rows

        rows.fill(self)

    def __getitem__(self, table: str) -> list[Row]:
        return self.tables[table]

    def by_id(self, table: str, key: int | None) -> Row | None:
        """The row with this id, if there is one."""
        return next((row for row in self.tables[table] if row["id"] == key), None)

    def one(self, table: str, key: int | None) -> Row:
        """The row with this id."""
        row = self.by_id(table, key)
        assert row is not None, (table, key)
        return row

    def where(self, table: str, **equal: Any) -> list[Row]:
        """The rows with these values."""
        return [row for row in self.tables[table] if all(row[name] == value for name, value in equal.items())]

    def add(self, table: str, columns: str, *rows: tuple[Any, ...]) -> None:
        """Rows of a table, as tuples of these columns."""
        names = columns.split()
        self.tables.setdefault(table, []).extend(dict(zip(names, row, strict=True)) for row in rows)

    def days(self, count: float) -> datetime:
        """So many days after now; before it where negative."""
        return self.now + timedelta(days=count)

    async def write(self, dsns: Dsns) -> None:
        """Write the rows of these sources into empty, migrated databases, by plain SQL."""
        for source in dsns:
            schema = source.value
            connection = await asyncpg.connect(dsns[source])
            try:
                for table in (table for table in self.tables if table.startswith(f"{schema}.")):
                    for row in self.tables[table]:
                        await connection.execute(*_insert(table, row))
                if source is SourceName.ENGAGEMENTS:
                    state = len(self.tables[events.TABLE]), events.EPOCH, events.CURSOR_KEY
                    await connection.execute(_SET_STATE, *state)
            finally:
                await connection.close()


_SET_STATE = "UPDATE engagements.event_log_state SET last_position = $1, epoch = $2, cursor_key = $3"


def _insert(table: str, row: Mapping[str, Any]) -> list[Any]:
    columns = {name: value for name, value in row.items() if not name.startswith("_")}
    places = ", ".join(f"${index}" for index in range(1, len(columns) + 1))
    return [f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", *columns.values()]


JOINED = date(2020, 4, 1)
