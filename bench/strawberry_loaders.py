"""The DataLoaders of bench/strawberry_graph.py, as Strawberry's documentation shows them: one query for each batch of keys.

What they load are rows; the graph makes its types of them.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import asyncpg
from strawberry.dataloader import DataLoader

Row = asyncpg.Record

_SQL: Final = {
    file.stem: file.read_text(encoding="utf-8")
    for file in (Path(__file__).resolve().parent / "sql" / "dataloaders").glob("*.sql")
}


class Loaders:
    """What one request loads with. Made anew for each: a DataLoader keeps what it loaded."""

    def __init__(self, pool: asyncpg.Pool, today: date) -> None:
        self._pool = pool
        self.partners: DataLoader[int, Row | None] = DataLoader(self._by_id("partners_by_id"))
        self.members: DataLoader[int, Row | None] = DataLoader(self._by_id("members_by_id"))
        self.clients: DataLoader[int, Row | None] = DataLoader(self._by_id("clients_by_id"))
        self.engagements: DataLoader[int, Row | None] = DataLoader(self._by_id("engagements_by_id"))
        self.certifications_of_partner: DataLoader[int, list[Row]] = DataLoader(self._lists("certifications_of_partner", today))
        self.handoffs_of_engagement: DataLoader[int, list[Row]] = DataLoader(self._lists("handoffs_of_engagement"))
        self.members_of_partner: DataLoader[tuple[int, int], list[Row]] = DataLoader(self._pages("members_of_partner"))
        self.engagements_of_partner: DataLoader[tuple[int, int], list[Row]] = DataLoader(self._pages("engagements_of_partner"))
        self.enrollments_of_engagement: DataLoader[tuple[int, int], list[Row]] = DataLoader(
            self._pages("enrollments_of_engagement")
        )
        self.posts_of_partner: DataLoader[tuple[int, int], list[Row]] = DataLoader(self._pages("posts_of_partner"))
        self.comments_of_post: DataLoader[tuple[int, int], list[Row]] = DataLoader(self._pages("comments_of_post"))

    async def first(self, name: str, count: int) -> list[Row]:
        """The first rows of a list."""
        rows: list[Row] = await self._pool.fetch(_SQL[name], count)
        return rows

    def _by_id(self, name: str) -> Callable[[list[int]], Awaitable[Sequence[Row | None]]]:
        async def load(ids: list[int]) -> list[Row | None]:
            rows = {row["id"]: row for row in await self._pool.fetch(_SQL[name], ids)}
            return [rows.get(id) for id in ids]

        return load

    def _lists(self, name: str, *arguments: Any) -> Callable[[list[int]], Awaitable[Sequence[list[Row]]]]:
        async def load(parents: list[int]) -> list[list[Row]]:
            return _grouped(parents, await self._pool.fetch(_SQL[name], parents, *arguments))

        return load

    def _pages(self, name: str) -> Callable[[list[tuple[int, int]]], Awaitable[Sequence[list[Row]]]]:
        """Keys are a parent and how many of its rows; those that ask for as many share a query."""

        async def load(keys: list[tuple[int, int]]) -> list[list[Row]]:
            pages: dict[tuple[int, int], list[Row]] = {}
            for count in {count for _, count in keys}:
                parents = [parent for parent, wanted in keys if wanted == count]
                found = _grouped(parents, await self._pool.fetch(_SQL[name], parents, count))
                pages.update(zip([(parent, count) for parent in parents], found, strict=True))
            return [pages[key] for key in keys]

        return load


def _grouped(parents: list[int], rows: list[Row]) -> list[list[Row]]:
    groups: dict[int, list[Row]] = {parent: [] for parent in parents}
    for row in rows:
        groups[row["parent_key"]].append(row)
    return [groups[parent] for parent in parents]
