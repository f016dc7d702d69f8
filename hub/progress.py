"""Long work at the command line, with progress bars: seeding and importing."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from hub.errors import SetupError
from hub.vocabulary import SourceName

# The day of the demo's data where none is named: the programme's.
_ZONE = ZoneInfo("Asia/Tokyo")


async def seeding(dsns: Mapping[SourceName, str], *, scale: int, as_of: date | None, keep: bool) -> None:
    """Seed with a bar a table. keep: databases that hold a seed already, of any scale and day, are left as they are."""
    from demo.load import holds_seed, seed

    if keep and await holds_seed(dsns):
        return
    with _bars() as bars:
        tasks: dict[str, TaskID] = {}

        def on_progress(table: str, done: int, total: int) -> None:
            if table not in tasks:
                tasks[table] = bars.add_task(table, total=total)
            bars.update(tasks[table], completed=done)

        await seed(dsns, scale=scale, as_of=as_of or datetime.now(_ZONE).date(), on_progress=on_progress)


async def importing(dsns: Mapping[SourceName, str], files: Sequence[Path]) -> None:
    """Import register files with one bar; rejected rows go to standard error, what became of the rest is summed up."""
    from importers.corporations import Progress as ImportProgress
    from importers.corporations import RejectedRow, import_corporations
    from importers.register_file import UnreadableFile

    if not files:
        raise SetupError("Name the files to import, for example: python -m hub import corporations 20240105.csv")
    complaints = Console(stderr=True, highlight=False, soft_wrap=True)
    with _bars() as bars:
        task = bars.add_task("bytes", total=None)

        def on_progress(progress: ImportProgress) -> None:
            bars.update(task, completed=progress.bytes_done, total=progress.bytes_total, description=progress.file.name)

        def on_rejected(row: RejectedRow) -> None:
            complaints.print(f"{row.file}:{row.line}: {row.reason}", markup=False)

        try:
            summary = await import_corporations(
                dsns[SourceName.ENGAGEMENTS], files, on_rejected=on_rejected, on_progress=on_progress
            )
        except UnreadableFile as error:
            raise SetupError(str(error)) from error
    print(
        f"read {summary.read}: inserted {summary.inserted}, updated {summary.updated}, unchanged {summary.unchanged}, "
        f"superseded {summary.superseded}, rejected {summary.rejected}"
    )


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.description:>24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
