"""One transaction that changes a source: named statements, sent for a viewer."""

import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from hub.context import ASKED_BY, Read, RequestContext
from hub.policy import viewer_parameters
from hub.source import Source
from hub.transaction import Transaction
from hub.viewer import Viewer, ViewerKind
from hub.vocabulary import SourceName
from sql import Statement

ResultT = TypeVar("ResultT")

Row = Mapping[str, Any]

THE_HUB = Viewer(ViewerKind.STAFF, "Partner Hub")
"""In whose name the hub does what nobody asked for."""


class Write:
    """A transaction under way. Its statements carry the viewer's rules, as reads do; `reads` notes what each took."""

    def __init__(self, transaction: Transaction, viewer: Viewer, now: datetime, reads: list[Read]) -> None:
        self.viewer = viewer
        self._transaction = transaction
        self._now = now
        self._reads = reads

    async def rows(self, statement: Statement, **values: Any) -> list[Row]:
        """All rows that a statement gives. A rule that asks a fact of another source has no place in a transaction."""
        query = statement.render(self.viewer.kind, values)
        assert not query.facts, f"{statement.name} asks for {query.facts}"
        arguments = query.arguments(values | viewer_parameters(self.viewer, self._now))
        asked_by = ASKED_BY.get()
        count: int | None = None
        started = time.perf_counter()
        try:
            records = await self._transaction.fetch(query.text, arguments)
            count = len(records)
        finally:
            milliseconds = (time.perf_counter() - started) * 1000
            self._reads.append(Read(statement.source.value, statement.name, 1, count, milliseconds, *asked_by))
        return records  # type: ignore[return-value]

    async def row(self, statement: Statement, **values: Any) -> Row | None:
        """The one row that a statement gives, or None."""
        rows = await self.rows(statement, **values)
        assert len(rows) <= 1, f"{statement.name} gave {len(rows)} rows"
        return rows[0] if rows else None


async def write(context: RequestContext, source: SourceName, name: str, work: Callable[[Write], Awaitable[ResultT]]) -> ResultT:
    """Do `work` in one transaction for the request's viewer; what the request reads afterwards, it reads afresh."""
    written = context.sources[source]
    assert isinstance(written, Source), "a snapshot cannot be written to"

    async def run(transaction: Transaction) -> ResultT:
        return await work(Write(transaction, context.viewer, context.now, context.reads))

    try:
        return await written.transact(name, run)
    finally:
        context.forget()


async def write_as_hub(source: Source, name: str, work: Callable[[Write], Awaitable[ResultT]]) -> ResultT:
    """Do `work` in one transaction that nobody asked for."""

    async def run(transaction: Transaction) -> ResultT:
        return await work(Write(transaction, THE_HUB, datetime.now(UTC), []))

    return await source.transact(name, run)
