"""Connections (Relay): one page, one count for all parents of a level, shaped into nodes, edges, pageInfo and totalCount."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from engine.arguments import NO_ARGUMENTS
from engine.declarations import Connection, Page, Part
from engine.patience import each
from engine.plan import ConnectionOf, Field, ListOf, Parts, row_selections
from engine.results import FAILED, Path, Trace
from hub.shaped import Shaped

if TYPE_CHECKING:
    from engine.execution import Execution

# What of an answer cannot be given without the page itself.
_OF_PAGE = frozenset({"nodes", "edges", "page_info.start_cursor", "page_info.end_cursor"})

_ID = ("id",)


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a connection for its parents: a list in the order of the parents, or why there is none.

    `nodes`: the pages' rows by id as they are answered, where they were kept; the pages then have no more than the ids.
    """

    connection: Connection
    parents: int
    pages: Sequence[Page] | Exception
    counts: Sequence[int] | Exception
    beyond: Sequence[bool] | Exception
    nodes: Mapping[Any, Any] | None = None


async def read(execution: Execution, connection: Connection, parents: Sequence[Hashable], value: ConnectionOf) -> Read:
    """Read what the connection's selections ask for, each thing in one query for all parents, at once."""
    asked = value.asked
    shaped = _kept(execution, connection, value)
    # On the side that it is read towards, the page itself knows whether there is more; on the other side a query does.
    ahead, behind = ("previous", "next") if connection.backwards else ("next", "previous")
    wanted: dict[str, Callable[[], Awaitable[Sequence[Any]]]] = {}
    if asked & _OF_PAGE or f"page_info.has_{ahead}_page" in asked:
        wanted["pages"] = partial(connection.pages, parents, value.columns if shaped is None else _ID)
    if "total_count" in asked:
        wanted["counts"] = partial(connection.counts, parents)
    if f"page_info.has_{behind}_page" in asked:
        wanted["beyond"] = partial(connection.beyond, parents)
    found = await each([partial(_caught, reading, len(parents)) for reading in wanted.values()])
    results: dict[str, Any] = dict(zip(wanted, found, strict=True))
    pages = results.get("pages", ())
    nodes = None
    if shaped is not None and not isinstance(pages, Exception):
        nodes = await _nodes(execution, connection, value, pages, shaped)
        if nodes is None:
            pages = await _caught(partial(connection.pages, parents, value.columns), len(parents))
    return Read(connection, len(parents), pages, results.get("counts", ()), results.get("beyond", ()), nodes)


def _kept(execution: Execution, connection: Connection, value: ConnectionOf) -> Shaped | None:
    """Where the connection's nodes are kept; None where they are not."""
    if value.kept is None or connection.by_id is None:
        return None
    kept: Shaped | None = execution.context.shaped(value, (connection.by_id.kept, *value.kept))  # type: ignore[attr-defined]
    return kept


async def _nodes(
    execution: Execution, connection: Connection, value: ConnectionOf, pages: Sequence[Page], shaped: Shaped
) -> Mapping[Any, Any] | None:
    """The rows of all pages by id, as they are answered: those that were not kept are read, and kept.

    None where one has gone since, or has something wrong: to be told of, it must be read with its page.
    """
    kept, missing = shaped.known(dict.fromkeys(row["id"] for page in pages for row in page.rows))
    if not missing:
        return kept
    (selection,) = row_selections(value)
    apart = execution.apart()
    rows = await apart.values(connection.by_id, missing, selection.columns, NO_ARGUMENTS)
    if any(row is None or isinstance(row, Exception) for row in rows):
        return None
    found = dict(zip(missing, await apart.objects(selection, rows, _nowhere), strict=True))
    if apart.errors:
        return None
    shaped.keep_answers(found)
    return kept | found


def _nowhere(_index: int) -> Iterator[Path]:
    yield []


async def complete(execution: Execution, value: ConnectionOf, read: Read, trace: Trace) -> list[Any]:
    """The connection of each parent as it is answered, or FAILED."""
    return await _assemble(execution, value.parts, read, range(read.parents), trace)


