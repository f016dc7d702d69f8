"""Reads of reference data, which all viewers see alike and which seldom changes: through the cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from hub.context import RequestContext
from hub.policy import cache_scope
from hub.vocabulary import SourceName
from loaders.reading import Columns

BatchT = TypeVar("BatchT", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Reference:
    """A kind of rows that are kept: of which source, under which name, by whose rule.

    `daily`: they are as of today. `without`: the table's column that they lack, as not everyone sees it.
    """

    source: SourceName
    name: str
    table: str
    daily: bool = False
    without: str | None = None

    def scope(self, context: RequestContext) -> str:
        """What the rows depend on beside their keys: the day, and who sees the same."""
        scope = cache_scope(self.table, context.viewer, without=self.without)
        return f"{context.today.isoformat()}{scope}" if self.daily else scope

    def __call__(self, batch: BatchT) -> BatchT:
        """Mark a batch function as reading these rows, so that the engine may keep what it makes of them too."""
        batch.kept = self  # type: ignore[attr-defined]
        return batch


async def read_cached(
    context: RequestContext, reference: Reference, keys: Sequence[Any], load_missing: Any, *, columns: Columns = None
) -> list[Any]:
    """As `load_missing(keys)`, through the cache. keys: n distinct -> n values, in the order of the keys."""

    async def load(missing: list[Any]) -> list[Any]:
        return [_kept(value) for value in await load_missing(missing, columns=None)]

    if not context.cache.usable(reference.source):
        return list(await load_missing(keys, columns=columns))
    return await context.cache.read_through(reference.source, reference.name, reference.scope(context), keys, load)


def _kept(value: Any) -> Any:
    """A row as it is kept: whole, by column."""
    if isinstance(value, list):
        return [dict(row) for row in value]
    return None if value is None else dict(value)
