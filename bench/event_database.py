"""A database of engagements for measurements of the log, in a directory that is gone afterwards; durable, as in earnest."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import asyncpg

from hub.migrations import migrate
from hub.postgres import EmbeddedPostgres
from hub.vocabulary import SourceName

ENGAGEMENTS: Final = 2000
_NAME: Final = "hub"

_MAKE_ENGAGEMENTS = f"""
    INSERT INTO engagements.client (id, name, region, advisor_id) VALUES (1, '田中商店', 'JP-13', 1);
    INSERT INTO engagements.engagement (id, client_id, title, phase, status, lead_partner_id, version, opened_at, updated_at)
    SELECT id, 1, '題', 'AWARENESS', 'OPEN', 1, 1, now(), now() FROM generate_series(1, {ENGAGEMENTS}) AS id"""

NAIVE_LOG: Final = """
    CREATE SCHEMA naive;
    CREATE TABLE naive.log (
        id bigserial PRIMARY KEY, event_id uuid NOT NULL DEFAULT gen_random_uuid(), type text NOT NULL,
        occurred_at timestamptz NOT NULL, engagement_id bigint NOT NULL, engagement_version integer NOT NULL,
        handoff_id bigint, from_phase text, to_phase text, from_partner_id bigint, to_partner_id bigint, region text)"""
"""What a first idea would be: writers insert, readers ask for `id > cursor`."""


@contextmanager
def event_server() -> Iterator[tuple[EmbeddedPostgres, str]]:
    """A server, and the DSN of a database on it with the five schemas, engagements without events, and a naive log beside."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as directory:
        # An unprivileged server must reach it.
        Path(directory).chmod(0o755)
        with EmbeddedPostgres(Path(directory) / "data") as server:
            server.ensure_databases([_NAME])
            dsn = server.dsn(_NAME)
            asyncio.run(_prepare(dsn))
            yield server, dsn


async def _prepare(dsn: str) -> None:
    for source in SourceName:
        await migrate(source, dsn)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_MAKE_ENGAGEMENTS)
        await connection.execute(NAIVE_LOG)
    finally:
        await connection.close()
