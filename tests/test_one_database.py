"""One database that holds the five schemas answers as five databases on two servers do."""

import asyncio
from pathlib import Path

from hub.migrations import migrate
from hub.vocabulary import SourceName
from tests.conftest import Servers, asker, running, settings_for
from tests.miniature import fill
from tests.test_source_outage import ALL_FIVE, WHOLE


def test_five_schemas_in_one_database(servers: Servers, tmp_path: Path) -> None:
    servers.first.ensure_databases(["all_in_one"])
    dsn = servers.first.dsn("all_in_one")

    async def migrate_at_once() -> None:
        # As several nodes would that start together.
        await asyncio.gather(*(migrate(source, dsn) for _ in range(2) for source in SourceName))

    asyncio.run(migrate_at_once())
    fill(dict.fromkeys(SourceName, dsn))

    async def ask() -> None:
        settings = settings_for({}, tmp_path, dsn=dsn)
        assert not settings.needs_embedded_postgres
        async with running(settings) as runtime:
            answer = await asker(runtime)(ALL_FIVE)
            assert (answer.errors, answer.data) == ([], WHOLE)

    asyncio.run(ask())