async def _assemble(execution: Execution, parts: Parts, read: Read, parents: Sequence[int], trace: Trace) -> list[Any]:
    values: dict[str, Sequence[Any]] = {}
    for field in parts.fields:

        def trace_field(index: int, key: str = field.response_key) -> Iterator[Path]:
            return ([*path, key] for path in trace(index))

        values[field.response_key] = await _part(execution, field, read, trace_field)
    return _together(parts, values, len(parents))


async def _part(execution: Execution, field: Field, read: Read, trace: Trace) -> list[Any]:
    assert isinstance(field.declaration, Part)
    name = field.declaration.name
    if name == "page_info":
        assert isinstance(field.value, Parts)
        return await _assemble(execution, field.value, read, range(read.parents), trace)
    if name == "edges" and not isinstance(read.pages, Exception):
        return await _edges(execution, field, read, read.pages, trace)
    if name == "nodes" and read.nodes is not None and not isinstance(read.pages, Exception):
        nodes = read.nodes
        return [[nodes[row["id"]] for row in page.rows] for page in read.pages]
    return await execution.checked(field, _values(name, read), trace)


def _values(name: str, read: Read) -> Sequence[Any]:
    """A part's value for each parent, before it is completed; exceptions where it could not be read."""
    ahead, behind = (
        ("has_previous_page", "has_next_page") if read.connection.backwards else ("has_next_page", "has_previous_page")
    )
    others: dict[str, Sequence[Any] | Exception] = {"total_count": read.counts, behind: read.beyond}
    source = others.get(name, read.pages)
    if isinstance(source, Exception):
        return [source] * read.parents
    match name:
        case "nodes":
            return [page.rows for page in source]
        case "start_cursor":
            return [_cursor(read.connection, page.rows[0]) if page.rows else None for page in source]
        case "end_cursor":
            return [_cursor(read.connection, page.rows[-1]) if page.rows else None for page in source]
    return [page.has_more for page in source] if name == ahead else source


async def _edges(execution: Execution, field: Field, read: Read, pages: Sequence[Page], trace: Trace) -> list[Any]:
    assert isinstance(field.value, ListOf)
    parts = field.value.item
    assert isinstance(parts, Parts)
    rows = list(chain.from_iterable(page.rows for page in pages))
    owners = [(owner, number) for owner, page in enumerate(pages) for number in range(len(page.rows))]

    def trace_edge(index: int) -> Iterator[Path]:
        owner, number = owners[index]
        return ([*path, number] for path in trace(owner))

    parts_of_edges: dict[str, Sequence[Any]] = {}
    for part in parts.fields:

        def trace_field(index: int, key: str = part.response_key) -> Iterator[Path]:
            return ([*path, key] for path in trace_edge(index))

        assert isinstance(part.declaration, Part)
        values = [_cursor(read.connection, row) for row in rows] if part.declaration.name == "cursor" else rows
        parts_of_edges[part.response_key] = await execution.checked(part, values, trace_field)
    outs = _together(parts, parts_of_edges, len(rows))
    done: list[Any] = []
    start = 0
    for page in pages:
        edges = outs[start : start + len(page.rows)]
        start += len(page.rows)
        done.append(FAILED if FAILED in edges and field.value.item_non_null else [None if e is FAILED else e for e in edges])
    return done


def _together(parts: Parts, values: dict[str, Sequence[Any]], count: int) -> list[Any]:
    """The dicts, so many of them, that have these values by response key; FAILED where one failed that may not be null."""
    keys = parts.response_keys
    columns = [values.get(key, [parts.type_name] * count) for key in keys]
    outs: list[Any] = [dict(zip(keys, each, strict=True)) for each in zip(*columns, strict=True)] if keys else [{}] * count
    for field in parts.fields:
        if FAILED not in values[field.response_key]:
            continue
        for index, value in enumerate(values[field.response_key]):
            if value is FAILED and outs[index] is not FAILED:
                outs[index] = FAILED if field.non_null else outs[index] | {field.response_key: None}
    return outs


def _cursor(connection: Connection, row: Any) -> Any:
    try:
        return connection.cursor(row)
    except Exception as error:
        return error


async def _caught(reading: Callable[[], Awaitable[Sequence[Any]]], parents: int) -> Any:
    try:
        values = await reading()
    except Exception as error:
        return error
    return values if len(values) == parents else TypeError(f"{len(values)} values were read for {parents} parents")
