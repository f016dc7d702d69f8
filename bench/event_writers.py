"""Writers of events at a steady rate, in a process of their own: `python -m bench.event_writers DSN TABLE RATE SECONDS`.

Each event is a change of an engagement and a row in the table, in one transaction; NOTIFY `naive` where that is naive.log.
Written on standard output, as JSON: the moment at which the commit of each event was answered, by event id; time.monotonic().
"""

import asyncio
import itertools
import random
import sys
import time
import uuid
from typing import Final

import asyncpg
import orjson

from bench.event_database import ENGAGEMENTS

_WRITERS: Final = 16
_CHANGE: Final = "UPDATE engagements.engagement SET version = version + 1 WHERE id = $1 RETURNING version"
_RECORD: Final = """
    INSERT INTO {table} (event_id, type, occurred_at, engagement_id, engagement_version, to_phase, to_partner_id, region)
    VALUES ($1, 'FINDING_RECORDED', now(), $2, $3, 'AWARENESS', 1, 'JP-13')"""


async def _write(dsn: str, table: str, rate: float, seconds: float) -> dict[str, float]:
    connections = [await asyncpg.connect(dsn) for _ in range(_WRITERS)]
    committed: dict[str, float] = {}
    turns = itertools.count()
    count = int(rate * seconds)
    record = _RECORD.format(table=table)
    started = time.monotonic()

    async def work(connection: asyncpg.Connection) -> None:
        while (turn := next(turns)) < count:
            await asyncio.sleep(max(0.0, started + turn / rate - time.monotonic()))
            event_id, engagement_id = uuid.uuid4(), random.randint(1, ENGAGEMENTS)
            await connection.execute("BEGIN")
            version = await connection.fetchval(_CHANGE, engagement_id)
            await connection.execute(record, event_id, engagement_id, version)
            if table == "naive.log":
                await connection.execute("NOTIFY naive")
            await connection.execute("COMMIT")
            committed[str(event_id)] = time.monotonic()

    await asyncio.gather(*map(work, connections))
    for connection in connections:
        await connection.close()
    return committed


def main() -> None:
    """Write, then say when."""
    dsn, table, rate, seconds = sys.argv[1:]
    sys.stdout.buffer.write(orjson.dumps(asyncio.run(_write(dsn, table, float(rate), float(seconds)))))


if __name__ == "__main__":
    main()
