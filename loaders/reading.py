"""How every loader reads: a named query, for a viewer, with its rows matched to keys by key and never by position."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from hub.context import ASKED_BY, Read, RequestContext
from hub.errors import SourceTimeout
from hub.policy import FACTS, viewer_parameters
from hub.snapshot import Snapshot
from hub.vocabulary import SourceName
from sql import Rendered, Statement, load

Row = Mapping[str, Any]
"""One row, by column; read with `columns`, these come first, in this order. Read-only: the same object may be in the cache."""

Columns = tuple[str, ...] | None
"""The columns to read; None is all."""

MOST_AT_ONCE = 20_000
"""Rows of lists that are read for all parents together; where there are more, each parent's are read by themselves."""


async def send(
    context: RequestContext, source: SourceName, name: str, query: Rendered, values: Mapping[str, Any], *, keys: int = 1
) -> list[Row]:
    """Send a rendered query for this viewer, with the facts that the policy asks for, and note what it took in `context.reads`.

    Raises SourceUnavailable, also where the source of a fact is down: a rule that cannot be judged lets nothing through.
    """
    asked_by = ASKED_BY.get()
    arguments = await arguments_of(context, query, values)
    started = time.perf_counter()

    def note(rows: int | None) -> None:
        milliseconds = (time.perf_counter() - started) * 1000
        context.reads.append(Read(source.value, name, keys, rows, milliseconds, *asked_by))

    try:
        records = await context.sources[source].fetch(name, query.text, arguments, by_value=query.by_value)
    except SourceTimeout:
        note(None)
        raise
    note(len(records))
    return records  # type: ignore[return-value]


async def stream(
    context: RequestContext, source: SourceName, name: str, query: Rendered, values: Mapping[str, Any], *, size: int
) -> AsyncGenerator[list[Row], None]:
    """As `send`, so many rows at a time; for a request whose sources are snapshots."""
    arguments = await arguments_of(context, query, values)
    snapshot = context.sources[source]
    assert isinstance(snapshot, Snapshot), "only a snapshot is read in parts"
    async with aclosing(snapshot.stream(name, query.text, arguments, size)) as parts:
        async for records in parts:
            yield records  # type: ignore[misc]


async def arguments_of(context: RequestContext, query: Rendered, values: Mapping[str, Any]) -> list[Any]:
    """The arguments of a query for this viewer, with the facts that the policy asks for."""
    given = {**values, **viewer_parameters(context.viewer, context.now)}
    for fact in query.facts:
        given[fact] = await context.loader(facts_of_viewer).load(fact)
    return query.arguments(given)


async def facts_of_viewer(context: RequestContext, names: Sequence[str]) -> list[list[int] | Exception]:
    """What other sources know of the viewer (FACTS), once a request. names: n -> n lists of ids or why there is none."""
    statements = [load(*FACTS[name]) for name in names]
    found = await asyncio.gather(*(read(context, statement) for statement in statements), return_exceptions=True)
    facts: list[list[int] | Exception] = []
    for rows in found:
        if isinstance(rows, BaseException) and not isinstance(rows, Exception):
            raise rows
        facts.append(rows if isinstance(rows, Exception) else [row["id"] for row in rows])
    return facts


async def read(context: RequestContext, statement: Statement, **values: Any) -> list[Row]:
    """All rows of a named query."""
    query = statement.render(context.viewer.kind, values)
    return await send(context, statement.source, statement.name, query, values)


async def read_lists(
    context: RequestContext,
    statement: Statement,
    keys: Sequence[int],
    *,
    parent: str,
    order: tuple[str, ...],
    limit: int,
    columns: Columns = None,
    **values: Any,
) -> list[list[Row]]:
    """A list of at most `limit` rows a parent, where few have more. keys: n distinct -> n lists, in the order of the keys.

    parent: the parameter that names the parent, and the column. order: with it, the order of an index of the children.
    """
    shaped = {"columns": listed(columns), "order": ", ".join(f"page.{column}" for column in order)}
    places = shaped | {"column": parent, "most": str(MOST_AT_ONCE)}
    query = statement.render(context.viewer.kind, values, within="lists_by_parent", parent=parent, places=places)
    asked = values | {"parents": list(keys)}
    rows = await send(context, statement.source, statement.name, query, asked, keys=len(keys))
    if len(rows) == MOST_AT_ONCE:
        # Some have very many, of which no more than the first are wanted.
        places = shaped | {"beyond": ""}
        query = statement.render(context.viewer.kind, values, within="page_by_parent", parent=parent, places=places)
        rows = await send(context, statement.source, statement.name, query, asked | {"limit": limit}, keys=len(keys))
    return [children if len(children) <= limit else children[:limit] for children in by_parent(keys, rows)]


def by_parent(parents: Sequence[Any], rows: list[Row]) -> list[list[Row]]:
    """Each parent's rows, of rows that are sorted by their last column, the parent's key. parents: n -> n lists."""
    if len(parents) == 1:
        return [rows]
    groups = {key: list(group) for key, group in groupby(rows, itemgetter("parent_key"))}
    return [groups.get(parent, []) for parent in parents]


@lru_cache(maxsize=4096)
def listed(columns: Columns, *needed: str) -> str:
    """The columns as SQL lists them, each once; those that the reader alone needs come last."""
    if columns is None:
        return "page.*"
    # Columns of a row that is joined have a dot in their names.
    names = (f'"{column}"' if "." in column else column for column in dict.fromkeys((*columns, *needed)))
    return ", ".join(f"page.{name}" for name in names) or "TRUE AS found"
