"""Rows by key: for one viewer, or in one query for several firms that ask for the same rows at the same moment.

An event of an engagement goes to each firm that has a part in it, as that firm sees the engagement: what differs between their
reads is the firm alone, and so one query under each firm's own rule does for all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, NamedTuple

from strawberry.dataloader import DataLoader

from hub.context import RequestContext, Together
from hub.policy import Found
from hub.viewer import ViewerKind
from loaders.reading import Columns, Row, listed, send
from sql import Rendered, Statement

FEW_KEYS: Final = 20
"""So many rows are judged one by one; for more, what the viewer sees is gathered first."""


async def read_by_key(
    context: RequestContext,
    statement: Statement,
    keys: Sequence[Any],
    *,
    column: str = "id",
    parameter: str = "ids",
    columns: Columns = None,
    **further: Hashable,
) -> list[Row | None]:
    """One row a key. keys: n distinct -> n rows or None, in the order of the keys. further: what else the query is given."""
    form = _Form(statement, context.viewer.kind, column, parameter, columns, tuple(further))
    firm = context.viewer.partner_id
    if context.together is not None and firm is not None and parameter == "ids" and not _query_for_firms(form).facts:
        by_key = await _read_together(context, form, further, firm, keys)
    else:
        query = _query(form, Found.FEW if len(keys) <= FEW_KEYS else Found.MANY)
        rows = await send(context, statement.source, statement.name, query, {parameter: keys, **further}, keys=len(keys))
        by_key = dict(zip(map(itemgetter(column), rows), rows, strict=True))
    return list(map(by_key.get, keys))


class _Form(NamedTuple):
    """What a query by key is made of."""

    statement: Statement
    kind: ViewerKind
    column: str
    parameter: str
    columns: Columns
    further: tuple[str, ...]

    def render(self, within: str, found: Found) -> Rendered:
        given = dict.fromkeys((self.parameter, *self.further), True)
        places = {"columns": listed(self.columns, self.column)}
        return self.statement.render(self.kind, given, within=within, found=found, places=places)


@lru_cache(maxsize=4096)
def _query(form: _Form, found: Found) -> Rendered:
    return form.render("by_key", found)


@lru_cache(maxsize=4096)
def _query_for_firms(form: _Form) -> Rendered:
    # What a firm sees cannot be gathered in a hash where each row is of another firm.
    return form.render("by_key_for_firms", Found.FEW)


_Ask = tuple[int, tuple[int, ...]]
"""A firm, and the keys that it asks for."""


async def _read_together(
    context: RequestContext, form: _Form, further: Mapping[str, Hashable], firm: int, keys: Sequence[int]
) -> Mapping[int, Row]:
    together = context.together
    assert together is not None
    identity = form, *further.values()
    loader = together.get(identity)
    if loader is None:

        async def load(asks: Sequence[_Ask]) -> list[Mapping[int, Row]]:
            # Whoever asks from now on is not in this query.
            _close(together, identity, opened)
            return await _read_for_firms(context, form, further, asks)

        loader = opened = together[identity] = DataLoader(load_fn=load, cache=False)
    try:
        by_key: Mapping[int, Row] = await loader.load((firm, tuple(keys)))
    except asyncio.CancelledError:
        # Where all who asked have left before it was sent, it never is: nobody is to join it.
        _close(together, identity, loader)
        raise
    return by_key


def _close(together: Together, identity: Hashable, loader: DataLoader[Any, Any]) -> None:
    """Let nobody join what a loader reads."""
    if together.get(identity) is loader:
        del together[identity]


async def _read_for_firms(
    context: RequestContext, form: _Form, further: Mapping[str, Hashable], asks: Sequence[_Ask]
) -> list[Mapping[int, Row]]:
    """asks: n, perhaps some of the same firm -> n times what the firm sees of all that it asks for, by key.

    context: of one of them.
    """
    firms, keys = zip(*dict.fromkeys((firm, key) for firm, keys in asks for key in keys), strict=True)
    values = {"firm_ids": firms, "key_ids": keys, **further}
    statement, column = form.statement, form.column
    rows = await send(context, statement.source, statement.name, _query_for_firms(form), values, keys=len(keys))
    found: dict[int, dict[int, Row]] = {firm: {} for firm in firms}
    for row in rows:
        found[row["firm_id"]][row[column]] = row
    return [found[firm] for firm, _ in asks]
