"""Declares the log another history than the one that cursors of before are of."""

import asyncpg

from hub.viewer import ViewerKind
from hub.vocabulary import SourceName
from sql import load

NEW_EPOCH = load(SourceName.ENGAGEMENTS, "new_epoch")


async def draw(dsn: str) -> int:
    """Draw a new epoch, for good; the operator's. Running nodes see it with their next read of the log."""
    connection = await asyncpg.connect(dsn)
    try:
        epoch: int = await connection.fetchval(NEW_EPOCH.render(ViewerKind.STAFF, {}).text)
    finally:
        await connection.close()
    return epoch
