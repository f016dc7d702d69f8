"""Pieces of work one after the other while they are quick, and all at once where they are not.

A small read costs its caller and PostgreSQL less on the connection that the last one was sent on: its session is warm, and no
task is needed to wait for it. What is slow must not keep the others waiting: past PATIENCE_SECONDS all that is left begins at
once.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

from hub.begun import Begun

T = TypeVar("T")

PATIENCE_SECONDS: Final = 0.002


async def each(work: Sequence[Callable[[], Coroutine[Any, Any, T]]]) -> list[T]:
    """What each piece gives, in the order of the pieces. The first error ends all of it."""
    if len(work) == 1:
        return [await work[0]()]
    done: list[T] = []
    begun: Begun[T] | None = None
    timer: asyncio.TimerHandle | None = None
    others: asyncio.Future[list[T]] | None = None

    def begin_others() -> None:
        nonlocal others
        others = asyncio.gather(*(piece() for piece in work[len(done) + 1 :]))
        # Where all of it is cancelled nobody comes for them: that they were cancelled too is no news.
        others.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    try:
        for piece in work:
            begun = Begun(piece())
            if begun.done:
                done.append(begun.value)
                continue
            if timer is None:
                timer = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, begin_others)
            value = await begun
            if others is not None:
                return [*done, value, *await others]
            done.append(value)
        return done
    finally:
        if timer is not None:
            timer.cancel()
        if others is not None:
            others.cancel()
