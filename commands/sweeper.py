"""What time does to engagements, on every node: offers that lapsed return to their senders, old idempotency keys are forgotten.

Any node may be the one that does it, and several may try: each offer is returned in a transaction of its own that locks its
engagement, passes over what another node has locked, and looks again at how it stands, so it is returned once.
"""

import asyncio
import time
from functools import partial
from typing import Final

import structlog

from commands.handoffs import return_lapsed_offer
from commands.idempotency import KEPT_DAYS, SWEEP
from commands.write import Write, write_as_hub
from hub.errors import HubError
from hub.source import Source
from hub.viewer import ViewerKind
from hub.vocabulary import SourceName
from sql import load

log = structlog.get_logger(__name__)

LAPSED = load(SourceName.ENGAGEMENTS, "lapsed_offers")

_KEYS_INTERVAL_SECONDS: Final = 600


class Sweeper:
    """Sweeps the source of engagements every so often, from `start` to `stop`; while it is down, waits for it."""

    def __init__(self, source: Source, *, interval_seconds: float) -> None:
        self._source = source
        self._interval_seconds = interval_seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Sweep from now on."""
        self._task = asyncio.create_task(self._sweep_for_ever(), name="sweeper")

    async def stop(self) -> None:
        """Sweep no more; a transaction under way is rolled back."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def return_lapsed_offers(self) -> int:
        """Return every offer that has lapsed; how many this node has returned."""
        query = LAPSED.render(ViewerKind.STAFF, {})
        returned = 0
        while rows := await self._source.fetch(LAPSED.name, query.text, []):
            done = [await self._return(row["engagement_id"]) for row in rows]
            returned += sum(done)
            if not any(done):
                # Others are at what is left.
                break
        return returned

    async def _return(self, engagement_id: int) -> bool:
        try:
            work = partial(return_lapsed_offer, engagement_id=engagement_id)
            return await write_as_hub(self._source, "return_lapsed_offer", work)
        except HubError:
            raise
        except Exception:
            # What is wrong with one is no reason to keep the others.
            log.exception("sweeper.failed", engagement_id=engagement_id)
            return False

    async def forget_old_keys(self) -> int:
        """Forget idempotency keys that are kept no longer; how many."""
        forgotten = 0
        while count := await write_as_hub(self._source, SWEEP.name, _forget):
            forgotten += count
        return forgotten

    async def _sweep_for_ever(self) -> None:
        keys_at = 0.0
        while True:
            try:
                await self.return_lapsed_offers()
                if time.monotonic() >= keys_at:
                    await self.forget_old_keys()
                    keys_at = time.monotonic() + _KEYS_INTERVAL_SECONDS
            except HubError as error:
                log.debug("sweeper.waits", error=str(error))
            except Exception:
                log.exception("sweeper.failed")
            await asyncio.sleep(self._interval_seconds)


async def _forget(write: Write) -> int:
    return len(await write.rows(SWEEP, days=KEPT_DAYS))
