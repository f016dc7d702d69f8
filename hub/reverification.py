"""Sees to it that credentials which end while a connection is open end the connection: one sweep for all of a node's."""

import asyncio
from typing import Protocol

import structlog

from hub.credentials import Credentials
from hub.errors import HubError, Unauthenticated
from hub.viewer import Verified

log = structlog.get_logger(__name__)


class Holder(Protocol):
    """A connection that runs as whoever its credential is of. `bearer` is the credential."""

    bearer: str

    def hold(self, verified: Verified) -> None:
        """It holds still; a change of what it grants counts."""

    def revoke(self, reason: str) -> None:
        """It holds no longer."""


class Reverification:
    """The open connections of a node, whose credentials are verified again now and then."""

    def __init__(self, credentials: Credentials, interval_seconds: float) -> None:
        self._credentials = credentials
        self._interval_seconds = interval_seconds
        self._holders: set[Holder] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to sweep."""
        self._task = asyncio.create_task(self._sweep_for_ever(), name="reverification of credentials")

    async def stop(self) -> None:
        """End it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def add(self, holder: Holder) -> None:
        """A connection whose credential was verified just now."""
        self._holders.add(holder)

    def remove(self, holder: Holder) -> None:
        """A connection that has ended."""
        self._holders.discard(holder)

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._interval_seconds)
            try:
                await self._sweep()
            except Exception:
                log.exception("reverification.failed")

    async def _sweep(self) -> None:
        by_bearer: dict[str, list[Holder]] = {}
        for holder in self._holders:
            by_bearer.setdefault(holder.bearer, []).append(holder)
        for bearer, holders in by_bearer.items():
            try:
                verified = await self._credentials.verify(bearer)
            except Unauthenticated as error:
                for holder in holders:
                    holder.revoke(str(error))
            except HubError:
                # What knows them cannot be asked now: nothing says that they are revoked.
                continue
            else:
                for holder in holders:
                    if holder in self._holders:
                        holder.hold(verified)
            # Most are recalled at once: others are to have a turn.
            await asyncio.sleep(0)
