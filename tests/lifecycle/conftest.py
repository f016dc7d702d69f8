"""The town, and a hub that serves it; both anew for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import UNLIMITED, Dsns, asker, running, settings_for
from tests.lifecycle.town import Caller, Town, build


@pytest.fixture
async def town(source_dsns: Dsns, tmp_path: Path) -> AsyncIterator[Town]:
    """The town, served by one node without a sweeper."""
    await build(source_dsns)
    async with running(settings_for(source_dsns, tmp_path, **UNLIMITED)) as runtime:
        yield Town(source_dsns, Caller(asker(runtime)))
