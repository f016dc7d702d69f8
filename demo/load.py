"""Loads the demo data into migrated, empty databases: all of it, or none.

Each source is loaded in one transaction of its own, with the record of what was seeded, and only when every source is
done are they committed, one right after the other. So a seed that is interrupted leaves the databases as they were; one
that is killed between two commits leaves some sources whole and the others empty, and the same seed again loads those.
Nothing is ever deleted.
"""

import asyncio
import datetime
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from demo import events, programme
from demo.programme import EDITION, Rows
from demo.target import Seeded, SeedRefused, Target
from hub.vocabulary import SourceName

__all__ = ["Progress", "SeedRefused", "holds_seed", "seed"]

Progress = Callable[[str, int, int], None]
"""Told after each batch: table, rows done, rows in all."""

_COHORTS_AHEAD = 2


async def seed(dsns: Mapping[SourceName, str], *, scale: int, as_of: datetime.date, on_progress: Progress) -> dict[str, int]:
    """Load the programme as it stands on `as_of` into the five databases: table -> rows loaded.

    Scale 1 is 5,000 engagements, scale N as many times N. Where the databases hold this very seed already, nothing is
    done and the answer is empty. Raises SeedRefused where they hold anything else, or are not migrated.
    """
    if scale < 1:
        raise SeedRefused(f"scale must be 1 or more, not {scale}")
    wanted = Seeded(EDITION, scale, as_of)
    async with _targets(dsns) as targets:
        empty = [target for target in targets if not await target.holds(wanted)]
        for target in empty:
            await target.take()
        loads = [_Load(target, wanted, on_progress) for target in empty]
        async with asyncio.TaskGroup() as tasks:
            for load in loads:
                tasks.create_task(load.run())
            if loads:
                tasks.create_task(_make_cohorts(loads, scale, as_of))
        of_source = {target.source: target for target in targets}
        if of_source[SourceName.COMMUNITY] in empty:
            await events.leave_read(of_source[SourceName.ENGAGEMENTS], of_source[SourceName.COMMUNITY])
        for target in empty:
            await target.commit()
        async with asyncio.TaskGroup() as tasks:
            for target in empty:
                tasks.create_task(target.vacuum())
    return {table.name: table.rows(scale) for load in loads for table in load.target.tables}


async def holds_seed(dsns: Mapping[SourceName, str]) -> bool:
    """Whether the five databases hold one seed, all of them the same, of whatever scale and day."""
    async with _targets(dsns) as targets:
        seeded = {await target.seeded() for target in targets}
    return len(seeded) == 1 and None not in seeded


@asynccontextmanager
async def _targets(dsns: Mapping[SourceName, str]) -> AsyncIterator[list[Target]]:
    """The five databases, each with a transaction; taken in one order, so that of two seeds at once one waits for the other."""
    if missing := [source.value for source in SourceName if source not in dsns]:
        raise SeedRefused(f"no database is given for: {', '.join(missing)}; give a DSN for each of the five sources")
    async with AsyncExitStack() as stack:
        targets = []
        for source in SourceName:
            tables = [table for table in programme.tables() if table.source is source]
            targets.append(await stack.enter_async_context(Target.open(dsns[source], source, tables)))
        yield targets


async def _make_cohorts(loads: "list[_Load]", scale: int, as_of: datetime.date) -> None:
    """Make the cohorts' rows in a thread, a little ahead of the loading."""
    for cohort in range(scale):
        rows = await asyncio.to_thread(programme.cohort_rows, cohort, as_of)
        for load in loads:
            await load.cohorts.put(rows)


class _Load:
    """The loading of one source."""

    def __init__(self, target: Target, seeded: Seeded, on_progress: Progress) -> None:
        self.target, self.seeded, self.on_progress = target, seeded, on_progress
        self.cohorts: asyncio.Queue[dict[str, Rows]] = asyncio.Queue(_COHORTS_AHEAD)

    async def run(self) -> None:
        """Load every cohort, then make the indexes and record what was seeded; it remains to commit."""
        done = {table.name: 0 for table in self.target.tables}
        for _ in range(self.seeded.scale):
            rows_by_table = await self.cohorts.get()
            for table in self.target.tables:
                rows = rows_by_table[table.name]
                if not rows:
                    continue
                await self.target.copy(table, rows)
                done[table.name] += len(rows)
                self.on_progress(table.name, done[table.name], table.rows(self.seeded.scale))
        await self.target.finish(self.seeded)
        if self.target.source is SourceName.ENGAGEMENTS:
            await events.fill(self.target, self.seeded.as_of)
