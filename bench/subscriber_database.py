"""A database for measurements of subscribers, in a directory that is gone afterwards: firms, each with engagements of its own.

Engagement n is seen by three firms: n, which advises its client, and the two after n, which lead it or have led it.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from hub.databases import Databases
from hub.postgres import EmbeddedPostgres
from hub.settings import Settings
from hub.vocabulary import SourceName

FIRMS: Final = 200

_NAME: Final = "subscribers"

_ROWS: Final = f"""
    INSERT INTO directory.partner (id, name, roles)
    SELECT id, 'firm ' || id, '{{ADVISOR}}' FROM generate_series(1, {FIRMS}) AS id;
    INSERT INTO engagements.client (id, name, region, advisor_id)
    SELECT id, 'client ' || id, 'JP-13', id FROM generate_series(1, {FIRMS}) AS id;
    INSERT INTO engagements.engagement (id, client_id, title, phase, status, lead_partner_id, version, opened_at, updated_at)
    SELECT id, id, '受発注の見直し ' || id, 'AWARENESS', 'OPEN', id % {FIRMS} + 1, 1, now(), now()
    FROM generate_series(1, {FIRMS}) AS id;
    INSERT INTO engagements.assignment (engagement_id, position, phase, partner_id, started_at, ended_at)
    SELECT id, 1, 'AWARENESS', (id + 1) % {FIRMS} + 1, now(), now() FROM generate_series(1, {FIRMS}) AS id
    UNION ALL SELECT id, 2, 'AWARENESS', id % {FIRMS} + 1, now(), NULL FROM generate_series(1, {FIRMS}) AS id"""

_WRITE: Final = """
    WITH changed AS (UPDATE engagements.engagement SET version = version + 1 WHERE id = $1 RETURNING id, version)
    INSERT INTO engagements.outbox (type, occurred_at, engagement_id, engagement_version, to_phase, to_partner_id, region)
    SELECT 'FINDING_RECORDED', now(), id, version, 'AWARENESS', id, 'JP-13' FROM changed RETURNING event_id"""

SETTINGS: Final[dict[str, Any]] = {
    "max_subscriptions_per_viewer": 100_000,
    "max_sockets": 100_000,
    "probe_interval_seconds": 3600,
    "log_level": "error",
}
"""What a server under measurement is given: how many subscribers there may be is not what is measured."""


@contextmanager
def subscriber_database() -> Iterator[Settings]:
    """The settings of a hub over the database."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as directory:
        # An unprivileged server must reach it.
        Path(directory).chmod(0o755)
        with EmbeddedPostgres(Path(directory) / "data") as server:
            server.ensure_databases([_NAME])
            dsn = server.dsn(_NAME)
            settings = Settings(_env_file=None, dsn=dsn, data_dir=Path(directory), **SETTINGS)  # type: ignore[call-arg]
            with Databases(settings) as databases:
                asyncio.run(databases.migrate())
            asyncio.run(_fill(dsn))
            yield settings


def environment(settings: Settings) -> dict[str, str]:
    """The settings for a server in a process of its own."""
    return {f"HUB_{name.upper()}": str(getattr(settings, name)) for name in (*SETTINGS, "dsn", "data_dir")}


async def write_event(connection: asyncpg.Connection | PoolConnectionProxy, engagement_id: int) -> str:
    """One event of an engagement: its id."""
    return str(await connection.fetchval(_WRITE, engagement_id))


def dsn_of(settings: Settings) -> str:
    """The database's DSN."""
    return settings.dsn_of(SourceName.ENGAGEMENTS) or ""


async def _fill(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_ROWS)
    finally:
        await connection.close()
