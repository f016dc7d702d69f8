"""The world in databases of its own, only read, and one hub over it for all viewers: one pool a source, one cache."""

import asyncio
import gc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.conftest import UNLIMITED, Ask, Dsns, Servers, asker, make_databases, running, settings_for
from tests.visibility.world import World


@pytest.fixture(scope="session")
def world() -> World:
    """The rows."""
    return World()


@pytest.fixture(scope="session")
def world_dsns(servers: Servers, world: World) -> Dsns:
    """Databases that hold them; read them only."""
    dsns = make_databases(servers, "visibility")
    asyncio.run(world.write(dsns))
    return dsns


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ask_world(world_dsns: Dsns, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ask]:
    """Ask one hub over the world: the same for every viewer and every test of a module."""
    directory: Path = tmp_path_factory.mktemp("hub")
    async with running(settings_for(world_dsns, directory, **UNLIMITED)) as runtime:
        # Large answers are many objects and little garbage: to look for it as often as usual takes a third of the time.
        thresholds = gc.get_threshold()
        gc.set_threshold(100_000, 50, 100)
        yield asker(runtime)
        gc.set_threshold(*thresholds)
