"""An export's rows: the root connection read in chunks off a snapshot, each chunk run through the engine as a page would be.

The next chunk is read while two are shaped, and these while the one before is encoded and sent. Memory holds these few chunks,
however many rows there are.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from inspect import isawaitable
from typing import Any, Final

from graphql import GraphQLError, located_error
from graphql.execution.values import VariableValues

from engine import connections
from engine.declarations import Connection, Page, Root, Row
from engine.execution import Execution
from engine.results import FAILED, Path
from export.ahead import mapped
from export.document import Exported
from hub.context import RequestContext

CHUNK_ROWS: Final = 500
"""Rows that are read, shaped and sent as one. Nothing else runs while they are shaped, so few; each costs a read an edge."""

CHUNKS_AT_ONCE: Final = 2
"""While one waits for an edge to be read, another is shaped: so both the hub and PostgreSQL have something to do."""


PAGE_ARGUMENTS: Final = ("first", "last")
"""Arguments that say how long a page is: an export has none."""


class RowsFailed(Exception):
    """A field of a row could not be read: an export has whole rows or none."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a root connection, for a request whose sources are snapshots."""

    exported: Exported
    variables: VariableValues
    context: RequestContext

    async def chunks(self, after: str | None) -> AsyncGenerator[list[Any], None]:
        """All rows as they are answered, some at a time, from `after` on where that is given; RowsFailed once one fails."""
        root = self.exported.root
        try:
            connection = await self._open(after)
            parts = _numbered(connection.stream(self.exported.connection.columns, CHUNK_ROWS))
            async with aclosing(mapped(parts, partial(self._shape, connection), at_once=CHUNKS_AT_ONCE)) as chunks:
                async for chunk in chunks:
                    yield chunk
        except RowsFailed:
            raise
        except Exception as error:
            raise RowsFailed([located_error(error, root.nodes, [root.response_key])]) from error

    async def _open(self, after: str | None) -> Connection:
        declaration = self.exported.root.declaration
        assert isinstance(declaration, Root)
        arguments = dict(self.exported.root.arguments(self.variables))
        for name in PAGE_ARGUMENTS:
            arguments.pop(name, None)
        if after is not None:
            arguments["after"] = after
        connection: Connection = declaration.resolver(self.context, **arguments)
        return await connection if isawaitable(connection) else connection

    async def _shape(self, connection: Connection, numbered: tuple[int, Sequence[Row]]) -> list[Any]:
        start, rows = numbered
        # Loaders keep what they read for as long as their context lives.
        context = replace(self.context, reads=[], _loaders={})
        execution = Execution(context, self.variables)
        root, rows_field = self.exported.root, self.exported.rows

        def trace(_index: int) -> Iterator[Path]:
            yield [root.response_key]

        read = connections.Read(connection, 1, [Page(rows, has_more=False)], (), ())
        (done,) = await connections.complete(execution, self.exported.connection, read, trace)
        if execution.errors:
            raise RowsFailed([_at(error, start) for error in execution.errors])
        assert done is not FAILED
        shaped: list[Any] = done[rows_field.response_key]
        return shaped


async def _numbered(parts: AsyncGenerator[Sequence[Row], None]) -> AsyncGenerator[tuple[int, Sequence[Row]], None]:
    """The parts, each with the number of its first row."""
    start = 0
    async with aclosing(parts):
        async for rows in parts:
            yield start, rows
            start += len(rows)


def _at(error: GraphQLError, start: int) -> GraphQLError:
    """The error with the row's number in the export, not in its chunk."""
    if error.path is None or len(error.path) < 3 or not isinstance(error.path[2], int):
        return error
    path = [*error.path[:2], error.path[2] + start, *error.path[3:]]
    return GraphQLError(error.message, error.nodes, path=path, original_error=error.original_error, extensions=error.extensions)
