"""How long an operation runs: to its end, to its time limit, or until its client has gone; the reads under way end with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from hub.begun import Begun
from hub.errors import RequestTimeout

T = TypeVar("T")

# Clock and client are watched once an operation is slow: most operations end before, and are spared the cost of a task.
WATCH_AFTER_SECONDS = 0.05


class ClientGone(Exception):
    """The client closed its connection before it was answered; there is nobody to tell."""


async def run_within(
    timeout_seconds: float, operation: Coroutine[Any, Any, T], *, gone: Callable[[], Awaitable[None]] | None = None
) -> T:
    """What the operation gives. RequestTimeout past the limit, ClientGone once `gone()` returns: cancelled in both cases."""
    begun = Begun(operation)
    if begun.done:
        return begun.value
    loop = asyncio.get_running_loop()
    ends = loop.time() + timeout_seconds
    deadline = asyncio.timeout(None)
    watcher: asyncio.Task[None] | None = None
    left = False

    async def watch(gone: Callable[[], Awaitable[None]]) -> None:
        nonlocal left
        await gone()
        left = True
        deadline.reschedule(loop.time())

    def begin_to_watch() -> None:
        nonlocal watcher
        deadline.reschedule(ends)
        if gone is not None:
            watcher = loop.create_task(watch(gone))

    # One timer for both is what an operation costs that is not slow.
    timer = loop.call_later(min(WATCH_AFTER_SECONDS, timeout_seconds), begin_to_watch)
    try:
        async with deadline:
            return await begun
    except TimeoutError:
        if not deadline.expired():
            raise
        raise (ClientGone() if left else RequestTimeout(timeout_seconds)) from None
    finally:
        timer.cancel()
        if watcher is not None:
            watcher.cancel()
