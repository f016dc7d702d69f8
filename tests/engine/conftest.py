"""The corpus' programme, once for each worker, and a hub over it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.runtime import Runtime
from tests.conftest import UNLIMITED, Dsns, Servers, make_databases, running, settings_for
from tests.engine import world


@pytest.fixture(scope="session")
def world_dsns(servers: Servers) -> Dsns:
    """The corpus' programme; read it only."""
    dsns = make_databases(servers, "corpus")
    asyncio.run(world.write(dsns))
    return dsns


@pytest.fixture
async def world_runtime(world_dsns: Dsns, tmp_path: Path) -> AsyncIterator[Runtime]:
    """A hub over the corpus' programme."""
    async with running(settings_for(world_dsns, tmp_path, **UNLIMITED)) as started:
        yield started
