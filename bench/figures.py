"""What figures cost beside the same SQL by hand: `python -m bench.figures`, about two minutes.

As staff, at scale 40: the hub in this process, from the operation's text to the answer's bytes, and a connection that sends the
statements of bench/sql/figures.sql, by turns. The database holds the five schemas, so that a statement by hand may join what
the hub must read from two sources. Answers are compared first; the exit status is 1 where they differ. Printed are the best
times of each in ms, and their ratio. The data is made at the first use, in HUB_DATA_DIR: see bench/one_database.py.
"""

import re
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any, Final

import asyncpg
import orjson
import uvloop

from bench.hub_operations import HubOperations, hub_operations
from bench.one_database import dsn_of, one_database
from hub.settings import Settings

TURNS: Final = 5
_A_MOMENT_IN_DAYS: Final = 0.001
_STATEMENTS: Final = Path(__file__).resolve().parent / "sql" / "figures.sql"
_CASE: Final = re.compile(r"^-- (\{ [^\n]+ \})\n(.+?);$", re.MULTILINE | re.DOTALL)


def main() -> None:
    """Compare, then measure."""
    with one_database() as settings:
        uvloop.run(measure(settings))


async def measure(settings: Settings) -> None:
    """Print the times of each figure; exits where an answer is another than by hand."""
    by_hand = await asyncpg.connect(dsn_of(settings), server_settings={"jit": "off", "timezone": "UTC"})
    ratios = []
    try:
        async with hub_operations(settings) as hub:
            print(f"{'figure':110} {'hub':>7} {'by hand':>7} ratio", flush=True)
            for operation, statement in _CASE.findall(_STATEMENTS.read_text(encoding="utf-8")):
                await _compare(hub, by_hand, operation, statement)
                ours, theirs = await _times(hub, by_hand, operation, statement)
                ratios.append(ours / theirs)
                print(f"{operation[2:-2]:110} {ours:7.1f} {theirs:7.1f} {ours / theirs:5.2f}", flush=True)
    finally:
        await by_hand.close()
    print(f"{len(ratios)} figures: ratios {min(ratios):.2f} to {max(ratios):.2f}, median {statistics.median(ratios):.2f}")


async def _compare(hub: HubOperations, by_hand: asyncpg.Connection, operation: str, statement: str) -> None:
    (groups,) = orjson.loads(await hub.data(operation)).values()
    ours = [list(map(_settled, _leaves(group))) for group in groups]
    theirs = [list(map(_settled, row)) for row in await by_hand.fetch(statement)]
    if len(ours) != len(theirs) or not all(map(_agree, chain.from_iterable(ours), chain.from_iterable(theirs))):
        sys.exit(f"{operation}\n{ours}\nis by hand\n{theirs}")


async def _times(hub: HubOperations, by_hand: asyncpg.Connection, operation: str, statement: str) -> tuple[float, float]:
    """The best of some turns of each, in ms; what else the machine does meets both."""
    ours, theirs = [], []
    for _ in range(TURNS):
        started = time.perf_counter()
        await hub.answer(operation)
        ours.append(time.perf_counter() - started)
        started = time.perf_counter()
        await by_hand.fetch(statement)
        theirs.append(time.perf_counter() - started)
    return min(ours) * 1000, min(theirs) * 1000


def _leaves(value: Any) -> Iterator[Any]:
    """The values of a group, in the order of its fields."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    else:
        yield value


def _settled(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _agree(ours: Any, theirs: Any) -> bool:
    """Whether two values are the same; what is open is open a moment longer in the answer that is asked for later."""
    if isinstance(ours, float) and isinstance(theirs, float):
        return abs(ours - theirs) < _A_MOMENT_IN_DAYS
    return bool(ours == theirs)


if __name__ == "__main__":
    main()
