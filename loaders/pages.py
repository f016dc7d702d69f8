"""Connections: keyset pages of a named query, at the root or for many parents in one query, forwards and backwards."""

from collections.abc import AsyncGenerator, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.declarations import Batch, Page
from hub.context import RequestContext
from hub.errors import BadPage
from hub.viewer import ViewerKind
from loaders import cursors
from loaders.cursors import BY_ID, Order
from loaders.reading import Columns, Row, by_parent, listed, send, stream
from loaders.reference import Reference
from sql import Rendered, Statement

DEFAULT_PAGE = 20
LARGEST_PAGE = 100

# What a page's limit is at most, as its plan is told: few numbers, so that few statements are prepared.
_MOST = (LARGEST_PAGE + 1, 1001, 10_001)

# As many rows are read of few at most: a thousand, or less than five times what the pages of all parents can have.
_MOST_OF_FEW = (1001, 5001, 20_001)

# The cursors' parameters, and how a row compares to each.
_ENDS = (("after", ">"), ("before", "<"))

Filters = tuple[tuple[str, Hashable], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Pages:
    """What a connection reads: a named query, the parameter of it that names the parent (None at the root), its order.

    `kept`: of which reference data a parent's page is, where it may be kept. `by_id`: the batch function that has the same rows
    by id, where those may be kept. `few`: most parents have no more than a page, so that all that they have is read in one walk
    through the index, which is on the parent and then the order; the parameter that names the parent is its column, too.
    """

    statement: Statement
    parent: str | None = None
    order: Order = BY_ID
    kept: Reference | None = None
    by_id: Batch | None = None
    few: bool = False

    @property
    def name(self) -> str:
        """What its cursors are marked with."""
        return f"{self.statement.source.value}.{self.statement.name}"


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a connection is asked for: `limit` rows from its start or (backwards) its end, between two places."""

    limit: int
    backwards: bool
    after: tuple[Any, ...] | None
    before: tuple[Any, ...] | None


class Connection:
    """One connection as a client asked for it. Nothing is read until a field of it needs it, and each thing only once."""

    def __init__(
        self,
        context: RequestContext,
        pages: Pages,
        *,
        parent: int | None = None,
        order: Order | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        **filters: Any,
    ) -> None:
        self._context = context
        self._parent = parent
        self._order = order or pages.order
        self._name = pages.name
        self._arguments: dict[str, Any] = {"pages": pages, "order": self._order, "filters": _hashable(filters)}
        self._window = _window(self._name, self._order, first, after, last, before)
        self.backwards = self._window.backwards

    @property
    def by_id(self) -> Batch | None:
        """What has its rows by id, where those may be kept."""
        pages: Pages = self._arguments["pages"]
        return pages.by_id

    async def pages(self, parents: Sequence[int | None], columns: Columns) -> list[Page]:
        """The page of each parent. parents: n distinct -> n pages, in the order of the parents."""
        return await page_by_parent(self._context, parents, window=self._window, columns=columns, **self._arguments)

    async def counts(self, parents: Sequence[int | None]) -> list[int]:
        """How many rows each parent's connection has."""
        return await count_by_parent(self._context, parents, **self._arguments)

    async def beyond(self, parents: Sequence[int | None]) -> list[bool]:
        """Whether rows lie on the other side of the cursor that each parent's page is read from."""
        place, comparison = (self._window.before, ">=") if self.backwards else (self._window.after, "<=")
        if place is None:
            return [False] * len(parents)
        return await found_by_parent(self._context, parents, place=place, comparison=comparison, **self._arguments)

    def stream(self, columns: Columns, size: int) -> AsyncGenerator[Sequence[Row], None]:
        """All rows between its cursors in their order, however many a page may have: so many at a time, of a snapshot."""
        pages: Pages = self._arguments["pages"]
        statement, order = pages.statement, self._order
        values = _places(self._window) | dict(self._arguments["filters"])
        beyond = _beyond(order, self._window.after is not None, self._window.before is not None)
        shaped = {"columns": listed(columns, *order.columns), "beyond": beyond, "order": order.sql()}
        query = statement.render(self._context.viewer.kind, values, within="whole", places=shaped)
        return stream(self._context, statement.source, f"{statement.name}.whole", query, values, size=size)

    async def rows(self) -> list[Row]:
        """The page's rows, in the connection's order."""
        return list((await self._page()).rows)

    def cursor(self, row: Row) -> str:
        """The cursor of one of its rows."""
        return cursors.encode(self._name, self._order, row)

    async def total_count(self) -> int:
        """How many rows the whole connection has."""
        count: int = await self._context.loader(count_by_parent, **self._arguments).load(self._parent)
        return count

    async def has_next(self) -> bool:
        """Whether rows follow the page."""
        return await (self._beyond("before", ">=") if self._window.backwards else self._has_more())

    async def has_previous(self) -> bool:
        """Whether rows precede the page."""
        return await (self._has_more() if self._window.backwards else self._beyond("after", "<="))

    async def _page(self) -> Page:
        page: Page = await self._context.loader(page_by_parent, window=self._window, **self._arguments).load(self._parent)
        return page

    async def _has_more(self) -> bool:
        return (await self._page()).has_more

    async def _beyond(self, end: str, comparison: str) -> bool:
        place = getattr(self._window, end)
        if place is None:
            return False
        loader = self._context.loader(found_by_parent, place=place, comparison=comparison, **self._arguments)
        found: bool = await loader.load(self._parent)
        return found


async def page_by_parent(
    context: RequestContext,
    parents: Sequence[int | None],
    *,
    pages: Pages,
    order: Order,
    filters: Filters,
    window: Window,
    columns: Columns = None,
) -> list[Page]:
    """The same window of each parent's connection. parents: n distinct -> n pages, in the order of the parents."""
    source, kind, given = pages.statement.source, context.viewer.kind, tuple([name for name, _ in filters])
    values: dict[str, Any] = {"limit": window.limit + 1, **_places(window), **dict(filters), "parents": parents}
    walked = _most_in_a_walk(pages, window, len(parents))
    if walked:
        name, query = _walk_query(kind, pages, order, walked, columns, given)
        rows = await send(context, source, name, query, values, keys=len(parents))
        if len(rows) < walked:
            return [_page(children, window) for children in by_parent(parents, rows)]
    most = 0 if pages.parent is not None else next(most for most in _MOST if window.limit < most)
    ends = (window.after is not None, window.before is not None)
    name, query = _page_query(kind, pages, order, window.backwards, ends, most, columns, given)
    rows = await send(context, source, name, query, values, keys=len(parents))
    if pages.parent is None:
        return [_page(rows, window)]
    return [_page(children, window) for children in by_parent(parents, rows)]


def _most_in_a_walk(pages: Pages, window: Window, parents: int) -> int:
    """How many rows to read in one walk for all parents; 0 where each parent's page is to be read by itself."""
    if not pages.few or parents < 2 or window.backwards or window.after is not None or window.before is not None:
        return 0
    return next((most for most in _MOST_OF_FEW if parents * (window.limit + 1) < most), 0)


@lru_cache(maxsize=4096)
def _walk_query(
    kind: ViewerKind, pages: Pages, order: Order, most: int, columns: Columns, given: tuple[str, ...]
) -> tuple[str, Rendered]:
    """The query of all children of the parents, up to so many, and its name."""
    assert pages.parent is not None
    places = {"columns": listed(columns, *order.columns), "order": order.sql(), "column": pages.parent, "most": str(most)}
    return _named(kind, pages, "page", dict.fromkeys(given, True), places, within="lists_by_parent")


@lru_cache(maxsize=4096)
def _page_query(
    kind: ViewerKind,
    pages: Pages,
    order: Order,
    backwards: bool,
    ends: tuple[bool, bool],
    most: int,
    columns: Columns,
    given: tuple[str, ...],
) -> tuple[str, Rendered]:
    """A page's query and its name, for whatever values its limit, its cursors and its filters have."""
    places = {
        "columns": listed(columns, *order.columns),
        "beyond": _beyond(order, *ends),
        "order": order.sql(backwards=backwards),
    }
    if most:
        places["most"] = str(most)
    return _named(kind, pages, "page", dict.fromkeys(given, True), places)


async def count_by_parent(
    context: RequestContext, parents: Sequence[int | None], *, pages: Pages, order: Order, filters: Filters
) -> list[int]:
    """How many rows each parent's connection has. parents: n distinct -> n counts, in the order of the parents."""
    rows = await _send(context, "count", parents, pages, filters, {}, {})
    counts = {row.get("parent_key"): row["count"] for row in rows}
    return [counts[parent] for parent in parents]


async def found_by_parent(
    context: RequestContext,
    parents: Sequence[int | None],
    *,
    pages: Pages,
    order: Order,
    filters: Filters,
    place: tuple[Any, ...],
    comparison: str,
) -> list[bool]:
    """Whether each parent's connection has rows that compare so to a place. parents: n distinct -> n answers."""
    values = {f"place_{index}": value for index, value in enumerate(place)}
    shaped = {"beyond": order.beyond("place", comparison)}
    rows = await _send(context, "exists", parents, pages, filters, shaped, values)
    found = {row.get("parent_key"): row["found"] for row in rows}
    return [found[parent] for parent in parents]


async def _send(
    context: RequestContext,
    name: str,
    parents: Sequence[int | None],
    pages: Pages,
    filters: Filters,
    shaped: Mapping[str, str],
    values: dict[str, Any],
) -> list[Row]:
    values |= dict(filters)
    query_name, query = _named(context.viewer.kind, pages, name, values, shaped)
    values["parents"] = parents
    return await send(context, pages.statement.source, query_name, query, values, keys=len(parents))


def _named(
    kind: ViewerKind,
    pages: Pages,
    name: str,
    values: Mapping[str, Any],
    places: Mapping[str, str],
    *,
    within: str | None = None,
) -> tuple[str, Rendered]:
    statement, parent = pages.statement, pages.parent
    within = within or (name if parent is None else f"{name}_by_parent")
    query = statement.render(kind, values, within=within, parent=parent, places=places)
    return f"{statement.name}.{name}" + (f" by {parent}" if parent else ""), query


def _beyond(order: Order, after: bool, before: bool) -> str:
    """The condition that a row is between the cursors that are given."""
    return "".join(order.beyond(*end) for end, is_given in zip(_ENDS, (after, before), strict=True) if is_given)


def _places(window: Window) -> dict[str, Any]:
    """The values of the window's cursors."""
    if window.after is None and window.before is None:
        return {}
    return {
        f"{name}_{index}": value
        for (name, _), place in zip(_ENDS, (window.after, window.before), strict=True)
        for index, value in enumerate(place or ())
    }


def _page(rows: list[Row], window: Window) -> Page:
    has_more = len(rows) > window.limit
    kept = rows[: window.limit]
    return Page(kept[::-1] if window.backwards else kept, has_more)


def _window(name: str, order: Order, first: int | None, after: str | None, last: int | None, before: str | None) -> Window:
    if first is not None and last is not None:
        raise BadPage("first", "give first or last, not both")
    for field, size in (("first", first), ("last", last)):
        if size is not None and not 1 <= size <= LARGEST_PAGE:
            raise BadPage(field, f"must be 1 to {LARGEST_PAGE}, not {size}")
    return Window(
        limit=first or last or DEFAULT_PAGE,
        backwards=last is not None,
        after=None if after is None else cursors.decode(name, order, after, "after"),
        before=None if before is None else cursors.decode(name, order, before, "before"),
    )


def _hashable(filters: Mapping[str, Any]) -> Filters:
    given = {name: value for name, value in filters.items() if value is not None}
    return tuple(sorted((name, tuple(value) if isinstance(value, list) else value) for name, value in given.items()))
